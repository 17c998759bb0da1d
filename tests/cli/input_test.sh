# Wrong command lines and wrong input: exit 2, every wrong line named, nothing left behind.
. "$(dirname "$0")/support.sh"
cd "$dir" || exit 1

expect_exit 2 "no command" "$program"
expect_exit 2 "mistyped command" "$program" staus
expect_text stderr 'did you mean status?' "mistyped command"
expect_exit 2 "mistyped option" "$program" run in.jsonl --provder openai
expect_text stderr 'did you mean --provider?' "mistyped option"
expect_exit 2 "mistyped setting" "$program" run in.jsonl --provider openai --set poll.intervall_ms=1
expect_exit 2 "no duration" "$program" resume --timeout soon
expect_exit 2 "missing file" "$program" run in.jsonl --provider openai
expect_exit 2 "secret in the command line" "$program" run in.jsonl --provider openai --set openai.api_key=sk-secret
expect_text stderr OPENAI_API_KEY "secret in the command line"
grep -q sk-secret stderr && fail "secret in the command line: it is printed"

printf '%s\n' '{"custom_id":"a","model":"m","messages":[]}' 'no json' >bad.jsonl
expect_exit 2 "bad input" "$program" run bad.jsonl -o out.jsonl --provider openai --state-dir state
expect_text stderr 'bad.jsonl:1:' "bad input"
expect_text stderr 'bad.jsonl:2:' "bad input"
expect_exit 2 "bad input as JSON" "$program" run bad.jsonl -o out.jsonl --provider openai --state-dir state --json
expect_text stderr '"issue_total":2' "bad input as JSON"
printf '%s\n' '{"custom_id":"a","provider":"opnai","model":"m","messages":[{"role":"user","content":"x"}]}' \
  '{"custom_id":"b","model":"m","messages":[]}' \
  '{"custom_id":"c\u001b[31m","provider":"nobody","model":"m","messages":[{"role":"user","content":"x"}]}' \
  '{"custom_id":"b","model":"m","messages":[{"role":"user","content":"x"}]}' \
  '{"custom_id":"d","model":"m","messages":[{"role":"user","content":"x"}]}' \
  '{"model":"m","custom_id":"d","messages":[{"role":"user","content":"x"}]}' >bad.jsonl
expect_exit 2 "missing providers" "$program" validate bad.jsonl --provider openai --json
expect_text stderr 'bad.jsonl:1:29: [a] there is no provider \"opnai\"' "missing providers"
expect_text stderr 'bad.jsonl:2:41: [b]' "missing providers"
expect_text stderr 'u001b[31m] there is no provider \"nobody\"' "missing providers"
expect_text stderr 'bad.jsonl:6:26: the custom_id \"d\" stands on bad.jsonl:5' "missing providers"
expect_text stderr '"code":"BR_EINPUT"' "missing providers"
sed -n 1p bad.jsonl >one.jsonl
expect_exit 2 "missing provider" "$program" validate one.jsonl --provider openai --json
expect_text stderr '"code":"BR_ENOPROVIDER"' "missing provider"
expect_text stderr '"issue_total":1' "missing provider"
: >empty.jsonl
expect_exit 2 "empty input" "$program" validate empty.jsonl --provider openai
make_requests 3 good.jsonl
expect_exit 0 "good input" "$program" validate good.jsonl --provider openai
expect_exit 2 "output is input" "$program" run good.jsonl -o good.jsonl --provider openai --state-dir state
OPENAI_API_KEY='' expect_exit 4 "no key" "$program" run good.jsonl -o out.jsonl --provider openai --state-dir state
expect_exit 6 "unknown job" "$program" status job_none --state-dir state
expect_exit 0 "list of nothing" "$program" list --state-dir state --json
expect_text stdout '{"jobs":[]' "list of nothing"
[ -e state ] && fail "a state directory was left behind"
[ -e out.jsonl ] && fail "an output file was left behind"
expect_exit 0 "convert" "$program" convert good.jsonl --provider openai
expect_text stdout '"url":"/v1/chat/completions"' "convert"
expect_exit 0 "estimate" "$program" estimate good.jsonl --provider openai --json
expect_text stdout '"requests":3' "estimate"
OPENAI_API_KEY=k expect_exit 7 "over budget" "$program" run good.jsonl -o out.jsonl --provider openai --state-dir state \
  --max-cost 0
[ -e state ] && fail "over budget: a state directory was left behind"
mkfifo pipe
cat pipe >from_pipe &
expect_exit 0 "convert into a pipe" "$program" convert good.jsonl --provider openai -o pipe
wait
[ -p pipe ] || fail "convert into a pipe: the pipe was replaced by a file"
[ "$(wc -l <from_pipe)" -eq 3 ] || fail "convert into a pipe: $(wc -l <from_pipe) lines came out"
finish
