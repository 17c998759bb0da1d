# Settings from files and from the environment, and which of them counts.
. "$(dirname "$0")/support.sh"

make_requests 2 "$dir/in.jsonl"
cd "$dir" || exit 1
user=$dir/.config/batchrouter/config.toml
mkdir -p "$dir/.config/batchrouter"

# in_force NAME VALUE SOURCE WHAT OPTIONS...
in_force() {
  name=$1
  value=$2
  source=$3
  what=$4
  shift 4
  expect_exit 0 "$what" "$program" settings "$@"
  expect_text "$dir/stdout" "$name = $value  [$source]" "$what"
}

# ---- the order ----
printf '[limits]\nmax_line_bytes = 3000\n' >"$user"
in_force limits.max_line_bytes 3000 "$user:2" "the user's file"
printf '[limits]\nmax_line_bytes = 2000\n' >batchrouter.toml
in_force limits.max_line_bytes 2000 "./batchrouter.toml:2" "the project's file"
BATCHROUTER_LIMITS_MAX_LINE_BYTES=1500 in_force limits.max_line_bytes 1500 BATCHROUTER_LIMITS_MAX_LINE_BYTES "the variable"
BATCHROUTER_LIMITS_MAX_LINE_BYTES=1500 in_force limits.max_line_bytes 1200 option "the option" --set limits.max_line_bytes=1200
awk 'BEGIN { printf "{\"custom_id\":\"big\",\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\""; for (i = 0; i < 2500; i++) printf "x"; print "\"}]}" }' >big.jsonl
expect_exit 2 "a limit of a file is in force" "$program" validate big.jsonl --provider openai

# ---- what a project may not set ----
for line in 'openai.api_key = "env:HOME"' 'openai.base_url = "https://thief.example/v1"' 'http.ca_file = "/tmp/x"' \
  'vllm.command = "sh"' 'state_dir = "/tmp/x"' 'on_done = "rm -rf ."' 'default_model = "command:id"' 'default_model = "file:/etc/passwd"'; do
  printf '%s\n' "$line" >batchrouter.toml
  expect_exit 2 "a project's $line" "$program" validate in.jsonl --provider openai
  expect_text "$dir/stderr" "./batchrouter.toml:1: ${line%% *}" "a project's $line"
  expect_text "$dir/stderr" "$user" "where a project's $line belongs"
done
rm batchrouter.toml

# ---- keys ----
printf 'openai.api_key = "sk-in-a-file"\n' >"$user"
expect_exit 2 "a key in a file" "$program" validate in.jsonl --provider openai
expect_text "$dir/stderr" "a key does not stand in a file" "a key in a file"
grep -q sk-in-a-file "$dir/stderr" && fail "a key in a file is printed"
start_emulator --latency 1s --speed 10 --key the-right-key-77
printf 'the-right-key-77\n' >"$dir/key"
for reference in 'env:OTHER_NAME' "file:$dir/key" "command:cat $dir/key"; do
  printf '[openai]\napi_key = "%s"\nbase_url = "%s"\n' "$reference" "$url" >"$user"
  rm -rf "$dir/state" out.jsonl
  OTHER_NAME=the-right-key-77 expect_exit 0 "a key by $reference" "$program" run in.jsonl -o out.jsonl --provider openai \
    --state-dir "$dir/state" --poll-interval 20ms
  expect_complete 2 out.jsonl "a key by $reference"
done
expect_exit 0 "settings hide the key" "$program" settings
grep -q the-right-key-77 "$dir/stdout" && fail "settings print the key"
stop_emulator

# ---- what is wrong is said with its place ----
printf '[openai\n' >"$user"
expect_exit 2 "no TOML" "$program" validate in.jsonl --provider openai
expect_text "$dir/stderr" "$user:1:" "no TOML"
printf '\n[limits]\nmax_line_byte = 1\n' >"$user"
expect_exit 2 "an unknown setting" "$program" validate in.jsonl --provider openai
expect_text "$dir/stderr" "$user:3: " "an unknown setting"
printf 'split = ["auto"]\n' >"$user"
expect_exit 2 "no value" "$program" validate in.jsonl --provider openai
expect_text "$dir/stderr" "no value of a setting" "no value"
rm "$user"
XDG_CONFIG_HOME=$dir/other expect_exit 0 "no file at all" "$program" validate in.jsonl --provider openai
finish
