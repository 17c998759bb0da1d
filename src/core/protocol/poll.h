// When a remote batch is asked next.
#pragma once

#include <cstdint>

namespace br {

struct PollRule {
  std::int64_t interval_ms = 60'000;
  std::int64_t max_interval_ms = 300'000;
};

// A twentieth of the time since it was submitted, but never less than interval_ms nor more than max_interval_ms: about
// 50 polls in the first hour and 320 in a day with the defaults.
std::int64_t poll_delay_ms(const PollRule& rule, std::int64_t since_submit_ms);

// The wait for a slot in a full queue at the vendor: one interval, then doubling up to max_interval_ms.
std::int64_t queue_delay_ms(const PollRule& rule, std::int32_t waits);

}  // namespace br
