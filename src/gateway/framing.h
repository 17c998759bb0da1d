#pragma once

#include <cstddef>
#include <string_view>

namespace br::gateway {

// Looks at the bytes of a request's head, from the first line to the empty one, whole or as far as they have come.
// What two programs in a row may understand differently is refused: whoever reads the end of a request at another
// place takes the rest for somebody else's request. Returns what is wrong, nullptr for nothing.
const char* framing_fault(std::string_view head);

// The part of it that can be told before the head is whole; bytes before `from` were looked at already.
const char* byte_fault(std::string_view head, size_t from);

}  // namespace br::gateway
