// The router's entries: the jobs it knows, taken over from earlier processes, kept up to date by the engine.
#include <algorithm>

#include "core/router/router.h"
#include "providers/registry.h"

namespace br {
namespace {

// Taken before the engine has the job, so that nothing is unregistered in between.
std::vector<ProviderUse> uses_of(const Job& job) {
  std::vector<ProviderUse> uses;
  for (const RemoteBatch& batch : job.batches) uses.push_back(use_provider(batch.provider));
  return uses;
}

}  // namespace

Feeds Router::make_feeds(const Job& job) const {
  Feeds feeds;
  for (const RemoteBatch& batch : job.batches) {
    auto feed = std::make_shared<ResultFeed>(world_.files, spool_->results(batch));
    if (batch.phase == Phase::collected) {
      feed->length = static_cast<std::uint64_t>(std::max<std::int64_t>(0, world_.files->file_size(feed->path)));
      feed->complete = true;
      feed->sum = batch.results_sum;
    }
    feeds.push_back(std::move(feed));
  }
  return feeds;
}

void Router::add_new_entry(Job job, bool remembered, DoneFn done) {
  auto entry = std::make_unique<Entry>();
  entry->feeds = make_feeds(job);
  entry->in_engine = true;
  entry->view.job = job;
  entry->view.tracks.resize(job.batches.size());
  if (done) entry->done.push_back(std::move(done));
  EngineJob added = {std::move(job), entry->feeds, {}, true, true, !remembered};
  added.uses = uses_of(added.job);
  {
    const std::lock_guard lock(mutex_);
    keep_locked(added.job.id, std::move(entry));
  }
  engine_->post([this, added = std::move(added)]() mutable { engine_->add(std::move(added)); });
}

Router::Entry* Router::keep_locked(const std::string& job_id, std::unique_ptr<Entry> entry) {
  if (!entry->view.job.done) unfinished_.insert(job_id);
  with_results_.insert(job_id);
  return (entries_[job_id] = std::move(entry)).get();
}

Result<Router::Entry*> Router::entry_locked(const std::string& job_id) {
  if (closed_) return closed_error();
  const auto found = entries_.find(job_id);
  if (found != entries_.end()) return found->second.get();
  if (removing_.contains(job_id)) return no_such_job(job_id);
  auto job = store_->load(job_id);
  if (!job) return std::move(job.error());
  // Also one whose own record said that it is done, and a batch of it says otherwise.
  const bool goes_on = unloaded_.erase(job_id) > 0 || (!observer_ && !job->done);
  if (goes_on) {
    if (auto taken = take_from_journal_locked(&*job); !taken) return std::move(taken.error());
  }
  auto entry = std::make_unique<Entry>();
  entry->feeds = make_feeds(*job);
  entry->view.tracks.resize(job->batches.size());
  if (goes_on) {
    // Whatever is posted about it from now on comes behind this.
    entry->in_engine = true;
    EngineJob loaded = {*job, entry->feeds, uses_of(*job), config_.boolean("resume.auto"), false, false};
    engine_->post([this, loaded = std::move(loaded)]() mutable { engine_->add(std::move(loaded)); });
  }
  entry->view.job = std::move(*job);
  return keep_locked(job_id, std::move(entry));
}

// A few jobs at a time, so that the first of ten thousand are asked about while the last are still being read.
void Router::load_some() {
  constexpr int kJobsAtATime = 16;
  if (to_load_.empty()) return;
  std::optional<Error> failed;
  {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < kJobsAtATime && !to_load_.empty() && !failed; to_load_.pop_front()) {
      if (!unloaded_.contains(to_load_.front())) continue;
      ++i;
      if (auto entry = entry_locked(to_load_.front()); !entry && !closed_) failed = std::move(entry.error());
    }
  }
  if (failed) store_failed(*failed);
  if (failed || to_load_.empty()) changed_.notify_all();
}

// For what concerns every job there is.
void Router::wait_until_loaded(std::unique_lock<std::mutex>* lock) {
  changed_.wait(*lock, [this] { return unloaded_.empty() || closed_ || fatal_; });
}

void Router::job_changed(const Job& job, const std::vector<Track>& tracks) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(job.id);
    if (found == entries_.end()) return;
    Entry& entry = *found->second;
    entry.view.job = job;
    entry.view.tracks = tracks;
    if (job.done) unfinished_.erase(job.id);
    if (job.done || is_blocked(job)) {
      for (DoneFn& done : std::exchange(entry.done, {}))
        enqueue_locked([done = std::move(done), id = job.id] { done(id); });
    }
  }
  changed_.notify_all();
}

void Router::results_grew(const std::string& job_id) {
  {
    const std::lock_guard lock(mutex_);
    if (entries_.contains(job_id)) with_results_.insert(job_id);
  }
  changed_.notify_all();
}

void Router::store_failed(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (!fatal_) fatal_ = error;
  }
  changed_.notify_all();
}

}  // namespace br
