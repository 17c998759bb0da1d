#pragma once

#include <string>
#include <string_view>

namespace br::emulator {

// Puts text at the end of what a result row says: of its answer, else of its message, else into a field of its own. The
// text must need no escaping in JSON.
void insert_text(std::string& row, std::string_view text);

}  // namespace br::emulator
