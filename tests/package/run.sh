#!/bin/sh
# Installs the build, moves the installed tree, and builds and runs programs against it that know nothing else.
# usage: run.sh BUILD_DIR SOURCE_DIR
set -eu
build=$1
here=$2/tests/package/consumer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $*" >&2
  exit 1
}

DESTDIR=$work/stage cmake --install "$build" --prefix /opt/batchrouter >"$work/install.log"
mkdir "$work/moved"
mv "$work/stage/opt/batchrouter" "$work/moved/br"
prefix=$work/moved/br
rm -r "$work/stage"
version=$(sed -n 's/^#define BR_VERSION_STRING "\(.*\)"/\1/p' "$prefix/include/batchrouter.h")
library=$(find "$prefix" -name "libbatchrouter.so.$version")
[ -n "$library" ] || fail "there is no libbatchrouter.so.$version"
libdir=$(dirname "$library")

echo "== what is installed"
[ "$(readlink "$libdir/libbatchrouter.so.0")" = "libbatchrouter.so.$version" ] || fail "libbatchrouter.so.0 is no link"
[ "$(readlink "$libdir/libbatchrouter.so")" = "libbatchrouter.so.0" ] || fail "libbatchrouter.so is no link"
readelf -d "$library" >"$work/dynamic"
grep -q 'SONAME.*\[libbatchrouter\.so\.0\]' "$work/dynamic" || fail "the soname is not libbatchrouter.so.0"
! grep -Eq 'RPATH|RUNPATH' "$work/dynamic" || fail "the library has a run path"
for file in $(find "$prefix" -name '*.pc' -o -name '*.cmake'); do
  ! grep -nF -e "$build" -e "$work" -e "$2" "$file" || fail "$file names a directory of this machine"
done
find "$prefix" -name LICENSE | grep -q . || fail "LICENSE is not installed"
if [ -e "$prefix/bin/batchrouter" ]; then
  "$prefix/bin/batchrouter" --version | grep -qF "$version" || fail "the program does not run"
  [ -x "$prefix/bin/batchrouter-vllm-stand-in" ] || fail "the stand-in for vLLM is not installed"
fi

echo "== find_package"
cmake -S "$here" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" >"$work/cmake.log" 2>&1 || {
  cat "$work/cmake.log"
  fail "find_package"
}
cmake --build "$work/cmake" >"$work/build.log" 2>&1 || {
  cat "$work/build.log"
  fail "the find_package consumer does not build"
}
"$work/cmake/consumer"
if [ -e "$libdir/libbatchrouter.a" ]; then
  "$work/cmake/consumer_static"
  ! readelf -d "$work/cmake/consumer_static" | grep -q libbatchrouter || fail "the static consumer wants the shared library"
fi

echo "== pkg-config"
export PKG_CONFIG_PATH="$libdir/pkgconfig"
[ "$(pkg-config --modversion batchrouter)" = "$version" ] || fail "pkg-config tells another version"
[ "$(realpath "$(pkg-config --variable=includedir batchrouter)")" = "$(realpath "$prefix/include")" ] ||
  fail "the .pc file does not follow the moved tree"
# shellcheck disable=SC2046
cc -std=c99 -pedantic -Wall -Wextra -Werror "$here/consumer.c" -o "$work/consumer" $(pkg-config --cflags --libs batchrouter)
LD_LIBRARY_PATH=$libdir "$work/consumer"
! pkg-config --libs batchrouter | grep -q curl || fail "users of the shared library are made to link curl"
for private in -lbatchrouter -lcurl -lcrypto -lsqlite3 -lstdc++; do
  pkg-config --static --libs batchrouter | grep -q -e "$private" || fail "--static lacks $private"
done
if [ -e "$libdir/libbatchrouter.a" ]; then
  # The linker prefers a shared library, so the static one lies in a directory of its own.
  mkdir "$work/static"
  ln -s "$libdir/libbatchrouter.a" "$work/static"
  # shellcheck disable=SC2046
  cc -std=c99 "$here/consumer.c" -o "$work/consumer_static" -L"$work/static" \
    $(pkg-config --static --cflags --libs batchrouter)
  ! readelf -d "$work/consumer_static" | grep -q libbatchrouter || fail "--static links the shared library"
  "$work/consumer_static"
else
  echo "SKIPPED: this build has no static library (BATCHROUTER_BUILD_STATIC)"
fi

echo "== dlopen"
cc -std=gnu99 "$here/dlopen_consumer.c" -o "$work/dlopen_consumer" -ldl
[ "$("$work/dlopen_consumer" "$library")" = "$version" ] || fail "dlopen"
echo "ok"
