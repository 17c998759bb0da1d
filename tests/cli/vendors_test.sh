# A whole batch at every vendor that the emulator has: twenty requests, or as many as the vendor wants at least, two of
# which the vendor refuses when they run. Then the clouds once more, with calls that fail and answers that get lost.
. "$(dirname "$0")/support.sh"

unset AZURE_OPENAI_ENDPOINT GOOGLE_API_KEY GROQ_BASE_URL
for variable in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\|GOOGLE_[A-Z_]*\|FIREWORKS_ACCOUNT_ID\)=.*/\1/p'); do
  unset "$variable"
done
export FIREWORKS_ACCOUNT_ID=emulated AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
export GOOGLE_APPLICATION_CREDENTIALS="$dir/account.json"

start_emulator --latency 1s --speed 20 --aws-key AKIDTEST:secret --service-account "$dir/account.json"

export GEMINI_API_KEY=emulated AZURE_OPENAI_API_KEY=emulated
for vendor in $(awk '/^[a-z]+ http/ { print $1 }' "$dir/emulator"); do
  export "$(echo "$vendor" | tr a-z A-Z)_API_KEY=emulated"
done
unset GOOGLE_API_KEY

# make_mixed FILE MODEL COUNT: the requests r3 and r13 hold a parameter that no vendor knows.
make_mixed() {
  awk -v model="$2" -v n="$3" 'BEGIN { for (i = 0; i < n; i++) {
    more = i < 20 && i % 10 == 3 ? ",\"provider_kwargs\":{\"surprise_parameter\":1}" : ""
    printf "{\"custom_id\":\"r%d\",\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"question %d\"}],\"generation_config\":{\"max_tokens\":16}%s}\n", i, model, i, more
  } }' >"$1"
}

direct=150000000

# run_at VENDOR FAILED [OPTIONS...]: what $dir/in.jsonl holds.
run_at() {
  vendor=$1
  failed=$2
  shift 2
  count=$(wc -l <"$dir/in.jsonl")
  case $vendor in
    bedrock) set -- --set "bedrock.s3_url=$(base_of bedrock)/s3" --set "bedrock.input_s3_uri=s3://bucket/in" \
      --set bedrock.role_arn=arn:aws:iam::111122223333:role/Batch "$@" ;;
    fireworks) set -- --set "fireworks.direct_upload_bytes=$direct" "$@" ;;
    vertex) set -- --set "vertex.storage_url=$(base_of vertex)" --set vertex.input_gcs_uri=gs://bucket/in "$@" ;;
  esac
  base=$(base_of "$vendor")
  [ -n "$base" ] || fail "$vendor: the emulator names no base URL"
  out=$dir/$vendor$failed.jsonl
  wanted_exit=0
  [ "$failed" -eq 0 ] || wanted_exit=3
  expect_exit "$wanted_exit" "$vendor" "$program" run "$dir/in.jsonl" -o "$out" --provider "$vendor" --base-url "$base" \
    --state-dir "$dir/state-$vendor" --poll-interval 20ms "$@"
  expect_complete "$count" "$out" "$vendor"
  good=$(grep -c 'answer to ' "$out")
  [ "$good" -eq $((count - failed)) ] || {
    fail "$vendor: $good answers, not $((count - failed))"
    head -3 "$out" >&2
  }
  # Each answer names the request that it is for.
  for id in r0 r7 r19; do
    # Where ids go out under other names, the question tells.
    grep "\"custom_id\":\"$id\"" "$out" | grep -q "question ${id#r}[^0-9]" || fail "$vendor: $id has another one's answer"
  done
}

base_of() { awk -v vendor="$1" '$1 == vendor { print $2 }' "$dir/emulator"; }

# The model's name as the vendor wants it; how many requests it wants at least.
model_at() {
  case $1 in
    fireworks) echo accounts/fireworks/models/model-a ;;
    bedrock) echo anthropic.claude-model-a ;;
    *) echo model-a ;;
  esac
}
least_at() { if [ "$1" = bedrock ]; then echo 110; else echo 20; fi; }

for vendor in $(awk '/^[a-z]+ http/ { print $1 }' "$dir/emulator"); do
  # Mistral and Doubleword judge bodies or lines at the upload, so a bad one would refuse them all.
  make_mixed "$dir/in.jsonl" "$(model_at "$vendor")" "$(least_at "$vendor")"
  # Gemini refuses the whole file for an unknown field, and a row for a value out of its range.
  [ "$vendor" != google ] || sed -i 's/{"surprise_parameter":1}/{"generationConfig":{"temperature":7}}/' "$dir/in.jsonl"
  if [ "$vendor" = mistral ]; then
    sed -i 's/,"provider_kwargs":{[^}]*}//' "$dir/in.jsonl"
    run_at "$vendor" 0
  else
    run_at "$vendor" 2
  fi
done

# Bedrock's other bodies: Nova's, one for every maker, and embeddings.
make_mixed "$dir/in.jsonl" us.amazon.nova-2-lite-v1:0 110
rm "$dir/bedrock2.jsonl"
run_at bedrock 2
make_mixed "$dir/in.jsonl" meta.llama4-scout-17b-instruct-v1:0 110
sed -i 's/"max_tokens":16/"max_tokens":17/' "$dir/in.jsonl" # else the records are Nova's, to the byte
rm "$dir/bedrock2.jsonl"
run_at bedrock 2 --set bedrock.invocation_type=Converse
for model in amazon.titan-embed-text-v2:0 cohere.embed-english-v3; do
  awk -v model="$model" 'BEGIN { for (i = 0; i < 110; i++) {
    more = model ~ /^cohere/ ? ",\"provider_kwargs\":{\"input_type\":\"clustering\"}" : ""
    printf "{\"custom_id\":\"r%d\",\"model\":\"%s\",\"endpoint\":\"embeddings\",\"input\":\"text %d\"%s}\n", i, model, i, more
  } }' >"$dir/in.jsonl"
  rm -f "$dir/vectors.jsonl"
  expect_exit 0 "$model" "$program" run "$dir/in.jsonl" -o "$dir/vectors.jsonl" --provider bedrock \
    --base-url "$(base_of bedrock)" --set "bedrock.s3_url=$(base_of bedrock)/s3" \
    --set bedrock.input_s3_uri=s3://bucket/in --set bedrock.role_arn=arn:aws:iam::111122223333:role/Batch \
    --state-dir "$dir/state-bedrock" --poll-interval 20ms
  expect_complete 110 "$dir/vectors.jsonl" "$model"
  vectors=$(grep -c '"response":{.*"embedding' "$dir/vectors.jsonl")
  [ "$vectors" -eq 110 ] || fail "$model: $vectors vectors, not 110"
done

stop_emulator
expect_paid_once "every vendor"
for vendor in openai anthropic google groq together mistral xai azure doubleword fireworks bedrock vertex; do
  expect_text "$dir/ledger" "\"vendor\":\"$vendor\"" "the ledger"
done

# with_faults VENDOR FAULT...: the batch is whole all the same, and paid for once.
with_faults() {
  vendor=$1
  shift
  # The key file names the address that it was made for.
  rm -rf "$dir/state-$vendor" "$dir/${vendor}0.jsonl" "$dir/account.json"
  make_mixed "$dir/in.jsonl" "$(model_at "$vendor")" "$(least_at "$vendor")"
  sed -i 's/,"provider_kwargs":{[^}]*}//' "$dir/in.jsonl"
  set -- "$@" "--"
  while [ "$1" != "--" ]; do
    set -- "$@" --fault "$1"
    shift
  done
  shift
  start_emulator --polls 2 --aws-key AKIDTEST:secret --service-account "$dir/account.json" "$@"
  run_at "$vendor" 0 --settle 300ms
  stop_emulator
  expect_paid_once "$vendor with faults"
  expect_text "$dir/ledger" "\"faults\":$(($# / 2))," "$vendor with faults"
}

with_faults fireworks 'POST /fireworks/v1/accounts/emulated/datasets rate_limited retry_after=0' \
  'POST /fireworks/v1/accounts/emulated/datasets/{id} reset_after_read' \
  'POST /fireworks/v1/accounts/emulated/batchInferenceJobs reset_after_execute' \
  'GET /fireworks/v1/accounts/emulated/batchInferenceJobs/{id} status status=500 nth=3' \
  'GET /fireworks/v1/signed/{file} truncated bytes=100'
# As a file of more than 150 MB goes.
direct=100
with_faults fireworks 'POST /fireworks/v1/accounts/emulated/datasets/{id} rate_limited retry_after=0' \
  'POST /fireworks/v1/accounts/emulated/datasets/{id} reset_after_execute nth=3' \
  'PUT /fireworks/v1/signed/{file} reset_after_read' \
  'PUT /fireworks/v1/signed/{file} status status=403 nth=2'
with_faults bedrock 'PUT /bedrock/s3/{bucket}/{folder}/{name} status status=503' \
  'POST /bedrock/model-invocation-job reset_after_execute' \
  'GET /bedrock/model-invocation-job/{id} rate_limited retry_after=0 nth=2' \
  'GET /bedrock/model-invocation-job/{id} status status=500 nth=3' \
  'GET /bedrock/s3/{bucket} reset_after_read' \
  'GET /bedrock/s3/{bucket}/{folder}/{results}/{id}/{name} truncated bytes=100'
with_faults vertex 'POST /vertex/token status status=500' \
  'POST /vertex/upload/storage/v1/b/{bucket}/o reset_after_execute' \
  'POST /vertex/v1/projects/{p}/locations/{l}/batchPredictionJobs reset_after_execute' \
  'GET /vertex/v1/projects/{p}/locations/{l}/batchPredictionJobs/{id} rate_limited retry_after=0 nth=2' \
  'GET /vertex/v1/projects/{p}/locations/{l}/batchPredictionJobs/{id} status status=500 nth=3' \
  'GET /vertex/storage/v1/b/{bucket}/o/{name} truncated bytes=100'
finish
