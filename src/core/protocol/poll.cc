#include "core/protocol/poll.h"

#include <algorithm>

namespace br {

std::int64_t poll_delay_ms(const PollRule& rule, std::int64_t since_submit_ms) {
  const std::int64_t most = std::max(rule.interval_ms, rule.max_interval_ms);
  return std::clamp(since_submit_ms / 20, rule.interval_ms, most);
}

std::int64_t queue_delay_ms(const PollRule& rule, std::int32_t waits) {
  constexpr std::int32_t kMaxDoublings = 20;
  const std::int64_t most = std::max(rule.interval_ms, rule.max_interval_ms);
  return std::min(most, rule.interval_ms << std::clamp(waits - 1, 0, kMaxDoublings));
}

}  // namespace br
