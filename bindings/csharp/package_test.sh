#!/bin/sh
# Packs the NuGet package with the library of a build tree, restores it from that folder alone into a project that knows
# nothing else, and runs that. usage: package_test.sh BUILD_DIR; exits 77 when the machine cannot.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-$here/../../build/dev}" && pwd)
skip() {
  echo "SKIPPED: $1"
  exit 77
}
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
command -v dotnet >/dev/null 2>&1 || skip "dotnet is not installed; the binding needs the .NET SDK 8 or later"
sdk=$(cd / && dotnet --version 2>/dev/null) || skip "there is dotnet, but no .NET SDK"
[ "${sdk%%.*}" -ge 8 ] || skip ".NET SDK $sdk is older than 8"
[ "$(uname -m)" = x86_64 ] || skip "the package holds the library of linux-x64 only"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 BATCHROUTER_ARTIFACTS="$build/csharp-package"
unset BATCHROUTER_LIBRARY
version=$(sed -n 's/^#define BR_VERSION_STRING "\(.*\)"/\1/p' "$here/../../include/batchrouter.h")
strip --strip-unneeded -o "$work/libbatchrouter.so.0" "$build/src/libbatchrouter.so.0"
dotnet pack "$here/src/BatchRouter" -c Release -m:1 --disable-build-servers -v quiet -p:NuGetAudit=false -p:RunAnalyzers=false \
  -p:BatchRouterNativeLibrary="$work/libbatchrouter.so.0" -o "$work/feed" >"$work/log" 2>&1 || {
  ! grep -qE 'NU1101|NU1102|NU1301|NU1801' "$work/log" || skip "what .NET 8 compiles against cannot be had"
  cat "$work/log"
  fail "dotnet pack"
}
package=$work/feed/BatchRouter.$version.nupkg
[ -f "$package" ] || fail "there is no package of $version"
python3 -m zipfile -l "$package" >"$work/list"
for file in runtimes/linux-x64/native/libbatchrouter.so.0 lib/net8.0/BatchRouter.dll lib/net8.0/BatchRouter.xml README.md LICENSE; do
  grep -q "^$file " "$work/list" || { cat "$work/list"; fail "the package lacks $file"; }
done

# A folder of packages of its own, so that nothing comes from an earlier run.
mkdir "$work/consumer"
cd "$work/consumer"
cat >nuget.config <<XML
<configuration><packageSources><clear /><add key="here" value="$work/feed" /></packageSources></configuration>
XML
cat >consumer.csproj <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>net${sdk%%.*}.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings>
    <NuGetAudit>false</NuGetAudit>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="BatchRouter" Version="$version" /></ItemGroup>
</Project>
XML
cat >Program.cs <<'CS'
using BatchRouter;

using var router = new Router(RouterOptions.FromSettings(args));
Console.WriteLine($"{BatchRouterLibrary.Version} {router.List().Count}");
CS
NUGET_PACKAGES=$work/packages dotnet build -c Release -m:1 --disable-build-servers -v quiet -o "$work/out" >"$work/log" 2>&1 || {
  cat "$work/log"
  fail "a project that has the package does not build"
}
said=$(cd "$work" && dotnet out/consumer.dll "state_dir=$work/state")
[ "$said" = "$version 0" ] || fail "the consumer says: $said"
echo "ok"
