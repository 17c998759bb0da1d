#!/bin/sh
# The order of the folders: prints each pair of folders of which a file of one includes a file of the other, with the
# number of such includes, and fails where there are too many pairs or where one points upward.
# usage: arrows.sh [SOURCE_DIR]
set -eu
cd "${1:-$(dirname "$0")/../..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# arrows TREE: lines "count from to".
arrows() {
  find "src/$1" \( -name '*.cc' -o -name '*.h' \) -exec grep -HoE "^#include \"$1/[^\"]+\"" {} + |
    sed -E 's|^src/([^:]+):#include "([^"]+)"|\1 \2|' |
    awk '{ sub(/\/[^\/]*$/, "", $1); sub(/\/[^\/]*$/, "", $2); if ($1 != $2) print $1, $2 }' | sort | uniq -c
}

# order TREE MOST FOLDERS...: from the lowest; a folder may include those before it. "." is the tree's own folder.
order() {
  tree=$1 most=$2
  shift 2
  arrows "$tree" >"$work/arrows"
  awk '{ printf "%4d  %s -> %s\n", $1, $2, $3 }' "$work/arrows"
  pairs=$(wc -l <"$work/arrows")
  echo "      src/$tree: $pairs pairs of folders, at most $most"
  [ "$pairs" -le "$most" ] || echo "src/$tree has $pairs pairs of folders, at most $most" >>"$work/failures"
  awk -v tree="$tree" -v order="$*" '
    function place(folder) { sub("^" tree "/?", "", folder); return folder == "" ? rank["."] : rank[folder] }
    BEGIN { n = split(order, names, " "); for (i = 1; i <= n; ++i) rank[names[i]] = i }
    place($2) == 0 || place($3) == 0 { print $2 " -> " $3 ": a folder that has no place in the order"; next }
    place($2) < place($3) { print $2 " -> " $3 ": upward" }' "$work/arrows" >>"$work/failures"
}

: >"$work/failures"
order providers 20 . schema shared openai anthropic google bedrock vertex fireworks
order core 15 . protocol results requests engine jobs router
order capture 1 stream .
order emulator 40 base http batches vendor openai anthropic google mistral bedrock vertex fireworks xai .

if [ -s "$work/failures" ]; then
  cat "$work/failures"
  exit 1
fi
