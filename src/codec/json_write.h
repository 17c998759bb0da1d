// The only JSON writer: appends to a std::string. Values that are JSON already are spliced with raw().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace br {

// Appends text as a JSON string with quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string_view text, std::string* out);
void append_json_int(std::int64_t value, std::string* out);

// Writes objects and arrays with the commas in the right places. Keys are literals of our own.
class JsonWriter {
 public:
  explicit JsonWriter(std::string* out) : out_(out) {}
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& integer(std::int64_t value);
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  JsonWriter& raw(std::string_view json);
  // key + value in one call; an empty string_view or a negative time writes null.
  JsonWriter& field(std::string_view name, std::string_view text) { return key(name).string(text); }
  JsonWriter& field(std::string_view name, std::int64_t value) { return key(name).integer(value); }

 private:
  void comma();
  std::string* out_;
  bool need_comma_ = false;
};

}  // namespace br
