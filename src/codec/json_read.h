// Json: a small read-only tree of one JSON text, for control answers. Lines by the million go through JsonCursor.
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
// another type gives the empty value. Every value is a slice of one buffer that the document owns, and lives as long as
// the pointer that parse() returned. What is inside of a value is read when it is first asked for: parts that nobody
// looks at cost nothing, and a document is for one thread at a time. Not for result files.
class Json {
 public:
  enum class Type : std::uint8_t { missing, null, boolean, number, string, array, object };

  Json() = default;
  Json(Json&&) = default;
  Json& operator=(Json&&) = default;
  Json(const Json&) = delete;  // a copy would not keep the buffer
  Json& operator=(const Json&) = delete;

  // nullptr on text that is not one JSON value, is nested deeper than 512 levels, or holds an array or object of more
  // than a million values: *why (may be NULL) then says which. Leading BOM and blanks are skipped.
  static std::shared_ptr<const Json> parse(std::string_view text, std::string* why = nullptr);

  Type type() const { return type_; }
  bool is_object() const { return type_ == Type::object; }
  bool is_array() const { return type_ == Type::array; }
  bool is_string() const { return type_ == Type::string; }
  // Field of an object; a shared "missing" value otherwise. Chains: json["error"]["message"].
  const Json& operator[](std::string_view key) const;
  using Field = std::pair<std::string_view, Json>;
  const std::vector<Json>& items() const;    // array elements
  const std::vector<Field>& fields() const;  // object fields, in order
  std::string_view string() const { return type_ == Type::string ? text_ : std::string_view(); }
  std::string string_or(std::string_view fallback) const;
  // Integers, numbers with a fraction (cut), and strings of digits; nullopt otherwise.
  std::optional<std::int64_t> integer() const;
  bool boolean() const { return type_ == Type::boolean && text_ == "true"; }
  // The value's own JSON text.
  std::string_view raw() const { return raw_; }

 private:
  struct Document;
  struct Children;
  struct FreeChildren {
    void operator()(Children* children) const;
  };
  Json(Document* document, std::string_view raw);
  const Children* children() const;  // nullptr: there are none

  Document* document_ = nullptr;
  Type type_ = Type::missing;
  std::string_view text_;  // string: unescaped; number, boolean: the token
  std::string_view raw_;
  mutable std::unique_ptr<Children, FreeChildren> children_;  // of an array or object, once they were asked for
};

// Checks one JSON string token (quotes included): escapes are known, \u has four hex digits, surrogates come in pairs.
// Returns the offset of the first wrong byte, or npos. Control characters and UTF-8 are the reader's business.
std::size_t find_bad_escape(std::string_view token);

// The unescaped text of a checked JSON string token, appended to *out.
void append_unescaped(std::string_view token, std::string* out);

}  // namespace br
