#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace br::emulator {

// Whether the bytes are well-formed UTF-8 (Unicode 15, table 3-7).
inline bool is_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  while (at < end) {
    uint64_t word;
    if (end - at >= 8 && (std::memcpy(&word, at, 8), (word & 0x8080808080808080U) == 0)) {
      at += 8;
      continue;
    }
    const unsigned lead = *at++;
    if (lead < 0x80) continue;
    if (lead < 0xC2 || lead > 0xF4) return false;
    const int tail = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if (end - at < tail) return false;
    // The second byte shuts out overlong forms, surrogates and what lies beyond U+10FFFF.
    const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (at[0] < low || at[0] > high) return false;
    for (int i = 1; i < tail; ++i) {
      if ((at[i] & 0xC0) != 0x80) return false;
    }
    at += tail;
  }
  return true;
}

}  // namespace br::emulator
