// The price table that is built in, as text.
#pragma once

#include <string_view>

namespace br {

std::string_view built_in_prices();

}  // namespace br
