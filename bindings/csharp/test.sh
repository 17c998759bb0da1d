#!/bin/sh
# Builds and tests the C# binding against a build tree: test.sh BUILD_DIR. Exits 77 when the machine cannot.
# BATCHROUTER_LIBRARY and BATCHROUTER_PROGRAM choose another library and program than the tree's.
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

BATCHROUTER_LIBRARY=${BATCHROUTER_LIBRARY:-$build/src/libbatchrouter.so.0}
BATCHROUTER_PROGRAM=${BATCHROUTER_PROGRAM:-$build/src/cli/batchrouter}
BATCHROUTER_ARTIFACTS=$build/csharp
DOTNET_CLI_TELEMETRY_OPTOUT=1
DOTNET_NOLOGO=1
export BATCHROUTER_LIBRARY BATCHROUTER_PROGRAM BATCHROUTER_ARTIFACTS DOTNET_CLI_TELEMETRY_OPTOUT DOTNET_NOLOGO
mkdir -p "$BATCHROUTER_ARTIFACTS"

cd "$here"
log=$BATCHROUTER_ARTIFACTS/restore.log
if ! dotnet restore tests/BatchRouter.Tests -m:1 --disable-build-servers >"$log" 2>&1; then
  if grep -qE 'NU1101|NU1102|NU1301|NU1801|NU5037' "$log"; then
    skip "the packages of the tests cannot be had: $(grep -m1 -oE 'NU[0-9]+: .*' "$log" | cut -c1-200)"
  fi
  cat "$log"
  exit 1
fi
dotnet build tests/BatchRouter.Tests --no-restore -m:1 --disable-build-servers -v quiet
exec dotnet test tests/BatchRouter.Tests --no-build -m:1 --disable-build-servers --logger "console;verbosity=minimal"
