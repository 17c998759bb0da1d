#!/bin/sh
# usage: run.sh browser|metrics SERVE_PAGE
# Exits with 77 and says why where a tool that the test needs is not there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
skip() { echo "skipped: $1"; exit 77; }
command -v node >/dev/null || skip "node is missing"
[ "$(node -p 'Number(process.versions.node.split(".")[0])')" -ge 20 ] || skip "node is older than 20"
case $1 in
  browser) tool=$(command -v chromium || command -v chromium-browser) || skip "chromium is missing" ;;
  metrics) tool=$(command -v promtool) || skip "promtool is missing" ;;
  *) echo "unknown test: $1" >&2; exit 2 ;;
esac
SERVE_PAGE=$2 TOOL=$tool exec node --test "$here/$1.test.mjs"
