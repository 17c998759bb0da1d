#include "codec/json_cursor.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace br {

int hex4(const char* p) {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = p[i];
    int digit = 0;
    if (c >= '0' && c <= '9') digit = c - '0';
    else if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
    else return -1;
    value = value * 16 + digit;
  }
  return value;
}

JsonCursor::Kind JsonCursor::peek() {
  skip_blanks();
  if (at_ >= end_) return Kind::invalid;
  switch (*at_) {
    case '{':
      return Kind::object;
    case '[':
      return Kind::array;
    case '"':
      return Kind::string;
    case 't':
    case 'f':
      return Kind::boolean;
    case 'n':
      return Kind::null;
    default:
      return *at_ == '-' || (*at_ >= '0' && *at_ <= '9') ? Kind::number : Kind::invalid;
  }
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
  skip_blanks();
  if (at_ >= end_) return fail("the text ends inside an object or array");
  if (*at_ == close) {
    ++at_;
    fresh_ = false;
    *ended = true;
    return true;
  }
  if (!fresh_) {
    if (*at_ != ',') return fail("a comma is missing");
    ++at_;
    skip_blanks();
  }
  fresh_ = false;
  return true;
}

bool JsonCursor::next_key(std::string_view* token) {
  bool ended = false;
  if (!separator('}', &ended) || ended) return false;
  if (at_ >= end_ || *at_ != '"') return fail("a field name in double quotes is expected");
  if (!read_string(token)) return false;
  skip_blanks();
  if (at_ >= end_ || *at_ != ':') return fail("a colon is missing after the field name");
  ++at_;
  skip_blanks();
  return true;
}

bool JsonCursor::next_element() {
  bool ended = false;
  if (!separator(']', &ended) || ended) return false;
  skip_blanks();
  return true;
}

// The first byte from p on that is a quote, a backslash or a control character.
const char* JsonCursor::plain_end(const char* p) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);
  while (p < end_) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                                      _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
    const int mask = _mm_movemask_epi8(stop);
    high_bits_ |= _mm_movemask_epi8(bytes);
    if (mask != 0) return p + __builtin_ctz(static_cast<unsigned>(mask));
    p += 16;
  }
  return p;
#else
  while (p < end_ && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20) high_bits_ |= *p++ & 0x80;
  return p;
#endif
}

bool JsonCursor::surrogate_pair(unsigned high) {
  if (high >= 0xdc00 && high <= 0xdfff) return fail("a low surrogate escape stands without its high one");
  if (high < 0xd800 || high > 0xdbff) return true;
  if (end_ - at_ >= 6 && at_[0] == '\\' && at_[1] == 'u') {
    const int low = hex4(at_ + 2);
    if (low >= 0xdc00 && low <= 0xdfff) {
      at_ += 6;
      return true;
    }
  }
  return fail("a high surrogate escape stands without its low one");
}

// at_ is at the backslash.
bool JsonCursor::escape() {
  if (end_ - at_ < 2) return fail("the text ends inside a string");
  switch (at_[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      at_ += 2;
      return true;
    case 'u': {
      const int code = end_ - at_ < 6 ? -1 : hex4(at_ + 2);
      if (code < 0) return fail("\\u needs four hexadecimal digits");
      at_ += 6;
      if (surrogate_pair(static_cast<unsigned>(code))) return true;
      at_ -= 6;
      return false;
    }
    default:
      return fail("JSON has no such escape; a backslash is written \\\\");
  }
}

bool JsonCursor::read_string(std::string_view* token) {
  skip_blanks();
  if (error_ != nullptr || at_ >= end_ || *at_ != '"') return fail("a string is expected here");
  const char* start = at_++;
  for (;;) {
    at_ = plain_end(at_);
    if (at_ >= end_) {
      at_ = end_;
      return fail("the text ends inside a string");
    }
    if (*at_ == '"') break;
    if (*at_ != '\\') return fail("a control character stands in a string; write it as an escape");
    if (!escape()) return false;
  }
  ++at_;
  fresh_ = false;
  *token = std::string_view(start, static_cast<std::size_t>(at_ - start));
  return true;
}

bool JsonCursor::read_number(std::string_view* token) {
  skip_blanks();
  const char* start = at_;
  const auto digits = [this] {
    const char* from = at_;
    while (at_ < end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ > from;
  };
  if (at_ < end_ && *at_ == '-') ++at_;
  const char* first = at_;
  if (!digits() || (*first == '0' && at_ - first > 1)) return fail_at(start, "this is no JSON number");
  if (at_ < end_ && *at_ == '.') {
    ++at_;
    if (!digits()) return fail_at(start, "digits are missing after the decimal point");
  }
  if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!digits()) return fail_at(start, "digits are missing in the exponent");
  }
  fresh_ = false;
  *token = std::string_view(start, static_cast<std::size_t>(at_ - start));
  return true;
}

bool JsonCursor::literal(std::string_view word) {
  if (static_cast<std::size_t>(end_ - at_) < word.size() || std::string_view(at_, word.size()) != word)
    return fail("this is no JSON value");
  at_ += word.size();
  fresh_ = false;
  return true;
}

bool JsonCursor::skip_value(int depth) {
  if (depth > kMaxDepth) return fail("the JSON is nested deeper than 512 levels");
  std::string_view token;
  switch (peek()) {
    case Kind::string:
      return read_string(&token);
    case Kind::number:
      return read_number(&token);
    case Kind::boolean:
      return literal(*at_ == 't' ? "true" : "false");
    case Kind::null:
      return literal("null");
    case Kind::object:
      enter_object();
      while (next_key(&token)) {
        if (!skip_value(depth + 1)) return false;
      }
      return !failed();
    case Kind::array:
      enter_array();
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
