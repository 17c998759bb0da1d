#include "codec/json_cursor.h"

#include <array>

#include "codec/string_scan.h"

namespace br {

namespace {

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

}  // namespace

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

// Nearly every name is plain, with the comma right before it and the colon right behind it. What this is not made for
// is left to next_other_key; it may look at the padding behind the text, and takes nothing from there.
bool JsonCursor::next_key(std::string_view* token) {
  const char* p = at_;
  if (!fresh_ && *p == '}' && p < end_ && error_ == nullptr) {
    at_ = p + 1;
    return false;
  }
  if (!fresh_ && *p++ != ',') return next_other_key(token);
  p = past_blanks(p);
  if (error_ != nullptr || *p != '"') return next_other_key(token);
  const char* close = plain_end(p + 1, end_, &high_bits_);
  if (end_ - close < 2 || close[0] != '"' || close[1] != ':') return next_other_key(token);
  *token = std::string_view(p, static_cast<std::size_t>(close + 1 - p));
  at_ = past_blanks(close + 2);
  fresh_ = false;
  return true;
}

bool JsonCursor::next_other_key(std::string_view* token) {
  bool ended = false;
  if (!separator('}', &ended) || ended) return false;
  if (at_ >= end_ || *at_ != '"') return fail("a field name in double quotes is expected");
  if (!read_string(token)) return false;
  const char* p = past_blanks(at_);
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
  if (const char* behind = unicode_end(p, end_)) return behind;
  const int code = end_ - p < 6 ? -1 : hex4(p + 2);
  if (code < 0) return refuse(p, "\\u needs four hexadecimal digits");
  if (code >= 0xdc00) return refuse(p, "a low surrogate escape stands without its high one");
  return refuse(p, "a high surrogate escape stands without its low one");
}

// Notes what is wrong in the string of which the bytes before p are right.
bool JsonCursor::refuse_string(const char* p) {
  while (p != nullptr) {
    p = plain_end(p, end_, &high_bits_);
    if (p >= end_) return fail_at(end_, "the text ends inside a string");
    if (*p != '\\') return fail_at(p, "a control character stands in a string; write it as an escape");
    p = pass_escape(p);
  }
  return false;
}

// at_ is at the opening quote.
bool JsonCursor::pass_string() {
  const char* const first = at_ + 1;
  const char* p = short_end(first, end_, &high_bits_);
  if (p == nullptr) p = escaped_end(first, end_, &high_bits_);
  if (p == nullptr) return refuse_string(first);
  at_ = p + 1;
  fresh_ = false;
  return true;
}

bool JsonCursor::read_string(std::string_view* token) {
  skip_blanks();
  const char* const start = at_;
  if (error_ != nullptr || start >= end_ || *start != '"') return fail("a string is expected here");
  if (!pass_string()) return false;
  *token = std::string_view(start, static_cast<std::size_t>(at_ - start));
  return true;
}

const char* JsonCursor::past_digits(const char* p) const {
  while (p < end_ && static_cast<unsigned char>(*p - '0') < 10) ++p;
  return p;
}

// at_ is where the number is expected.
bool JsonCursor::pass_number() {
  const char* const start = at_;
  const char* p = start;
  if (p < end_ && *p == '-') ++p;
  const char* first = p;
  p = past_digits(first);
  if (p == first || (*first == '0' && p - first > 1)) return fail_at(start, "this is no JSON number");
  if (p < end_ && *p == '.') {
    first = p + 1;
    p = past_digits(first);
    if (p == first) return fail_at(start, "digits are missing after the decimal point");
  }
  if (p < end_ && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p < end_ && (*p == '+' || *p == '-')) ++p;
    first = p;
    p = past_digits(first);
    if (p == first) return fail_at(start, "digits are missing in the exponent");
  }
  at_ = p;
  fresh_ = false;
  return true;
}

bool JsonCursor::read_number(std::string_view* token) {
  skip_blanks();
  const char* const start = at_;
  if (!pass_number()) return false;
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

// at_ is at the value's first byte; no mistake was found yet.
bool JsonCursor::pass_value(int depth) {
  if (depth > kMaxDepth) return fail("the JSON is nested deeper than 512 levels");
  switch (at_ < end_ ? kKinds[static_cast<unsigned char>(*at_)] : Kind::invalid) {
    case Kind::string:
      return pass_string();
    case Kind::number:
      return pass_number();
    case Kind::boolean:
      return literal(*at_ == 't' ? "true" : "false");
    case Kind::null:
      return literal("null");
    case Kind::object:
      return pass_object(depth);
    case Kind::array:
      enter('[');
      while (next_element()) {
        if (!pass_value(depth + 1)) return false;
      }
      return !failed();
    case Kind::invalid:
      break;
  }
  return fail(at_ >= end_ ? "the text ends where a value is expected" : "this is no JSON value");
}

bool JsonCursor::pass_object(int depth) {
  enter('{');
  std::string_view key;
  while (next_key(&key)) {
    if (!pass_value(depth + 1)) return false;
  }
  return !failed();
}

bool JsonCursor::skip() {
  if (error_ != nullptr) return false;
  skip_blanks();
  return pass_value(1);
}

bool JsonCursor::skip(std::string_view* token) {
  skip_blanks();
  const char* start = at_;
  if (!skip()) return false;
  *token = std::string_view(start, static_cast<std::size_t>(at_ - start));
  return true;
}

bool JsonCursor::finish() {
  if (error_ != nullptr) return false;
  skip_blanks();
  return at_ >= end_ || fail("something follows the end of the JSON value");
}

}  // namespace br
