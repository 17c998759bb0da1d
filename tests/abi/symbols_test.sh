#!/bin/sh
# The functions of the header are what the library exports, no more and no less, each under the node of the version that
# it came with (src/abi/exports.map: a new version adds a node and changes none); and the *nulls_test.c give each of them NULL at least once for every pointer it takes.
# usage: symbols_test.sh SOURCE_DIR LIBRARY
set -eu
source=$1 library=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

awk -f "$source/tests/abi/header.awk" "$source/include/batchrouter.h" | sort >"$work/functions"
cut -d' ' -f1 "$work/functions" >"$work/header"
[ "$(wc -l <"$work/header")" -gt 100 ] || { echo "the header was not understood"; exit 1; }
awk '/^BATCHROUTER_[0-9.]+ \{/ { node = $1 } /^ *br_[a-z0-9_]+;/ { gsub(/[ ;]/, ""); print $0 "@@" node }' \
  "$source/src/abi/exports.map" | sort >"$work/listed"

nm -D --defined-only "$library" | awk '{ print $NF }' | grep -v '^BATCHROUTER_' >"$work/symbols" || true
sed 's/@.*//' "$work/symbols" | sort >"$work/exported"
if ! diff -u "$work/header" "$work/exported" >"$work/diff"; then
  echo "the header (-) and the exported symbols (+) differ:"
  grep '^[-+][^-+]' "$work/diff"
  failed=1
fi
sort "$work/symbols" >"$work/under"
if ! diff -u "$work/listed" "$work/under" >"$work/diff"; then
  echo "src/abi/exports.map (-) and the exported symbols with their nodes (+) differ:"
  grep '^[-+][^-+]' "$work/diff"
  failed=1
fi

while read -r name pointers; do
  calls=$(grep -o "[^a-z_]$name(" "$source"/tests/abi/*nulls_test.c | wc -l)
  if [ "$calls" -lt "$pointers" ]; then
    echo "tests/abi/*nulls_test.c call $name $calls times, but $pointers of its parameters can be NULL"
    failed=1
  fi
done <"$work/functions"
exit $failed
