# What a job is said to cost is what the emulator's invoice says: a batch of several models, and prompts that a cache is
# written of. Before it is sent, --max-cost counts the most that it can cost, and says what nobody knows.
. "$(dirname "$0")/support.sh"

export ANTHROPIC_API_KEY=emulated XAI_API_KEY=emulated
unset ANTHROPIC_BASE_URL XAI_BASE_URL

base_of() { awk -v vendor="$1" '$1 == vendor { print $2 }' "$dir/emulator"; }

# line ID MODEL MARK: a prompt of 20,000 bytes, or 5,000 tokens, with cache_control MARK, and 100 tokens for the answer.
text=$(awk 'BEGIN { for (i = 0; i < 2500; i++) printf "question" }')
line() {
  printf '{"custom_id":"%s","model":"%s","messages":[{"role":"user","content":[{"type":"text","text":"%s"%s}]}],' \
    "$1" "$2" "$text" "$3"
  printf '"generation_config":{"max_tokens":100}}\n'
}
mark=',"cache_control":{"type":"ephemeral","ttl":"1h"}'

# receipt WHAT: the cost of the only job in the list is the sum of the invoices.
receipt() {
  expect_exit 0 "$1: list" "$program" list --state-dir "$dir/state" --json
  paid=$(sed 's/.*"batch_usd":\([0-9.e-]*\).*/\1/' "$dir/stdout")
  stop_emulator
  tr '{' '\n' <"$dir/ledger" | sed -n 's/.*"invoice_usd":"\([0-9.]*\)".*/\1/p' |
    awk -v paid="$paid" '{ sum += $1 } END { exit !(sum > 0 && paid - sum < 1e-9 && sum - paid < 1e-9) }' || {
    fail "$1: the receipt says $paid"
    cat "$dir/ledger" "$dir/stdout" >&2
  }
}

# a_run VENDOR WHAT
a_run() {
  rm -rf "$dir/state"
  expect_exit 0 "$2" "$program" run "$dir/in.jsonl" -o "$dir/out.jsonl" --provider "$1" --base-url "$(base_of "$1")" \
    --state-dir "$dir/state" --poll-interval 20ms --timeout 30s
}

{
  line a claude-opus-4-5 "$mark"
  line b claude-haiku-4-5 "$mark"
  line c claude-haiku-4-5 ""
} >"$dir/in.jsonl"
start_emulator --latency 1s --speed 10
a_run anthropic "three requests of two models"
expect_text "$dir/out.jsonl" '"cache_creation_1h_input_tokens"' "three requests of two models"
receipt "three requests of two models"

{
  line a grok-4.3 ""
  line b grok-4.20-0309-reasoning ""
} >"$dir/in.jsonl"
start_emulator --latency 1s --speed 10
a_run xai "two models of xAI"
expect_exit 0 "two models of xAI: list" "$program" list --state-dir "$dir/state" --json
expect_text "$dir/stdout" '"batch_usd":' "two models of xAI"
stop_emulator

# 5,001 tokens (the question and 1 more) written for an hour at 2 $ a million, and 100 out at 5 $: 0.010502 $, at half
# 0.005251 $. Without the mark, at 1 $: 0.0027505 $.
estimate() {
  code=$1 what=$2 limit=$3
  expect_exit "$code" "$what" "$program" estimate "$dir/in.jsonl" --provider anthropic --max-cost "$limit"
}
line a claude-haiku-4-5 "$mark" >"$dir/in.jsonl"
estimate 0 "a marked prompt under the limit" 0.0053
estimate 7 "a marked prompt over the limit" 0.0052
line a claude-haiku-4-5 "" >"$dir/in.jsonl"
estimate 0 "a prompt without a mark under the limit" 0.0028
estimate 7 "a prompt without a mark over the limit" 0.0027

printf '%s\n' '{"custom_id":"a","model":"claude-haiku-4-5","messages":[{"role":"user","content":[{"type":"image","source_type":"url","data":"https://a.example/b.png"}]}]}' >"$dir/in.jsonl"
estimate 7 "a picture" 1000
expect_text "$dir/stderr" "what pictures, documents and recordings cost is not known of anthropic claude-haiku-4-5" "a picture"
expect_exit 7 "a run with a picture" "$program" run "$dir/in.jsonl" -o "$dir/none.jsonl" --provider anthropic \
  --base-url http://127.0.0.1:9 --state-dir "$dir/state2" --max-cost 1000
expect_text "$dir/stderr" "what pictures, documents and recordings cost is not known" "a run with a picture"

finish
