#!/bin/sh
# Drives one vendor's official SDK through whole batches against the emulator; see README.md.
# usage: run.sh VENDOR PROGRAM WORK_DIR [SPECS_DIR]
# What is compared with a description in SPECS_DIR is left out, and said, where the file is not there.
# The packages of package-lock.json are installed into WORK_DIR, once. Exit 77 and "SKIPPED: why" where that cannot be.
set -eu
vendor=$1 program=$2 work=$3 specs=${4-}
here=$(cd "$(dirname "$0")" && pwd)

skip() {
  echo "SKIPPED: $*"
  exit 77
}

[ -r "$here/$vendor.test.mjs" ] || { echo "FAILED: there is no vendor $vendor here" >&2 && exit 1; }
command -v node >/dev/null || skip "there is no node; version 20 or newer is needed"
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 20 ] || skip "node is $(node --version); version 20 or newer is needed"

mkdir -p "$work"
cp "$here"/*.mjs "$here/package.json" "$work"
rm -rf "$work/support"
cp -R "$here/support" "$work/support"
cd "$work"
if ! cmp -s "$here/package-lock.json" installed.json; then
  command -v npm >/dev/null || skip "there is no npm to install the SDKs with"
  cp "$here/package-lock.json" package-lock.json
  rm -f installed.json
  npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 >npm.log 2>&1 || {
    # What a registry does not answer or does not have is no fault of this tree; anything else is.
    grep -Eq 'code (ENOTFOUND|EAI_AGAIN|ECONN[A-Z]*|E?TIMEDOUT|ERR_SOCKET_TIMEOUT|E(HOST|NET)UNREACH|E4[0-9]+|E5[0-9]+|ETARGET)' npm.log &&
      skip "npm cannot fetch the SDKs: $(grep -m 1 'code E' npm.log)"
    cat npm.log
    exit 1
  }
  cp package-lock.json installed.json
fi

# Keys, addresses and proxies of whoever runs this are none of the SDKs' business.
exec env -i PATH="$PATH" HOME="$work" TMPDIR="${TMPDIR:-/tmp}" BATCHROUTER="$program" BATCHROUTER_SPECS="$specs" \
  ASAN_OPTIONS="${ASAN_OPTIONS-}" UBSAN_OPTIONS="${UBSAN_OPTIONS-}" TSAN_OPTIONS="${TSAN_OPTIONS-}" \
  node --test --test-reporter=spec "$vendor.test.mjs"
