// The router's waiting: for jobs, for answers about them, for cancels; each for many at once.
#include <algorithm>

#include "core/router/router.h"

namespace br {
namespace {

// The vendor can be asked about it: it is there, or has to be looked for.
bool can_be_asked(const RemoteBatch& batch, const Track& track) {
  return batch.phase == Phase::running || batch.phase == Phase::unknown ||
         (batch.phase == Phase::creating && !track.create_under_way);
}

// For each batch of each job the number of answered polls at which its answer is here; empty: not asked yet.
using Asking = std::vector<std::vector<std::int64_t>>;

bool has_answered(const Asking& asking, std::size_t job, std::size_t part, const JobView& now) {
  const RemoteBatch& batch = now.job.batches[part];
  if (asking.empty()) return false;
  if (batch.blocked || batch.phase == Phase::fetching || batch.phase == Phase::collected) return true;
  return part >= asking[job].size() || now.tracks[part].polls >= asking[job][part];
}

bool cancel_answered(const JobView& view) {
  return view.job.done || std::all_of(view.tracks.begin(), view.tracks.end(), [](const Track& track) {
           return track.cancel != CancelAnswer::none && track.cancel != CancelAnswer::asked;
         });
}

// What is not proven to be ours is not cancelled.
Error remembered_error(const std::string& job_id) {
  return Error(Code::unknown_outcome,
               "the job " + job_id + " was possibly submitted, and which batch it is at the vendor is not proven yet: the "
               "cancel is kept, and carried out as soon as it is",
               "go on with `batchrouter resume " + job_id + "`");
}

}  // namespace

Result<Wait> Router::wait_jobs(const std::vector<std::string>& job_ids, std::int64_t timeout_ms, const JobTest& holds) {
  std::unique_lock lock(mutex_);
  for (const std::string& id : job_ids) {
    if (auto entry = entry_locked(id); !entry) return std::move(entry.error());
  }
  const std::uint64_t seen = wakeups_used_;
  std::size_t open = 0;  // the job that was waited for last: while it does not hold, the others need no look
  const auto all_hold = [&] {
    for (std::size_t n = 0; n < job_ids.size(); ++n, open = (open + 1) % job_ids.size()) {
      const auto found = entries_.find(job_ids[open]);
      if (found != entries_.end() && !holds(open, found->second->view)) return false;
    }
    return true;
  };
  const auto ready = [&] { return closed_ || fatal_ || wakeups_ != seen || all_hold(); };
  const bool in_time = wait_serving(&lock, timeout_ms, ready);
  if (closed_) return closed_error();
  if (fatal_) return *fatal_;
  if (all_hold()) return Wait::ready;
  if (!in_time) return Wait::timed_out;
  wakeups_used_ = wakeups_;
  return Wait::woken;
}

Result<Wait> Router::wait_job(const std::string& job_id, std::int64_t timeout_ms,
                              const std::function<bool(const JobView&)>& holds) {
  return wait_jobs({job_id}, timeout_ms, [&holds](std::size_t, const JobView& view) { return holds(view); });
}

// The answer is about the time after a call: what blocked a job before is not waited on again.
void Router::forget_blocks(const std::vector<std::string>& job_ids) {
  const std::lock_guard lock(mutex_);
  for (const std::string& id : job_ids) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) continue;
    for (RemoteBatch& batch : found->second->view.job.batches) batch.blocked = false;
  }
}

Result<Wait> Router::refresh_many(const std::vector<std::string>& job_ids, std::int64_t timeout_ms,
                                  std::vector<std::optional<Error>>* errors) {
  if (observer_) return observer_error();
  errors->assign(job_ids.size(), std::nullopt);
  std::vector<JobView> before;
  for (const std::string& id : job_ids) {
    auto seen = view(id);
    if (!seen) return std::move(seen.error());
    before.push_back(std::move(*seen));
  }
  const auto asked = [&before](std::size_t job, std::size_t part) {
    return can_be_asked(before[job].job.batches[part], before[job].tracks[part]);
  };
  forget_blocks(job_ids);
  const auto asking = std::make_shared<Asking>();
  engine_->post([this, job_ids, asking] {
    Asking heard;
    for (const std::string& id : job_ids) heard.push_back(engine_->refresh(id));
    {
      const std::lock_guard lock(mutex_);
      *asking = std::move(heard);
    }
    changed_.notify_all();
  });
  auto waited = wait_jobs(job_ids, timeout_ms, [&](std::size_t job, const JobView& now) {
    for (std::size_t i = 0; i < now.tracks.size(); ++i) {
      if (asked(job, i) && !has_answered(*asking, job, i, now)) return false;
    }
    return true;
  });
  if (!waited || *waited == Wait::woken) return waited;
  const Asking heard = [&] {
    const std::lock_guard lock(mutex_);
    return *asking;
  }();
  for (std::size_t job = 0; job < job_ids.size(); ++job) {
    auto after = view(job_ids[job]);
    if (!after) return std::move(after.error());
    for (std::size_t i = 0; i < after->tracks.size(); ++i) {
      std::optional<Error>& error = (*errors)[job];
      const RemoteBatch& batch = after->job.batches[i];
      if (!asked(job, i) || error) continue;
      if (batch.blocked && batch.error)
        error = batch.error;
      else if (after->tracks[i].poll_error)
        error = after->tracks[i].poll_error;
      else if (!has_answered(heard, job, i, *after))
        error = timeout_error(job_ids[job]);
    }
  }
  return Wait::ready;
}

Result<Wait> Router::refresh(const std::string& job_id, std::int64_t timeout_ms) {
  auto before = view(job_id);
  if (!before) return std::move(before.error());
  if (before->job.done) return Wait::ready;
  std::vector<std::optional<Error>> errors;
  auto done = refresh_many({job_id}, timeout_ms, &errors);
  if (done && errors.front()) return *errors.front();
  return done;
}

Result<Wait> Router::cancel_many(const std::vector<std::string>& job_ids, std::int64_t timeout_ms,
                                 std::vector<bool>* taken, std::vector<std::optional<Error>>* errors) {
  if (observer_) return observer_error();
  taken->assign(job_ids.size(), false);
  errors->assign(job_ids.size(), std::nullopt);
  std::vector<bool> was_done;
  for (const std::string& id : job_ids) {
    auto before = view(id);
    if (!before) return std::move(before.error());
    was_done.push_back(before->job.done);
  }
  engine_->post([this, job_ids] {
    for (const std::string& id : job_ids) engine_->cancel(id);
  });
  auto waited = wait_jobs(job_ids, timeout_ms, [](std::size_t, const JobView& now) { return cancel_answered(now); });
  if (!waited || *waited == Wait::woken) return waited;
  for (std::size_t job = 0; job < job_ids.size(); ++job) {
    auto after = view(job_ids[job]);
    if (!after) return std::move(after.error());
    if (was_done[job]) continue;
    if (!cancel_answered(*after)) (*errors)[job] = timeout_error(job_ids[job]);
    for (const Track& track : after->tracks) {
      if (track.cancel == CancelAnswer::failed && track.cancel_error) (*errors)[job] = track.cancel_error;
      if (track.cancel == CancelAnswer::remembered) (*errors)[job] = remembered_error(job_ids[job]);
      if (track.cancel == CancelAnswer::taken) (*taken)[job] = true;
    }
  }
  return Wait::ready;
}

Result<Wait> Router::cancel(const std::string& job_id, std::int64_t timeout_ms, bool* taken) {
  *taken = false;
  auto before = view(job_id);
  if (!before) return std::move(before.error());
  if (before->job.done) return Wait::ready;
  std::vector<bool> each;
  std::vector<std::optional<Error>> errors;
  auto done = cancel_many({job_id}, timeout_ms, &each, &errors);
  if (done && errors.front()) return *errors.front();
  if (done) *taken = each.front();
  return done;
}

}  // namespace br
