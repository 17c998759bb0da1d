#include "codec/base64.h"

namespace br {
namespace {

constexpr bool is_base64(unsigned char c) {
  const unsigned char letter = static_cast<unsigned char>((c | 0x20) - 'a');
  const unsigned char digit = static_cast<unsigned char>(c - '0');
  return (letter < 26) | (digit < 10) | (c == '+') | (c == '/');
}

constexpr std::size_t kBlock = 64;

// Without a branch for each byte, so that the compiler can take many at once.
bool is_plain_block(const char* p) {
  unsigned wrong = 0;
  for (std::size_t i = 0; i < kBlock; ++i) wrong |= is_base64(static_cast<unsigned char>(p[i])) ? 0U : 1U;
  return wrong == 0;
}

}  // namespace

std::size_t find_not_base64(std::string_view text) {
  std::size_t escapes = 0, padding = 0, i = 0;
  while (i < text.size()) {
    if (padding == 0 && text.size() - i >= kBlock && is_plain_block(text.data() + i)) {
      i += kBlock;
      continue;
    }
    const std::size_t end = text.size() - i < kBlock ? text.size() : i + kBlock;
    for (; i < end; ++i) {
      const char c = text[i];
      if (c == '=') {
        if (++padding > 2) return i;
      } else if (padding > 0) {
        return i;
      } else if (c == '\\') {
        if (i + 1 >= text.size() || text[i + 1] != '/') return i;
        ++escapes;
      } else if (!is_base64(static_cast<unsigned char>(c))) {
        return i;
      }
    }
  }
  return (text.size() - escapes) % 4 == 0 ? std::string_view::npos : text.size();
}

}  // namespace br
