// The members of a JSON object or array as slices of a text that was checked before, so that values can be spliced.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace br {

struct JsonSlice {
  std::string name;  // unescaped
  std::string_view value;
  std::string_view key;  // as it stands, with its quotes
};

// Without those that are null. None of anything else than an object.
std::vector<JsonSlice> json_members(std::string_view object);
// None of anything else than an array.
std::vector<std::string_view> json_elements(std::string_view array);
// The value of the member; empty where there is none or it is null.
std::string_view json_member(std::string_view object, std::string_view name);

inline bool is_json_string(std::string_view token) { return token.starts_with('"'); }
// The unescaped text of a string token; empty for anything else.
std::string json_text(std::string_view token);

// Where in `document` the value stands that holds the byte at `offset`: "body.messages[0].content".
std::string json_path(std::string_view document, std::size_t offset);

}  // namespace br
