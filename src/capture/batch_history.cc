#include "capture/batch_history.h"

#include <algorithm>
#include <utility>

namespace br {
namespace {

// Each further guess about a batch that is late is this part of its age away.
constexpr std::int64_t kLatePart = 8;

}  // namespace

void BatchHistory::note(EndedBatch ended) {
  const MutexLock lock(&mutex_);
  // A queue's name is the caller's choice; what is remembered of them is not.
  if (took_ms_.size() >= kMostQueues) took_ms_.clear();
  if (ended.state == State::completed) took_ms_[ended.batch.queue] = ended.ended_ms - ended.batch.created_ms;
  recent_.push_front(std::move(ended));
  if (recent_.size() > kKept) recent_.pop_back();
}

std::vector<EndedBatch> BatchHistory::recent() const {
  const MutexLock lock(&mutex_);
  return {recent_.begin(), recent_.end()};
}

std::int64_t BatchHistory::expected_end_ms(const std::string& queue, const BatchProgress& progress,
                                           std::int64_t now_ms) const {
  const std::int64_t age = std::max<std::int64_t>(0, now_ms - progress.created_ms);
  const std::int64_t over = progress.counts.total - progress.counts.processing;
  std::int64_t expected = -1;
  if (over > 0 && progress.counts.total > 0) {
    const double whole = static_cast<double>(age) * static_cast<double>(progress.counts.total);
    expected = progress.created_ms + static_cast<std::int64_t>(whole / static_cast<double>(over));
  } else {
    const MutexLock lock(&mutex_);
    const auto took = took_ms_.find(queue);
    if (took == took_ms_.end()) return -1;
    expected = progress.created_ms + took->second;
  }
  if (expected < now_ms) expected = now_ms + age / kLatePart;
  const bool capped = progress.expires_ms > now_ms && progress.expires_ms < expected;
  return capped ? progress.expires_ms : expected;
}

}  // namespace br
