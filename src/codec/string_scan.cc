#include "codec/string_scan.h"

#include <array>

namespace br {
namespace {

// The value of each hexadecimal digit; kNoDigit for every other byte.
constexpr unsigned kNoDigit = 0x10000;

constexpr std::array<std::uint32_t, 256> kHexDigits = [] {
  std::array<std::uint32_t, 256> table{};
  for (auto& value : table) value = kNoDigit;
  for (unsigned i = 0; i < 10; ++i) table['0' + i] = i;
  for (unsigned i = 0; i < 6; ++i) table['a' + i] = table['A' + i] = 10 + i;
  return table;
}();

std::uint32_t hex_digit(char c) { return kHexDigits[static_cast<unsigned char>(c)]; }

}  // namespace

int hex4(const char* p) {
  const std::uint32_t a = hex_digit(p[0]), b = hex_digit(p[1]), c = hex_digit(p[2]), d = hex_digit(p[3]);
  if (((a | b | c | d) & kNoDigit) != 0) return -1;
  return static_cast<int>(a << 12 | b << 8 | c << 4 | d);
}

const char* unicode_end(const char* p, const char* end) {
  const int code = end - p < 6 ? -1 : hex4(p + 2);
  if (code < 0) return nullptr;
  if (code < 0xd800 || code > 0xdfff) return p + 6;
  if (code >= 0xdc00 || end - p < 12 || p[6] != '\\' || p[7] != 'u') return nullptr;
  const int low = hex4(p + 8);
  return low >= 0xdc00 && low <= 0xdfff ? p + 12 : nullptr;
}

#if defined(__SSE2__)

namespace {

// 64 bytes. What is rare is asked of all of them at once; a bit for each byte costs four times as much.
struct Block {
  explicit Block(const char* p) {
    for (int i = 0; i < 4; ++i) bytes[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * i));
  }
  template <typename Of>
  std::uint64_t where(Of of) const {
    std::uint64_t mask = 0;
    for (int i = 0; i < 4; ++i)
      mask |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(of(bytes[i])))} << (16 * i);
    return mask;
  }
  template <typename Of>
  bool any(Of of) const {
    const __m128i all =
        _mm_or_si128(_mm_or_si128(of(bytes[0]), of(bytes[1])), _mm_or_si128(of(bytes[2]), of(bytes[3])));
    return _mm_movemask_epi8(all) != 0;
  }
  std::uint64_t equal(char c) const {
    const __m128i value = _mm_set1_epi8(c);
    return where([&](__m128i b) { return _mm_cmpeq_epi8(b, value); });
  }
  bool has_control_in(std::uint64_t inside) const {
    const __m128i control = _mm_set1_epi8(0x1f);
    const auto is_control = [&](__m128i b) { return _mm_cmpeq_epi8(_mm_min_epu8(b, control), b); };
    return any(is_control) && (where(is_control) & inside) != 0;
  }
  bool has_high() const {
    return any([](__m128i b) { return b; });
  }
  __m128i bytes[4];
};

// Of the backslashes and what they escape: a byte is escaped where an odd number of backslashes stands before it.
// *carry: the byte before the block escapes its first one; it is set for the next block.
std::uint64_t escaped_bytes(std::uint64_t backslash, std::uint64_t* carry) {
  constexpr std::uint64_t kEven = 0x5555555555555555;
  if (backslash == 0) {
    const std::uint64_t first = *carry;
    *carry = 0;
    return first;
  }
  backslash &= ~*carry;
  const std::uint64_t follows = backslash << 1 | *carry;
  const std::uint64_t odd_starts = backslash & ~kEven & ~follows;
  std::uint64_t sequences = 0;
  *carry = __builtin_add_overflow(odd_starts, backslash, &sequences) ? 1 : 0;
  return (kEven ^ (sequences << 1)) & follows;
}

// Every escape whose letter is marked is one. *passed: where the last one ends.
bool escapes_hold(const char* p, const char* end, std::uint64_t letters, const char** passed) {
  for (; letters != 0; letters &= letters - 1) {
    const char* letter = p + __builtin_ctzll(letters);
    if (letter < *passed) continue;  // the second half of a pair
    *passed = *letter == 'u' ? unicode_end(letter - 1, end) : is_short_escape(*letter) ? letter + 1 : nullptr;
    if (*passed == nullptr) return false;
  }
  return true;
}

}  // namespace

const char* escaped_end(const char* p, const char* end, int* high) {
  std::uint64_t carry = 0;
  const char* passed = p;
  bool seen = false;
  for (; p < end; p += 64) {
    const Block block(p);
    const std::uint64_t quotes = block.equal('"'), backslashes = block.equal('\\');
    const std::uint64_t escaped = escaped_bytes(backslashes, &carry);
    const std::uint64_t closing = quotes & ~escaped;
    const std::uint64_t inside = (closing - 1) & ~closing;  // up to the closing quote; all where there is none
    const std::uint64_t letters = escaped & inside & ~(quotes | backslashes);
    seen |= block.has_high();
    if (block.has_control_in(inside) || (letters != 0 && !escapes_hold(p, end, letters, &passed))) return nullptr;
    if (closing != 0) {
      p += __builtin_ctzll(closing);
      *high |= seen;
      return p < end && passed <= p ? p : nullptr;
    }
  }
  return nullptr;
}

#else

const char* escaped_end(const char* p, const char* end, int* high) {
  for (;;) {
    p = plain_end(p, end, high);
    if (p >= end) return nullptr;
    if (*p == '"') return p;
    if (*p != '\\' || end - p < 2) return nullptr;
    p = is_short_escape(p[1]) ? p + 2 : p[1] == 'u' ? unicode_end(p, end) : nullptr;
    if (p == nullptr) return nullptr;
  }
}

#endif

}  // namespace br
