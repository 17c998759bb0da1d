// Durations as people write them: 500ms, 90s, 15m, 24h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cli {

// Milliseconds; nothing if the text is no duration. A bare number is seconds.
std::optional<std::int64_t> parse_duration(std::string_view text);

// "850 ms", "12.3 s", "4 min 10 s", "3 h 05 min".
std::string show_duration(std::int64_t ms);

}  // namespace cli
