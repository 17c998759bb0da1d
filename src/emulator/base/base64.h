#pragma once

// Whether a text is base64, as vendors look at pictures and documents that come inside of a request.

#include <string_view>

namespace br::emulator {

// Whole groups of four of the standard alphabet, padded; nothing else in between, not even the end of a line.
inline bool is_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return false;
  if (text.back() == '=') text.remove_suffix(text[text.size() - 2] == '=' ? 2 : 1);
  for (const char c : text) {
    const bool digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!digit && c != '+' && c != '/') return false;
  }
  return !text.empty();
}

// As protobuf's JSON takes bytes: of either alphabet, padded or not.
inline bool is_protobuf_base64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1) return false;
  for (const char c : text) {
    const bool digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!digit && c != '+' && c != '/' && c != '-' && c != '_') return false;
  }
  return true;
}

}  // namespace br::emulator
