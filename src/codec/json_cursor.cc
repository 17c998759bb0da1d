#include "codec/json_cursor.h"

#include <array>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

constexpr std::array<JsonCursor::Kind, 256> kKinds = [] {
  using Kind = JsonCursor::Kind;
  std::array<Kind, 256> table{};
  for (auto& kind : table) kind = Kind::invalid;
  for (unsigned i = '0'; i <= '9'; ++i) table[i] = Kind::number;
  table['-'] = Kind::number;
  table['{'] = Kind::object;
  table['['] = Kind::array;
  table['"'] = Kind::string;
  table['t'] = table['f'] = Kind::boolean;
  table['n'] = Kind::null;
  return table;
}();

#if defined(__SSE2__)

// The first byte from p on that is a quote, a backslash or a control character; *high is set where one before it has
// its highest bit set, or one shortly behind it.
const char* plain_end(const char* p, const char* end, int* high) {
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);
  int seen = 0;
  for (; p < end; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                                      _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
    const int mask = _mm_movemask_epi8(stop);
    seen |= _mm_movemask_epi8(bytes);
    if (mask != 0) {
      p += __builtin_ctz(static_cast<unsigned>(mask));
      break;
    }
  }
  *high |= seen;
  return p;
}

#else

const char* plain_end(const char* p, const char* end, int* high) {
  while (p < end && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20) *high |= *p++ & 0x80;
  return p;
}

#endif

constexpr bool is_short_escape(char c) {
  return c == '"' || c == '\\' || c == '/' || c == 'b' || c == 'f' || c == 'n' || c == 'r' || c == 't';
}

std::uint32_t hex_digit(char c) { return kHexDigits[static_cast<unsigned char>(c)]; }

}  // namespace

int hex4(const char* p) {
  const std::uint32_t a = hex_digit(p[0]), b = hex_digit(p[1]), c = hex_digit(p[2]), d = hex_digit(p[3]);
  if (((a | b | c | d) & kNoDigit) != 0) return -1;
  return static_cast<int>(a << 12 | b << 8 | c << 4 | d);
}

JsonCursor::Kind JsonCursor::peek() {
  skip_blanks();
  return at_ < end_ ? kKinds[static_cast<unsigned char>(*at_)] : Kind::invalid;
}

bool JsonCursor::enter(char open) {
  skip_blanks();
  if (error_ != nullptr || at_ >= end_ || *at_ != open) return fail("a value of another type is expected here");
  ++at_;
  fresh_ = true;
  return true;
}

bool JsonCursor::enter_object() { return enter('{'); }
bool JsonCursor::enter_array() { return enter('['); }

// Passes the comma before the next item, or the closing bracket.
bool JsonCursor::separator(char close, bool* ended) {
  *ended = false;
  if (error_ != nullptr) return false;
  const char* p = past_blanks(at_);
  at_ = p;
  if (p >= end_) return fail("the text ends inside an object or array");
  if (*p == close) {
    at_ = p + 1;
    fresh_ = false;
    *ended = true;
    return true;
  }
  if (!fresh_) {
    if (*p != ',') return fail("a comma is missing");
    at_ = past_blanks(p + 1);
  }
  fresh_ = false;
  return true;
}

bool JsonCursor::next_key(std::string_view* token) {
  bool ended = false;
  if (!separator('}', &ended) || ended) return false;
  const char* p = at_;
  if (p >= end_ || *p != '"') return fail("a field name in double quotes is expected");
  // Nearly every name is plain and followed by its colon at once.
  const char* close = plain_end(p + 1, end_, &high_bits_);
  if (close < end_ && *close == '"') {
    *token = std::string_view(p, static_cast<std::size_t>(++close - p));
    at_ = close;
  } else if (!read_string(token)) {
    return false;
  }
  p = past_blanks(at_);
  if (p >= end_ || *p != ':') return fail_at(p, "a colon is missing after the field name");
  at_ = past_blanks(p + 1);
  return true;
}

bool JsonCursor::next_element() {
  bool ended = false;
  if (!separator(']', &ended) || ended) return false;
  skip_blanks();
  return true;
}

// The first byte behind the escape whose backslash is at p; nullptr where it is none, which is noted.
const char* JsonCursor::pass_escape(const char* p) {
  if (end_ - p < 2) return refuse(p, "the text ends inside a string");
  if (is_short_escape(p[1])) return p + 2;
  if (p[1] != 'u') return refuse(p, "JSON has no such escape; a backslash is written \\\\");
  const int code = end_ - p < 6 ? -1 : hex4(p + 2);
  if (code < 0) return refuse(p, "\\u needs four hexadecimal digits");
  if (code < 0xd800 || code > 0xdfff) return p + 6;
  if (code >= 0xdc00) return refuse(p, "a low surrogate escape stands without its high one");
  if (end_ - p >= 12 && p[6] == '\\' && p[7] == 'u') {
    const int low = hex4(p + 8);
    if (low >= 0xdc00 && low <= 0xdfff) return p + 12;
  }
  return refuse(p, "a high surrogate escape stands without its low one");
}

bool JsonCursor::read_string(std::string_view* token) {
  skip_blanks();
  const char* const start = at_;
  if (error_ != nullptr || start >= end_ || *start != '"') return fail("a string is expected here");
  const char* p = start + 1;
  for (;;) {
    p = plain_end(p, end_, &high_bits_);
    if (p >= end_) return fail_at(end_, "the text ends inside a string");
    if (*p == '"') break;
    if (*p != '\\') return fail_at(p, "a control character stands in a string; write it as an escape");
    p = pass_escape(p);
    if (p == nullptr) return false;
  }
  at_ = ++p;
  fresh_ = false;
  *token = std::string_view(start, static_cast<std::size_t>(p - start));
  return true;
}

bool JsonCursor::read_number(std::string_view* token) {
  const char* const start = past_blanks(at_);
  const char* p = start;
  const auto digits = [this](const char* from) {
    while (from < end_ && static_cast<unsigned char>(*from - '0') < 10) ++from;
    return from;
  };
  if (p < end_ && *p == '-') ++p;
  const char* first = p;
  p = digits(first);
  if (p == first || (*first == '0' && p - first > 1)) return fail_at(start, "this is no JSON number");
  if (p < end_ && *p == '.') {
    first = p + 1;
    p = digits(first);
    if (p == first) return fail_at(start, "digits are missing after the decimal point");
  }
  if (p < end_ && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p < end_ && (*p == '+' || *p == '-')) ++p;
    first = p;
    p = digits(first);
    if (p == first) return fail_at(start, "digits are missing in the exponent");
  }
  at_ = p;
  fresh_ = false;
  *token = std::string_view(start, static_cast<std::size_t>(p - start));
  return true;
}

bool JsonCursor::literal(std::string_view word) {
  if (static_cast<std::size_t>(end_ - at_) < word.size() || std::string_view(at_, word.size()) != word)
    return fail("this is no JSON value");
  at_ += word.size();
  fresh_ = false;
  return true;
}

// at_ is at the value's first byte; no mistake was found yet.
bool JsonCursor::skip_value(int depth) {
  if (depth > kMaxDepth) return fail("the JSON is nested deeper than 512 levels");
  std::string_view token;
  switch (at_ < end_ ? kKinds[static_cast<unsigned char>(*at_)] : Kind::invalid) {
    case Kind::string:
      return read_string(&token);
    case Kind::number:
      return read_number(&token);
    case Kind::boolean:
      return literal(*at_ == 't' ? "true" : "false");
    case Kind::null:
      return literal("null");
    case Kind::object:
      enter('{');
      while (next_key(&token)) {
        if (!skip_value(depth + 1)) return false;
      }
      return !failed();
    case Kind::array:
      enter('[');
      while (next_element()) {
        if (!skip_value(depth + 1)) return false;
      }
      return !failed();
    case Kind::invalid:
      break;
  }
  return fail(at_ >= end_ ? "the text ends where a value is expected" : "this is no JSON value");
}

bool JsonCursor::skip(std::string_view* token) {
  if (error_ != nullptr) return false;
  skip_blanks();
  const char* start = at_;
  if (!skip_value(1)) return false;
  *token = std::string_view(start, static_cast<std::size_t>(at_ - start));
  return true;
}

bool JsonCursor::finish() {
  if (error_ != nullptr) return false;
  skip_blanks();
  return at_ >= end_ || fail("something follows the end of the JSON value");
}

}  // namespace br
