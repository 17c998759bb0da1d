#include "codec/utf8.h"

#if defined(__x86_64__)
#include <tmmintrin.h>
#endif

#include "codec/string_scan.h"

namespace br {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// Length of the well-formed sequence at the beginning of the text; 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](std::size_t i, unsigned least, unsigned most) {
    return i < text.size() && byte(i) >= least && byte(i) <= most;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1, 0x80, 0xbf) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned least = first == 0xe0 ? 0xa0 : 0x80, most = first == 0xed ? 0x9f : 0xbf;
    return tail(1, least, most) && tail(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned least = first == 0xf0 ? 0x90 : 0x80, most = first == 0xf4 ? 0x8f : 0xbf;
    return tail(1, least, most) && tail(2, 0x80, 0xbf) && tail(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

bool is_utf8_by_bytes(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t n = sequence_length(text.substr(at));
    if (n == 0) return false;
    at += n;
  }
  return true;
}

#if defined(__x86_64__)

// Sixteen bytes at a time (Keiser, Lemire: Validating UTF-8 in less than one instruction per byte): what is wrong about
// two neighbouring bytes is found in three tables, by the halves of the first and the upper half of the second.
enum Wrong : unsigned char {
  kTooShort = 1 << 0,
  kTooLong = 1 << 1,
  kOverlong3 = 1 << 2,
  kTooLarge = 1 << 3,
  kSurrogate = 1 << 4,
  kOverlong2 = 1 << 5,
  kTooLarge1000 = 1 << 6,
  kOverlong4 = 1 << 6,
  kTwoContinuations = 1 << 7,
  kCarry = kTooShort | kTooLong | kTwoContinuations,
};

__attribute__((target("ssse3"))) __m128i table(const unsigned char (&values)[16]) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(values));
}

__attribute__((target("ssse3"))) __m128i wrong_pairs(__m128i input, __m128i before) {
  static constexpr unsigned char kFirstHigh[16] = {
      kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong,
      kTwoContinuations, kTwoContinuations, kTwoContinuations, kTwoContinuations,
      kTooShort | kOverlong2, kTooShort, kTooShort | kOverlong3 | kSurrogate,
      kTooShort | kTooLarge | kTooLarge1000 | kOverlong4};
  static constexpr unsigned char kLarge = kCarry | kTooLarge | kTooLarge1000;
  static constexpr unsigned char kFirstLow[16] = {
      kCarry | kOverlong3 | kOverlong2 | kOverlong4, kCarry | kOverlong2, kCarry, kCarry, kCarry | kTooLarge,
      kLarge, kLarge, kLarge, kLarge, kLarge, kLarge, kLarge, kLarge, kLarge | kSurrogate, kLarge, kLarge};
  static constexpr unsigned char kTail = kTooLong | kTwoContinuations;
  static constexpr unsigned char kSecondHigh[16] = {
      kTooShort, kTooShort, kTooShort, kTooShort, kTooShort, kTooShort, kTooShort, kTooShort,
      kTail | kOverlong2 | kOverlong3 | kTooLarge1000 | kOverlong4, kTail | kOverlong2 | kOverlong3 | kTooLarge,
      kTail | kOverlong2 | kSurrogate | kTooLarge, kTail | kOverlong2 | kSurrogate | kTooLarge,
      kTooShort, kTooShort, kTooShort, kTooShort};
  const __m128i half = _mm_set1_epi8(0x0f);
  const __m128i high = _mm_shuffle_epi8(table(kFirstHigh), _mm_and_si128(_mm_srli_epi16(before, 4), half));
  const __m128i low = _mm_shuffle_epi8(table(kFirstLow), _mm_and_si128(before, half));
  const __m128i second = _mm_shuffle_epi8(table(kSecondHigh), _mm_and_si128(_mm_srli_epi16(input, 4), half));
  return _mm_and_si128(_mm_and_si128(high, low), second);
}

// Not zero where something is wrong.
__attribute__((target("ssse3"))) __m128i wrong_bytes(__m128i input, __m128i previous) {
  const __m128i pairs = wrong_pairs(input, _mm_alignr_epi8(input, previous, 15));
  const __m128i third = _mm_subs_epu8(_mm_alignr_epi8(input, previous, 14), _mm_set1_epi8(static_cast<char>(0xdf)));
  const __m128i fourth = _mm_subs_epu8(_mm_alignr_epi8(input, previous, 13), _mm_set1_epi8(static_cast<char>(0xef)));
  const __m128i some = _mm_or_si128(third, fourth);
  const __m128i none = _mm_cmpeq_epi8(some, _mm_setzero_si128());
  const __m128i must_follow = _mm_andnot_si128(none, _mm_set1_epi8(static_cast<char>(0x80)));
  return _mm_xor_si128(must_follow, pairs);
}

__attribute__((target("ssse3"))) bool is_utf8_by_blocks(std::string_view text) {
  constexpr std::size_t kBlock = 16;
  __m128i wrong = _mm_setzero_si128(), previous = wrong;
  std::size_t at = 0;
  for (; at + kBlock <= text.size(); at += kBlock) {
    const __m128i input = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    wrong = _mm_or_si128(wrong, wrong_bytes(input, previous));
    previous = input;
  }
  // Zeros behind the end: a sequence that is cut off there is too short.
  alignas(kBlock) char last[kBlock] = {};
  text.copy(last, kBlock, at);
  const __m128i input = _mm_load_si128(reinterpret_cast<const __m128i*>(last));
  wrong = _mm_or_si128(wrong, wrong_bytes(input, previous));
  return _mm_movemask_epi8(_mm_cmpeq_epi8(wrong, _mm_setzero_si128())) == 0xffff;
}

#endif

}  // namespace

bool is_utf8(std::string_view text) {
#if defined(__x86_64__)
  static const bool by_blocks = __builtin_cpu_supports("ssse3") != 0;
  if (by_blocks) return is_utf8_by_blocks(text);
#endif
  return is_utf8_by_bytes(text);
}

std::size_t utf8_prefix(std::string_view text) {
  std::size_t good = 0;
  while (good < text.size()) {
    const std::size_t n = sequence_length(text.substr(good));
    if (n == 0) break;
    good += n;
  }
  return good;
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t n = sequence_length(text);
    out.append(n == 0 ? kReplacement : text.substr(0, n));
    text.remove_prefix(n == 0 ? 1 : n);
  }
  return out;
}

std::string repair_json_text(std::string_view text) {
  std::string out = repair_utf8(text);
  for (std::size_t at = out.find('\\'); at != std::string::npos && at + 1 < out.size(); at = out.find('\\', at)) {
    if (out[at + 1] != 'u' || at + 6 > out.size()) {
      at += 2;
      continue;
    }
    const int code = hex4(out.data() + at + 2);
    const bool high = code >= 0xd800 && code <= 0xdbff;
    const bool paired = high && at + 12 <= out.size() && out[at + 6] == '\\' && out[at + 7] == 'u' &&
                        hex4(out.data() + at + 8) >= 0xdc00 && hex4(out.data() + at + 8) <= 0xdfff;
    if (code >= 0xd800 && code <= 0xdfff && !paired) out.replace(at + 2, 4, "fffd");
    at += paired ? 12 : 6;
  }
  return out;
}

}  // namespace br
