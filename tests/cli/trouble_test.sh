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
expect_text "$dir/stderr" "standard output: cannot write: No space left on device" "standard output full"
for command in "list" "list --json" "settings" "providers --json" "--version"; do
  code=0
  [ "${command#list}" = "$command" ] || command="$command --state-dir $dir/state"
  "$program" $command >&- 2>"$dir/stderr" || code=$?
  [ "$code" -eq 1 ] || fail "$command with standard output closed: exit $code"
  expect_text "$dir/stderr" "standard output: is closed" "$command with standard output closed"
  # Nobody reads what it says, and there is nothing to complain of.
  { "$program" $command 2>"$dir/stderr" || echo $? >"$dir/code"; } | { exec <&-; sleep 0.3; }
  [ "$(cat "$dir/code")" -eq 141 ] || fail "$command without a reader: exit $(cat "$dir/code")"
  [ -s "$dir/stderr" ] && fail "$command without a reader: $(cat "$dir/stderr")"
done

# What cannot take effect is refused.
job=$("$program" list --state-dir "$dir/state" | awk '/^job_/ { print $1 }')
there="--state-dir $dir/state --poll-interval 20ms"
expect_exit 2 "resume at another vendor" "$program" resume "$job" --provider groq $there
expect_text "$dir/stderr" "the job is openai's" "resume at another vendor"
expect_exit 2 "resume with a model" "$program" resume "$job" --model gpt-4o $there
expect_text "$dir/stderr" "--model has no effect" "resume with a model"
expect_exit 2 "resume at an address by --set" "$program" resume "$job" --set openai.base_url=http://127.0.0.1:9/v1 $there
expect_text "$dir/stderr" "give --base-url instead" "resume at an address by --set"
expect_exit 0 "resume at its own address" "$program" resume "$job" --provider openai --set openai.base_url="$url" $there
expect_exit 2 "whose address" "$program" run "$dir/in.jsonl" --base-url "$url" --state-dir "$dir/none"
expect_text "$dir/stderr" "add --provider" "whose address"
stop_emulator

# Why requests failed stands in the JSON of every command that ends with results in a file.
start_emulator --latency 1s --speed 10 --fail-rate 1
a_run 3 "all requests fail"
job=$("$program" list --state-dir "$dir/state" | awk '/^job_/ { print $1 }')
expect_exit 3 "results --json" "$program" results "$job" -o "$dir/again.jsonl" --json --state-dir "$dir/state"
expect_text "$dir/stdout" '"failures":[{"count":20' "results --json"
stop_emulator

# The reason for which a job does not go on is told beside the process that works on it.
start_emulator --polls 100000 --fault "GET /v1/batches/* status nth=3 count=0 status=500"
rm -rf "$dir/state"
"$program" run "$dir/in.jsonl" -o "$dir/out.jsonl" --provider openai --base-url "$url" --state-dir "$dir/state" \
  --poll-interval 20ms --timeout 20s >/dev/null 2>"$dir/run_said" &
running=$!
for _ in $(seq 100); do
  grep -q "asked again until" "$dir/run_said" && break
  sleep 0.05
done
job=$("$program" list --state-dir "$dir/state" | awk '/^job_/ { print $1 }')
expect_exit 8 "watch beside the owner" "$program" watch "$job" --state-dir "$dir/state" --timeout 500ms
expect_text "$dir/stderr" "warning: $job: [openai] asking for the batch: HTTP 500" "watch beside the owner"
kill -INT "$running"
wait "$running" 2>/dev/null
stop_emulator

# The user and the password of a proxy stay where they are.
HTTPS_PROXY=http://somebody:a-password@proxy.example:3128 "$program" doctor >"$dir/stdout" 2>&1
expect_text "$dir/stdout" "HTTPS_PROXY=http://proxy.example:3128" "doctor shows the proxy"
grep -q a-password "$dir/stdout" && fail "doctor shows the password of the proxy"
finish
