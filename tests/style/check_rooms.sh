#!/bin/sh
# The rules of the tree that a compiler does not check: who includes whom, one door to each part of the outside world,
# lengths of files and functions, words that must not be there. docs/architecture.md says why.
# usage: check_rooms.sh [SOURCE_DIR]
set -eu
cd "${1:-$(dirname "$0")/../..}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=$work/failures
: >"$failures"

complain() { what=$1 awk '{ print ENVIRON["what"] ": " $0 }' >>"$failures"; }

sources() { find "$@" \( -name '*.cc' -o -name '*.h' -o -name '*.c' \) 2>/dev/null | sort; }

# The code as "file:line: text", without line comments and without what stands in string literals.
code=$work/code
# shellcheck disable=SC2046
awk '!/^ *# *include/ { gsub(/\\["\\]/, ""); gsub(/"[^"]*"/, "\"\"") } { sub(/\/\/.*/, ""); print FILENAME ":" FNR ": " $0 }' \
  $(sources src) >"$code"

# room NAME PATTERN: what #include "..." may name there, as an extended regular expression.
room() {
  grep -E "^src/$1/[^:]*:[0-9]+: *# *include +\"" "$code" | grep -vE "\"($2)\"" | complain "$1 may not include this" || true
}

below='model/[a-z_0-9]+\.h|codec/[a-z_0-9]+\.h|sys/[a-z_0-9]+\.h'
room model     'model/[a-z_0-9]+\.h'
room codec     'model/[a-z_0-9]+\.h|codec/[a-z_0-9]+\.h'
room sys       'model/[a-z_0-9]+\.h|sys/[a-z_0-9]+\.h'
room net       "$below|net/[a-z_0-9]+\.h"
room store     "$below|store/[a-z_0-9]+\.h"
# Providers take and give values. Of clock.h they use the reading of times, of net the making of signatures: both pure.
room providers 'model/[a-z_0-9]+\.h|codec/[a-z_0-9]+\.h|providers/([a-z]+/)?[a-z_0-9]+\.h|net/(http|url|sigv4|jwt)\.h|sys/clock\.h'
room core      "$below|(net|store|providers|core)/([a-z]+/)?[a-z_0-9]+\.h|batchrouter\.h"
room capture   "$below|net/(url|crypto)\.h|(store|providers|core|capture)/([a-z]+/)?[a-z_0-9]+\.h|batchrouter\.h"
# The streams are made of values alone.
room capture/stream 'model/[a-z_0-9]+\.h|codec/[a-z_0-9]+\.h|capture/stream/[a-z_0-9]+\.h'
room abi       "$below|(net|store|providers|core|capture|abi)/([a-z]+/)?[a-z_0-9]+\.h|batchrouter\.h"
# Libraries and a program of their own: of ours they see the public header, and the program the reader of JSON.
room emulator  'emulator/([a-z]+/)?[a-z_0-9]+\.h'
room gateway   'gateway/[a-z_0-9]+\.h|batchrouter\.h'
room cli       'cli/([a-z_]+/)?[a-z_0-9]+\.h|codec/json_read\.h|emulator/emulator\.h|gateway/gateway\.h|batchrouter\.h'

# door WHAT PATTERN DOORS ROOMS...: only the files that match DOORS may contain PATTERN.
door() {
  what=$1 pattern=$2 doors=$3
  shift 3
  rooms=$(echo "$*" | tr ' ' '|')
  grep -E "^src/($rooms)/" "$code" | grep -vE "^src/($doors):" | grep -E "^[^ ]*:.*($pattern)" |
    complain "$what has another door ($doors)" || true
}

library="abi capture core model providers net store codec sys"
all="$library emulator gateway cli"
# shellcheck disable=SC2086
{
  door HTTP '# *include *<curl/' 'net/curl_(transport|exchange|failure)\.(cc|h)' $all
  door cryptography '# *include *<openssl/' 'net/crypto\.cc|emulator/base/signature\.cc' $all
  door SQLite '# *include *<sqlite3' 'store/sqlite_(store|call_store|statement)\.(cc|h)' $all
  door JSON '# *include *<(simdjson|rapidjson)' 'emulator/base/json\.h|gateway/json\.h' $all
  door time '::now *\(|[^_a-z](time|clock|gettimeofday|clock_gettime|nanosleep|usleep|sleep)\(|sleep_(for|until)' \
    'sys/clock\.cc' $library
  door randomness 'random_device|mt19937|[^_a-z:]s?rand(om)?\(|getrandom|getentropy|arc4random' 'sys/random\.cc' $library
  # A child between fork() and exec() may not use the library's own files: it opens its own.
  door files '([^a-zA-Z0-9_>]::|std::|[=(!,;] *|return +)(open|openat|creat|fopen|freopen|tmpfile|mkstemp|fsync|fdatasync|rename|unlink|mkdir|rmdir|opendir) *\(|[io]?fstream|std::filesystem' \
    'sys/(file|path|process)_posix\.cc' $library
  # What was made by the system is made in one place, and given to the others (core/world.h). SQLite and started programs
  # work on real files; settings name files of the machine, as the variables of its environment do.
  door 'the world' 'SystemClock|SystemRandom|make_curl_transport|open_sqlite_(call_)?store' \
    '(abi/system_world|sys/clock|sys/random|net/curl_transport|store/sqlite_(call_)?store)\.(cc|h)' $library
  door 'the real files' 'posix_files *\(' \
    '(abi/system_world|sys/file_system|sys/path_posix|sys/process_posix|store/sqlite_(call_)?store|core/config)\.(cc|h)' $library
  door threads 'pthread_create|std::(j?thread|async)[ (<{]' '(core/(router/router|engine/executor)|capture/capture)\.(cc|h)' $library
  door processes '[^_a-z:.>](::)?(fork|vfork|system|popen|execv[pe]*|posix_spawnp?) *\(' 'sys/process_posix\.cc' $library
  door exceptions 'catch *\(' 'abi/guard\.h|sys/wall\.h' $library
  door 'standard error' 'std::c(err|out|log)|f?printf *\(|fputs *\(|perror *\(' 'sys/log\.cc' $library
}

# Lengths. A file is meant to have at most 300 lines and a function 40; twice that, nearly, is refused.
everything=$(sources src include tests examples bindings)
for file in $everything; do
  [ "$file" = include/batchrouter.h ] && continue
  lines=$(wc -l <"$file")
  if [ "$lines" -gt 600 ]; then echo "$file: $lines lines, at most 600: cut it by ideas" >>"$failures"
  elif [ "$lines" -gt 300 ]; then echo "note: $file has $lines lines, 300 are meant" >&2; fi
done
# shellcheck disable=SC2086
awk '
  FNR == 1 { indent = -1 }
  # A function begins on a line that ends in "{" outside of, or directly inside, a class or a namespace.
  indent < 0 && /\{$/ && /^( ? ?[^ ].*)$/ && !/^ *(namespace|class|struct|enum|union|extern|typedef|switch|for|if|while|\}|#|public|private)/ && /[)]/ {
    match($0, /^ */); indent = RLENGTH; start = FNR; name = $0
  }
  indent >= 0 && /^ *\}/ {
    match($0, /^ */)
    if (RLENGTH == indent) {
      if (FNR - start + 1 > 70) printf "%s:%d: %d lines, at most 70:%s\n", FILENAME, start, FNR - start + 1, name
      indent = -1
    }
  }' $everything | complain "the function is too long" || true

# Words that must not be there. The patterns are cut in two so that this file does not find itself.
tracked() { git ls-files -z 2>/dev/null || find . -path ./build -prune -o -type f -print0; }
words() {
  tracked | xargs -0 grep -nIE "$2" 2>/dev/null | grep -v '^tests/style/check_rooms\.sh:\|^tests/world/mutants/' | complain "$1" || true
}
words 'unfinished work belongs in an issue' '\b(TO''DO|FIX''ME|X''XX)\b'
words 'a directory of somebody'"'"'s machine' '(^|[^a-zA-Z0-9_.$}*>-])/(wor''k|ro''ot|ho''me/[a-z])/'
words 'the host of a package registry' '(registry\.npm''js|py''pi\.org|crates\.i''o/api|proxy\.gol''ang|deb\.deb''ian|nuget\.o''rg|ghcr\.i''o|docker\.i''o|rubygems\.o''rg)'
words 'trailing blanks' '[[:blank:]]+$'

if [ -s "$failures" ]; then
  cat "$failures"
  echo "$(wc -l <"$failures") violations"
  exit 1
fi
echo "ok: $(echo "$everything" | wc -l) files"
