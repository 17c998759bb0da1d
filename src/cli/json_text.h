// JSON strings for the program's own small objects; data of the library goes out as the library wrote it.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace cli {

inline std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out += '"';
}

inline std::string json_text_or_null(std::string_view text) { return text.empty() ? "null" : json_text(text); }

}  // namespace cli
