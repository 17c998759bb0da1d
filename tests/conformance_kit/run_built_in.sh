#!/bin/sh
# Runs the kit against every vendor that the emulator speaks for, which names them itself. Those that want storage beside
# a key, Bedrock and Vertex, are driven by tests/cli/vendors_test.sh instead.
# usage: run_built_in.sh PROGRAM CHECK
set -eu
program=$1 check=$2
dir=$(mktemp -d)
"$program" emulate --json --polls 1 >"$dir/hello" &
emulator=$!
trap 'kill $emulator; rm -rf "$dir"' EXIT
until [ -s "$dir/hello" ]; do
  kill -0 $emulator || exit 1
  sleep 0.1
done
failed=0
export FIREWORKS_ACCOUNT_ID=check
for pair in $(sed -n 's/.*"base_urls":{\([^}]*\)}.*/\1/p' "$dir/hello" | tr -d '"' | tr ',' ' '); do
  case $pair in bedrock:* | vertex:*) continue ;; esac
  name=${pair%%:*} url=${pair#*:}
  echo "# $name"
  model=model-1
  [ "$name" != fireworks ] || model=accounts/check/models/model-1
  mkdir "$dir/$name"
  "$check" "$name" "$model" "$dir/$name" "$url" || failed=1
done
[ -d "$dir/openai" ] || exit 1
exit $failed
