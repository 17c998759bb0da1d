# Other programs in the same account, keys of other projects, and what stands between the program and the vendor: the
# program touches nothing of a stranger's, and takes nobody else's answers.
. "$(dirname "$0")/support.sh"

export MISTRAL_API_KEY=emulated GROQ_API_KEY=emulated GEMINI_API_KEY=emulated
unset GOOGLE_API_KEY MISTRAL_BASE_URL GROQ_BASE_URL
make_requests 20 "$dir/in.jsonl"

base_of() { awk -v vendor="$1" '$1 == vendor { print $2 }' "$dir/emulator"; }

# a_run VENDOR CODE WHAT [OPTIONS...]: a run with its own state directory.
a_run() {
  vendor=$1 code=$2 what=$3
  shift 3
  rm -rf "$dir/state" "$dir/out.jsonl"
  expect_exit "$code" "$vendor: $what" "$program" run "$dir/in.jsonl" -o "$dir/out.jsonl" --provider "$vendor" \
    --base-url "$(base_of "$vendor")" --state-dir "$dir/state" --poll-interval 20ms --settle 300ms --timeout 30s \
    --set retry.base_ms=1 "$@"
}

# own_answers WHAT: each id has the answer to its own question, and nothing of a stranger was touched.
own_answers() {
  expect_complete 20 "$dir/out.jsonl" "$1"
  for i in 0 7 19; do
    grep "\"custom_id\":\"r$i\"" "$dir/out.jsonl" | grep -qE ": question $i\"" || fail "$1: r$i has another's answer"
  done
  ! grep -q "a stranger asks" "$dir/out.jsonl" || fail "$1: a stranger's answer was delivered"
  stop_emulator
  expect_paid_once "$1"
  expect_text "$dir/ledger" '"stranger_touches":[]' "$1"
}

create_of() {
  case $1 in
    openai) echo "POST /v1/batches" ;;
    groq) echo "POST /groq/openai/v1/batches" ;;
    mistral) echo "POST /mistral/v1/batch/jobs" ;;
    google) echo "POST /google/v1beta/models/*" ;;
  esac
}

for vendor in openai groq mistral google; do
  create=$(create_of $vendor)
  start_emulator --latency 1s --speed 10 --fault "batch look_alikes copies=3 ids=same" \
    --fault "$create reset_after_execute"
  a_run $vendor 0 "its answer is lost among look-alikes"
  own_answers "$vendor: its answer is lost among look-alikes"

  start_emulator --latency 1s --speed 10 --fault "$create stranger_instead ids=same"
  a_run $vendor 0 "only a stranger's batch was made"
  own_answers "$vendor: only a stranger's batch was made"
done

start_emulator --latency 1s --speed 10 --fault "batch look_alikes copies=3" --fault "GET /v1/batches small_pages count=0" \
  --fault "POST /v1/batches reset_after_execute"
a_run openai 0 "a list of many pages"
own_answers "openai: a list of many pages"

start_emulator --latency 1s --speed 10 --tenant "project red sk-old sk-new" --tenant "stranger sk-colleague" \
  --fault "POST /v1/batches reset_after_execute"
export OPENAI_API_KEY=sk-old
rm -rf "$dir/state" "$dir/out.jsonl"
"$program" submit "$dir/in.jsonl" --provider openai --base-url "$url" --state-dir "$dir/state" --poll-interval 20ms \
  --settle 300ms --set retry.base_ms=1 >"$dir/stdout" 2>&1 </dev/null
export OPENAI_API_KEY=sk-new
job=$("$program" list --state-dir "$dir/state" | awk '/^job_/ { print $1 }')
expect_exit 0 "a key that rotates" "$program" resume "$job" --state-dir "$dir/state" --poll-interval 20ms \
  --base-url "$url" --set retry.base_ms=1 -o "$dir/out.jsonl"
own_answers "a key that rotates"
export OPENAI_API_KEY=emulated

start_emulator --latency 1s --speed 10 --fault "GET /v1/batches/* portal count=2" \
  --fault "GET /v1/files/*/content portal form=json"
a_run openai 0 "a captive portal"
own_answers "a captive portal"

finish
