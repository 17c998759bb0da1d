// Text that callers give has to be UTF-8: what is repaired on its way to a vendor comes back as another text, and an id
// under which nobody asked is paid for.
#pragma once

#include <string>
#include <string_view>

#include "codec/utf8.h"
#include "model/error.h"

namespace br {

// what: the argument's name. code: input for what is part of a request, else invalid_argument.
inline Result<void> check_utf8(std::string_view what, std::string_view text, Code code = Code::invalid_argument) {
  if (is_utf8(text)) return {};
  return Error(code, std::string(what) + " is not valid UTF-8 from byte " + std::to_string(utf8_prefix(text) + 1) + " on",
               "give it in UTF-8");
}

}  // namespace br
