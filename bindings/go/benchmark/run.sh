#!/bin/sh
# Measures the cost of a result in Go against C: run.sh BATCHROUTER [REQUESTS]
# The library is found by pkg-config.
set -eu
program=$1
requests=${2:-20000}
cd "$(dirname "$0")"
work=$(mktemp -d)
"$program" emulate --json --polls 2 >"$work/emulator" &
emulator=$!
trap 'kill $emulator; rm -rf "$work"' EXIT
until [ -s "$work/emulator" ]; do sleep 0.05; done
url=$(sed 's/.*"openai":"\([^"]*\)".*/\1/' "$work/emulator")
GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-mod=mod go run . -base-url "$url" -state-dir "$work/state" -requests "$requests"
