#include "core/router/outbox.h"

#include <algorithm>
#include <utility>

#include "core/jobs/engine_answer.h"

namespace br {
namespace {

constexpr std::int64_t kDescriptorPauseMs = 100;

// No descriptor was left to open a file of results with: nothing is wrong with the results, and soon one may be free.
bool is_passing(const Error& error) { return error.code == Code::io && error.transient; }

// The progress of a job that is done, with every result acknowledged: where the file is damaged nobody has seen them, nor
// is it known where they end.
Result<std::vector<PartProgress>> all_acknowledged(JobTable* jobs, const std::string& job_id) {
  const auto [newest, feeds] = jobs->results(job_id);
  if (newest == nullptr) return no_such_job(job_id);  // it was removed
  std::vector<PartProgress> progress;
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    BR_RETURN_IF_ERROR(check_once(feeds[i].get()));
    const RemoteBatch& batch = newest->job.batches[i];
    const auto bytes = static_cast<std::int64_t>(feeds[i]->length.load());
    progress.push_back({batch.part, batch.refetches, {batch.results.total, bytes, batch.results.total}});
  }
  return progress;
}

}  // namespace

Outbox::Outbox(const Parts& parts)
    : p_(parts),
      auto_ack_(parts.config->boolean("delivery.auto_ack")),
      ack_interval_ms_(parts.config->integer("delivery.ack_interval_ms")) {}

// Captured calls have takers of their own, who are not among those who take the results of any job.
void Outbox::grew(const std::string& job_id) {
  if (const SnapshotRef job = p_.jobs->known(job_id); job != nullptr && job->job.captured) return p_.monitor->changed();
  const bool had_none = turns_.add(job_id);
  p_.monitor->changed();
  if (had_none) tell_arrived(job_id);
}

void Outbox::tell_arrived(const std::string& job_id) {
  if (const SnapshotRef job = p_.jobs->known(job_id)) p_.events->results_arrived(job->job);
}

bool Outbox::has_unacknowledged(const std::string& job_id) {
  const auto [job, feeds] = p_.jobs->results(job_id);
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    if (feeds[i]->length > static_cast<std::uint64_t>(job->job.batches[i].progress.acked_bytes)) return true;
  }
  return false;
}

void Outbox::enter(const std::string& job_id) {
  if (has_unacknowledged(job_id)) grew(job_id);
}

Outbox::BoxRef Outbox::existing_box(const std::string& job_id) {
  const MutexLock lock(&mutex_);
  const auto found = boxes_.find(job_id);
  return found == boxes_.end() ? nullptr : found->second;
}

// nullptr: nothing is handed out of it now.
Outbox::BoxRef Outbox::box(const std::string& job_id) {
  const MutexLock lock(&mutex_);
  if (const auto found = boxes_.find(job_id); found != boxes_.end()) return found->second;
  if (paused_.contains(job_id)) return nullptr;
  const auto [job, feeds] = p_.jobs->results(job_id);
  if (job == nullptr) return nullptr;  // it was removed
  return boxes_[job_id] = std::make_shared<ResultBox>(job->job, feeds);
}

Outbox::BoxRef Outbox::remove_box(const std::string& job_id) {
  const MutexLock lock(&mutex_);
  const auto found = boxes_.find(job_id);
  if (found == boxes_.end()) return nullptr;
  BoxRef removed = std::move(found->second);
  boxes_.erase(found);
  return removed;
}

ResultBox::Look Outbox::look(const std::string& job_id, std::size_t capacity, std::vector<Delivered>* out) {
  const SnapshotRef job = p_.jobs->known(job_id);  // before the look: rows may come before the job is done, not after
  const BoxRef found = box(job_id);
  if (job == nullptr || found == nullptr) return {};
  ResultBox::Look look = found->look(capacity, out);
  delivered_ += look.fresh;
  look.has_ended = look.has_ended && job->job.done;
  return look;
}

// A call that waits looks too, and tells that something changed only where something did: two calls would wake each other
// for ever.
Outbox::Round Outbox::look_at_one(const std::string& job_id, std::size_t capacity, std::vector<Delivered>* out) {
  Round round;
  if (auto there = p_.jobs->find(job_id); !there) {
    round.error = std::move(there.error());
    return round;
  }
  ResultTurns::Turn turn(&turns_, job_id);
  ResultBox::Look found = look(job_id, capacity, out);
  if (turn.end(found.is_full || found.error)) p_.monitor->changed();
  round.is_passing = found.error && is_passing(*found.error);
  if (!round.is_passing) round.error = std::move(found.error);
  round.has_ended = found.has_ended && out->empty();
  return round;
}

bool Outbox::nothing_is_left() {
  const MutexLock lock(&mutex_);  // over both: a pause ends and puts its job back in one step
  return paused_.empty() && turns_.is_idle();
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
    ResultTurns::Turn turn(&turns_);
    const std::string& id = turn.job_id();
    if (id.empty()) break;
    const ResultBox::Look found = look(id, capacity, out);
    round.is_passing = found.error && is_passing(*found.error);
    const bool is_told = found.error && !round.is_passing && out->empty();
    if (is_told) {
      // Once; the other jobs go on.
      const MutexLock lock(&mutex_);
      if (p_.jobs->known(id) != nullptr) damaged_.insert_or_assign(id, *found.error);  // else it was removed meanwhile
      round.error = *found.error;
    }
    if (turn.end(found.is_full || (found.error && !is_told))) p_.monitor->changed();
    if (found.error) return round;
  }
  if (!out->empty() || !all_done || !nothing_is_left()) return round;
  round.error = damage();
  round.has_ended = true;
  return round;
}

Result<Wait> Outbox::next(const std::string& job_id, std::int64_t timeout_ms, std::size_t capacity,
                          std::vector<Delivered>* out) {
  // What is handed out is recorded, which only the owner of the state does.
  if (p_.state->is_observer()) {
    Error error = observer_error();
    error.hint = "results can be read beside it all the same, with br_results_open or br_results_follow";
    return error;
  }
  if (job_id.empty()) {
    BR_RETURN_IF_ERROR(p_.jobs->wait_until_loaded());
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
    if (round.is_passing && left_ms == 0) return tell_passing();
    if (round.error) return std::move(*round.error);
    if (round.has_ended) return Wait::ended;
    const std::int64_t pause_ms = left_ms < 0 ? kDescriptorPauseMs : std::min(left_ms, kDescriptorPauseMs);
    auto paused = p_.monitor->wait(pause_ms, [] { return false; });
    if (!paused || *paused == Wait::woken || pause_ms == left_ms) return paused;
  }
  BR_RETURN_IF_ERROR(note_handed(*out));
  return Wait::ready;
}

// Nobody can be told when a descriptor is free again: whoever waits for the event looks once more.
Wait Outbox::tell_passing() {
  for (const SnapshotRef& job : p_.jobs->all()) p_.events->results_arrived(job->job);
  return Wait::timed_out;
}

void Outbox::mark_unsaved() {
  if (unsaved_) return;
  unsaved_since_ms_ = p_.clock->now_ms();
  if (!unsaved_.exchange(true)) p_.transport->wake();
}

// A save under way of what is handed out for the first time. Counted until it is done, or comes to nothing.
class Outbox::Saving {
 public:
  explicit Saving(Outbox* outbox) : outbox_(outbox) { ++outbox_->saving_handed_; }
  Saving(const Saving&) = delete;
  Saving& operator=(const Saving&) = delete;
  ~Saving() {
    --outbox_->saving_handed_;
    outbox_->p_.monitor->changed();
  }

 private:
  Outbox* outbox_;
};

Result<void> Outbox::note_handed(const std::vector<Delivered>& results) {
  const auto pass = p_.gate->enter();
  BR_RETURN_IF_ERROR(pass);
  std::vector<std::string> first;
  for (std::size_t i = 0, next = 0; i < results.size(); i = next) {
    const std::string& job_id = results[i].job_id;
    for (next = i; next < results.size() && results[next].job_id == job_id;) ++next;
    const BoxRef found = existing_box(job_id);
    if (found == nullptr) continue;
    if (found->consume_first_handed()) first.push_back(job_id);
  }
  mark_unsaved();
  if (auto saved = save_first_handed(std::move(first)); !saved) return saved;
  // What does not reach the caller is not acknowledged.
  if (auto_ack_) acknowledge_each(results);
  return {};
}

void Outbox::acknowledge_each(const std::vector<Delivered>& results) {
  for (const Delivered& each : results) {
    if (const BoxRef found = existing_box(each.job_id)) found->acknowledge(&each, &each + 1);
  }
  mark_unsaved();
}

// That results are handed out is on disk before the caller sees the first one of a batch: the next router says so when
// it hands them out again.
Result<void> Outbox::save_first_handed(std::vector<std::string> job_ids) {
  for (const std::string& id : job_ids) p_.worked->add(id);
  if (!job_ids.empty()) {
    p_.engine->post([this, ids = std::move(job_ids), saving = std::make_shared<Saving>(this)]() mutable {
      save_progress(ids);
      saving.reset();
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
  const bool was_last = found->acknowledge(&result, &result + 1);
  mark_unsaved();
  // A program may end with the last result without closing the router: nothing of the job comes again then. Whether it is
  // the last one is known only later, so whatever was caught up with is saved, which is once for each piece of a download.
  if (was_last) (void)run_on_engine(p_.engine, p_.monitor, [this, id = result.job_id] { save_progress({id}); });
}

void Outbox::give_back(Delivered result) {
  const auto pass = p_.gate->enter();
  if (!pass) return;
  const std::string job_id = result.job_id;
  const BoxRef found = existing_box(job_id);
  if (found != nullptr && found->give_back(std::move(result), auto_ack_)) grew(job_id);
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
  BR_RETURN_IF_ERROR(pass);
  if (auto usable = p_.monitor->check(); !usable) return usable;
  if (p_.state->is_observer()) return {};
  auto snapshot = p_.jobs->find(job_id);
  BR_RETURN_IF_ERROR(snapshot);
  const Job& job = (*snapshot)->job;
  if (is_consumer(job)) p_.worked->add(job_id);
  std::optional<Pause> pause;
  std::vector<PartProgress> progress;
  if (job.done) {
    auto all = all_acknowledged(p_.jobs, job_id);
    BR_RETURN_IF_ERROR(all);
    progress = std::move(*all);
    pause.emplace(this, job_id);
  } else {
    const BoxRef found = existing_box(job_id);
    if (found == nullptr) return {};
    found->acknowledge_all();
    // Consumed where it is saved: what was consumed later must not be saved earlier.
    return run_on_engine(p_.engine, p_.monitor, [this, job_id] { save_progress({job_id}); });
  }
  // Saved by the thread that owns the records; this call returns when they are on disk.
  return run_on_engine(p_.engine, p_.monitor,
                       [engine = p_.engine, job_id, progress] { engine->acknowledged(job_id, progress); });
}

std::optional<std::int64_t> Outbox::handed(const std::string& job_id) {
  const BoxRef found = existing_box(job_id);
  return found == nullptr ? std::nullopt : std::optional<std::int64_t>(found->handed());
}

void Outbox::remove(const std::string& job_id) {
  turns_.remove(job_id);
  if (const BoxRef removed = remove_box(job_id)) (void)removed->close();
  const MutexLock lock(&mutex_);
  damaged_.erase(job_id);
}

void Outbox::close() {
  std::map<std::string, BoxRef, std::less<>> closed;
  const MutexLock lock(&mutex_);
  closed.swap(boxes_);
}

void Outbox::save_progress(const std::vector<std::string>& job_ids) {
  for (const std::string& id : job_ids) {
    const BoxRef found = existing_box(id);
    std::vector<PartProgress> progress;
    if (found != nullptr && found->consume_progress(&progress)) p_.engine->acknowledged(id, progress);
  }
}

void Outbox::save_acknowledgements(Save when) {
  if (!unsaved_ || (when == Save::when_due && p_.clock->now_ms() - unsaved_since_ms_ < ack_interval_ms_)) return;
  unsaved_ = false;  // before the looks: what is acknowledged meanwhile is saved next time
  std::vector<std::string> ids;
  {
    const MutexLock lock(&mutex_);
    for (const auto& [id, found] : boxes_) ids.push_back(id);
  }
  save_progress(ids);
}

Outbox::Pause::Pause(Outbox* outbox, const std::string& job_id) : outbox_(outbox) {
  {
    const MutexLock lock(&outbox_->mutex_);
    outbox_->paused_.insert(job_id);
  }
  const BoxRef box = outbox_->remove_box(job_id);
  if (const SnapshotRef newest = outbox_->p_.jobs->known(job_id)) job_ = newest->job;
  job_.id = job_id;
  if (box == nullptr) return;
  for (const PartProgress& handed : box->close()) {
    for (RemoteBatch& batch : job_.batches) {
      if (batch.part == handed.part && batch.refetches == handed.refetches) batch.progress = handed.progress;
    }
  }
}

// In one step: between a pause that has ended and results that are not known yet, whoever takes those of any job would be
// told that none will come.
std::vector<PartProgress> Outbox::Pause::progress() const {
  std::vector<PartProgress> progress;
  for (const RemoteBatch& batch : job_.batches) progress.push_back({batch.part, batch.refetches, batch.progress});
  return progress;
}

Outbox::Pause::~Pause() {
  const bool has_some = outbox_->has_unacknowledged(job_.id);
  bool had_none = false;
  {
    const MutexLock lock(&outbox_->mutex_);
    outbox_->paused_.erase(outbox_->paused_.find(job_.id));
    outbox_->damaged_.erase(job_.id);
    if (has_some) had_none = outbox_->turns_.add(job_.id);
  }
  outbox_->p_.monitor->changed();
  if (had_none) outbox_->tell_arrived(job_.id);
}

}  // namespace br
