#!/bin/sh
# Tests the Go binding against the library of a build tree: vet, tests with the race detector, examples.
# usage: test.sh [BUILD_DIR [SOURCE_DIR]]     GO: another go program. Exits 77 where there is no Go.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "${2:-$here/../..}" && pwd)
build=$(cd "${1:-$source/build/dev}" && pwd)
go=${GO:-go}

skip() {
  echo "SKIPPED bindings.go: $1"
  exit 77
}
command -v "$go" >/dev/null 2>&1 || skip "there is no go (scripts/setup installs golang-go)"
command -v pkg-config >/dev/null 2>&1 || skip "there is no pkg-config"
[ -f "$build/src/libbatchrouter.so" ] || { echo "$build/src/libbatchrouter.so: build it first"; exit 1; }

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cat >"$work/batchrouter.pc" <<END
Name: batchrouter
Description: the library of the build tree
Version: $(sed -n 's/^#define BR_VERSION_STRING "\(.*\)"/\1/p' "$source/include/batchrouter.h")
Libs: -L$build/src -lbatchrouter -Wl,-rpath,$build/src
Cflags: -I$source/include
END
# Nothing is fetched, and no other toolchain is looked for. The cache stays with the build tree.
export PKG_CONFIG_PATH="$work" GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-mod=mod GOCACHE="$build/go-cache" GOPATH="$work/go"
export CGO_ENABLED=1 BATCHROUTER_PROGRAM="${BATCHROUTER_PROGRAM:-$build/src/cli/batchrouter}"
cd "$here"
"$go" version
unformatted=$("$("$go" env GOROOT)/bin/gofmt" -l .)
[ -z "$unformatted" ] || { echo "gofmt would change: $unformatted"; exit 1; }
"$go" vet ./...
"$go" test -race -timeout 300s ${BATCHROUTER_GO_TEST_ARGS:-} ./...

# Without cgo the compiler must say what is missing.
if CGO_ENABLED=0 "$go" build ./ 2>"$work/nocgo"; then
  echo "the package was built without cgo"
  exit 1
fi
grep -q libbatchrouter_needs_CGO_ENABLED_1 "$work/nocgo" || { cat "$work/nocgo"; exit 1; }

# From outside of the tree, as a user's module requires it.
mkdir "$work/outside"
cp examples/quickstart/main.go "$work/outside"
cd "$work/outside"
cat >go.mod <<END
module outside

go 1.19

require example.com/batchrouter/bindings/go v0.0.0

replace example.com/batchrouter/bindings/go => $here
END
"$go" build -o outside .
echo "ok bindings.go"
