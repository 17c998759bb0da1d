#include "emulator/base/row_text.h"

namespace br::emulator {
namespace {

// Where the JSON string ends that holds the byte at `at`: its closing quote.
size_t end_of_string(std::string_view row, size_t at) {
  while (at < row.size() && row[at] != '"') at += row[at] == '\\' ? 2 : 1;
  return at < row.size() ? at : std::string_view::npos;
}

}  // namespace

void insert_text(std::string& row, std::string_view text) {
  for (const std::string_view mark : {"answer to ", "\"message\":\"", "\"errorMessage\":\""}) {
    const size_t at = row.find(mark);
    if (at == std::string::npos) continue;
    const size_t end = end_of_string(row, at + mark.size());
    if (end == std::string::npos) continue;
    row.insert(end, text);
    return;
  }
  const size_t brace = row.rfind('}');
  if (brace != std::string::npos) row.insert(brace, ",\"note\":\"" + std::string(text) + "\"");
}

}  // namespace br::emulator
