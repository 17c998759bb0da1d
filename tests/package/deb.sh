#!/bin/sh
# Makes the Debian packages of a build, has lintian judge them, installs them into a clean root, and builds and runs
# programs against that. usage: deb.sh BUILD_DIR SOURCE_DIR. Exits 77 where packages cannot be made.
set -eu
build=$1
source=$2
for tool in cpack dpkg-deb dpkg-shlibdeps; do
  command -v $tool >/dev/null || {
    echo "SKIPPED: there is no $tool (scripts/setup installs dpkg-dev)"
    exit 77
  }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $*" >&2
  exit 1
}

echo "== cpack" # gzip, because xz takes longer than all else here
(cd "$build" && SOURCE_DATE_EPOCH=1767225600 cpack -G DEB -D CPACK_DEBIAN_COMPRESSION_TYPE=gzip -B "$work/debs") >"$work/cpack.log" 2>&1 || {
  cat "$work/cpack.log"
  fail "cpack"
}
rm -rf "$work/debs/_CPack_Packages"
for package in libbatchrouter0 libbatchrouter-dev batchrouter; do
  [ -f "$(echo "$work/debs/${package}"_[0-9]*.deb)" ] || fail "there is no package $package"
done

echo "== lintian"
if command -v lintian >/dev/null; then
  # Its warning about root privileges is about this machine, not about the packages.
  lintian --allow-root --fail-on error,warning "$work"/debs/*.deb || fail "lintian"
else
  echo "SKIPPED: there is no lintian (scripts/setup installs it)"
fi

echo "== a clean root"
# It has this machine's list of packages and none of their files: the dependencies are checked, and only ours is there.
root=$work/root
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/var/lib/dpkg/triggers"
awk 'BEGIN { RS = ""; ORS = "\n\n" } !/^Package: (lib)?batchrouter(0|-dev)?\n/' /var/lib/dpkg/status >"$root/var/lib/dpkg/status"
dpkg --root="$root" --force-not-root --force-script-chrootless --log="$work/dpkg.log" --install "$work"/debs/*.deb >"$work/install.log" 2>&1 || {
  cat "$work/install.log"
  fail "dpkg --install"
}
for file in usr/include/batchrouter.h usr/include/batchrouter.hpp usr/bin/batchrouter usr/share/man/man1/batchrouter.1.gz \
  usr/share/bash-completion/completions/batchrouter usr/share/zsh/vendor-completions/_batchrouter \
  usr/share/fish/vendor_completions.d/batchrouter.fish usr/share/doc/libbatchrouter0/copyright; do
  [ -s "$root/$file" ] || fail "$file is not installed"
done
library=$(find "$root/usr/lib" -name 'libbatchrouter.so.0')
libdir=$(dirname "$library")
[ -n "$library" ] || fail "the library is not installed"
version=$(sed -n 's/^#define BR_VERSION_STRING "\(.*\)"/\1/p' "$root/usr/include/batchrouter.h")
LD_LIBRARY_PATH=$libdir "$root/usr/bin/batchrouter" --version | grep -qF "$version" || fail "the program does not run"
LD_LIBRARY_PATH=$libdir "$root/usr/bin/batchrouter" demo 20 >"$work/demo" 2>&1 || { cat "$work/demo"; fail "the demo"; }

echo "== consumers"
export PKG_CONFIG_PATH="$libdir/pkgconfig"
# shellcheck disable=SC2046
cc -std=c99 "$source/tests/package/consumer/consumer.c" -o "$work/consumer" $(pkg-config --cflags --libs batchrouter)
LD_LIBRARY_PATH=$libdir "$work/consumer"
cmake -S "$source/tests/package/consumer" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$root/usr" >"$work/cmake.log" 2>&1 &&
  cmake --build "$work/cmake" >>"$work/cmake.log" 2>&1 || {
  cat "$work/cmake.log"
  fail "find_package"
}
"$work/cmake/consumer"

echo "== dpkg --remove"
dpkg --root="$root" --force-not-root --force-script-chrootless --log="$work/dpkg.log" --purge batchrouter libbatchrouter-dev libbatchrouter0 \
  >"$work/install.log" 2>&1 || { cat "$work/install.log"; fail "dpkg --purge"; }
left=$(find "$root/usr" -type f 2>/dev/null || true)
[ -z "$left" ] || fail "removing leaves $left"
echo "ok"
