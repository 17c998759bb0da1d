#!/bin/sh
# What sys/mutex.h annotates holds: clang's -Wthread-safety over every folder in which a file uses it, in one unit each.
#
#   thread_safety.sh SOURCE_DIR BUILD_DIR
set -eu
source=$1 build=$2
clang=
for name in clang++ clang++-19 clang++-18 clang++-17 clang++-16 clang++-15 clang++-14; do
  if command -v "$name" >/dev/null; then clang=$name && break; fi
done
if [ -z "$clang" ]; then
  echo "SKIPPED: there is no clang++, whose -Wthread-safety checks the mutexes (Debian and Ubuntu: the package clang)"
  exit 77
fi
mkdir -p "$build"
check() {
  "$clang" -std=c++20 -fsyntax-only -Wthread-safety -Werror -iquote "$source/src" -I"$source/include" "$1"
}

# A check that finds nothing because it does not look is none.
printf '#include "sys/mutex.h"\nstruct S { br::Mutex m; int n GUARDED_BY(m) = 0; void f() { n = 1; } };\n' >"$build/wrong.cc"
if check "$build/wrong.cc" 2>/dev/null; then
  echo "FAILED: $clang does not see that a member is used without its mutex"
  exit 1
fi

folders=$(cd "$source/src" && grep -rl --include='*.h' --include='*.cc' '"sys/mutex.h"' . | xargs -n1 dirname | sort -u)
for folder in $folders; do
  [ "$folder" != ./sys ] || continue
  unit=$build/$(echo "$folder" | tr -d . | tr / _).cc
  (cd "$source/src" && ls "$folder"/*.cc) | sed 's|^\./\(.*\)$|#include "\1"|' >"$unit"
  check "$unit" || { echo "FAILED: $folder"; exit 1; }
done
echo "ok: $(echo "$folders" | wc -l) folders with $clang"
