// The router's results: handing out, acknowledging.
#include <algorithm>
#include <chrono>

#include "core/requests/retry_job.h"
#include "core/router/router.h"

namespace br {
namespace {

constexpr std::int64_t kLongestWaitMs = 60'000;
constexpr std::int64_t kDescriptorPauseMs = 100;

// No descriptor was left to open a file of results with: nothing is wrong with the results, and soon one may be free.
bool is_passing(const Error& error) { return error.code == Code::io && error.transient; }

}  // namespace

// true: at least one was taken, or none will come any more (out stays empty).
Result<bool> Router::take_results_locked(Entry* entry, std::size_t capacity, std::vector<Delivered>* out) {
  if (!entry->delivery) entry->delivery = std::make_unique<Delivery>(entry->view.job, entry->feeds);
  const std::size_t before = out->size();
  entry->interrupted = false;
  while (out->size() < capacity) {
    Delivered item;
    auto more = entry->delivery->next(&item);
    // What was taken before the damage is handed out first; the next call meets it again.
    entry->interrupted = !more && out->size() > before;
    if (entry->interrupted) return true;
    if (!more) return std::move(more.error());
    if (!*more) break;
    out->push_back(std::move(item));
    ++delivered_;
  }
  return !out->empty() || (entry->delivery->ended() && entry->view.job.done);
}

// Of any job, each in its turn.
Result<void> Router::take_any_locked(std::size_t capacity, std::vector<Delivered>* out) {
  while (!with_results_.empty() && out->size() < capacity) {
    auto next = with_results_.upper_bound(served_);
    if (next == with_results_.end()) next = with_results_.begin();
    served_ = *next;
    Entry* entry = entries_.at(served_).get();
    auto taken = take_results_locked(entry, capacity, out);
    if (entry->interrupted || (!taken && !out->empty())) return {};
    if (!taken && !is_passing(taken.error())) {
      // Told once; the other jobs go on.
      entry->damage = taken.error();
      with_results_.erase(next);
    }
    if (!taken) return std::move(taken.error());
    if (out->size() < capacity) with_results_.erase(next);  // it had no more; results_grew puts it back
  }
  return {};
}

// Nobody is told that all is handed out while the results of a job cannot be read.
const Error* Router::damage_locked() const {
  for (const auto& [id, entry] : entries_) {
    if (entry->damage) return &*entry->damage;
  }
  return nullptr;
}

// Why no result will come until somebody acts: the job is blocked; without an id, every unfinished job is.
const Error* Router::blocked_error_locked(const std::string& job_id) const {
  const auto why = [this](const std::string& id) -> const Error* {
    const Job& job = entries_.at(id)->view.job;
    if (!is_blocked(job)) return nullptr;
    const Error* error = nullptr;
    for (const RemoteBatch& batch : job.batches) {
      if (batch.blocked && batch.error) error = &*batch.error;
    }
    return error;
  };
  if (!job_id.empty()) return unfinished_.contains(job_id) ? why(job_id) : nullptr;
  const Error* first = nullptr;
  for (const std::string& id : unfinished_) {
    const Error* error = why(id);
    if (error == nullptr) return nullptr;
    if (first == nullptr) first = error;
  }
  return first;
}

Result<Wait> Router::next_results(const std::string& job_id, std::int64_t timeout_ms, std::size_t capacity,
                                  std::vector<Delivered>* out) {
  const std::int64_t asked_ms = world_.clock->now_ms();
  std::unique_lock lock(mutex_);
  if (job_id.empty()) wait_until_loaded(&lock);
  const std::uint64_t seen = wakeups_used_;
  for (;;) {
    if (closed_) return closed_error();
    if (fatal_) return *fatal_;
    bool all_ended = false, passing = false;
    if (!job_id.empty()) {
      auto entry = entry_locked(job_id);
      if (!entry) return std::move(entry.error());
      auto taken = take_results_locked(*entry, capacity, out);
      passing = !taken && is_passing(taken.error());
      if (!taken && !passing) return std::move(taken.error());
      all_ended = taken && *taken && out->empty();
    } else {
      auto taken = take_any_locked(capacity, out);
      passing = !taken && is_passing(taken.error());
      if (!taken && !passing) return std::move(taken.error());
      all_ended = taken && unfinished_.empty();
      if (const Error* damage = all_ended && out->empty() ? damage_locked() : nullptr) return *damage;
    }
    if (!out->empty()) break;
    if (all_ended) return Wait::ended;
    if (const Error* blocked = blocked_error_locked(job_id)) return *blocked;
    if (wakeups_ != seen) {
      wakeups_used_ = wakeups_;
      return Wait::woken;
    }
    const bool served = serve(&lock);
    std::int64_t most_ms = passing ? kDescriptorPauseMs : kLongestWaitMs;
    if (timeout_ms >= 0) most_ms = std::min(most_ms, timeout_ms - (world_.clock->now_ms() - asked_ms));
    if (most_ms <= 0) return Wait::timed_out;
    if (!served) changed_.wait_for(lock, std::chrono::milliseconds(most_ms));
  }
  if (auto_ack_) {
    for (const Delivered& item : *out) entries_[item.job_id]->delivery->acknowledge(item.part, item.row, item.refetches);
  }
  const bool wake = !acks_dirty_;
  if (wake) acks_dirty_since_ms_ = world_.clock->now_ms();
  acks_dirty_ = true;
  save_handed(*out, &lock);
  if (fatal_) return *fatal_;
  lock.unlock();
  if (wake) transport_->wake();
  return Wait::ready;
}

// That results are handed out is on disk before the caller sees the first one of a batch: the next router says so when
// it hands them out again.
void Router::save_handed(const std::vector<Delivered>& results, std::unique_lock<std::mutex>* lock) {
  std::vector<std::string> first;
  const std::string* job_id = nullptr;
  for (const Delivered& result : results) {
    if (job_id != nullptr && *job_id == result.job_id) continue;
    job_id = &result.job_id;
    if (entries_.at(*job_id)->delivery->take_first_handed()) first.push_back(*job_id);
  }
  at_work_on_.insert(first.begin(), first.end());
  if (!first.empty() && engine_) {
    ++saving_handed_;
    engine_->post([this, first = std::move(first)] {
      save_progress(first);
      {
        const std::lock_guard done(mutex_);
        --saving_handed_;
      }
      changed_.notify_all();
    });
  }
  // Also for what another caller has just been handed of the same batch.
  changed_.wait(*lock, [this] { return saving_handed_ == 0 || fatal_ || closed_; });
}

void Router::acknowledge(const Delivered& result) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(result.job_id);
    if (closed_ || found == entries_.end() || !found->second->delivery) return;
    found->second->delivery->acknowledge(result.part, result.row, result.refetches);
    wake = !acks_dirty_;
    if (wake) acks_dirty_since_ms_ = world_.clock->now_ms();
    acks_dirty_ = true;
  }
  if (wake) transport_->wake();
}

namespace {

// The batches of a job that is done, with every result acknowledged: where the file is damaged nobody has seen them, nor
// is it known where they end.
Result<std::vector<RemoteBatch>> all_taken(const Job& job, const Feeds& feeds) {
  std::vector<RemoteBatch> progress = job.batches;
  for (std::size_t i = 0; i < progress.size(); ++i) {
    if (auto whole = check_once(feeds[i].get()); !whole) return std::move(whole.error());
    progress[i].acked_rows = progress[i].handed_rows = progress[i].results.total;
    progress[i].acked_bytes = static_cast<std::int64_t>(feeds[i]->length.load());
  }
  return progress;
}

}  // namespace

// Whether somebody who acknowledges all of a job is at work on it. Another one may only have read its files, and whoever
// submitted it still has to hear of its end; unless that one refuses to do finished work again.
bool Router::is_taker_locked(const Entry& entry) {
  if (entry.delivery) return true;
  const auto repeat = store_->repeat_of(entry.view.job.id);
  return repeat && (!*repeat || (*repeat)->refuses);
}

Result<void> Router::acknowledge_all(const std::string& job_id) {
  if (auto usable = check_usable(); !usable) return usable;
  if (observer_) return {};
  std::vector<RemoteBatch> progress;
  {
    const std::lock_guard lock(mutex_);
    auto entry = entry_locked(job_id);
    if (!entry) return std::move(entry.error());
    const Job& job = (*entry)->view.job;
    if (is_taker_locked(**entry)) at_work_on_.insert(job_id);
    if (job.done) {
      auto taken = all_taken(job, (*entry)->feeds);
      if (!taken) return std::move(taken.error());
      progress = std::move(*taken);
      (*entry)->delivery.reset();
      for (std::size_t i = 0; i < progress.size(); ++i) (*entry)->view.job.batches[i] = progress[i];
    } else {
      if (!(*entry)->delivery) return {};
      (*entry)->delivery->acknowledge_all();
      if (!(*entry)->delivery->take_progress(&progress)) return {};
    }
  }
  // Saved by the thread that owns the records; this call returns when they are on disk.
  auto saved = std::make_shared<std::pair<bool, bool>>(false, false);
  engine_->post([this, job_id, progress, saved] {
    engine_->acknowledged(job_id, progress);
    {
      const std::lock_guard lock(mutex_);
      saved->first = true;
    }
    changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return saved->first || fatal_ || closed_; });
  if (fatal_) return *fatal_;
  return {};
}

void Router::save_progress(const std::vector<std::string>& job_ids) {
  for (const std::string& id : job_ids) {
    std::vector<RemoteBatch> progress;
    {
      const std::lock_guard lock(mutex_);
      const auto found = entries_.find(id);
      if (found == entries_.end() || !found->second->delivery) continue;
      if (!found->second->delivery->take_progress(&progress)) continue;
    }
    engine_->acknowledged(id, progress);
  }
}

// now: at the end, on whichever thread closes.
void Router::save_acknowledgements(bool now) {
  std::vector<std::pair<std::string, std::vector<RemoteBatch>>> changed;
  {
    const std::lock_guard lock(mutex_);
    const std::int64_t waited = world_.clock->now_ms() - acks_dirty_since_ms_;
    if (!acks_dirty_ || (!now && waited < config_.integer("delivery.ack_interval_ms"))) return;
    acks_dirty_ = false;
    for (auto& [id, entry] : entries_) {
      std::vector<RemoteBatch> progress;
      if (entry->delivery && entry->delivery->take_progress(&progress)) changed.emplace_back(id, std::move(progress));
    }
  }
  for (const auto& [id, progress] : changed) engine_->acknowledged(id, progress);
}

Result<Feeds> Router::finished_feeds(const std::string& job_id) {
  const std::lock_guard lock(mutex_);
  auto entry = entry_locked(job_id);
  if (!entry) return std::move(entry.error());
  if (!(*entry)->view.job.done)
    return Error(Code::not_complete, "the job " + job_id + " is not done",
                 "wait for it: `batchrouter resume " + job_id + "`");
  Feeds feeds = make_feeds((*entry)->view.job);
  for (std::size_t i = 0; i < feeds.size(); ++i) feeds[i]->keeps = (*entry)->feeds[i];
  return feeds;
}

Result<Feeds> Router::growing_feeds(const std::string& job_id) {
  {
    const std::lock_guard lock(mutex_);
    auto entry = entry_locked(job_id);
    if (!entry) return std::move(entry.error());
    if (!(*entry)->view.job.done && !observer_) return (*entry)->feeds;
  }
  return finished_feeds(job_id);
}

Result<Wait> Router::wait_results(const std::string& job_id, std::int64_t timeout_ms,
                                  const std::function<bool()>& has_more) {
  std::unique_lock lock(mutex_);
  const std::uint64_t seen = wakeups_used_;
  (void)wait_serving(&lock, timeout_ms, [&] {
    return closed_ || fatal_ || has_more() || blocked_error_locked(job_id) != nullptr || wakeups_ != seen;
  });
  if (closed_) return closed_error();
  if (fatal_) return *fatal_;
  if (has_more()) return Wait::ready;
  if (const Error* blocked = blocked_error_locked(job_id)) return *blocked;
  if (wakeups_ == seen) return Wait::timed_out;
  wakeups_used_ = wakeups_;
  return Wait::woken;
}

Result<std::vector<ResultPlace>> Router::input_order(const std::string& job_id) {
  auto seen = view(job_id);
  if (!seen) return std::move(seen.error());
  return find_input_order(*spool_, seen->job, world_.random->next());
}

Result<void> Router::for_each_failed_request(const std::string& job_id,
                                             const std::function<Result<void>(std::string_view line)>& each) {
  // Given back before `each` runs, which may close the router.
  auto seen = [&]() -> Result<JobView> {
    auto held = use();
    if (!held) return std::move(held.error());
    return view(job_id);
  }();
  if (!seen) return std::move(seen.error());
  if (!seen->job.done) return Error(Code::not_complete, "the job " + job_id + " is not done", "wait for it");
  return for_each_failed(*spool_, seen->job, world_.random->next(), each);
}

}  // namespace br
