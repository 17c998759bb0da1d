#!/bin/sh
# Runs the kit against every provider that is built in; the program names them, so none can be forgotten.
# usage: run_built_in.sh PROGRAM CHECK VLLM_STAND_IN
set -eu
program=$1 check=$2 stand_in=$3
dir=$(mktemp -d)
for variable in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\|GOOGLE_[A-Z_]*\|AZURE_OPENAI_ENDPOINT\)=.*/\1/p'); do
  unset "$variable"
done
# What is signed is verified, so the clouds' keys are the emulator's.
export AWS_ACCESS_KEY_ID=AKIDCHECK AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
export GOOGLE_APPLICATION_CREDENTIALS="$dir/account.json" FIREWORKS_ACCOUNT_ID=check
"$program" emulate --json --polls 1 --aws-key AKIDCHECK:secret --service-account "$dir/account.json" >"$dir/hello" &
emulator=$!
trap 'kill $emulator; rm -rf "$dir"' EXIT
until [ -s "$dir/hello" ]; do
  kill -0 $emulator || exit 1
  sleep 0.1
done

# url_of NAME: empty where the emulator does not speak for it.
url_of() { sed -n "s/.*\"base_urls\":{[^}]*\"$1\":\"\([^\"]*\)\".*/\1/p" "$dir/hello"; }

# check_of NAME: the kit, with what the provider needs.
check_of() {
  name=$1 model=model-1 rows=3
  url=$(url_of "$name")
  set --
  case $name in
    fireworks) model=accounts/check/models/model-1 ;;
    bedrock) # which has no job of fewer than a hundred requests
      model=anthropic.claude-model-1 rows=110
      set -- bedrock.s3_url "$url/s3" bedrock.input_s3_uri s3://bucket/in \
        bedrock.role_arn arn:aws:iam::111122223333:role/Batch
      ;;
    vertex) set -- vertex.storage_url "$url" vertex.input_gcs_uri gs://bucket/in ;;
    vllm) set -- vllm.vllm_command "[\"$stand_in\"]" ;;
    openai-compatible) url=$(url_of openai) ;; # a server of OpenAI's kind, by settings alone
  esac
  if [ "$name" != vllm ]; then
    [ -n "$url" ] || {
      echo "ok - $name # SKIPPED: the emulator does not speak for it"
      return 0
    }
    set -- "$name.base_url" "$url" "$@"
  fi
  case $name in
    bedrock | vertex | vllm) ;; # keys that are signed with come from the environment, and a program needs none
    *) set -- "$name.api_key" sk-check "$@" ;;
  esac
  mkdir "$dir/$name"
  "$check" "$name" "$model" "$rows" "$dir/$name" "$@"
}

failed=0 count=0
# Those that came with the library have the emulator; a new one may come before its side there.
for name in openai anthropic google mistral together groq xai azure doubleword fireworks vertex bedrock; do
  [ -n "$(url_of $name)" ] || { echo "not ok - $name: the emulator does not speak for it any more"; failed=1; }
done
for name in $("$program" providers --json | sed 's/{"name":"/\n&/g' | sed -n 's/^{"name":"\([^"]*\)","title".*/\1/p'); do
  echo "# $name"
  check_of "$name" || failed=1
  count=$((count + 1))
done
echo "# $count providers"
[ "$count" -gt 0 ] || exit 1
exit $failed
