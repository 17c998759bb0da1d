#!/bin/sh
# Two releases of one commit are the same bytes, hold the sources and nothing else, and come with a valid SPDX document.
# usage: release.sh SOURCE_DIR. Exits 77 where the sources are no git repository.
set -eu
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
if ! git -C "$source" rev-parse HEAD >/dev/null 2>"$work/git"; then
  echo "SKIPPED: a release is made from a commit, and there is none here: $(head -n 1 "$work/git")"
  exit 77
fi
(umask 077 && TZ=Asia/Tokyo "$source/scripts/release" "$work/one") >/dev/null
(cd / && umask 002 && TZ=UTC LC_ALL=C "$source/scripts/release" "$work/two") >/dev/null
diff -r "$work/one" "$work/two" || fail "two releases of one commit differ"

version=$(sed -n 's/^#define BR_VERSION_STRING "\(.*\)"/\1/p' "$source/include/batchrouter.h")
archive=$work/one/batchrouter-$version.tar.gz
(cd "$work/one" && sha256sum --quiet --check "batchrouter-$version.sha256") || fail "the checksums"
tar -tzf "$archive" >"$work/names"
! grep -v "^batchrouter-$version/" "$work/names" || fail "the archive has more than one directory"
for file in LICENSE README.md CMakeLists.txt include/batchrouter.h docs/batchrouter.1 bindings/go/go.mod; do
  grep -qxF "batchrouter-$version/$file" "$work/names" || fail "the archive lacks $file"
done
! grep -E '/(build|node_modules|\.batch_router)/' "$work/names" || fail "the archive has files of a build"
python3 "$source/tests/package/spdx_check.py" "$work/one/batchrouter-$version.spdx.json" "$archive"
echo "ok"
