#include "core/jobs/job_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "providers/registry.h"

namespace br {
namespace {

// Held before the engine has the job, so that nothing is unregistered in between.
std::vector<ProviderUse> uses_of(const Job& job) {
  std::vector<ProviderUse> uses;
  for (const RemoteBatch& batch : job.batches) uses.push_back(use_provider(batch.provider));
  return uses;
}

SnapshotRef first_snapshot(Job job) {
  JobSnapshot first;
  first.tracks.resize(job.batches.size());
  first.job = std::move(job);
  return std::make_shared<const JobSnapshot>(std::move(first));
}

}  // namespace

Feeds JobTable::make_feeds(const Job& job) const {
  Feeds feeds;
  for (const RemoteBatch& batch : job.batches) {
    auto feed = std::make_shared<ResultFeed>(&p_.state->files(), p_.state->spool().results(batch));
    if (batch.phase == Phase::collected) {
      feed->length = static_cast<std::uint64_t>(std::max<std::int64_t>(0, p_.state->files().file_size(feed->path)));
      feed->complete = true;
      feed->sum = batch.results_sum;
    }
    feeds.push_back(std::move(feed));
  }
  return feeds;
}

// for_engine: it goes to the engine under the same lock, so that whatever is posted about the job comes behind this, and
// what the engine tells finds the entry.
void JobTable::enter(const SnapshotRef& snapshot, Feeds feeds, DoneFn done, std::optional<EngineJob> for_engine) {
  const std::string& id = snapshot->job.id;
  {
    const MutexLock lock(&mutex_);
    Entry& entry = entries_[id];
    entry = {snapshot, std::move(feeds), {}};
    if (done) entry.done.push_back(std::move(done));
    unloaded_.erase(id);
    if (!snapshot->job.done && !snapshot->job.captured) unfinished_.insert(id);
    if (for_engine)
      p_.engine->post([engine = p_.engine, job = std::move(*for_engine)]() mutable { engine->add(std::move(job)); });
  }
  entered_(id);
}

Result<void> JobTable::add(Job job, Address address, DoneFn done, const RecordFn& record) {
  const MutexLock loading(&loading_);
  if (auto recorded = record(job); !recorded) return recorded;
  Feeds feeds = make_feeds(job);
  EngineJob added = {job, feeds, uses_of(job), true, true, address == Address::given};
  enter(first_snapshot(std::move(job)), std::move(feeds), std::move(done), std::move(added));
  return {};
}

SnapshotRef JobTable::known(const std::string& job_id) {
  const MutexLock lock(&mutex_);
  const auto found = entries_.find(job_id);
  return found == entries_.end() ? nullptr : found->second.snapshot;
}

std::vector<SnapshotRef> JobTable::all() {
  const MutexLock lock(&mutex_);
  std::vector<SnapshotRef> jobs;
  for (const auto& [id, entry] : entries_) jobs.push_back(entry.snapshot);
  return jobs;
}

Result<SnapshotRef> JobTable::find(const std::string& job_id) {
  if (auto there = known(job_id)) return there;
  return load(job_id);
}

Result<SnapshotRef> JobTable::load(const std::string& job_id) {
  const MutexLock loading(&loading_);
  if (p_.monitor->is_closed()) return closed_error();
  bool was_unloaded = false;
  {
    const MutexLock lock(&mutex_);
    if (const auto found = entries_.find(job_id); found != entries_.end()) return found->second.snapshot;
    if (removing_.contains(job_id)) return no_such_job(job_id);
    was_unloaded = unloaded_.contains(job_id);
  }
  auto job = p_.state->store().load(job_id);
  BR_RETURN_IF_ERROR(job);
  // Also one whose own record said that it is done, and a batch of it says otherwise.
  const bool goes_on = was_unloaded || (!p_.state->is_observer() && !job->done);
  if (goes_on) {
    BR_RETURN_IF_ERROR(p_.state->catch_up_with_journal(&*job));
  }
  Feeds feeds = make_feeds(*job);
  std::optional<EngineJob> for_engine;
  if (goes_on) for_engine = {*job, feeds, uses_of(*job), p_.config->boolean("resume.auto"), false, false};
  const SnapshotRef first = first_snapshot(std::move(*job));
  enter(first, std::move(feeds), {}, std::move(for_engine));
  return first;
}

Result<Job> JobTable::read(const std::string& job_id) {
  if (const auto there = known(job_id)) return there->job;
  return p_.state->store().load(job_id);
}

void JobTable::call_when_done(const std::string& job_id, DoneFn done) {
  if (!done) return;
  {
    const MutexLock lock(&mutex_);
    const auto found = entries_.find(job_id);
    if (found == entries_.end()) return;
    const Job& job = found->second.snapshot->job;
    if (!job.done && !is_blocked(job)) {
      found->second.done.push_back(std::move(done));
      return;
    }
  }
  p_.events->done(std::move(done), job_id);
}

JobTable::JobResults JobTable::results(const std::string& job_id) {
  const MutexLock lock(&mutex_);
  const auto found = entries_.find(job_id);
  if (found == entries_.end()) return {};
  return {found->second.snapshot, found->second.feeds};
}

void JobTable::reopen_feeds(const std::string& job_id) {
  const SnapshotRef job = known(job_id);
  if (job == nullptr) return;
  Feeds feeds = make_feeds(job->job);
  const MutexLock lock(&mutex_);
  const auto found = entries_.find(job_id);
  if (found != entries_.end()) found->second.feeds = std::move(feeds);
}

bool JobTable::has_other_files(const Job& job) {
  const SnapshotRef before = known(job.id);
  if (before == nullptr) return false;
  return !std::equal(job.batches.begin(), job.batches.end(), before->job.batches.begin(), before->job.batches.end(),
                     [](const RemoteBatch& a, const RemoteBatch& b) { return a.refetches == b.refetches; });
}

Result<void> JobTable::begin_removal(const std::string& job_id,
                                     const std::function<Result<void>(const Job&)>& may_go) {
  BR_RETURN_IF_ERROR(find(job_id));
  const MutexLock lock(&mutex_);
  const auto found = entries_.find(job_id);
  if (found == entries_.end()) return no_such_job(job_id);  // another call removes it
  if (auto may = may_go(found->second.snapshot->job); !may) return may;
  entries_.erase(found);
  unfinished_.erase(job_id);
  removing_.insert(job_id);
  return {};
}

void JobTable::end_removal(const std::string& job_id) {
  const MutexLock lock(&mutex_);
  removing_.erase(job_id);
}

bool JobTable::has_unfinished() {
  const MutexLock lock(&mutex_);
  return !unfinished_.empty();
}

const Error* JobTable::why_blocked(const std::string& job_id) {
  const Job& job = entries_.find(job_id)->second.snapshot->job;
  if (!is_blocked(job)) return nullptr;
  const Error* error = nullptr;
  for (const RemoteBatch& batch : job.batches) {
    if (batch.blocked && batch.error) error = &*batch.error;
  }
  return error;
}

std::optional<Error> JobTable::blocked_error(const std::string& job_id) {
  const MutexLock lock(&mutex_);
  const Error* first = nullptr;
  if (!job_id.empty()) {
    if (unfinished_.contains(job_id)) first = why_blocked(job_id);
  } else {
    for (const std::string& id : unfinished_) {
      const Error* error = why_blocked(id);
      if (error == nullptr) return std::nullopt;
      if (first == nullptr) first = error;
    }
  }
  return first == nullptr ? std::nullopt : std::optional<Error>(*first);
}

Result<void> JobTable::list_unsettled() {
  auto ids = p_.state->store().unsettled_ids();
  BR_RETURN_IF_ERROR(ids);
  to_load_.assign(ids->begin(), ids->end());
  loads_ = !to_load_.empty();
  const MutexLock lock(&mutex_);
  unloaded_.insert(std::make_move_iterator(ids->begin()), std::make_move_iterator(ids->end()));
  return {};
}

// false: somebody has asked for it, and may have removed it since.
bool JobTable::is_unloaded(const std::string& job_id) {
  const MutexLock lock(&mutex_);
  return unloaded_.contains(job_id);
}

// A few at a time, so that the first of ten thousand are asked about while the last are still being read.
void JobTable::load_some() {
  constexpr int kJobsAtATime = 16;
  if (!loads_) return;
  for (int i = 0; i < kJobsAtATime && !to_load_.empty(); to_load_.pop_front()) {
    if (!is_unloaded(to_load_.front())) continue;
    ++i;
    if (auto loaded = load(to_load_.front()); !loaded && !p_.monitor->is_closed() && is_unloaded(to_load_.front())) {
      p_.monitor->fail(std::move(loaded.error()));
      to_load_.clear();
      break;
    }
  }
  loads_ = !to_load_.empty();
  if (!loads_) p_.monitor->changed();
}

Result<void> JobTable::wait_until_loaded() {
  return p_.monitor->wait_for_own_threads([this] {
    const MutexLock lock(&mutex_);
    return unloaded_.empty();
  });
}

std::shared_ptr<const void> JobTable::release_callbacks() {
  const auto done = std::make_shared<std::vector<DoneFn>>();
  const MutexLock lock(&mutex_);
  for (auto& [id, entry] : entries_) {
    std::move(entry.done.begin(), entry.done.end(), std::back_inserter(*done));
    entry.done.clear();
  }
  return done;
}

void JobTable::publish(SnapshotRef snapshot) {
  const Job& job = snapshot->job;
  std::vector<DoneFn> done;
  Feeds feeds;
  if (has_other_files(job)) feeds = make_feeds(job);  // nobody else publishes meanwhile
  {
    const MutexLock lock(&mutex_);
    const auto found = entries_.find(job.id);
    if (found == entries_.end()) return;
    found->second.snapshot = snapshot;
    if (!feeds.empty()) found->second.feeds = std::move(feeds);
    if (job.done) unfinished_.erase(job.id);
    if (job.done || is_blocked(job)) done.swap(found->second.done);
  }
  for (DoneFn& each : done) p_.events->done(std::move(each), job.id);
  p_.monitor->changed();
}

}  // namespace br
