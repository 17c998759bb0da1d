# The same command given again: it goes on, is refused, takes what is there, or pays again because that was said.
. "$(dirname "$0")/support.sh"

make_requests 20 "$dir/in.jsonl"
state="--state-dir $dir/state --poll-interval 20ms"

# again CODE WHAT OUT OPTION...: the run of the same requests.
again() {
  wanted_code=$1
  what=$2
  out=$3
  shift 3
  # shellcheck disable=SC2086
  expect_exit "$wanted_code" "$what" "$program" run "$dir/in.jsonl" -o "$out" --provider openai --base-url "$url" $state "$@"
}

start_emulator --latency 1s --speed 10
again 0 "run" "$dir/out.jsonl"
job=$("$program" list --state-dir "$dir/state" | awk '/^job_/ { print $1 }')
again 2 "the same run" "$dir/out.jsonl"
expect_text "$dir/stderr" "$job" "the same run names the job"
expect_text "$dir/stderr" "--again" "the same run says how to pay again"
again 2 "the same run with another OUT" "$dir/other.jsonl"
[ -e "$dir/other.jsonl" ] && fail "the refused run wrote its OUT"
again 2 "the same run with contradictory options" "$dir/other.jsonl" --again --reuse
again 0 "reuse" "$dir/other.jsonl" --reuse
cmp -s "$dir/out.jsonl" "$dir/other.jsonl" || fail "reuse: another file than the run's"
# shellcheck disable=SC2086
expect_exit 2 "submit of the same" "$program" submit "$dir/in.jsonl" --provider openai --base-url "$url" $state
again 0 "pay again" "$dir/out.jsonl" --again
short=$(echo "$job" | cut -c5-12)
expect_exit 0 "status by a beginning of the id" "$program" status "$short" --state-dir "$dir/state"
expect_text "$dir/stdout" "$job" "status by a beginning of the id"
expect_exit 0 "cancel of a finished job" "$program" cancel "$job" --state-dir "$dir/state" --json
expect_text "$dir/stdout" '"cancelled":false' "cancel of a finished job"
expect_exit 0 "resume" "$program" resume --state-dir "$dir/state"
expect_text "$dir/stderr" "nothing to resume" "resume"

# The state directory is lost; the batch is at the vendor.
batch=$("$program" status "$job" --state-dir "$dir/state" --json | sed 's/.*"batches":\[{"id":"\([^"]*\)".*/\1/')
# shellcheck disable=SC2086
expect_exit 0 "attach" "$program" attach "$batch" --provider openai --base-url "$url" -o "$dir/attached.jsonl" \
  --state-dir "$dir/new" --poll-interval 20ms
expect_complete 20 "$dir/attached.jsonl" "attach"
expect_exit 0 "attach again" "$program" attach "$batch" --provider openai --base-url "$url" -o "$dir/attached.jsonl" \
  --state-dir "$dir/new" --poll-interval 20ms
expect_text "$dir/stderr" "has that batch already" "attach again"
expect_exit 6 "attach of nothing" "$program" attach batch_no_such --provider openai --base-url "$url" \
  --state-dir "$dir/empty" --poll-interval 20ms
[ -e "$dir/empty" ] && fail "attach of nothing left a job behind"
expect_exit 2 "attach without a vendor" "$program" attach "$batch" --state-dir "$dir/new"
stop_emulator
expect_text "$dir/ledger" '"creates":2' "what was paid"

# An unfinished one goes on, whatever OUT; the newest is remembered.
rm -rf "$dir/state" "$dir"/o*.jsonl
start_emulator --latency 10s --speed 10
again 8 "run that times out" "$dir/out.jsonl" --timeout 100ms
again 8 "the same with another OUT" "$dir/other.jsonl" --timeout 100ms
expect_text "$dir/stderr" "they go to $dir/other.jsonl" "the new OUT is said"
# shellcheck disable=SC2086
expect_exit 0 "resume writes the new OUT" "$program" resume $state
expect_complete 20 "$dir/other.jsonl" "resume writes the new OUT"
[ -e "$dir/out.jsonl" ] && fail "the OUT that was replaced was written"
stop_emulator
expect_text "$dir/ledger" '"creates":1' "an unfinished job goes on"

# A retry given again.
rm -rf "$dir/state" "$dir"/o*.jsonl
start_emulator --latency 1s --speed 10 --fail-rate 0.5
again 3 "run of which half fails" "$dir/out.jsonl"
job=$("$program" list --state-dir "$dir/state" | awk '/^job_/ { print $1 }')
# shellcheck disable=SC2086
expect_exit 8 "retry that times out" "$program" retry "$job" -o "$dir/more.jsonl" $state --timeout 1ms
# shellcheck disable=SC2086
"$program" resume $state 2>"$dir/stderr"
[ -s "$dir/more.jsonl" ] || fail "resume of a retry wrote no OUT"
# shellcheck disable=SC2086
expect_exit 2 "retry given again" "$program" retry "$job" -o "$dir/again.jsonl" $state
expect_text "$dir/stderr" "--reuse" "retry given again"
stop_emulator
expect_text "$dir/ledger" '"creates":2' "retry given again"

expect_exit 0 "list of a directory that is not there" "$program" list --state-dir "$dir/no/such/place"
expect_text "$dir/stderr" "no/such/place" "list of a directory that is not there"
expect_exit 2 "empty name of the directory" "$program" list --state-dir ""
# An escape, a C1 control as UTF-8 and as a byte, and a mark that turns the writing direction.
for bad in '\033[2J' '\302\233' '\233' '\342\200\256'; do
  for json in -q --json; do
    code=6
    [ "$bad" != '\233' ] || code=2 # no UTF-8 at all, so that it is no id
    # shellcheck disable=SC2059
    expect_exit "$code" "id with $bad" "$program" status "job_$(printf "$bad")" --state-dir "$dir/state" "$json"
    shown=$(LC_ALL=C tr -d '\n\t -~' <"$dir/stderr" | wc -c)
    [ "$shown" -eq 0 ] || fail "id with $bad $json: $shown bytes of it reached the terminal"
    [ "$code" -eq 2 ] || grep -q '\\[xu]' "$dir/stderr" || fail "id with $bad $json: it is not shown"
  done
done
expect_exit 0 "help of a command" "$program" help run
expect_text "$dir/stdout" "--again" "help of a command"
finish
