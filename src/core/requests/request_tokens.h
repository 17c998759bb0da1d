// What one request will use, guessed before it is sent: the most it can, as far as that shows.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/request.h"
#include "model/token_sums.h"

namespace br {

// Four bytes of text make a token. Every answer has as many tokens as the request allows, default_max_tokens where it
// sets no limit. A prompt with a cache_control counts as written to the cache whole, for as long as the longest of them
// asks; pictures, documents and recordings are counted, not guessed. native: the vendor's line of it, which is what
// counts.
TokenSums estimate_of(const Request& request, std::string_view native, std::int64_t default_max_tokens);

}  // namespace br
