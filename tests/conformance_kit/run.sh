#!/bin/sh
# Runs a program with two fresh directories. kit: it has to find nothing wrong. example: it has to print the answers,
# and again when it is run a second time on the same state.
# usage: run.sh kit|example PROGRAM
set -eu
kind=$1 program=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/state" "$dir/batches"

if [ "$kind" = kit ]; then
  "$program" "$dir/state" "$dir/batches"
  exit
fi
printf 'a: HELLO, WORLD\nb: GOOD\nMORNING\n' >"$dir/want"
for run in first second; do
  "$program" "$dir/state" "$dir/batches" >"$dir/$run"
  diff -u "$dir/want" "$dir/$run"
done
