# A whole batch at every vendor that the emulator has: twenty requests, two of which the vendor refuses when they run.
. "$(dirname "$0")/support.sh"

unset AZURE_OPENAI_ENDPOINT GOOGLE_API_KEY GROQ_BASE_URL
for variable in OPENAI ANTHROPIC GEMINI GROQ TOGETHER MISTRAL XAI AZURE_OPENAI DOUBLEWORD; do
  export "${variable}_API_KEY=emulated"
done
start_emulator --latency 1s --speed 20

# make_mixed FILE MODEL: the requests r3 and r13 hold a parameter that no vendor knows.
make_mixed() {
  awk -v model="$2" 'BEGIN { for (i = 0; i < 20; i++) {
    more = i % 10 == 3 ? ",\"provider_kwargs\":{\"surprise_parameter\":1}" : ""
    printf "{\"custom_id\":\"r%d\",\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"question %d\"}],\"generation_config\":{\"max_tokens\":16}%s}\n", i, model, i, more
  } }' >"$1"
}

# run_at VENDOR FAILED [OPTIONS...]
run_at() {
  vendor=$1
  failed=$2
  shift 2
  base=$(awk -v vendor="$vendor" '$1 == vendor { print $2 }' "$dir/emulator")
  [ -n "$base" ] || fail "$vendor: the emulator names no base URL"
  out=$dir/$vendor$failed.jsonl
  wanted_exit=0
  [ "$failed" -eq 0 ] || wanted_exit=3
  expect_exit "$wanted_exit" "$vendor" "$program" run "$dir/in.jsonl" -o "$out" --provider "$vendor" --base-url "$base" \
    --state-dir "$dir/state-$vendor" --poll-interval 20ms "$@"
  expect_complete 20 "$out" "$vendor"
  good=$(grep -c 'answer to r' "$out")
  [ "$good" -eq $((20 - failed)) ] || {
    fail "$vendor: $good answers, not $((20 - failed))"
    head -3 "$out" >&2
  }
  # Each answer names the request that it is for.
  for id in r0 r7 r19; do
    grep "\"custom_id\":\"$id\"" "$out" | grep -q "answer to $id \[" || fail "$vendor: $id has another one's answer"
  done
}

for vendor in $(awk '/^[a-z]+ http/ { print $1 }' "$dir/emulator"); do
  # Mistral and Doubleword judge bodies or lines at the upload, so a bad one would refuse them all.
  make_mixed "$dir/in.jsonl" model-a
  if [ "$vendor" = mistral ]; then
    sed -i 's/,"provider_kwargs":{[^}]*}//' "$dir/in.jsonl"
    run_at "$vendor" 0
  else
    run_at "$vendor" 2
  fi
done

stop_emulator
expect_paid_once "every vendor"
for vendor in openai anthropic google groq together mistral xai azure doubleword; do
  expect_text "$dir/ledger" "\"vendor\":\"$vendor\"" "the ledger"
done
finish
