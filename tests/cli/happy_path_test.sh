# The commands in the order people use them, against a vendor that does what it should.
. "$(dirname "$0")/support.sh"

make_requests 50 "$dir/in.jsonl"
start_emulator --latency 1s --speed 10
state="--state-dir $dir/state --poll-interval 20ms"
where="--provider openai --base-url $url"

expect_exit 0 "run" "$program" run "$dir/in.jsonl" -o "$dir/out.jsonl" $where $state
expect_complete 50 "$dir/out.jsonl" "run"
[ -s "$dir/stdout" ] && fail "run: standard output carries something that is no data"
expect_exit 0 "run to standard output" "$program" run "$dir/in.jsonl" $where $state -q --again
expect_complete 50 "$dir/stdout" "run to standard output"

expect_exit 0 "submit" "$program" submit "$dir/in.jsonl" --name late $where $state --again
job=$(cat "$dir/stdout")
expect_exit 0 "status" "$program" status "$job" $state --json
expect_text "$dir/stdout" "\"id\":\"$job\"" "status"
expect_exit 0 "watch" "$program" watch "$job" $state
expect_exit 0 "results" "$program" results "$job" -o "$dir/results.jsonl" $state
expect_complete 50 "$dir/results.jsonl" "results"
expect_exit 0 "results again" "$program" results "$job" -o "$dir/again.jsonl" $state
cmp -s "$dir/results.jsonl" "$dir/again.jsonl" || fail "results again: they differ"
expect_exit 0 "resume with nothing to do" "$program" resume $state
expect_exit 0 "list" "$program" list $state --json
expect_text "$dir/stdout" "$job" "list"

expect_exit 0 "submit with JSON" "$program" submit "$dir/in.jsonl" --json -o "$dir/later.jsonl" $where $state \
  --again
expect_text "$dir/stdout" '"batches":[{"id":"batch_' "submit with JSON"
expect_exit 0 "resume all" "$program" resume $state
expect_complete 50 "$dir/later.jsonl" "resume all"
finish
