#!/bin/sh
# The manual page and the completions are what those who read them accept: pages.sh SOURCE_DIR BUILD_DIR.
set -eu
page=$1/docs/batchrouter.1
completions=$2/completions
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
missing() { echo "SKIPPED: there is no $1 (scripts/setup installs it); $2 is not checked"; }

if command -v mandoc >/dev/null; then
  # The page has no date on purpose: it follows from the program, whose version it names.
  mandoc -T lint -W warning "$page" | grep -v 'missing date' >"$work/lint" || true
  [ ! -s "$work/lint" ] || fail "mandoc: $(cat "$work/lint")"
else
  missing mandoc "the manual page"
fi
if command -v man >/dev/null && command -v groff >/dev/null; then
  man --warnings -l "$page" >"$work/page" 2>"$work/warnings" </dev/null
  [ ! -s "$work/warnings" ] || fail "man: $(cat "$work/warnings")"
  grep -q 'EXIT STATUS' "$work/page" || fail "the page has no exit codes"
else
  missing man-db "the manual page's text"
fi

bash -n "$completions/batchrouter" || fail "bash does not read its completions"
offered=$(bash -c '. "$1"; COMP_WORDS=(batchrouter re); COMP_CWORD=1; _batchrouter; echo "${COMPREPLY[*]}"' - "$completions/batchrouter")
[ "$offered" = "results resume retry remove" ] || fail "bash offers: $offered"
if command -v zsh >/dev/null; then
  zsh -n "$completions/_batchrouter" || fail "zsh does not read its completions"
else
  missing zsh "its completion"
fi
if command -v fish >/dev/null; then
  offered=$(HOME="$work" fish -c "source '$completions/batchrouter.fish'; complete -C 'batchrouter re'" | cut -f1 | sort | tr '\n' ' ')
  [ "$offered" = "remove results resume retry " ] || fail "fish offers: $offered"
else
  missing fish "its completion"
fi
echo "ok"
