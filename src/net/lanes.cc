#include "net/lanes.h"

namespace br {

std::optional<std::uint64_t> Lanes::begin_next() {
  auto next = lanes_.upper_bound(served_);
  for (std::size_t looked = 0; looked < lanes_.size(); ++looked, ++next) {
    if (next == lanes_.end()) next = lanes_.begin();
    Lane& lane = next->second;
    if (!may_begin(lane)) continue;
    const std::uint64_t exchange = lane.waiting.front();
    lane.waiting.pop_front();
    ++lane.under_way;
    ++under_way_;
    served_ = next->first;
    return exchange;
  }
  return std::nullopt;
}

void Lanes::remove(const std::string& lane, std::uint64_t exchange) {
  const auto found = lanes_.find(lane);
  if (found == lanes_.end()) return;
  std::erase(found->second.waiting, exchange);
  if (found->second.under_way == 0 && found->second.waiting.empty()) lanes_.erase(found);
}

void Lanes::ended(const std::string& lane) {
  const auto found = lanes_.find(lane);
  if (found == lanes_.end() || found->second.under_way == 0) return;
  --found->second.under_way;
  --under_way_;
  if (found->second.under_way == 0 && found->second.waiting.empty()) lanes_.erase(found);
}

}  // namespace br
