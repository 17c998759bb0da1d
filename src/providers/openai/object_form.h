// Tools, their choice and the form of the answer come as chat completions nest them, as responses hold them flat, or as
// Anthropic has them. These tell which, and write one as another.
#pragma once

#include <string>
#include <string_view>

namespace br {

// The fields of an object that tell which form it has.
struct ObjectForm {
  std::string_view type, function, name, schema, json_schema, input_schema;
  bool is_flat_function() const;
};
ObjectForm form_of(std::string_view object);

// Writes `head`, then every field of the object but its type and marks of what to cache, then `tail`. head ends inside
// an object.
void append_fields(std::string_view head, std::string_view object, std::string_view tail, std::string* out);

}  // namespace br
