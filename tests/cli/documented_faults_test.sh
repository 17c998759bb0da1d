# Every fault that docs/emulator.md shows is one that the emulator takes as it stands, comment and all.
. "$(dirname "$0")/support.sh"

set --
while IFS= read -r fault; do
  case $fault in
    "METHOD "* | "batch KIND "*) ;;
    *) set -- "$@" --fault "$fault" ;;
  esac
done <<END
$(sed -nE 's/^    ((METHOD|POST|GET|\*|batch) .*)/\1/p' "$(dirname "$0")/../../docs/emulator.md")
END
[ $# -ge 70 ] || fail "docs/emulator.md shows $(($# / 2)) faults"
start_emulator "$@"
stop_emulator

# A fault that is none ends the start with a reason.
expect_exit 2 "a fault that is none" "$program" emulate --fault "batch results_gone which=none"
expect_text "$dir/stderr" "lists the words" "a fault that is none"
expect_exit 2 "a tenant that is none" "$program" emulate --tenant "friend sk-a"
expect_text "$dir/stderr" "write: project NAME KEY" "a tenant that is none"
finish
