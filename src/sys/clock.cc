#include "sys/clock.h"

#include <ctime>

namespace br {
namespace {

std::int64_t read_clock_ms(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return std::int64_t{t.tv_sec} * 1000 + t.tv_nsec / 1'000'000;
}

bool read_digits(const std::string& text, std::size_t* at, int count, int* value) {
  *value = 0;
  for (int i = 0; i < count; ++i, ++*at) {
    if (*at >= text.size() || text[*at] < '0' || text[*at] > '9') return false;
    *value = *value * 10 + (text[*at] - '0');
  }
  return true;
}

// "+02:00", "-0530", "Z" or nothing (taken as UTC), in minutes.
bool read_offset(const std::string& text, std::size_t at, int* minutes) {
  *minutes = 0;
  if (at >= text.size()) return true;
  if (text[at] == 'Z' || text[at] == 'z') return at + 1 == text.size();
  if (text[at] != '+' && text[at] != '-') return false;
  const int sign = text[at++] == '-' ? -1 : 1;
  int hours = 0, rest = 0;
  if (!read_digits(text, &at, 2, &hours)) return false;
  if (at < text.size() && text[at] == ':') ++at;
  if (at < text.size() && !read_digits(text, &at, 2, &rest)) return false;
  *minutes = sign * (hours * 60 + rest);
  return at == text.size();
}

}  // namespace

SystemClock::SystemClock() : offset_ms_(read_clock_ms(CLOCK_REALTIME) - read_clock_ms(CLOCK_BOOTTIME)) {}

std::int64_t SystemClock::now_ms() const { return read_clock_ms(CLOCK_BOOTTIME) + offset_ms_; }

std::string iso_time(std::int64_t ms) {
  if (ms < 0) return {};
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::int64_t parse_iso_time(const std::string& text) {
  std::tm parts{};
  std::size_t at = 0;
  int year = 0, fraction_ms = 0, offset_minutes = 0;
  if (!read_digits(text, &at, 4, &year) || at >= text.size() || text[at++] != '-') return -1;
  if (!read_digits(text, &at, 2, &parts.tm_mon) || at >= text.size() || text[at++] != '-') return -1;
  if (!read_digits(text, &at, 2, &parts.tm_mday)) return -1;
  parts.tm_year = year - 1900;
  parts.tm_mon -= 1;
  if (at < text.size() && (text[at] == 'T' || text[at] == 't' || text[at] == ' ')) {
    ++at;
    if (!read_digits(text, &at, 2, &parts.tm_hour) || at >= text.size() || text[at++] != ':') return -1;
    if (!read_digits(text, &at, 2, &parts.tm_min)) return -1;
    if (at < text.size() && text[at] == ':') {
      ++at;
      if (!read_digits(text, &at, 2, &parts.tm_sec)) return -1;
    }
    if (at < text.size() && text[at] == '.') {
      int scale = 100;
      for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
        fraction_ms += scale * (text[at] - '0');
    }
  }
  if (!read_offset(text, at, &offset_minutes)) return -1;
  const std::int64_t seconds = timegm(&parts);
  return (seconds - std::int64_t{offset_minutes} * 60) * 1000 + fraction_ms;
}

std::int64_t parse_http_date(const std::string& text) {
  static constexpr const char* kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t comma = text.find(", ");
  if (comma == std::string::npos || text.size() < comma + 22) return -1;
  std::size_t at = comma + 2;
  std::tm parts{};
  int year = 0;
  if (!read_digits(text, &at, 2, &parts.tm_mday) || text[at++] != ' ') return -1;
  const std::size_t month = std::string(kMonths).find(text.substr(at, 3));
  if (month == std::string::npos || month % 3 != 0) return -1;
  parts.tm_mon = static_cast<int>(month / 3);
  at += 4;
  if (!read_digits(text, &at, 4, &year) || at >= text.size() || text[at++] != ' ') return -1;
  parts.tm_year = year - 1900;
  if (!read_digits(text, &at, 2, &parts.tm_hour) || at >= text.size() || text[at++] != ':') return -1;
  if (!read_digits(text, &at, 2, &parts.tm_min) || at >= text.size() || text[at++] != ':') return -1;
  if (!read_digits(text, &at, 2, &parts.tm_sec)) return -1;
  return std::int64_t{timegm(&parts)} * 1000;
}

}  // namespace br
