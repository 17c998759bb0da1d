#!/bin/sh
# Runs one example against the emulator and looks at what it printed and what it would have cost.
# usage: run.sh BATCHROUTER EXAMPLE NAME
. "$(dirname "$0")/../tests/cli/support.sh"
example=$2
name=$3

# $dir/urls has one line per vendor. Batches end after $1 looks.
start() {
  "$program" emulate --polls "$1" >"$dir/urls" 2>&1 &
  emulator=$!
  until url=$(sed -n 's/^openai //p' "$dir/urls") && [ -n "$url" ]; do sleep 0.05; done
  export OPENAI_BASE_URL="$url"
}

run() {
  "$example" state_dir "$dir/state" submit.settle_ms 200 poll.interval_ms 10 poll.max_interval_ms 10 "$@" >"$dir/stdout" 2>"$dir/stderr" </dev/null
}

ledger() {
  curl -s "${url%/v1}/__emulator/ledger" | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

# expect_answers COUNT
expect_answers() {
  got=$(grep -c ': answer to ' "$dir/stdout")
  [ "$got" -eq "$1" ] || { fail "$name: $got answers, not $1"; cat "$dir/stdout" "$dir/stderr" >&2; }
}

case $name in
  *.hello)
    [ "$(wc -l <"$(dirname "$0")/c/hello.c")" -le 25 ] || fail "hello, world has more than 25 lines"
    start 2
    run || fail "$name: exit $?"
    expect_text "$dir/stdout" "answer to hello" "$name"
    ;;
  *.quick_start)
    start 2
    "$example" "$OPENAI_BASE_URL" "$dir/state" 10 >"$dir/stdout" 2>"$dir/stderr" || fail "$name: exit $?"
    expect_answers 2
    ;;
  c.pull) start 2; run || fail "$name: exit $?"; expect_answers 15 ;;
  cpp.pull)
    start 2
    run || fail "$name: exit $?"
    expect_answers 6
    sed 's/:.*//' "$dir/stdout" >"$dir/order"
    printf 'pull-%s\n' 1 2 3 4 5 6 | cmp -s - "$dir/order" || fail "$name: not in the order of the questions"
    ;;
  *.callbacks)
    start 2
    run || fail "$name: exit $?"
    expect_answers 6
    expect_text "$dir/stderr" "job_done" "$name"
    ;;
  *.event_loop) start 4; run || fail "$name: exit $?"; expect_answers 8 ;;
  *.resume)
    # It is killed while the vendor works, and again after its batch was asked for; the third run ends.
    start 40
    for round in 1 2; do
      "$example" state_dir "$dir/state" submit.settle_ms 200 poll.interval_ms 100 >"$dir/stdout" 2>"$dir/stderr" </dev/null &
      killed=$!
      until grep -q 'job_' "$dir/stderr"; do sleep 0.02; done
      kill -9 "$killed"
      wait "$killed" 2>/dev/null
    done
    run || fail "$name: exit $?"
    expect_text "$dir/stderr" "going on with job_" "$name"
    expect_answers 10
    [ "$(ledger creates)" = 1 ] || fail "$name: more than one batch was made"
    [ "$(ledger requests_twice_paid)" = 0 ] || fail "$name: a request was paid for twice"
    ;;
esac
finish
