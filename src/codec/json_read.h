// The only JSON reader (simdjson On-Demand behind plain functions). Two uses: the hot path, where providers and
// read_request walk one line at a time through JsonReader; and Json, a small read-only tree view for control answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace br {

// Bytes that must be readable (any content) behind the last byte of a text given to the reader.
inline constexpr std::size_t kJsonPadding = 64;

// A parsed JSON document of a control answer (batch objects, lists, errors). Lenient lookups: a missing field, null or
// another type gives the empty value. Owns its text. Not for result files.
class Json {
 public:
  enum class Type : std::uint8_t { missing, null, boolean, number, string, array, object };

  // nullptr on text that is not one JSON value (nesting deeper than 512 included). Leading BOM and blanks are skipped.
  static std::shared_ptr<const Json> parse(std::string_view text);

  Type type() const { return type_; }
  bool is_object() const { return type_ == Type::object; }
  bool is_array() const { return type_ == Type::array; }
  bool is_string() const { return type_ == Type::string; }
  // Field of an object; a shared "missing" value otherwise. Chains: json["error"]["message"].
  const Json& operator[](std::string_view key) const;
  const std::vector<Json>& items() const { return items_; }                     // array elements
  const std::vector<std::pair<std::string, Json>>& fields() const { return fields_; }  // object fields, in order
  std::string_view string() const { return type_ == Type::string ? std::string_view(text_) : std::string_view(); }
  std::string string_or(std::string_view fallback) const;
  // Integers, numbers with a fraction (cut), and strings of digits; nullopt otherwise.
  std::optional<std::int64_t> integer() const;
  bool boolean() const { return type_ == Type::boolean && text_ == "true"; }
  // The value's own JSON text.
  const std::string& raw() const { return raw_; }

 private:
  friend struct JsonBuilder;
  Type type_ = Type::missing;
  std::string text_;  // string: unescaped; number, boolean: the token
  std::string raw_;
  std::vector<Json> items_;
  std::vector<std::pair<std::string, Json>> fields_;
};

// Checks one JSON string token (quotes included): escapes are known, \u has four hex digits, surrogates come in pairs.
// Returns the offset of the first wrong byte, or npos. Control characters and UTF-8 are the reader's business.
std::size_t find_bad_escape(std::string_view token);

// The unescaped text of a checked JSON string token, appended to *out.
void append_unescaped(std::string_view token, std::string* out);

}  // namespace br
