// Compiled for processors with AVX2 and BMI1; nothing but escaped_end, which asks first, calls into this file.
#include "codec/string_blocks.h"
#include "codec/string_scan.h"

#if defined(BATCHROUTER_AVX2)

#include <immintrin.h>

namespace br {
namespace {

struct Avx2 {
  using Register = __m256i;
  static constexpr std::size_t kSize = sizeof(Register);
  static Register load(const char* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
  static Register all(int c) { return _mm256_set1_epi8(static_cast<char>(c)); }
  static Register equal(Register a, Register b) { return _mm256_cmpeq_epi8(a, b); }
  static Register least(Register a, Register b) { return _mm256_min_epu8(a, b); }
  static Register either(Register a, Register b) { return _mm256_or_si256(a, b); }
  static Register both(Register a, Register b) { return _mm256_and_si256(a, b); }
  static std::uint32_t mask(Register a) { return static_cast<std::uint32_t>(_mm256_movemask_epi8(a)); }
};

}  // namespace

const char* escaped_end_avx2(const char* p, const char* end, int* high) {
  return StringBlocks<Avx2>::escaped_end(p, end, high);
}

}  // namespace br

#endif
