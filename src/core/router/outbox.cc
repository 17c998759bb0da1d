#include "core/router/outbox.h"

#include <algorithm>
#include <utility>

#include "core/router/engine_answer.h"

namespace br {
namespace {

constexpr std::int64_t kDescriptorPauseMs = 100;

// No descriptor was left to open a file of results with: nothing is wrong with the results, and soon one may be free.
bool is_passing(const Error& error) { return error.code == Code::io && error.transient; }

// The batches of a job that is done, with every result acknowledged: where the file is damaged nobody has seen them, nor
// is it known where they end.
Result<std::vector<RemoteBatch>> all_acknowledged(const Job& job, const Feeds& feeds) {
  std::vector<RemoteBatch> progress = job.batches;
  for (std::size_t i = 0; i < progress.size(); ++i) {
    if (auto whole = check_once(feeds[i].get()); !whole) return std::move(whole.error());
    progress[i].acked_rows = progress[i].handed_rows = progress[i].results.total;
    progress[i].acked_bytes = static_cast<std::int64_t>(feeds[i]->length.load());
  }
  return progress;
}

}  // namespace

Outbox::Outbox(const Parts& parts)
    : p_(parts),
      auto_ack_(parts.config->boolean("delivery.auto_ack")),
      ack_interval_ms_(parts.config->integer("delivery.ack_interval_ms")) {}

void Outbox::grew(const std::string& job_id) {
  bool had_none = false;
  {
    const MutexLock lock(&mutex_);
    had_none = with_results_.insert(job_id).second;
  }
  p_.monitor->changed();
  if (!had_none) return;
  if (const SnapshotRef job = p_.jobs->known(job_id)) p_.events->results_arrived(job->job);
}

void Outbox::enter(const std::string& job_id) {
  const SnapshotRef job = p_.jobs->known(job_id);
  const Feeds feeds = p_.jobs->feeds(job_id);
  for (std::size_t i = 0; job != nullptr && i < feeds.size(); ++i) {
    if (feeds[i]->length > static_cast<std::uint64_t>(job->job.batches[i].acked_bytes)) return grew(job_id);
  }
}

Outbox::BoxRef Outbox::existing_box(const std::string& job_id) {
  const MutexLock lock(&mutex_);
  const auto found = boxes_.find(job_id);
  return found == boxes_.end() ? nullptr : found->second;
}

// nullptr: nothing is handed out of it now.
Outbox::BoxRef Outbox::box(const SnapshotRef& snapshot) {
  const std::string& id = snapshot->job.id;
  const MutexLock lock(&mutex_);
  if (const auto found = boxes_.find(id); found != boxes_.end()) return found->second;
  if (paused_.contains(id)) return nullptr;
  // The newest, which fits the files: a pause may have ended since the caller's was taken.
  const SnapshotRef newest = p_.jobs->known(id);
  const Feeds feeds = p_.jobs->feeds(id);
  if (newest == nullptr || feeds.size() != newest->job.batches.size()) return nullptr;  // it was removed
  return boxes_[id] = std::make_shared<Box>(newest->job, feeds);
}

Outbox::Look Outbox::look(const SnapshotRef& snapshot, std::size_t capacity, std::vector<Delivered>* out) {
  Look look;
  const BoxRef found = box(snapshot);
  if (found == nullptr) return look;
  const std::size_t before = out->size();
  const MutexLock lock(&found->mutex);
  if (found->is_closed) return look;
  while (out->size() < capacity) {
    if (!found->returned.empty()) {
      out->push_back(std::move(found->returned.front()));
      found->returned.pop_front();
      continue;
    }
    Delivered item;
    auto more = found->delivery.next(&item);
    if (!more) {
      // What was taken before the damage is handed out first; the next call meets it again.
      look.is_full = out->size() > before;
      if (!look.is_full) look.error = std::move(more.error());
      return look;
    }
    if (!*more) {
      look.has_ended = snapshot->job.done && found->delivery.ended();
      return look;
    }
    out->push_back(std::move(item));
    ++delivered_;
  }
  look.is_full = true;
  return look;
}

Outbox::Round Outbox::look_at_one(const std::string& job_id, std::size_t capacity, std::vector<Delivered>* out) {
  Round round;
  auto snapshot = p_.jobs->find(job_id);
  if (!snapshot) {
    round.error = std::move(snapshot.error());
    return round;
  }
  const bool had_some = begin_look(job_id);
  Look found = look(*snapshot, capacity, out);
  end_look(job_id, found.is_full || found.error, had_some);
  round.is_passing = found.error && is_passing(*found.error);
  if (!round.is_passing) round.error = std::move(found.error);
  round.has_ended = found.has_ended && out->empty();
  return round;
}

// Empty: no job has any.
std::string Outbox::next_in_turn() {
  const MutexLock lock(&mutex_);
  if (with_results_.empty()) return {};
  auto next = with_results_.upper_bound(served_);
  if (next == with_results_.end()) next = with_results_.begin();
  served_ = *next;
  with_results_.erase(next);
  ++looking_;
  return served_;
}

// Whether it was among those that may have results. Taken out before the look: what comes meanwhile puts it back.
bool Outbox::begin_look(const std::string& job_id) {
  const MutexLock lock(&mutex_);
  ++looking_;
  return with_results_.erase(job_id) > 0;
}

// is_news: somebody may wait for the end of the look. A call that waits looks too, and if every look were news, two
// calls would wake each other for ever.
void Outbox::end_look(const std::string& job_id, bool has_more, bool is_news) {
  {
    const MutexLock lock(&mutex_);
    --looking_;
    if (has_more) with_results_.insert(job_id);
  }
  if (is_news) p_.monitor->changed();
}

bool Outbox::all_were_read() {
  const MutexLock lock(&mutex_);
  return with_results_.empty() && looking_ == 0 && paused_.empty();
}

// Nobody is told that all is handed out while the results of a job cannot be read.
std::optional<Error> Outbox::damage() {
  const MutexLock lock(&mutex_);
  if (damaged_.empty()) return std::nullopt;
  return damaged_.begin()->second;
}

Outbox::Round Outbox::look_at_any(std::size_t capacity, std::vector<Delivered>* out) {
  Round round;
  const bool all_done = !p_.jobs->has_unfinished();  // before the looks: what ends later is looked at again
  while (out->size() < capacity) {
    const std::string id = next_in_turn();
    if (id.empty()) break;
    const SnapshotRef snapshot = p_.jobs->known(id);
    Look found = snapshot == nullptr ? Look() : look(snapshot, capacity, out);
    round.is_passing = found.error && is_passing(*found.error);
    const bool is_told = found.error && !round.is_passing && out->empty();
    if (is_told) {
      // Once; the other jobs go on.
      const MutexLock lock(&mutex_);
      damaged_.insert_or_assign(id, *found.error);
      round.error = *found.error;
    }
    end_look(id, found.is_full || (found.error && !is_told), true);
    if (found.error) return round;
  }
  if (!out->empty() || !all_done || !all_were_read()) return round;
  round.error = damage();
  round.has_ended = true;
  return round;
}

Result<Wait> Outbox::next(const std::string& job_id, std::int64_t timeout_ms, std::size_t capacity,
                          std::vector<Delivered>* out) {
  if (job_id.empty()) {
    if (auto loaded = p_.jobs->wait_until_loaded(); !loaded) return std::move(loaded.error());
  }
  const std::int64_t began_ms = p_.clock->now_ms();
  Round round;
  const auto ready = [&] {
    const auto pass = p_.gate->enter();
    if (!pass) return false;  // the monitor says why
    round = job_id.empty() ? look_at_any(capacity, out) : look_at_one(job_id, capacity, out);
    if (!round.error && out->empty() && !round.has_ended) round.error = p_.jobs->blocked_error(job_id);
    return round.error || round.has_ended || round.is_passing || !out->empty();
  };
  for (;;) {
    std::int64_t left_ms = timeout_ms;
    if (timeout_ms >= 0) left_ms = std::max<std::int64_t>(0, timeout_ms - (p_.clock->now_ms() - began_ms));
    auto waited = p_.monitor->wait(left_ms, ready);
    if (!waited || *waited != Wait::ready) return waited;
    if (!out->empty()) break;
    if (round.error) return std::move(*round.error);
    if (round.has_ended) return Wait::ended;
    const std::int64_t pause_ms = left_ms < 0 ? kDescriptorPauseMs : std::min(left_ms, kDescriptorPauseMs);
    auto paused = p_.monitor->wait(pause_ms, [] { return false; });
    if (!paused || *paused == Wait::woken || pause_ms == left_ms) return paused;
  }
  if (auto noted = note_handed(*out); !noted) return std::move(noted.error());
  return Wait::ready;
}

void Outbox::mark_unsaved() {
  if (unsaved_) return;
  unsaved_since_ms_ = p_.clock->now_ms();
  if (!unsaved_.exchange(true)) p_.transport->wake();
}

// That results are handed out is on disk before the caller sees the first one of a batch: the next router says so when
// it hands them out again.
Result<void> Outbox::note_handed(const std::vector<Delivered>& results) {
  const auto pass = p_.gate->enter();
  if (!pass) return std::move(pass.error());
  std::vector<std::string> first;
  for (std::size_t i = 0, next = 0; i < results.size(); i = next) {
    const std::string& job_id = results[i].job_id;
    const BoxRef found = existing_box(job_id);
    for (next = i; next < results.size() && results[next].job_id == job_id;) ++next;
    if (found == nullptr) continue;
    const MutexLock lock(&found->mutex);
    if (found->delivery.take_first_handed()) first.push_back(job_id);
    for (std::size_t n = i; auto_ack_ && n < next; ++n)
      found->delivery.acknowledge(results[n].part, results[n].row, results[n].refetches);
  }
  mark_unsaved();
  for (const std::string& id : first) p_.worked->add(id);
  if (!first.empty()) {
    ++saving_handed_;
    p_.engine->post([this, first = std::move(first)] {
      save_progress(first);
      --saving_handed_;
      p_.monitor->changed();
    });
  }
  // Also for what another caller has just been handed of the same batch.
  const auto is_saved = [this] { return saving_handed_ == 0; };
  if (!is_saved()) (void)p_.monitor->wait_for_own_threads(is_saved);
  // What is handed out is not lost with a router that closes: the next one hands it out again.
  return p_.monitor->is_closed() ? Result<void>() : p_.monitor->check();
}

void Outbox::acknowledge(const Delivered& result) {
  const auto pass = p_.gate->enter();
  if (!pass) return;
  const BoxRef found = existing_box(result.job_id);
  if (found == nullptr) return;
  {
    const MutexLock lock(&found->mutex);
    found->delivery.acknowledge(result.part, result.row, result.refetches);
  }
  mark_unsaved();
}

void Outbox::give_back(Delivered result) {
  const auto pass = p_.gate->enter();
  if (!pass) return;
  const std::string job_id = result.job_id;
  const BoxRef found = existing_box(job_id);
  if (found == nullptr) return;
  {
    const MutexLock lock(&found->mutex);
    const bool is_open = found->delivery.is_open(result.part, result.row, result.refetches);
    if (found->is_closed || (!is_open && !auto_ack_)) return;
    found->returned.push_back(std::move(result));
  }
  grew(job_id);
}

// Whether somebody who acknowledges all of a job is at work on it. Another one may only have read its files, and whoever
// submitted it still has to hear of its end; unless that one refuses to do finished work again.
bool Outbox::is_consumer(const Job& job) {
  if (existing_box(job.id) != nullptr) return true;
  const auto repeat = p_.state->store().repeat_of(job.id);
  return repeat && (!*repeat || (*repeat)->refuses);
}

Result<void> Outbox::acknowledge_all(const std::string& job_id) {
  const auto pass = p_.gate->enter();
  if (!pass) return std::move(pass.error());
  if (auto usable = p_.monitor->check(); !usable) return usable;
  if (p_.state->is_observer()) return {};
  auto snapshot = p_.jobs->find(job_id);
  if (!snapshot) return std::move(snapshot.error());
  const Job& job = (*snapshot)->job;
  if (is_consumer(job)) p_.worked->add(job_id);
  std::optional<Pause> pause;
  std::vector<RemoteBatch> progress;
  if (job.done) {
    auto all = all_acknowledged(job, p_.jobs->feeds(job_id));
    if (!all) return std::move(all.error());
    progress = std::move(*all);
    pause.emplace(this, job_id);
  } else {
    const BoxRef found = existing_box(job_id);
    if (found == nullptr) return {};
    const MutexLock lock(&found->mutex);
    found->delivery.acknowledge_all();
    if (!found->delivery.take_progress(&progress)) return {};
  }
  // Saved by the thread that owns the records; this call returns when they are on disk.
  return run_on_engine(p_.engine, p_.monitor,
                       [engine = p_.engine, job_id, progress] { engine->acknowledged(job_id, progress); });
}

std::optional<std::int64_t> Outbox::handed(const std::string& job_id) {
  const BoxRef found = existing_box(job_id);
  if (found == nullptr) return std::nullopt;
  const MutexLock lock(&found->mutex);
  return found->delivery.handed();
}

void Outbox::remove(const std::string& job_id) {
  BoxRef removed;
  {
    const MutexLock lock(&mutex_);
    with_results_.erase(job_id);
    damaged_.erase(job_id);
    if (const auto found = boxes_.find(job_id); found != boxes_.end()) {
      removed = std::move(found->second);
      boxes_.erase(found);
    }
  }
  if (removed == nullptr) return;
  const MutexLock lock(&removed->mutex);
  removed->is_closed = true;
}

void Outbox::close() {
  std::map<std::string, BoxRef, std::less<>> closed;
  const MutexLock lock(&mutex_);
  closed.swap(boxes_);
}

void Outbox::save_progress(const std::vector<std::string>& job_ids) {
  for (const std::string& id : job_ids) {
    const BoxRef found = existing_box(id);
    if (found == nullptr) continue;
    std::vector<RemoteBatch> progress;
    {
      const MutexLock lock(&found->mutex);
      if (found->is_closed || !found->delivery.take_progress(&progress)) continue;
    }
    p_.engine->acknowledged(id, progress);
  }
}

void Outbox::save_acknowledgements(bool now) {
  if (!unsaved_ || (!now && p_.clock->now_ms() - unsaved_since_ms_ < ack_interval_ms_)) return;
  unsaved_ = false;  // before the looks: what is acknowledged meanwhile is saved next time
  std::vector<std::string> ids;
  {
    const MutexLock lock(&mutex_);
    for (const auto& [id, found] : boxes_) ids.push_back(id);
  }
  save_progress(ids);
}

Outbox::Pause::Pause(Outbox* outbox, const std::string& job_id) : outbox_(outbox) {
  BoxRef box;
  {
    const MutexLock lock(&outbox_->mutex_);
    outbox_->paused_.insert(job_id);
    if (const auto found = outbox_->boxes_.find(job_id); found != outbox_->boxes_.end()) {
      box = std::move(found->second);
      outbox_->boxes_.erase(found);
    }
  }
  if (const SnapshotRef newest = outbox_->p_.jobs->known(job_id)) job_ = newest->job;
  job_.id = job_id;
  if (box == nullptr) return;
  const MutexLock lock(&box->mutex);
  box->is_closed = true;
  const std::vector<RemoteBatch> handed = box->delivery.progress();
  for (std::size_t i = 0; i < job_.batches.size() && i < handed.size(); ++i) {
    RemoteBatch& batch = job_.batches[i];
    if (batch.refetches != handed[i].refetches) continue;
    batch.acked_rows = handed[i].acked_rows;
    batch.acked_bytes = handed[i].acked_bytes;
    batch.handed_rows = handed[i].handed_rows;
  }
}

Outbox::Pause::~Pause() {
  {
    const MutexLock lock(&outbox_->mutex_);
    outbox_->paused_.erase(outbox_->paused_.find(job_.id));
    outbox_->damaged_.erase(job_.id);
  }
  outbox_->p_.monitor->changed();
  outbox_->enter(job_.id);
}

}  // namespace br
