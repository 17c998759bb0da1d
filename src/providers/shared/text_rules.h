// What vendors refuse of texts and names: blank ones, and names of tools in other letters than theirs. All take JSON
// string tokens.
#pragma once

#include <cstddef>
#include <string_view>

namespace br {

// Nothing but blanks, tabs and line breaks, escaped or not; so is an empty one.
bool is_blank(std::string_view token);
bool ends_in_blank(std::string_view token);

// 1 to `most` letters, digits, '_' and '-' of ASCII, and of what `more` holds.
bool is_plain_name(std::string_view token, std::size_t most, std::string_view more = {});

}  // namespace br
