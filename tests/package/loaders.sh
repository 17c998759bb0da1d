#!/bin/sh
# A missing or other library: each binding says what it found, where, what it needs, and which package to install. (C# looks
# for the library itself; its LoaderTests check that.) usage: loaders.sh BUILD_DIR SOURCE_DIR
set -eu
build=$1
source=$2
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
# said FILE TEXT…: each text is in the file.
said() {
  file=$1
  shift
  for text; do grep -qF -e "$text" "$file" || { cat "$file"; fail "there is no word of: $text"; }; done
}

# A library of another generation: every function of the header is there and does nothing.
mkdir "$work/other" "$work/pc" "$work/old-pc"
{
  grep -v '^ \*\|^/\*' "$source/include/batchrouter.h" | tr '\n' ' ' | grep -oE 'BR_API [^(;]*\(' |
    sed -nE 's/^BR_API (.*[ *])(br_[a-z0-9_]+)\($/\1 \2/p' | while read -r declaration; do
      name=${declaration##* }
      case $name in br_version | br_abi_version) continue ;; esac
      case $declaration in *\**) echo "void *$name(void) { static char some[64]; return some; }" ;; *) echo "long $name(void) { return 0; }" ;; esac
    done
  echo 'int br_abi_version(void) { return 77; }'
  echo 'const char *br_version(void) { return "0.0.7"; }'
} >"$work/other.c"
cc -w -shared -fPIC -Wl,-soname,libbatchrouter.so.0 "-Wl,--version-script=$source/src/abi/exports.map" \
  -o "$work/other/libbatchrouter.so.0" "$work/other.c"
version=$(sed -n 's/^#define BR_VERSION_STRING "\(.*\)"/\1/p' "$source/include/batchrouter.h")
# As bindings/go/test.sh writes it: Go keeps what it built, whatever pkg-config said meanwhile.
write_pc() {
  printf 'Name: batchrouter\nDescription: a build tree\nVersion: %s\nLibs: -L%s -lbatchrouter -Wl,-rpath,%s\nCflags: -I%s\n' \
    "$2" "$build/src" "$build/src" "$source/include" >"$1/batchrouter.pc"
}
write_pc "$work/pc" "$version"
write_pc "$work/old-pc" 0.0.7

if command -v go >/dev/null; then
  echo "== go"
  export GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-mod=mod GOCACHE="$build/go-cache" GOPATH="$work/go"
  (cd "$source/bindings/go" && PKG_CONFIG_PATH="$work/pc" go build -o "$work/hello-go" ./examples/hello)
  ! LD_LIBRARY_PATH="$work/other" "$work/hello-go" >"$work/said" 2>&1 || fail "another ABI is taken"
  said "$work/said" "$work/other/libbatchrouter.so.0 is libbatchrouter 0.0.7 with ABI 77, and ABI 0 is needed" "libbatchrouter0"
  # Other flags, because pkg-config is not asked again for what is in the cache.
  ! (cd "$source/bindings/go" && CGO_CFLAGS=-DANEW PKG_CONFIG_LIBDIR="$work/none" PKG_CONFIG_PATH= go build -o /dev/null ./examples/hello) >"$work/said" 2>&1 ||
    fail "it is built without a library"
  said "$work/said" "batchrouter.pc" "PKG_CONFIG_PATH"
else
  echo "SKIPPED: there is no go; its message is not checked"
fi

if command -v cargo >/dev/null; then
  echo "== rust"
  export CARGO_TARGET_DIR="$build/rust-loaders" CARGO_NET_OFFLINE=true
  cd "$source/bindings/rust"
  BATCHROUTER_LIB_DIR="$build/src" cargo build --quiet --offline --example hello
  ! LD_LIBRARY_PATH="$work/other" "$CARGO_TARGET_DIR/debug/examples/hello" >"$work/said" 2>&1 || fail "another ABI is taken"
  said "$work/said" "$work/other/libbatchrouter.so.0 is libbatchrouter 0.0.7 with ABI 77, and ABI 0 is needed" "libbatchrouter0"
  for found in "$work/old-pc" "$work/none"; do
    ! PKG_CONFIG_LIBDIR="$work/none" PKG_CONFIG_PATH="$found" cargo build --quiet --offline >"$work/said" 2>&1 ||
      fail "it is built without a library"
    said "$work/said" "needed:    batchrouter >= 0.1" "PKG_CONFIG_PATH is $found" "libbatchrouter-dev"
    [ "$found" != "$work/old-pc" ] || said "$work/said" "0.0.7"
  done
else
  echo "SKIPPED: there is no cargo; its message is not checked"
fi
echo "ok"
