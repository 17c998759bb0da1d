# What the tests of the program share. A test sources it with the program as $1; it gets a directory of its own as
# $dir, and begin/finish around each case.
set -u
program=$1
dir=$(mktemp -d "${TMPDIR:-/tmp}/batchrouter-cli-XXXXXX")
emulator=
failures=0
for variable in OPENAI_API_KEY OPENAI_BASE_URL OPENAI_ORG_ID OPENAI_PROJECT_ID http_proxy all_proxy ALL_PROXY; do
  unset "$variable"
done
export OPENAI_API_KEY=emulated
# Neither files nor notes of whoever runs the tests.
unset XDG_STATE_HOME XDG_CONFIG_HOME
export HOME="$dir"

clean_up() {
  [ -z "$emulator" ] || kill "$emulator" 2>/dev/null
  rm -rf "$dir"
}
trap clean_up EXIT

finish() {
  [ "$failures" -eq 0 ] || exit 1
}

fail() {
  echo "FAILED: $*" >&2
  failures=$((failures + 1))
}

# expect_exit CODE WHAT COMMAND...: its output is in $dir/stdout and $dir/stderr.
expect_exit() {
  wanted=$1
  what=$2
  shift 2
  "$@" >"$dir/stdout" 2>"$dir/stderr" </dev/null
  got=$?
  [ "$got" -eq "$wanted" ] || {
    fail "$what: exit $got, not $wanted"
    cat "$dir/stderr" >&2
  }
}

# expect_text FILE TEXT WHAT
expect_text() {
  grep -qF -- "$2" "$1" || {
    fail "$3: \"$2\" is not in $(basename "$1")"
    head -c 3000 "$1" >&2
  }
}

# make_requests COUNT FILE
make_requests() {
  awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++)
    printf "{\"custom_id\":\"r%d\",\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"question %d\"}]}\n", i, i
  }' >"$2"
}

# expect_complete COUNT FILE WHAT: each custom_id r0 … exactly once.
expect_complete() {
  [ -f "$2" ] || {
    fail "$3: there is no $(basename "$2")"
    return
  }
  lines=$(wc -l <"$2")
  ids=$(sed 's/^{"custom_id":"\([^"]*\)".*/\1/' "$2" | sort -u | wc -l)
  [ "$lines" -eq "$1" ] && [ "$ids" -eq "$1" ] || fail "$3: $lines lines and $ids ids, not $1"
}

# start_emulator OPTIONS...: sets $url; stop_emulator leaves the ledger in $dir/ledger.
start_emulator() {
  : >"$dir/emulator"
  "$program" emulate --ledger "$@" >"$dir/emulator" 2>"$dir/emulator.err" &
  emulator=$!
  url=
  while [ -z "$url" ]; do
    kill -0 "$emulator" 2>/dev/null || {
      cat "$dir/emulator.err" >&2
      fail "the emulator does not start"
      finish
    }
    url=$(awk '$1 == "openai" { print $2 }' "$dir/emulator")
  done
}

stop_emulator() {
  kill -TERM "$emulator"
  wait "$emulator"
  emulator=
  grep '^{' "$dir/emulator" >"$dir/ledger"
}

expect_paid_once() {
  expect_text "$dir/ledger" '"requests_twice_paid":0,"batches_twice_paid":0' "$1"
}

# until_true WHAT COMMAND...
until_true() {
  what=$1
  shift
  tries=0
  until "$@" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 3000 ] || {
      fail "$what: never came"
      return 1
    }
    sleep 0.01
  done
}
