// The only source of time.
#pragma once

#include <cstdint>
#include <string>

namespace br {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970-01-01 UTC. Never goes back and never jumps while the process runs.
  virtual std::int64_t now_ms() const = 0;
};

// Wall time read once, then carried on by the monotonic clock that counts through suspend.
class SystemClock : public Clock {
 public:
  SystemClock();
  std::int64_t now_ms() const override;

 private:
  std::int64_t offset_ms_;
};

// "2026-11-24T02:00:00Z"; "" for a negative time.
std::string iso_time(std::int64_t ms);
// ISO 8601 with a date at least, any fraction, Z or an offset, to milliseconds; -1 if it is none.
std::int64_t parse_iso_time(const std::string& text);
// An HTTP date ("Sun, 06 Nov 1994 08:49:37 GMT") in milliseconds; -1 if it is none.
std::int64_t parse_http_date(const std::string& text);

}  // namespace br
