// Reads the fields of one request line: each take_ and read_ either brings a value or says in *issue what is wrong with
// it and where, and returns false.
#pragma once

#include <deque>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "codec/json_cursor.h"
#include "codec/request_reader.h"

namespace br {

class FieldReader {
 public:
  virtual ~FieldReader() = default;
  using Kind = JsonCursor::Kind;

  Request* request = nullptr;
  Issue* issue = nullptr;

 protected:
  bool wrong(std::size_t offset, std::string_view field, std::string message);
  bool broken();  // the line is no JSON, at the cursor
  // The value at the cursor is not of the type that the field wants, or none at all.
  bool wrong_type(std::string_view field, std::string_view want);
  std::uint32_t column() const { return static_cast<std::uint32_t>(cursor.offset() + 1); }

  std::string_view unescape(std::string_view token);
  bool read_string(std::string_view field, std::string_view* token) {
    if (cursor.peek() != Kind::string) return wrong_type(field, "a string");
    return cursor.read_string(token) || broken();
  }
  bool read_value(std::string_view field, std::string_view* token, std::initializer_list<Kind> kinds,
                  std::string_view want);
  bool read_number(std::string_view field, double least, double most, bool whole, std::string_view range,
                   std::string_view* token);
  bool read_strings(std::string_view field, std::string_view* token);

  // A raw vendor body, with the model that it names.
  bool read_raw_body(std::string_view field);
  // The model of the whole line: its own, that of the body, or the one for lines that name none.
  void settle_model(std::string_view fallback, std::string_view fallback_json);

  // Looks a field name up and refuses unknown and repeated ones. names: at most 32, of which a refusal lists so many.
  bool field_index(std::string_view key, std::span<const std::string_view> names, std::string_view where,
                   std::uint32_t* seen, std::size_t* index, std::size_t listed = 32) {
    std::size_t i = index_of(key.substr(1, key.size() - 2), names);
    if (i == names.size() && key.find('\\') != std::string_view::npos) i = index_of(unescape(key), names);
    if (i == names.size())
      return other_form(key, where) ? false : unknown(key, names.first(listed < names.size() ? listed : names.size()), where);
    if ((*seen >> i & 1U) != 0) return twice(key, where);
    *seen |= 1U << i;
    *index = i;
    return true;
  }

  JsonCursor cursor{nullptr, 0};
  std::deque<std::string> scratch;  // unescaped texts of the current line; addresses stay

  bool twice(std::string_view key, std::string_view where);
  // Whether the unknown field says that the line has another form, which is then read as that.
  virtual bool other_form(std::string_view, std::string_view) { return false; }

 private:
  // names.size(): none of them.
  static std::size_t index_of(std::string_view name, std::span<const std::string_view> names) {
    std::size_t i = 0;
    while (i < names.size() && name != names[i]) ++i;
    return i;
  }
  bool unknown(std::string_view key, std::span<const std::string_view> names, std::string_view where);
};

// Of a string token, with its quotes.
inline bool is_empty_string(std::string_view token) { return token.size() <= 2; }

// "an object", for messages.
std::string_view kind_name(JsonCursor::Kind kind);

}  // namespace br
