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

}  // namespace br::emulator
