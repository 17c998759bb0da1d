#include "capture/queues.h"

#include <algorithm>
#include <utility>

namespace br {

Collecting* Queues::find(const QueueKey& key, std::int64_t bytes) {
  const auto found = collecting_.find(key.text());
  if (found == collecting_.end()) return nullptr;
  if (found->second.bytes + bytes <= found->second.limits.max_bytes) return &found->second;
  leaving_.push_back(std::move(found->second));
  collecting_.erase(found);
  return nullptr;
}

Collecting& Queues::begin(Collecting batch) {
  std::string text = batch.key.text();
  // A process that died may have left several of one key.
  if (const auto older = collecting_.find(text); older != collecting_.end()) leaving_.push_back(std::move(older->second));
  return collecting_.insert_or_assign(std::move(text), std::move(batch)).first->second;
}

void Queues::note(Collecting* batch, std::int64_t bytes) {
  ++batch->requests;
  batch->bytes += bytes;
  if (!batch->is_full()) return;
  const auto found = collecting_.find(batch->key.text());
  leaving_.push_back(std::move(found->second));
  collecting_.erase(found);
}

std::vector<Collecting> Queues::take_due(std::int64_t now_ms) {
  std::vector<Collecting> due = std::exchange(leaving_, {});
  for (auto each = collecting_.begin(); each != collecting_.end();) {
    if (now_ms - each->second.since_ms < each->second.limits.window_ms) {
      ++each;
      continue;
    }
    due.push_back(std::move(each->second));
    each = collecting_.erase(each);
  }
  return due;
}

std::vector<Collecting> Queues::take_all() {
  std::vector<Collecting> all = std::exchange(leaving_, {});
  for (auto& [text, batch] : collecting_) all.push_back(std::move(batch));
  collecting_.clear();
  return all;
}

std::int64_t Queues::next_due_ms() const {
  if (!leaving_.empty()) return 0;
  std::int64_t next = -1;
  for (const auto& [text, batch] : collecting_) {
    const std::int64_t due = batch.since_ms + batch.limits.window_ms;
    next = next < 0 ? due : std::min(next, due);
  }
  return next;
}

std::int64_t Queues::queued() const {
  std::int64_t calls = 0;
  for (const auto& [text, batch] : collecting_) calls += batch.requests;
  for (const Collecting& batch : leaving_) calls += batch.requests;
  return calls;
}

}  // namespace br
