#!/bin/sh
# Compiles a program ahead of time with the binding in it, warnings being errors, and runs it against the emulator:
# aot_test.sh BUILD_DIR. Exits 77 when the machine cannot.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-$here/../../build/dev}" && pwd)

skip() {
  echo "SKIPPED: $1"
  exit 77
}

command -v dotnet >/dev/null 2>&1 || skip "dotnet is not installed; the binding needs the .NET SDK 8 or later"
sdk=$(cd / && dotnet --version 2>/dev/null) || skip "there is dotnet, but no .NET SDK"
[ "${sdk%%.*}" -ge 8 ] || skip ".NET SDK $sdk is older than 8"
case $(uname -m) in
  x86_64) rid=linux-x64 ;;
  aarch64) rid=linux-arm64 ;;
  *) skip "the compiler of .NET does not know $(uname -m)" ;;
esac
linker=$(command -v clang || command -v gcc) || skip "there is neither clang nor gcc to link with"

BATCHROUTER_LIBRARY=${BATCHROUTER_LIBRARY:-$build/src/libbatchrouter.so.0}
BATCHROUTER_PROGRAM=${BATCHROUTER_PROGRAM:-$build/src/cli/batchrouter}
export BATCHROUTER_LIBRARY BATCHROUTER_ARTIFACTS="$build/csharp-aot" DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
work=$(mktemp -d)
emulator=
trap 'if [ -n "$emulator" ]; then kill "$emulator"; fi; rm -rf "$work"' EXIT

cd "$here"
if ! dotnet publish tests/BatchRouter.Aot -c Release -r "$rid" -o "$work/out" -m:1 --disable-build-servers -v quiet \
    -p:NuGetAudit=false -p:CppCompilerAndLinker="$linker" >"$work/log" 2>&1; then
  if grep -qE 'NU1101|NU1102|NU1301|NU1801|NU5037' "$work/log"; then
    skip "the compiler cannot be had: $(grep -m1 -oE 'NU[0-9]+: .*' "$work/log" | cut -c1-200)"
  fi
  cat "$work/log"
  exit 1
fi

mkfifo "$work/said"
"$BATCHROUTER_PROGRAM" emulate --json --polls 3 >"$work/said" &
emulator=$!
read -r said <"$work/said"
url=$(printf '%s' "$said" | sed 's/.*"openai":"\([^"]*\)".*/\1/')
last=$("$work/out/BatchRouter.Aot" "$work/state" "openai.base_url=$url" openai.api_key=key poll.interval_ms=10 \
  poll.max_interval_ms=20 | tail -n 1)
[ "$last" = ok ] || {
  echo "FAILED: the program says: $last" >&2
  exit 1
}
echo "ok"
