# What the vendor can do to a run, and what the program says to it.
. "$(dirname "$0")/support.sh"

make_requests 20 "$dir/in.jsonl"

# a_run CODE WHAT: a run with its own state directory.
a_run() {
  rm -rf "$dir/state" "$dir/out.jsonl"
  expect_exit "$1" "$2" "$program" run "$dir/in.jsonl" -o "$dir/out.jsonl" --provider openai --base-url "$url" \
    --state-dir "$dir/state" --poll-interval 20ms --settle 100ms --set retry.base_ms=1
}

start_emulator --latency 1s --speed 10 --key the-right-key-77
OPENAI_API_KEY=wrong a_run 4 "wrong key"
expect_text "$dir/stderr" "batchrouter resume job_" "wrong key"
# Another key than the job's goes to a remembered address only where somebody says so.
job=$("$program" list --state-dir "$dir/state" | awk '/^job_/ { print $1 }')
OPENAI_API_KEY=the-right-key-77 expect_exit 4 "another key at a remembered address" "$program" resume "$job" \
  --state-dir "$dir/state" --poll-interval 20ms
expect_text "$dir/stderr" "--base-url $url" "another key at a remembered address"
OPENAI_API_KEY=the-right-key-77 expect_exit 0 "resume with the right key" "$program" resume "$job" --base-url "$url" \
  --state-dir "$dir/state" --poll-interval 20ms
expect_complete 20 "$dir/out.jsonl" "resume with the right key"
grep -rq "the-right-key-77" "$dir/state" && fail "the key is in the state directory"
stop_emulator
expect_paid_once "wrong key"

start_emulator --latency 1s --speed 10 --fail-rate 0.5
a_run 3 "half of the requests fail"
cp "$dir/stderr" "$dir/run_said"
expect_complete 20 "$dir/out.jsonl" "half of the requests fail"
failed=$(grep -c '"status":"errored"' "$dir/out.jsonl")
job=$("$program" list --state-dir "$dir/state" | awk '/^job_/ { print $1 }')
expect_text "$dir/run_said" "ask these again: batchrouter retry $job -o more.jsonl --state-dir $dir/state" "the next step"
expect_exit 0 "results --failed" "$program" results "$job" --failed -o "$dir/failed.jsonl" --state-dir "$dir/state"
[ "$(wc -l <"$dir/failed.jsonl")" -eq "$failed" ] || fail "results --failed: $(wc -l <"$dir/failed.jsonl") of $failed lines"
expect_exit 0 "what failed is valid" "$program" validate "$dir/failed.jsonl" --provider openai
expect_exit 0 "list --remote" "$program" list --remote --provider openai --base-url "$url" --state-dir "$dir/state"
expect_text "$dir/stdout" "batch_" "list --remote"
expect_exit 2 "list --remote of nobody" "$program" list --remote --state-dir "$dir/state"
code=0
"$program" retry "$job" -o "$dir/more.jsonl" --state-dir "$dir/state" --poll-interval 20ms >"$dir/stdout" \
  2>"$dir/stderr" || code=$?
[ "$code" -eq 0 ] || [ "$code" -eq 3 ] || fail "retry: exit $code: $(cat "$dir/stderr")"
[ "$(wc -l <"$dir/more.jsonl")" -eq "$failed" ] || fail "retry: $(wc -l <"$dir/more.jsonl") results of $failed requests"
stop_emulator

start_emulator --latency 1s --speed 10 --fault "POST /v1/batches reset_after_execute nth=1 count=1"
a_run 0 "answer to create lost"
expect_complete 20 "$dir/out.jsonl" "answer to create lost"
stop_emulator
expect_paid_once "answer to create lost"

start_emulator --polls 40
rm -rf "$dir/state"
options="--state-dir $dir/state --poll-interval 20ms"
expect_exit 8 "timeout" "$program" run "$dir/in.jsonl" -o "$dir/late.jsonl" --provider openai --base-url "$url" \
  --timeout 300ms $options
expect_text "$dir/stderr" "batchrouter resume job_" "timeout"
job=$("$program" list $options | awk '/^job_/ { print $1 }')
expect_exit 8 "results of an unfinished job" "$program" results "$job" $options
expect_exit 0 "cancel" "$program" cancel "$job" $options --json
expect_text "$dir/stdout" '"cancelled":true' "cancel"
expect_exit 3 "resume after cancel" "$program" resume $options
expect_complete 20 "$dir/late.jsonl" "resume after cancel"
stop_emulator
# Nobody reads what it says, and it goes on all the same.
start_emulator --latency 1s --speed 10
for to in /dev/full closed; do
  rm -rf "$dir/state" "$dir/out.jsonl"
  code=0
  if [ "$to" = closed ]; then
    "$program" run "$dir/in.jsonl" -o "$dir/out.jsonl" --provider openai --base-url "$url" --state-dir "$dir/state" \
      --poll-interval 20ms 2>&- || code=$?
  else
    "$program" run "$dir/in.jsonl" -o "$dir/out.jsonl" --provider openai --base-url "$url" --state-dir "$dir/state" \
      --poll-interval 20ms 2>"$to" || code=$?
  fi
  [ "$code" -eq 0 ] || fail "standard error $to: exit $code"
  expect_complete 20 "$dir/out.jsonl" "standard error $to"
done
code=0
"$program" list --state-dir "$dir/state" >/dev/full 2>"$dir/stderr" || code=$?
[ "$code" -eq 1 ] || fail "standard output full: exit $code"
expect_text "$dir/stderr" "standard output" "standard output full"
stop_emulator
finish
