// The end of a JSON string, 64 bytes at a time. Private to string_scan.cc and string_scan_avx2.cc, which give it the
// registers they may use: V has the type Register, its size in bytes, and the operations named below.
#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/string_scan.h"

namespace br {

// Everything depends on V, so that no code made for one processor is taken for another's by the linker.
template <typename V>
class StringBlocks {
 public:
  static const char* escaped_end(const char* p, const char* end, int* high);

 private:
  using Register = typename V::Register;
  static constexpr std::size_t kCount = 64 / V::kSize;
  struct Block {
    Register part[kCount];
  };

  static Block load(const char* p) {
    Block block;
    for (std::size_t i = 0; i < kCount; ++i) block.part[i] = V::load(p + V::kSize * i);
    return block;
  }
  // A bit for each byte of which `of` says 0xff.
  template <typename Of>
  static std::uint64_t where(const Block& block, Of of) {
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < kCount; ++i) mask |= std::uint64_t{V::mask(of(block.part[i]))} << (V::kSize * i);
    return mask;
  }
  // What is rare is asked of all bytes at once.
  template <typename Of>
  static bool any(const Block& block, Of of) {
    Register all = of(block.part[0]);
    for (std::size_t i = 1; i < kCount; ++i) all = V::either(all, of(block.part[i]));
    return V::mask(all) != 0;
  }
  static std::uint64_t equal(const Block& block, char c) {
    return where(block, [value = V::all(c)](Register b) { return V::equal(b, value); });
  }
  static bool has_control_in(const Block& block, std::uint64_t inside) {
    const auto is_control = [limit = V::all(0x1f)](Register b) { return V::equal(V::least(b, limit), b); };
    return any(block, is_control) && (where(block, is_control) & inside) != 0;
  }
  static bool has_high(const Block& block) {
    return any(block, [](Register b) { return b; });
  }
  // The letters of b f n r t and the slash; b and f differ in one bit.
  static std::uint64_t short_escapes(const Block& block) {
    return where(block, [](Register b) {
      const Register b_or_f = V::equal(V::both(b, V::all(~0x04)), V::all('b'));
      const Register n_or_r = V::either(V::equal(b, V::all('n')), V::equal(b, V::all('r')));
      const Register t_or_slash = V::either(V::equal(b, V::all('t')), V::equal(b, V::all('/')));
      return V::either(b_or_f, V::either(n_or_r, t_or_slash));
    });
  }
  static std::uint64_t escaped_bytes(std::uint64_t backslash, std::uint64_t* carry);
  static bool unicode_escapes_hold(const char* p, const char* end, std::uint64_t letters, const char** passed);
};

// Of the backslashes and what they escape: a byte is escaped where an odd number of backslashes stands before it.
// *carry: the byte before the block escapes its first one; it is set for the next block.
template <typename V>
inline std::uint64_t StringBlocks<V>::escaped_bytes(std::uint64_t backslash, std::uint64_t* carry) {
  constexpr std::uint64_t kEven = 0x5555555555555555;
  backslash &= ~*carry;
  const std::uint64_t follows = backslash << 1 | *carry;
  const std::uint64_t odd_starts = backslash & ~kEven & ~follows;
  std::uint64_t sequences = 0;
  *carry = __builtin_add_overflow(odd_starts, backslash, &sequences) ? 1 : 0;
  return (kEven ^ (sequences << 1)) & follows;
}

// Every marked letter is the u of an escape that is whole. *passed: where the last one ends.
template <typename V>
inline bool StringBlocks<V>::unicode_escapes_hold(const char* p, const char* end, std::uint64_t letters,
                                                  const char** passed) {
  for (; letters != 0; letters &= letters - 1) {
    const char* letter = p + __builtin_ctzll(letters);
    if (letter < *passed) continue;  // the second half of a pair
    *passed = *letter == 'u' ? unicode_end(letter - 1, end) : nullptr;
    if (*passed == nullptr) return false;
  }
  return true;
}

template <typename V>
const char* StringBlocks<V>::escaped_end(const char* p, const char* end, int* high) {
  std::uint64_t carry = 0;
  const char* passed = p;
  bool seen = false;
  for (; p < end; p += 64) {
    const Block block = load(p);
    const std::uint64_t quotes = equal(block, '"'), backslashes = equal(block, '\\');
    const std::uint64_t escaped = escaped_bytes(backslashes, &carry);
    const std::uint64_t closing = quotes & ~escaped;
    const std::uint64_t inside = (closing - 1) & ~closing;  // up to the closing quote; all where there is none
    seen |= has_high(block);
    if (has_control_in(block, inside)) return nullptr;
    if (std::uint64_t letters = escaped & inside & ~(quotes | backslashes); letters != 0) {
      letters &= ~short_escapes(block);
      if (letters != 0 && !unicode_escapes_hold(p, end, letters, &passed)) return nullptr;
    }
    if (closing != 0) {
      p += __builtin_ctzll(closing);
      *high |= seen;
      return p < end && passed <= p ? p : nullptr;
    }
  }
  return nullptr;
}

}  // namespace br
