# Lists the functions of batchrouter.h as "name pointers", where pointers counts the parameters that may be NULL:
# pointers and functions.
{ text = text $0 "\n" }
END {
  while ((at = index(text, "/*")) > 0) {
    rest = substr(text, at + 2)
    text = substr(text, 1, at - 1) " " substr(rest, index(rest, "*/") + 2)
  }
  gsub(/#[^\n]*/, "", text)
  gsub(/[ \t\n]+/, " ", text)
  count = split(text, statements, ";")
  for (i = 1; i <= count; i++) {
    at = index(statements[i], "BR_API ")
    if (at == 0) continue
    line = substr(statements[i], at + 7)
    match(line, /br_[a-z_]+\(/)
    name = substr(line, RSTART, RLENGTH - 1)
    parameters = substr(line, RSTART + RLENGTH)
    pointers = gsub(/\*\*?/, "", parameters) + gsub(/_fn /, "", parameters)
    print name, pointers
  }
}
