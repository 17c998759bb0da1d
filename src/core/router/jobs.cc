// The router's jobs: looking at them, going on with them, forgetting them.
#include <algorithm>

#include "core/router/router.h"
#include "providers/registry.h"
#include "sys/file_size_signal.h"

namespace br {
namespace {

// A batch at the vendor as a job that is not kept here.
JobView view_of(const Account& account, RemoteStatus status) {
  JobView view;
  RemoteBatch batch;
  batch.provider = account.provider;
  batch.base_url = account.base_url;
  batch.phase = Phase::running;
  batch.status = std::move(status);
  batch.submitted_ms = batch.status.created_ms;
  view.job.provider = account.provider;
  view.job.base_url = account.base_url;
  view.job.created_ms = batch.status.created_ms;
  view.job.completed_ms = batch.status.completed_ms;
  view.job.attached = true;
  view.job.batches.push_back(std::move(batch));
  view.tracks.resize(1);
  return view;
}

}  // namespace

Error Router::timeout_error(const std::string& what) {
  Error error(Code::timeout, "the vendor did not answer about " + what + " in time", "try again later");
  error.transient = true;
  return error;
}

Error Router::observer_error() {
  return Error(Code::locked, "the state directory is in use by another process", "wait until it ends");
}

Result<JobView> Router::view(const std::string& job_id) {
  const std::lock_guard lock(mutex_);
  auto entry = entry_locked(job_id);
  if (!entry) return std::move(entry.error());
  JobView view = (*entry)->view;
  for (const RemoteBatch& batch : view.job.batches) view.acked += batch.acked_rows;
  view.handed = (*entry)->delivery ? (*entry)->delivery->handed() : view.acked;
  view.cost = prices_.cost(view.job);
  add_repeat(&view);
  return view;
}

Result<std::vector<JobView>> Router::list(const std::string& provider, std::int64_t limit) {
  if (closed_) return closed_error();
  auto jobs = store_->list(provider, limit);
  if (!jobs) return std::move(jobs.error());
  std::vector<JobView> views;
  for (Job& job : *jobs) {
    const std::lock_guard lock(mutex_);
    const auto known = entries_.find(job.id);
    if (known != entries_.end()) {
      views.push_back(known->second->view);
    } else {
      JobView& view = views.emplace_back();
      view.tracks.resize(job.batches.size());
      view.job = std::move(job);
    }
    for (const RemoteBatch& batch : views.back().job.batches) views.back().acked += batch.acked_rows;
    add_repeat(&views.back());
  }
  return views;
}

Result<std::vector<JobView>> Router::list_remote(const std::string& provider, std::int64_t limit,
                                                 std::int64_t timeout_ms) {
  if (auto usable = check_usable(); !usable) return std::move(usable.error());
  if (observer_) return observer_error();
  auto account = account_named(provider);
  if (!account) return std::move(account.error());
  constexpr std::int64_t kLargestPage = 100;
  const std::int64_t page = limit <= 0 ? kLargestPage : std::min(limit, kLargestPage);
  auto answer = std::make_shared<std::optional<Result<Outcome>>>();
  engine_->post([this, account = *account, page, answer] {
    engine_->list_remote(account, page, [this, answer](Result<Outcome> outcome) {
      {
        const std::lock_guard lock(mutex_);
        *answer = std::move(outcome);
      }
      changed_.notify_all();
    });
  });
  std::unique_lock lock(mutex_);
  const auto ready = [&] { return answer->has_value() || closed_ || fatal_; };
  (void)wait_serving(&lock, timeout_ms, ready);
  if (closed_) return closed_error();
  if (!answer->has_value()) return timeout_error("the batches at " + provider);
  if (!**answer) return std::move((*answer)->error());
  std::vector<JobView> views;
  for (RemoteStatus& status : (**answer)->listed) {
    if (static_cast<std::int64_t>(views.size()) >= page) break;
    views.push_back(view_of(*account, std::move(status)));
  }
  return views;
}

Result<void> Router::resume(const std::string& job_id) {
  if (auto usable = check_usable(); !usable) return usable;
  if (observer_) return observer_error();
  std::vector<std::string> ids = {job_id};
  {
    std::unique_lock lock(mutex_);
    if (job_id.empty()) {
      wait_until_loaded(&lock);
      ids.clear();
      for (const auto& [id, entry] : entries_) ids.push_back(id);
    } else if (auto entry = entry_locked(job_id); !entry) {
      return std::move(entry.error());
    }
  }
  forget_blocks(ids);
  engine_->post([this, ids] {
    for (const std::string& id : ids) engine_->resume(id);
  });
  return {};
}

Result<void> Router::remove(const std::string& job_id) {
  if (observer_) return observer_error();
  const NoFileSizeSignal quiet;
  {
    const std::lock_guard lock(mutex_);
    auto entry = entry_locked(job_id);
    if (!entry) return std::move(entry.error());
    const Job& job = (*entry)->view.job;
    const bool sent = std::any_of(job.batches.begin(), job.batches.end(), [](const RemoteBatch& b) {
      return b.phase != Phase::planned && b.phase != Phase::uploaded && b.phase != Phase::refused;
    });
    // Of a batch that was made elsewhere nothing is lost here: it can be attached again.
    if (sent && !job.done && !job.attached)
      return Error(Code::not_complete, "the job " + job_id + " is not done", "cancel it and collect it first");
    entries_.erase(job_id);
    unfinished_.erase(job_id);
    with_results_.erase(job_id);
    removing_.insert(job_id);
  }
  // The engine first, which saves no more of it then. The journal before the record: it would bring the job back.
  remove_from_engine(job_id);
  world_.files->remove_file(spool_->journal(job_id));
  auto removed = store_->remove(job_id);
  if (removed) world_.files->remove_tree(spool_->job_directory(job_id));
  const std::lock_guard lock(mutex_);
  removing_.erase(job_id);
  return removed;
}

void Router::remove_from_engine(const std::string& job_id) {
  const auto gone = std::make_shared<bool>(false);
  engine_->post([this, job_id, gone] {
    engine_->remove(job_id);
    {
      const std::lock_guard lock(mutex_);
      *gone = true;
    }
    changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  (void)wait_serving(&lock, -1, [&] { return *gone || closed_ || broken_; });
}

Result<void> Router::add_provider(const std::string& name) {
  if (find_provider(name) == nullptr)
    return Error(Code::no_provider, "there is no provider \"" + name + "\"", "this build has: " + provider_names());
  const std::lock_guard lock(mutex_);
  if (removed_providers_.erase(name) > 0) return {};
  return Error(Code::already, "the router has the provider \"" + name + "\" already", "");
}

Result<void> Router::remove_provider(const std::string& name) {
  if (find_provider(name) == nullptr)
    return Error(Code::no_provider, "there is no provider \"" + name + "\"", "this build has: " + provider_names());
  const std::lock_guard lock(mutex_);
  if (removed_providers_.emplace(name).second) return {};
  return Error(Code::already, "the router has no provider \"" + name + "\" any more", "");
}

bool Router::is_removed(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return removed_providers_.contains(name);
}

std::vector<std::string> Router::providers() {
  std::vector<std::string> names;
  for (const Provider* provider : all_providers()) {
    if (!is_removed(provider->name())) names.emplace_back(provider->name());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace br
