#include "core/protocol/retry.h"

#include <algorithm>

namespace br {

std::int64_t retry_delay_ms(const RetryRule& rule, std::int32_t failures, std::int64_t retry_after_ms,
                            std::uint64_t dice) {
  constexpr std::int32_t kMaxDoublings = 30;
  const std::int32_t doublings = std::clamp(failures - 1, 0, kMaxDoublings);
  const std::int64_t bound = std::min(rule.cap_ms, rule.base_ms << doublings);
  const auto jitter = static_cast<std::int64_t>(dice % static_cast<std::uint64_t>(bound + 1));
  return std::max(jitter, retry_after_ms);
}

}  // namespace br
