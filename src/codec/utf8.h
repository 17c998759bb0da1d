// UTF-8 checks and repairs.
#pragma once

#include <string>
#include <string_view>

namespace br {

bool is_utf8(std::string_view text);
// How many bytes at its beginning are good.
std::size_t utf8_prefix(std::string_view text);
// The text with every wrong byte sequence replaced by U+FFFD.
std::string repair_utf8(std::string_view text);
// A JSON text made readable without changing what it says: wrong UTF-8 and lone surrogate escapes become U+FFFD.
std::string repair_json_text(std::string_view text);

}  // namespace br
