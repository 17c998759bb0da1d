# A program behind `exec` is answered from batches, knows nothing of it, and never pays twice.
. "$(dirname "$0")/support.sh"

for variable in BATCHROUTER_GATEWAY OPENAI_API_BASE ANTHROPIC_BASE_URL; do unset "$variable"; done
start_emulator --latency 1s --speed 10
export OPENAI_BASE_URL="$url"
options="--state-dir $dir/state --poll-interval 20ms --settle 300ms --window 100ms"

# What the programs here run: ask QUESTION prints the answer.
cat >"$dir/ask" <<'END'
#!/bin/sh
exec curl -sS --fail --max-time 60 --retry 20 --retry-delay 1 --retry-connrefused --retry-all-errors \
  -H "Authorization: Bearer $OPENAI_API_KEY" -H 'Content-Type: application/json' \
  -d '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"'"$1"'"}]}' "$OPENAI_BASE_URL/chat/completions"
END
chmod +x "$dir/ask"

# run_exec CODE WHAT OPTIONS...
run_exec() {
  wanted=$1
  what=$2
  shift 2
  # shellcheck disable=SC2086
  expect_exit "$wanted" "$what" "$program" exec $options "$@"
}

# ---- answers, streams, exit codes ----
run_exec 0 "a call" -- "$dir/ask" first
expect_text "$dir/stdout" '"object":"chat.completion"' "a call"
expect_text "$dir/stderr" "1 requests, 1 batches, 0 from the cache" "summary"
run_exec 0 "the same call" --json -- "$dir/ask" first
expect_text "$dir/stderr" '"requests":1,"batches":0,"cache_hits":1' "summary as JSON"
[ "$(wc -l <"$dir/stderr")" -eq 1 ] || fail "--json: more than one line on standard error"

run_exec 7 "exit code" -- sh -c 'exit 7'
run_exec 127 "a program that is not there" -- "$dir/none"
run_exec 126 "a program that is none" -- "$dir"
run_exec 143 "a program that a signal ended" -- sh -c 'kill -TERM $$'
run_exec 125 "no program" --
run_exec 125 "an unknown option" --nonsense -- true
expect_exit 125 "an impossible state directory" "$program" exec --state-dir /dev/null/x -- true
run_exec 0 "options of the program" -- printf '%s|' --json --help -- '[1,2]' ''
[ "$(cat "$dir/stdout")" = '--json|--help|--|[1,2]||' ] || fail "options of the program: $(cat "$dir/stdout")"
# shellcheck disable=SC2086
printf 'in' | "$program" exec $options -q -- sh -c 'cat; echo err >&2' >"$dir/stdout" 2>"$dir/stderr"
[ "$(cat "$dir/stdout")" = in ] && [ "$(cat "$dir/stderr")" = err ] || fail "the standard streams are not the program's own"
# shellcheck disable=SC2086,SC2016
run_exec 0 "nothing is passed on" -- sh -c 'ls /proc/self/fd | wc -l; ulimit -n; trap'
# shellcheck disable=SC2016
direct=$(sh -c 'ls /proc/self/fd | wc -l; ulimit -n; trap' </dev/null 2>/dev/null)
[ "$(cat "$dir/stdout")" = "$direct" ] || fail "descriptors or limits came to the program: $(cat "$dir/stdout")"

# ---- signals ----
cat >"$dir/count" <<'END'
trap 'echo got >>"$1"' TERM INT
echo ready >>"$1"
while [ "$(grep -c got "$1")" -eq 0 ]; do sleep 0.05; done
sleep 0.5
exit 9
END
for how in "process TERM" "group TERM" "group INT" "process INT"; do
  rm -f "$dir/got"
  signal=${how#* }
  # shellcheck disable=SC2086
  setsid env --default-signal=INT sh -c 'echo $$ >"$1"; shift; exec "$@"' - "$dir/pid" "$program" exec $options -q -- \
    sh "$dir/count" "$dir/got" &
  run=$!
  until_true "$how" grep -q ready "$dir/got" || continue
  target=$(cat "$dir/pid")
  case $how in group*) target=-$target ;; esac
  kill -"$signal" "$target"
  wait "$run"
  code=$?
  [ "$code" -eq 9 ] || fail "signal to the $how: exit $code, not 9"
  [ "$(grep -c got "$dir/got")" -eq 1 ] || fail "signal to the $how: it came $(grep -c got "$dir/got") times"
done

# ---- exec inside of exec ----
run_exec 0 "exec inside of exec" --json -- "$program" exec --state-dir "$dir/inner" -- "$dir/ask" inner
expect_text "$dir/stderr" '"requests":1,"batches":1' "exec inside of exec"
[ ! -d "$dir/inner" ] || fail "the inner exec has a state directory of its own"

# ---- dry run ----
run_exec 22 "dry run" --dry-run -- "$dir/ask" expensive
expect_text "$dir/stdout" "gpt-4o-mini" "dry run"

# ---- killed and run again ----
# shellcheck disable=SC2086
setsid "$program" exec $options -- sh -c '"$1" killed >"$2"' - "$dir/ask" "$dir/killed" 2>/dev/null &
run=$!
until_true "a batch of the killed run" sh -c '[ "$("$1" list --state-dir "$2" --json | grep -o "\"id\":\"batch_" | wc -l)" -ge 3 ]' \
  - "$program" "$dir/state"
kill -KILL "-$run"
wait "$run" 2>/dev/null
run_exec 0 "run again" --json -- "$dir/ask" killed
expect_text "$dir/stdout" '"object":"chat.completion"' "run again"
expect_text "$dir/stderr" '"requests":1,"batches":0' "run again"

# ---- several at a time ----
cat >"$dir/slow" <<'END'
"$2" "$1-before" >"$3/$1.before" && touch "$3/$1.ready"
while [ ! -f "$3/$1.go" ]; do sleep 0.05; done
"$2" "$1-after" >"$3/$1.after"
END
for name in owner second third; do
  # shellcheck disable=SC2086
  setsid "$program" exec $options -- sh "$dir/slow" "$name" "$dir/ask" "$dir" 2>"$dir/$name.err" &
  eval "$name=\$!"
  until_true "$name" test -f "$dir/$name.ready"
done
# shellcheck disable=SC2154
kill -KILL "-$owner"
wait "$owner" 2>/dev/null
touch "$dir/second.go" "$dir/third.go"
for name in second third; do
  eval "wait \$$name"
  code=$?
  [ "$code" -eq 0 ] || fail "$name: exit $code after the owner died: $(cat "$dir/$name.err")"
  expect_text "$dir/$name.after" '"object":"chat.completion"' "$name after the owner died"
  expect_text "$dir/$name.err" "share the gateway" "$name"
done

# With other settings than the owner's the calls would go elsewhere, or be answered otherwise.
# shellcheck disable=SC2086,SC2016
run_exec 0 "other settings" -- sh -c 'env -i PATH="$PATH" HOME="$HOME" OPENAI_BASE_URL="$1" "$2" exec --mode sync --state-dir "$3" \
  -- true 2>"$4"; [ $? -eq 125 ]' - "$url" "$program" "$dir/state" "$dir/other"
expect_text "$dir/other" "other settings than: --mode sync" "other settings"

stop_emulator
expect_paid_once "exec"
grep -q '"requests_billed":8' "$dir/ledger" || fail "not each question was paid once: $(cat "$dir/ledger")"
finish
