// JsonCursor: a pull reader over one JSON text that checks everything it passes: grammar, numbers, literals, escapes,
// surrogate pairs, control characters, depth. Values come back as slices of the text, ready to be spliced. It is the
// one reader of the library and the program: docs/architecture.md says why, with figures.
// UTF-8 is left to is_utf8(), and only needed when saw_non_ascii().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace br {

class JsonCursor {
 public:
  enum class Kind : std::uint8_t { object, array, string, number, boolean, null, invalid };

  // kJsonPadding bytes behind the text must be readable.
  JsonCursor(const char* text, std::size_t size) : begin_(text), at_(text), end_(text + size) {}

  // What the next value is, without reading it.
  Kind peek();
  // Objects: enter, then next_key until it is false, reading or skipping one value after each key.
  bool enter_object();
  bool next_key(std::string_view* token);  // the JSON string of the key
  // Arrays: enter, then next_element until it is false, reading or skipping one value each time.
  bool enter_array();
  bool next_element();
  bool read_string(std::string_view* token);
  bool read_number(std::string_view* token);
  // Passes any value whole.
  bool skip();
  bool skip(std::string_view* token);
  // Nothing but blanks is left.
  bool finish();

  bool failed() const { return error_ != nullptr; }
  const char* error() const { return error_; }
  // Of the next value, or of the mistake; from 0.
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t offset_of(std::string_view token) const { return static_cast<std::size_t>(token.data() - begin_); }
  // A cursor before a value that was passed: its offsets are those of this one.
  JsonCursor before(std::string_view value) const {
    JsonCursor cursor = *this;
    cursor.at_ = value.data();
    cursor.end_ = value.data() + value.size();
    cursor.fresh_ = false;
    return cursor;
  }
  // What was read since that offset.
  std::string_view slice_from(std::size_t offset) const {
    return std::string_view(begin_ + offset, static_cast<std::size_t>(at_ - begin_) - offset);
  }
  bool saw_non_ascii() const { return high_bits_ != 0; }

 private:
  static constexpr int kMaxDepth = 512;
  bool fail(const char* why) {
    if (error_ == nullptr) error_ = why;
    return false;
  }
  bool fail_at(const char* where, const char* why) {
    at_ = where;
    return fail(why);
  }
  const char* refuse(const char* where, const char* why) {
    fail_at(where, why);
    return nullptr;
  }
  static bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
  const char* past_blanks(const char* p) const {
    while (p < end_ && is_blank(*p)) ++p;
    return p;
  }
  void skip_blanks() { at_ = past_blanks(at_); }
  bool enter(char open);
  bool separator(char close, bool* ended);
  bool next_other_key(std::string_view* token);
  const char* pass_escape(const char* p);
  bool refuse_string(const char* p);
  bool literal(std::string_view word);
  const char* past_digits(const char* p) const;
  bool pass_string();
  bool pass_number();
  bool pass_object(int depth);
  bool pass_value(int depth);

  const char* begin_;
  const char* at_;
  const char* end_;
  const char* error_ = nullptr;
  int high_bits_ = 0;
  bool fresh_ = false;  // a container was just entered
};

}  // namespace br
