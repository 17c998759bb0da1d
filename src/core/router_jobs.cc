// The router's jobs: submitting, looking, waiting, cancelling.
#include <algorithm>
#include <chrono>

#include "batchrouter.h"
#include "core/pack.h"
#include "core/route.h"
#include "core/router.h"
#include "providers/registry.h"

namespace br {
namespace {

constexpr std::size_t kIdLength = 20;

// Options of a batch that are not properties.
bool is_batch_option(const std::string& key) { return key == "output" || key == "continue"; }

std::string option(const BatchSpec& spec, std::string_view name) {
  for (const auto& [key, value] : spec.options) {
    if (key == name) return value;
  }
  return {};
}

Result<bool> same_bytes(const std::string& a, const std::string& b) {
  if (file_size(a) != file_size(b)) return false;
  auto first = File::open_read(a);
  if (!first) return std::move(first.error());
  auto second = File::open_read(b);
  if (!second) return std::move(second.error());
  std::string left(std::size_t{1} << 20, '\0'), right = left;
  std::uint64_t at = 0;
  for (;;) {
    auto n = first->read_at(left.data(), left.size(), at);
    if (!n) return std::move(n.error());
    if (*n == 0) return true;
    auto m = second->read_at(right.data(), *n, at);
    if (!m) return std::move(m.error());
    if (*m != *n || left.compare(0, *n, right, 0, *n) != 0) return false;
    at += *n;
  }
}

}  // namespace

Result<std::vector<RemoteBatch>> Router::write_requests(const Config& config, const BatchSpec& spec,
                                                        const std::string& job_id, std::vector<std::string>* warnings) {
  const Destination fallback = read_destination(spec.provider);
  if (const Provider* known = find_provider(fallback.provider); known != nullptr && config.get("routes").empty()) {
    // A missing key is said before a large input is read.
    auto account = resolve_account(config, *known, {}, fallback.account);
    if (!account) return std::move(account.error());
  }
  if (auto made = make_directories(spool_->job_directory(job_id)); !made) return std::move(made.error());
  Packer packer({job_id, spool_.get(), config.get("split") == "auto", config.boolean("audit.files")});
  auto report = read_requests(config, spec, random_, &packer);
  if (!report) return std::move(report.error());
  auto batches = packer.finish();
  if (!batches) return batches;
  for (RemoteBatch& batch : *batches) {
    auto account = resolve_account(config, *find_provider(batch.provider), {}, batch.account);
    if (!account) return std::move(account.error());
    batch.base_url = account->base_url;
    batch.marker = "br-" + job_id.substr(4) + "-" + std::to_string(batch.part);
    batch.metadata = spec.metadata;
  }
  *warnings = std::move(report->warnings);
  if (auto synced = sync_directory(spool_->job_directory(job_id)); !synced) return std::move(synced.error());
  if (auto synced = sync_directory(state_dir_ + "/spool"); !synced) return std::move(synced.error());
  return batches;
}

namespace {

Error timeout_error(const std::string& job_id) {
  Error error(Code::timeout, "the vendor did not answer about " + job_id + " in time", "try again later");
  error.transient = true;
  return error;
}

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

// What all batches of a job share; empty where they differ.
std::string shared(const Job& job, std::string RemoteBatch::*field) {
  const std::string& first = job.batches.front().*field;
  const bool same = std::all_of(job.batches.begin(), job.batches.end(),
                                [&](const RemoteBatch& batch) { return batch.*field == first; });
  return same ? first : "";
}

}  // namespace

Result<Router::Submitted> Router::submit(const BatchSpec& spec, DoneFn done) {
  if (auto usable = check_usable(); !usable) return std::move(usable.error());
  Config config = config_;
  Job job;
  for (const auto& [key, value] : spec.options) {
    if (is_batch_option(key)) continue;
    if (auto set = config.set(key, value); !set) return std::move(set.error());
    job.settings.emplace_back(key, value);
  }
  job.id = "job_" + random_.id(kIdLength);
  job.name = spec.name;
  job.output = option(spec, "output");
  job.created_ms = clock_.now_ms();
  std::vector<std::string> warnings;
  auto batches = write_requests(config, spec, job.id, &warnings);
  if (!batches) {
    remove_tree(spool_->job_directory(job.id));
    return std::move(batches.error());
  }
  job.batches = std::move(*batches);
  job.provider = shared(job, &RemoteBatch::provider);
  job.base_url = shared(job, &RemoteBatch::base_url);
  if (option(spec, "continue") == "1") {
    if (const std::string same = find_same_job(job); !same.empty()) {
      remove_tree(spool_->job_directory(job.id));
      if (auto resumed = resume(same); !resumed) return std::move(resumed.error());
      const std::lock_guard lock(mutex_);
      if (done) entries_[same]->done.push_back(std::move(done));
      return Submitted{same, true};
    }
  }
  if (auto saved = store_->insert(job); !saved) {
    remove_tree(spool_->job_directory(job.id));
    return std::move(saved.error());
  }
  const std::string id = job.id;
  {
    const std::lock_guard lock(mutex_);
    submitted_ += counts_of(job).total;
  }
  for (const std::string& warning : warnings) job_event(BR_EVENT_WARNING, job, nullptr, warning);
  add_entry(std::move(job), true);
  const std::lock_guard lock(mutex_);
  if (done) entries_[id]->done.push_back(std::move(done));
  return Submitted{id, false};
}

// An unsettled job with the same requests, address and output.
std::string Router::find_same_job(const Job& job) {
  std::vector<Job> candidates;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, entry] : entries_) {
      const Job& other = entry->view.job;
      const bool same = !is_settled(other) && !other.attached && other.output == job.output &&
                        std::equal(other.batches.begin(), other.batches.end(), job.batches.begin(), job.batches.end(),
                                   [](const RemoteBatch& a, const RemoteBatch& b) {
                                     return a.provider == b.provider && a.base_url == b.base_url &&
                                            a.account == b.account && a.bytes == b.bytes;
                                   });
      if (same) candidates.push_back(other);
    }
  }
  for (const Job& other : candidates) {
    bool same = true;
    for (std::size_t i = 0; same && i < job.batches.size(); ++i) {
      const auto equal = same_bytes(spool_->requests(job.id, job.batches[i].part),
                                    spool_->requests(other.id, other.batches[i].part));
      same = equal && *equal;
    }
    if (same) return other.id;
  }
  return {};
}

// "openai" or "openai@team".
Result<Account> Router::account_named(const std::string& name) const {
  const Destination destination = read_destination(name);
  const Provider* known = find_provider(destination.provider);
  if (known == nullptr)
    return Error(Code::no_provider, "there is no provider \"" + name + "\"", "this build has: " + provider_names());
  return resolve_account(config_, *known, {}, destination.account);
}

Result<std::string> Router::attach(const std::string& provider, const std::string& batch_id) {
  if (auto usable = check_usable(); !usable) return std::move(usable.error());
  auto account = account_named(provider);
  if (!account) return std::move(account.error());
  Job job;
  job.id = "job_" + random_.id(kIdLength);
  job.provider = account->provider;
  job.base_url = account->base_url;
  job.created_ms = clock_.now_ms();
  job.attached = true;
  RemoteBatch batch;
  batch.job_id = job.id;
  batch.provider = job.provider;
  batch.base_url = job.base_url;
  batch.account = account->slot;
  batch.phase = Phase::running;
  batch.status.id = batch_id;
  batch.submitted_ms = job.created_ms;
  job.batches.push_back(std::move(batch));
  if (auto made = make_directories(spool_->job_directory(job.id)); !made) return std::move(made.error());
  if (auto saved = store_->insert(job); !saved) return std::move(saved.error());
  const std::string id = job.id;
  add_entry(std::move(job), true);
  return id;
}

Result<JobView> Router::view(const std::string& job_id) {
  const std::lock_guard lock(mutex_);
  auto entry = entry_locked(job_id);
  if (!entry) return std::move(entry.error());
  JobView view = (*entry)->view;
  for (const RemoteBatch& batch : view.job.batches) view.acked += batch.acked_rows;
  view.handed = (*entry)->delivery ? (*entry)->delivery->handed() : view.acked;
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
  }
  return views;
}

Result<std::vector<JobView>> Router::list_remote(const std::string& provider, std::int64_t limit,
                                                 std::int64_t timeout_ms) {
  if (auto usable = check_usable(); !usable) return std::move(usable.error());
  if (observer_) return Error(Code::locked, "the state directory is in use by another process", "wait until it ends");
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
  if (timeout_ms < 0) changed_.wait(lock, ready);
  else changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), ready);
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
  if (observer_) return Error(Code::locked, "the state directory is in use by another process", "wait until it ends");
  std::vector<std::string> ids = {job_id};
  {
    const std::lock_guard lock(mutex_);
    if (job_id.empty()) {
      ids.clear();
      for (const auto& [id, entry] : entries_) ids.push_back(id);
    } else if (auto entry = entry_locked(job_id); !entry) {
      return std::move(entry.error());
    }
    for (const std::string& id : ids) {
      Entry& entry = *entries_[id];
      // The answer is about the time after this call: what blocked the job before is not waited on again.
      for (RemoteBatch& batch : entry.view.job.batches) {
        batch.blocked = false;
      }
    }
  }
  engine_->post([this, ids] {
    for (const std::string& id : ids) engine_->resume(id);
  });
  return {};
}

Result<void> Router::remove(const std::string& job_id) {
  {
    const std::lock_guard lock(mutex_);
    auto entry = entry_locked(job_id);
    if (!entry) return std::move(entry.error());
    const Job& job = (*entry)->view.job;
    const bool sent = std::any_of(job.batches.begin(), job.batches.end(), [](const RemoteBatch& b) {
      return b.phase != Phase::planned && b.phase != Phase::uploaded && b.phase != Phase::refused;
    });
    if (sent && !job.done)
      return Error(Code::not_complete, "the job " + job_id + " is not done", "cancel it and collect it first");
    entries_.erase(job_id);
  }
  engine_->post([this, job_id] { engine_->remove(job_id); });
  if (auto removed = store_->remove(job_id); !removed) return removed;
  remove_tree(spool_->job_directory(job_id));
  return {};
}

Result<Wait> Router::wait_job(const std::string& job_id, std::int64_t timeout_ms,
                              const std::function<bool(const JobView&)>& holds) {
  std::unique_lock lock(mutex_);
  if (auto entry = entry_locked(job_id); !entry) return std::move(entry.error());
  const std::uint64_t seen = wakeups_used_;
  const auto ready = [&] {
    if (closed_ || fatal_ || wakeups_ != seen) return true;
    const auto found = entries_.find(job_id);
    return found == entries_.end() || holds(found->second->view);
  };
  bool in_time = true;
  if (timeout_ms < 0) changed_.wait(lock, ready);
  else in_time = changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), ready);
  if (closed_) return closed_error();
  if (fatal_) return *fatal_;
  const auto found = entries_.find(job_id);
  if (found != entries_.end() && holds(found->second->view)) return Wait::ready;
  if (wakeups_ != seen) {
    wakeups_used_ = wakeups_;
    return Wait::woken;
  }
  return in_time ? Wait::ready : Wait::timed_out;
}

namespace {

bool can_be_asked(const RemoteBatch& batch) { return batch.phase == Phase::running || batch.phase == Phase::unknown; }

// 0 where there was nothing to ask.
std::vector<std::int64_t> poll_counts(const JobView& view) {
  std::vector<std::int64_t> counts;
  for (const Track& track : view.tracks) counts.push_back(track.polls);
  return counts;
}

}  // namespace

Result<void> Router::refresh(const std::string& job_id, std::int64_t timeout_ms) {
  auto before = view(job_id);
  if (!before) return std::move(before.error());
  if (before->job.done) return {};
  if (observer_) return Error(Code::locked, "the state directory is in use by another process", "wait until it ends");
  const std::vector<std::int64_t> counts = poll_counts(*before);
  std::vector<bool> asked;
  for (const RemoteBatch& batch : before->job.batches) asked.push_back(can_be_asked(batch));
  engine_->post([this, job_id] { engine_->refresh(job_id); });
  auto waited = wait_job(job_id, timeout_ms, [&](const JobView& now) {
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (asked[i] && now.tracks[i].polls <= counts[i] && !now.job.batches[i].blocked) return false;
    }
    return true;
  });
  if (!waited) return std::move(waited.error());
  if (*waited == Wait::timed_out) return timeout_error(job_id);
  auto after = view(job_id);
  if (!after) return std::move(after.error());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (after->job.batches[i].blocked && after->job.batches[i].error) return *after->job.batches[i].error;
    if (asked[i] && after->tracks[i].poll_error) return *after->tracks[i].poll_error;
  }
  return {};
}

Result<bool> Router::cancel(const std::string& job_id, std::int64_t timeout_ms) {
  auto before = view(job_id);
  if (!before) return std::move(before.error());
  if (before->job.done) return false;
  if (observer_) return Error(Code::locked, "the state directory is in use by another process", "wait until it ends");
  engine_->post([this, job_id] { engine_->cancel(job_id); });
  auto waited = wait_job(job_id, timeout_ms, [](const JobView& now) {
    return std::all_of(now.tracks.begin(), now.tracks.end(), [](const Track& track) {
      return track.cancel != CancelAnswer::none && track.cancel != CancelAnswer::asked;
    });
  });
  if (!waited) return std::move(waited.error());
  if (*waited == Wait::timed_out) return timeout_error(job_id);
  auto after = view(job_id);
  if (!after) return std::move(after.error());
  bool taken = false;
  for (const Track& track : after->tracks) {
    if (track.cancel == CancelAnswer::failed && track.cancel_error) return *track.cancel_error;
    taken = taken || track.cancel == CancelAnswer::taken;
  }
  return taken;
}

}  // namespace br
