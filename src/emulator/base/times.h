#pragma once

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

namespace br::emulator {

// A time as RFC 3339 in UTC with so many digits behind the second, 9 at most.
inline std::string rfc3339(int64_t ms, int digits, const char* zone = "Z") {
  const auto seconds = static_cast<time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::string out(text, size);
  if (digits > 0) {
    std::snprintf(text, sizeof text, "%09lld", static_cast<long long>(ms % 1000) * 1'000'000);
    out += "." + std::string(text, static_cast<size_t>(digits));
  }
  return out + zone;
}

// A time as the Date header has it (RFC 9110, IMF-fixdate). The names are English whatever the locale is.
inline std::string http_date(int64_t ms) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[parts.tm_wday], parts.tm_mday,
                kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return text;
}

}  // namespace br::emulator
