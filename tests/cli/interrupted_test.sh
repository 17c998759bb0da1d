# A run that is stopped, at whatever moment, goes on: every result once, nothing paid twice.
. "$(dirname "$0")/support.sh"

make_requests 200 "$dir/in.jsonl"
start_emulator --latency 2s --speed 10
options="--state-dir $dir/state --poll-interval 20ms --settle 300ms"

# start_run OUT: in the background, as $run.
start_run() {
  # shellcheck disable=SC2086
  "$program" run "$dir/in.jsonl" -o "$1" --provider openai --base-url "$url" $options >"$dir/run.out" 2>"$dir/run.err" &
  run=$!
}

for moment in 0 0.01 0.02 0.05 0.1 0.15 0.2 0.25 0.3 0.4; do
  out=$dir/out-$moment.jsonl
  start_run "$out"
  sleep "$moment"
  kill -KILL "$run" 2>/dev/null
  wait "$run" 2>/dev/null
  # shellcheck disable=SC2086
  expect_exit 0 "resume after a kill at $moment s" "$program" resume $options
  # The same run finds nothing to do, or does what was not begun; a second batch of a finished job would be paid again.
  [ -f "$out" ] || {
    # shellcheck disable=SC2086
    expect_exit 0 "run after a kill at $moment s" "$program" run "$dir/in.jsonl" -o "$out" --provider openai \
      --base-url "$url" $options
  }
  expect_complete 200 "$out" "kill at $moment s"
  rm -rf "$dir/state"
done
jobs_made=10
stop_emulator
billed=$(sed 's/.*"requests_billed":\([0-9]*\).*/\1/' "$dir/ledger")
[ "$billed" -eq $((jobs_made * 200)) ] || fail "killed runs: $billed requests were billed, not $((jobs_made * 200))"

# Killed when OUT is there and before it said so, then looked at: the same run pays nothing and exits as it would have.
start_emulator --latency 2s --speed 10
caught=0
for look in "list" "status JOB" "results JOB" "watch JOB" "resume JOB" "resume"; do
  start_run "$dir/told.jsonl"
  until [ -f "$dir/told.jsonl" ] || ! kill -0 "$run" 2>/dev/null; do :; done
  kill -KILL "$run" 2>/dev/null
  wait "$run" 2>/dev/null
  if ! grep -q wrote "$dir/run.err"; then
    caught=$((caught + 1))
    job=$("$program" list --state-dir "$dir/state" | awk '/^job_/ { print $1 }')
    # shellcheck disable=SC2001,SC2046,SC2086
    expect_exit 0 "$look after a kill" "$program" $(echo "$look" | sed "s/JOB/$job/") $options
    rm -f "$dir/told.jsonl"
    case $look in
      resume*) wanted=2 ;;  # it told, and wrote OUT as the run would have
      *) wanted=0 ;;
    esac
    # shellcheck disable=SC2086
    expect_exit "$wanted" "the run again after $look" "$program" run "$dir/in.jsonl" -o "$dir/told.jsonl" --provider openai \
      --base-url "$url" $options
    [ "$wanted" -eq 2 ] || expect_complete 200 "$dir/told.jsonl" "the run again after $look"
  fi
  rm -rf "$dir/state" "$dir/told.jsonl"
done
stop_emulator
[ "$caught" -gt 0 ] || fail "no run was killed in time"
grep -q '"requests_billed":1200' "$dir/ledger" || fail "a look at a killed run made it pay again: $(cat "$dir/ledger")"

start_emulator --latency 24h
for signal in INT TERM; do
  start_run "$dir/signal.jsonl"
  until "$program" list --state-dir "$dir/state" --json 2>/dev/null | grep -q '"id":"batch_'; do :; done
  # shellcheck disable=SC2086
  expect_exit 10 "resume beside a run" "$program" resume $options
  expect_exit 0 "status beside a run" "$program" status \
    "$("$program" list --state-dir "$dir/state" | awk '/^job_/ { print $1 }')" --state-dir "$dir/state"
  kill -"$signal" "$run"
  wait "$run"
  code=$?
  wanted=130
  [ "$signal" = INT ] || wanted=143
  [ "$code" -eq "$wanted" ] || fail "$signal: exit $code, not $wanted"
  expect_text "$dir/run.err" "batchrouter resume job_" "$signal"
  rm -rf "$dir/state"
done
stop_emulator
expect_text "$dir/ledger" '"cancels":0' "interrupted runs cancel nothing"
finish
