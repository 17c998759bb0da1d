#include "cli/duration.h"

#include <fmt/format.h>

#include <charconv>

namespace cli {

std::optional<std::int64_t> parse_duration(std::string_view text) {
  constexpr std::int64_t kLongest = std::int64_t{365} * 24 * 3'600'000;
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (code != std::errc() || number < 0) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  double factor = 0;
  if (unit == "ms") factor = 1;
  else if (unit == "s" || unit.empty()) factor = 1000;
  else if (unit == "m" || unit == "min") factor = 60'000;
  else if (unit == "h") factor = 3'600'000;
  else if (unit == "d") factor = 86'400'000;
  else return std::nullopt;
  const double ms = number * factor;
  if (ms > static_cast<double>(kLongest)) return std::nullopt;
  return static_cast<std::int64_t>(ms);
}

std::string show_duration(std::int64_t ms) {
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  if (ms < 3'600'000) return fmt::format("{} min {:02} s", ms / 60'000, ms / 1000 % 60);
  return fmt::format("{} h {:02} min", ms / 3'600'000, ms / 60'000 % 60);
}

}  // namespace cli
