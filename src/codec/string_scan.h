// Where a JSON string ends: the loops over its bytes, 16 or 64 at a time where SSE2 is there. They may read up to
// kJsonPadding bytes behind `end`.
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace br {

// The byte behind the escape \uXXXX at p, behind both where it is a surrogate pair; nullptr where it is neither.
const char* unicode_end(const char* p, const char* end);

// The closing quote of a string of which p is inside, and not between a backslash and its letter. nullptr: there is
// none, or something on the way is wrong; whoever wants to know what, goes byte by byte. Sets *high as plain_end does.
const char* escaped_end(const char* p, const char* end, int* high);

constexpr bool is_short_escape(char c) {
  return c == '"' || c == '\\' || c == '/' || c == 'b' || c == 'f' || c == 'n' || c == 'r' || c == 't';
}

// The four hex digits at p, or -1.
int hex4(const char* p);

#if defined(__SSE2__)

// What escaped_end takes one of, once in a process: the widest registers this processor has.
const char* escaped_end_sse2(const char* p, const char* end, int* high);
#if defined(BATCHROUTER_AVX2)
bool has_avx2();
const char* escaped_end_avx2(const char* p, const char* end, int* high);
#endif

// A bit for each of 16 bytes.
struct Marks {
  std::uint32_t stop;  // quotes, backslashes, control characters
  std::uint32_t high;  // bytes of more than 7 bits
};

inline Marks marks_of(__m128i bytes) {
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);
  const __m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                                    _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
  return {static_cast<std::uint32_t>(_mm_movemask_epi8(stop)), static_cast<std::uint32_t>(_mm_movemask_epi8(bytes))};
}

#endif

// The closing quote of a string that ends within 16 bytes, with nothing to look at on the way; else nullptr.
inline const char* short_end(const char* p, const char* end, int* high) {
#if defined(__SSE2__)
  const Marks found = marks_of(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  if (found.stop == 0) return nullptr;
  p += __builtin_ctz(found.stop);
  if (p >= end || *p != '"') return nullptr;
  *high |= static_cast<int>(found.high);
  return p;
#else
  (void)p, (void)end, (void)high;
  return nullptr;
#endif
}

// The first byte from p on that is a quote, a backslash or a control character; *high is not 0 where one before it has
// its highest bit set, or one shortly behind it.
inline const char* plain_end(const char* p, const char* end, int* high) {
#if defined(__SSE2__)
  std::uint32_t seen = 0;
  for (; p < end; p += 16) {
    const Marks found = marks_of(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    seen |= found.high;
    if (found.stop != 0) {
      p += __builtin_ctz(found.stop);
      break;
    }
  }
  *high |= static_cast<int>(seen);
#else
  while (p < end && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20) *high |= *p++ & 0x80;
#endif
  return p;
}

}  // namespace br
