#include "codec/json_compact.h"

namespace br {

void append_compact_json(std::string_view json, std::string* out) {
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!in_string && (c == ' ' || c == '\n' || c == '\t' || c == '\r')) continue;
    out->push_back(c);
    if (in_string && c == '\\')
      out->push_back(json[++i]);
    else if (c == '"')
      in_string = !in_string;
  }
}

}  // namespace br
