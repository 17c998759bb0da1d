#include "codec/string_scan.h"

#include <array>

#include "codec/string_blocks.h"

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

struct Sse2 {
  using Register = __m128i;
  static constexpr std::size_t kSize = sizeof(Register);
  static Register load(const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
  static Register all(int c) { return _mm_set1_epi8(static_cast<char>(c)); }
  static Register equal(Register a, Register b) { return _mm_cmpeq_epi8(a, b); }
  static Register least(Register a, Register b) { return _mm_min_epu8(a, b); }
  static Register either(Register a, Register b) { return _mm_or_si128(a, b); }
  static Register both(Register a, Register b) { return _mm_and_si128(a, b); }
  static std::uint32_t mask(Register a) { return static_cast<std::uint32_t>(_mm_movemask_epi8(a)); }
};

using ScanFn = const char* (*)(const char*, const char*, int*);

ScanFn best_scan() {
#if defined(BATCHROUTER_AVX2)
  if (has_avx2()) return escaped_end_avx2;
#endif
  return escaped_end_sse2;
}

}  // namespace

const char* escaped_end_sse2(const char* p, const char* end, int* high) {
  return StringBlocks<Sse2>::escaped_end(p, end, high);
}

#if defined(BATCHROUTER_AVX2)
bool has_avx2() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}
#endif

const char* escaped_end(const char* p, const char* end, int* high) {
  static const ScanFn scan = best_scan();
  return scan(p, end, high);
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
