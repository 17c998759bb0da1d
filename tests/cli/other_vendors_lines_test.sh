# OpenAI's own file for Anthropic: checked, estimated, converted there and back; what cannot be translated is named by its
# path, and nothing is sent.
. "$(dirname "$0")/support.sh"
cd "$dir" || exit 1
export ANTHROPIC_API_KEY=emulated

awk 'BEGIN { for (i = 0; i < 20; i++)
  printf "{\"custom_id\":\"r%d\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\",\"content\":\"question %d\"}],\"max_completion_tokens\":16}}\n", i, i
}' >openai.jsonl

expect_exit 0 "validate" "$program" validate openai.jsonl --provider anthropic --model claude-sonnet-4-5
expect_exit 0 "estimate" "$program" estimate openai.jsonl --provider anthropic --model claude-sonnet-4-5 --json
expect_text stdout '"requests":20' "estimate"
expect_text stdout 'claude-sonnet-4-5' "estimate"
expect_exit 0 "convert" "$program" convert openai.jsonl --provider anthropic --model claude-sonnet-4-5
expect_text stdout '{"custom_id":"r7","params":{"model":"claude-sonnet-4-5","max_tokens":16,"system":"Be brief.","messages":[{"role":"user","content":"question 7"}]}}' "convert"
cp stdout anthropic.jsonl
expect_exit 0 "convert back" "$program" convert anthropic.jsonl --provider openai --model gpt-4o
cmp -s stdout openai.jsonl || fail "convert back: it is not the file that it was"

sed '3s/"max_comp/"logit_bias":{"1":2},"max_comp/' openai.jsonl >biased.jsonl
expect_exit 2 "no counterpart" "$program" run biased.jsonl -o out.jsonl --provider anthropic --model claude-sonnet-4-5 \
  --state-dir state
expect_text stderr 'biased.jsonl:3:' "no counterpart"
expect_text stderr '[r2] body.logit_bias: it names tokens by the numbers of one model; remove it' "no counterpart"
[ -e state ] && fail "no counterpart: a state directory was left behind"
finish
