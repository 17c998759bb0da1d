# A gateway whose disk fills up: whoever waits is told to come back, nothing is taken meanwhile, and when there is room
# again the same calls are answered, and paid for once.
. "$(dirname "$0")/support.sh"
preload=$2
flag=$dir/disk-is-full

for variable in BATCHROUTER_GATEWAY OPENAI_API_BASE ANTHROPIC_BASE_URL; do unset "$variable"; done
start_emulator --latency 2s --speed 1
export OPENAI_BASE_URL="$url"

gateway=
start_gateway() {
  FULL_DISK=$flag LD_PRELOAD=$preload "$program" gateway --listen 127.0.0.1:0 --state-dir "$dir/state" --poll-interval 20ms \
    --settle 300ms --json "$@" >"$dir/gateway" 2>"$dir/gateway.err" &
  gateway=$!
  until_true "gateway" grep -q listening "$dir/gateway"
  base=$(sed 's/.*"OPENAI_BASE_URL":"\([^"]*\)".*/\1/' "$dir/gateway")
}

stop_gateway() {
  kill "$gateway" 2>/dev/null
  wait "$gateway" 2>/dev/null
}
trap 'kill "$gateway" 2>/dev/null; clean_up' EXIT

# ask QUESTION FILE CURL-OPTIONS...: the answer is in FILE, its status in FILE.status.
ask() {
  question=$1
  file=$2
  shift 2
  curl -sS --max-time 60 "$@" -o "$file" -w '%{http_code}' -H "Authorization: Bearer $OPENAI_API_KEY" \
    -H 'Content-Type: application/json' \
    -d '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"'"$question"'"}]}' \
    "$base/chat/completions" >"$file.status" 2>"$file.err"
}

stats_say() {
  curl -sS --max-time 5 -H "Authorization: Bearer $(cat "$dir/state/token")" "${base%/openai/v1}/stats" | grep -q "$1"
}

# told_to_come_back WHAT FILE
told_to_come_back() {
  [ "$(cat "$2.status")" = 503 ] || fail "$1: status $(cat "$2.status"), not 503: $(cat "$2" "$2.err" 2>/dev/null)"
}

# ---- while the batch runs at the vendor ----
start_gateway --window 50ms
ask first "$dir/first" &
asking=$!
until_true "a batch at the vendor" stats_say '"batch_id":"batch_'
touch "$flag"
wait "$asking"
told_to_come_back "a held call" "$dir/first"
ask second "$dir/second"
told_to_come_back "a new call" "$dir/second"
rm "$flag"
ask first "$dir/first" --retry 30 --retry-delay 1 --retry-connrefused --retry-all-errors
[ "$(cat "$dir/first.status")" = 200 ] || fail "after the disk had room again: status $(cat "$dir/first.status")"
expect_text "$dir/gateway.err" "the state is open again" "the end of the trouble"
stop_gateway

# ---- while a batch collects ----
start_gateway --window 1s
ask third "$dir/third" &
asking=$!
until_true "a call that is queued" stats_say '"held":1'
touch "$flag"
wait "$asking"
told_to_come_back "a queued call" "$dir/third"
rm "$flag"
ask third "$dir/third" --retry 30 --retry-delay 1 --retry-connrefused --retry-all-errors
[ "$(cat "$dir/third.status")" = 200 ] || fail "a batch that could not be sealed: status $(cat "$dir/third.status")"
stop_gateway

stop_emulator
expect_text "$dir/ledger" '"requests_billed":2' "two calls were paid for"
expect_paid_once "a full disk"
finish
