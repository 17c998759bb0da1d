#include "core/requests/canary_quota.h"

#include <algorithm>

namespace br {

std::string RequestKind::text() const {
  std::string out;
  for (const std::string_view part : {provider, account, path, model}) {
    out.append(std::to_string(part.size())).append(" ").append(part);
  }
  out.push_back(static_cast<char>(endpoint));
  return out;
}

bool CanaryQuota::take(const std::string& kind, std::int64_t least) {
  if (!on()) return false;
  Count& count = counts_[kind];
  if (!count.whole && count.taken >= std::max(size_, least)) return false;
  count.taken += 1;
  return true;
}

void CanaryQuota::expect(const std::string& kind, std::int64_t total, std::int64_t least) {
  const std::int64_t rest = total - std::max(size_, least);
  if (rest > 0 && rest < least) counts_[kind].whole = true;
}

}  // namespace br
