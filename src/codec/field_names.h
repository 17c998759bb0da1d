// Messages about field names: what there is, and what was probably meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace br {

// "a, b or c".
std::string join_names(std::span<const std::string_view> names);
// The name that is nearest to the word, or "" when none is near.
std::string nearest_name(std::string_view word, std::span<const std::string_view> names);
// "the field "modle" is not one of a request; did you mean "model"?; correct or remove it".
std::string unknown_field(std::string_view name, std::span<const std::string_view> names, std::string_view where);

}  // namespace br
