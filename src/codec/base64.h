// Base64 as vendors take it: the standard alphabet, padded. Only looked at, never decoded.
#pragma once

#include <cstddef>
#include <string_view>

namespace br {

// text: what stands inside of a JSON string; "\/" is a slash there. npos: it is base64; else where it is not, which is
// its end where only the length is wrong.
std::size_t find_not_base64(std::string_view text);

}  // namespace br
