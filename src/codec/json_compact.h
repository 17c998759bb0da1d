// A JSON text without the blanks between its tokens: one line, each token as it was written.
#pragma once

#include <string>
#include <string_view>

namespace br {

// json: checked JSON.
void append_compact_json(std::string_view json, std::string* out);

}  // namespace br
