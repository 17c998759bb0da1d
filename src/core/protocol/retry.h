// The only place that decides how long to wait before a call is made again.
#pragma once

#include <cstdint>

namespace br {

struct RetryRule {
  std::int64_t base_ms = 500;
  std::int64_t cap_ms = 60'000;
  std::int32_t max_attempts = 8;
};

// Full jitter: evenly from [0, min(cap, base * 2^(failures-1))], and never less than what the vendor asked for (-1: it
// asked for nothing). failures >= 1 counts the failures in a row. dice: any random number.
std::int64_t retry_delay_ms(const RetryRule& rule, std::int32_t failures, std::int64_t retry_after_ms,
                            std::uint64_t dice);

}  // namespace br
