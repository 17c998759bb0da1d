# What is to happen with a job beside its results: rounds of retries into one OUT, a command at its end; and what is said
# of requests that failed.
. "$(dirname "$0")/support.sh"

make_requests 20 "$dir/in.jsonl"
settings="--provider openai --state-dir $dir/state --poll-interval 20ms --settle 100ms --set retry.base_ms=1"

# a_run CODE WHAT OPTIONS...: a run with its own state directory.
a_run() {
  wanted=$1
  what=$2
  shift 2
  rm -rf "$dir/state" "$dir/out.jsonl"
  # shellcheck disable=SC2086
  expect_exit "$wanted" "$what" "$program" run "$dir/in.jsonl" -o "$dir/out.jsonl" $settings --base-url "$url" "$@"
}

# ---- reasons and advice ----
start_emulator --latency 1s --speed 10 --fail-rate 0.4
a_run 3 "some fail"
failed=$(grep -c '"status":"errored"' "$dir/out.jsonl")
expect_text "$dir/stderr" "  $failed times " "the reasons of a run"
expect_text "$dir/stderr" "ask these again: batchrouter retry" "failures that may pass"
job=$("$program" list --state-dir "$dir/state" | awk '/^job_/ { print $1 }')
expect_exit 0 "status" "$program" status "$job" --state-dir "$dir/state"
expect_text "$dir/stdout" "  $failed times " "the reasons in status"
expect_exit 0 "status --json" "$program" status "$job" --state-dir "$dir/state" --json
expect_text "$dir/stdout" "\"failures\":[{\"count\":$failed," "the reasons as JSON"

stop_emulator

# ---- rounds ----
# Of two batches half of the requests expire; the third round has them all.
for order in arrival input; do
  start_emulator --latency 1s --speed 10 --fault "batch expire share=0.5 nth=1 count=2"
  a_run 0 "retries in order of $order" --retries 3 --order "$order"
  expect_complete 20 "$dir/out.jsonl" "retries in order of $order"
  [ "$(grep -c '"status":"succeeded"' "$dir/out.jsonl")" -eq 20 ] || fail "retries in order of $order: an error is left"
  [ "$(grep -c 'asks .* requests again' "$dir/stderr")" -eq 2 ] || fail "retries in order of $order: other rounds"
  expect_exit 0 "nothing is left after rounds" "$program" resume --state-dir "$dir/state"
  expect_text "$dir/stderr" "nothing to resume" "nothing is left after rounds"
  stop_emulator
  expect_paid_once "retries in order of $order"
done
[ "$(sed 's/^{"custom_id":"r\([0-9]*\)".*/\1/' "$dir/out.jsonl" | tr '\n' ' ')" = "$(seq -s ' ' 0 19) " ] ||
  fail "retries in order of input: another order"
start_emulator --latency 1s --speed 10 --fault "batch expire share=0.5 nth=1 count=2"
a_run 3 "fewer rounds than needed" --retries 1
expect_complete 20 "$dir/out.jsonl" "fewer rounds than needed"
expect_text "$dir/stderr" "  5 times expired" "what the last round left"
last=$(sed -n 's/^\(job_[a-z0-9]*\): asks .*/\1/p' "$dir/stderr" | tail -1)
expect_text "$dir/stderr" "batchrouter retry $last" "the job to retry is the last round"
stop_emulator
# What was asked for goes on in another process.
start_emulator --latency 1s --speed 10 --fault "batch expire share=0.5 nth=1 count=2"
rm -rf "$dir/state" "$dir/out.jsonl"
# shellcheck disable=SC2086
expect_exit 0 "submit with retries" "$program" submit "$dir/in.jsonl" -o "$dir/out.jsonl" $settings --base-url "$url" --retries 3
expect_exit 0 "resume goes on with the rounds" "$program" resume --state-dir "$dir/state" --poll-interval 20ms
expect_complete 20 "$dir/out.jsonl" "resume goes on with the rounds"
[ "$(grep -c '"status":"succeeded"' "$dir/out.jsonl")" -eq 20 ] || fail "resume goes on with the rounds: an error is left"
stop_emulator
expect_paid_once "resume goes on with the rounds"

start_emulator --latency 1s --speed 10
# ---- the command at the end ----
# shellcheck disable=SC2016
a_run 0 "a command at the end" --on-done 'echo "$BATCHROUTER_JOB $BATCHROUTER_STATUS $BATCHROUTER_EXIT $BATCHROUTER_OUTPUT" >>'"$dir/ended"
job=$("$program" list --state-dir "$dir/state" | awk '/^job_/ { print $1 }')
[ "$(cat "$dir/ended")" = "$job completed 0 $dir/out.jsonl" ] || fail "a command at the end: $(cat "$dir/ended")"
expect_exit 0 "results again" "$program" results "$job" -o "$dir/again.jsonl" --state-dir "$dir/state"
[ "$(wc -l <"$dir/ended")" -eq 1 ] || fail "the command at the end ran twice"
grep -rq "echo" "$dir/state" && fail "the command is in the state directory"
a_run 0 "a command that fails" --on-done "exit 7"
expect_text "$dir/stderr" "the command of --on-done ended with exit code 7" "a command that fails"
rm -rf "$dir/state" "$dir/out.jsonl"
# shellcheck disable=SC2086
XDG_STATE_HOME=/dev/null expect_exit 1 "nowhere to keep the command" "$program" run "$dir/in.jsonl" -o "$dir/out.jsonl" $settings \
  --base-url "$url" --on-done true
expect_text "$dir/stderr" "XDG_STATE_HOME" "nowhere to keep the command"
[ -z "$("$program" list --state-dir "$dir/state")" ] || fail "nowhere to keep the command: a job was made"
rm -rf "$dir/state" "$dir/ended"
mkdir -p "$dir/.config/batchrouter"
printf 'on_done = "touch %s"\n' "$dir/ended" >"$dir/.config/batchrouter/config.toml"
# shellcheck disable=SC2086
expect_exit 0 "submit" "$program" submit "$dir/in.jsonl" -o "$dir/out.jsonl" $settings --base-url "$url" --again
[ ! -e "$dir/ended" ] || fail "the command ran before the end"
job=$("$program" list --state-dir "$dir/state" | awk '/^job_/ { print $1 }')
expect_exit 0 "watch" "$program" watch "$job" --state-dir "$dir/state" --poll-interval 20ms
[ ! -e "$dir/ended" ] || fail "the command ran before the results were written"
expect_exit 0 "resume" "$program" resume --state-dir "$dir/state" --poll-interval 20ms
[ -e "$dir/ended" ] || fail "the command of the user's file did not run at the end"
rm "$dir/.config/batchrouter/config.toml"

# ---- prune ----
job=$("$program" list --state-dir "$dir/state" | awk '/^job_/ { print $1 }')
expect_exit 2 "prune of nothing named" "$program" prune --state-dir "$dir/state"
expect_exit 0 "prune of older ones" "$program" prune --older-than 1h --state-dir "$dir/state"
expect_text "$dir/stderr" "removed 0 jobs" "prune of older ones"
expect_exit 0 "prune of failed ones" "$program" prune --older-than 0s --state failed --state-dir "$dir/state"
expect_text "$dir/stderr" "removed 0 jobs" "prune of failed ones"
expect_exit 0 "prune --dry-run" "$program" prune --older-than 0s --dry-run --state-dir "$dir/state"
[ "$(cat "$dir/stdout")" = "$job" ] || fail "prune --dry-run: $(cat "$dir/stdout")"
expect_exit 0 "prune" "$program" prune --older-than 0s --state completed --state-dir "$dir/state" --json
expect_text "$dir/stdout" "{\"removed\":[\"$job\"],\"dry_run\":false,\"waiting\":0}" "prune"
[ -z "$("$program" list --state-dir "$dir/state")" ] || fail "prune: the job is still there"
# shellcheck disable=SC2086
expect_exit 0 "submit and leave" "$program" submit "$dir/in.jsonl" -o "$dir/left.jsonl" $settings --base-url "$url"
expect_exit 0 "prune keeps what runs" "$program" prune --older-than 0s --state-dir "$dir/state"
expect_text "$dir/stderr" "removed 0 jobs" "prune keeps what runs"

# ---- doctor ----
expect_exit 0 "doctor --connect" "$program" doctor --connect --provider openai --base-url "$url"
expect_text "$dir/stdout" "openai at $url answers" "doctor --connect"
stop_emulator
expect_text "$dir/ledger" '"creates":4,' "doctor makes no batch"
expect_exit 1 "doctor --connect to nobody" "$program" doctor --connect --provider openai --base-url "$url"
expect_text "$dir/stdout" "127.0.0.1" "doctor --connect to nobody"
[ -z "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'batchrouter-doctor-*' -newer "$dir/in.jsonl")" ] || fail "doctor leaves a directory"
finish
