#include "core/router/job_control.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/jobs/engine_answer.h"
#include "sys/file_size_signal.h"

namespace br {
namespace {

constexpr std::int64_t kDecisionMs = 60'000;  // a decision waits for nobody but the disk

// The vendor can be asked about it: it is there, or has to be looked for.
bool can_be_asked(const RemoteBatch& batch, const Track& track) {
  return batch.phase == Phase::running || batch.phase == Phase::unknown ||
         (batch.phase == Phase::creating && !track.create_under_way);
}

// For each batch of each job the number of answered polls at which its answer is younger than the question.
using Asking = std::vector<std::vector<std::int64_t>>;

bool has_answered(const std::vector<std::int64_t>& asking, std::size_t part, const JobSnapshot& now) {
  const RemoteBatch& batch = now.job.batches[part];
  if (batch.blocked || batch.phase == Phase::fetching || batch.phase == Phase::collected) return true;
  return part >= asking.size() || now.tracks[part].polls >= asking[part];
}

// What went wrong with the answers about one job; asked: the job when the question was put.
std::optional<Error> error_of_refresh(const JobSnapshot& asked, const std::vector<std::int64_t>& asking,
                                      const JobSnapshot& after) {
  for (std::size_t i = 0; i < after.tracks.size(); ++i) {
    const RemoteBatch& batch = after.job.batches[i];
    if (!can_be_asked(asked.job.batches[i], asked.tracks[i])) continue;
    if (batch.blocked && batch.error) return batch.error;
    if (after.tracks[i].poll_error) return after.tracks[i].poll_error;
    if (!has_answered(asking, i, after)) return timeout_error(after.job.id);
  }
  return std::nullopt;
}

bool all_done(const std::vector<SnapshotRef>& jobs) {
  return std::all_of(jobs.begin(), jobs.end(), [](const SnapshotRef& each) { return each->job.done; });
}

bool cancel_answered(const JobSnapshot& now) {
  return now.job.done || std::all_of(now.tracks.begin(), now.tracks.end(), [](const Track& track) {
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

bool can_be_abandoned(const RemoteBatch& batch) {
  if (batch.phase == Phase::running || batch.phase == Phase::fetching) return batch.blocked;
  return batch.phase != Phase::collected && batch.phase != Phase::refused;
}

bool has_abandonable(const Job& job) {
  return !job.done && std::any_of(job.batches.begin(), job.batches.end(), can_be_abandoned);
}

// Of a batch that was made elsewhere nothing is lost here: it can be attached again.
Result<void> may_be_removed(const Job& job) {
  const bool sent = std::any_of(job.batches.begin(), job.batches.end(), [](const RemoteBatch& b) {
    return b.phase != Phase::planned && b.phase != Phase::uploaded && b.phase != Phase::refused;
  });
  if (sent && !job.done && !job.attached)
    return Error(Code::not_complete, "the job " + job.id + " is not done", "cancel it and collect it first");
  return {};
}

// Whether somebody may say of the part which batch it is. A wrong id can be put right for as long as nothing was taken
// from it.
Result<void> may_be_adopted(const RemoteBatch& batch) {
  const bool again = batch.adopted_by_person && batch.results.total == 0 && batch.fetches == 0;
  const bool over = batch.phase == Phase::collected || batch.phase == Phase::refused;
  if (!over && (batch.status.id.empty() || again)) return {};
  return Error(Code::invalid_argument,
               "nothing is in doubt about part " + std::to_string(batch.part) + " of " + batch.job_id,
               "adopt is for a part of which nobody knows whether it was submitted");
}

}  // namespace

Error timeout_error(const std::string& what) {
  Error error(Code::timeout, "the vendor did not answer about " + what + " in time", "try again later");
  error.transient = true;
  return error;
}

Result<Gate::Pass> JobControl::enter() {
  auto pass = p_.gate->enter();
  if (!pass) return pass;
  BR_RETURN_IF_ERROR(check());
  return pass;
}

Result<void> JobControl::check() const {
  if (p_.state->is_observer()) return observer_error();
  return p_.monitor->check();
}

Result<std::vector<SnapshotRef>> JobControl::find_all(const std::vector<std::string>& job_ids) {
  std::vector<SnapshotRef> found;
  for (const std::string& id : job_ids) {
    auto snapshot = p_.jobs->find(id);
    BR_RETURN_IF_ERROR(snapshot);
    found.push_back(std::move(*snapshot));
  }
  return found;
}

Result<Wait> JobControl::wait(const std::vector<std::string>& job_ids, std::int64_t timeout_ms, const JobTest& holds) {
  {
    const auto pass = p_.gate->enter();
    BR_RETURN_IF_ERROR(pass);
    BR_RETURN_IF_ERROR(find_all(job_ids));
  }
  std::size_t open = 0;  // the job that was waited for last: while it does not hold, the others need no look
  return p_.monitor->wait(timeout_ms, [&] {
    for (std::size_t n = 0; n < job_ids.size(); ++n, open = (open + 1) % job_ids.size()) {
      const SnapshotRef now = p_.jobs->known(job_ids[open]);
      if (now != nullptr && !holds(*now)) return false;
    }
    return true;
  });
}

Result<Wait> JobControl::refresh(const std::vector<std::string>& job_ids, std::int64_t timeout_ms,
                                 std::vector<std::optional<Error>>* errors) {
  errors->assign(job_ids.size(), std::nullopt);
  std::vector<SnapshotRef> before;
  Asking asking(job_ids.size());
  {
    const auto pass = p_.gate->enter();
    BR_RETURN_IF_ERROR(pass);
    auto found = find_all(job_ids);
    BR_RETURN_IF_ERROR(found);
    before = std::move(*found);
    if (all_done(before)) return Wait::ready;
    BR_RETURN_IF_ERROR(check());
    const auto heard = std::make_shared<Asking>();
    const auto put = run_on_engine(p_.engine, p_.monitor, [engine = p_.engine, job_ids, heard] {
      for (const std::string& id : job_ids) heard->push_back(engine->refresh(id));
    });
    BR_RETURN_IF_ERROR(put);
    asking = std::move(*heard);
  }
  const auto waited = p_.monitor->wait(timeout_ms, [&] {
    for (std::size_t n = 0; n < job_ids.size(); ++n) {
      const SnapshotRef now = p_.jobs->known(job_ids[n]);
      for (std::size_t i = 0; now != nullptr && i < now->tracks.size(); ++i) {
        if (can_be_asked(before[n]->job.batches[i], before[n]->tracks[i]) && !has_answered(asking[n], i, *now))
          return false;
      }
    }
    return true;
  });
  BR_RETURN_IF_ERROR(waited);
  if (*waited == Wait::woken) return Wait::woken;
  for (std::size_t n = 0; n < job_ids.size(); ++n) {
    if (const SnapshotRef after = p_.jobs->known(job_ids[n]))
      (*errors)[n] = error_of_refresh(*before[n], asking[n], *after);
  }
  return Wait::ready;
}

Result<Wait> JobControl::cancel(const std::vector<std::string>& job_ids, std::int64_t timeout_ms,
                                std::vector<bool>* taken, std::vector<std::optional<Error>>* errors) {
  taken->assign(job_ids.size(), false);
  errors->assign(job_ids.size(), std::nullopt);
  std::vector<SnapshotRef> before;
  {
    const auto pass = p_.gate->enter();
    BR_RETURN_IF_ERROR(pass);
    auto found = find_all(job_ids);
    BR_RETURN_IF_ERROR(found);
    before = std::move(*found);
    if (all_done(before)) return Wait::ready;
    BR_RETURN_IF_ERROR(check());
    p_.engine->post([engine = p_.engine, job_ids] {
      for (const std::string& id : job_ids) engine->cancel(id);
    });
  }
  const auto waited = wait(job_ids, timeout_ms, cancel_answered);
  BR_RETURN_IF_ERROR(waited);
  if (*waited == Wait::woken) return Wait::woken;
  for (std::size_t n = 0; n < job_ids.size(); ++n) {
    const SnapshotRef after = p_.jobs->known(job_ids[n]);
    if (after == nullptr || before[n]->job.done) continue;
    if (!cancel_answered(*after)) (*errors)[n] = timeout_error(job_ids[n]);
    for (const Track& track : after->tracks) {
      if (track.cancel == CancelAnswer::failed && track.cancel_error) (*errors)[n] = track.cancel_error;
      if (track.cancel == CancelAnswer::remembered) (*errors)[n] = remembered_error(job_ids[n]);
      if (track.cancel == CancelAnswer::taken) (*taken)[n] = true;
    }
  }
  return Wait::ready;
}

Result<void> JobControl::resume(const std::string& job_id) {
  const auto pass = enter();
  BR_RETURN_IF_ERROR(pass);
  std::vector<std::string> ids;
  if (!job_id.empty()) {
    BR_RETURN_IF_ERROR(p_.jobs->find(job_id));
    ids.push_back(job_id);
  } else {
    if (auto loaded = p_.jobs->wait_until_loaded(); !loaded) return loaded;
    for (const SnapshotRef& job : p_.jobs->all()) ids.push_back(job->job.id);
  }
  // Waited for, so that what blocked a job before is not seen by whoever waits for it next.
  return run_on_engine(p_.engine, p_.monitor, [engine = p_.engine, ids] {
    for (const std::string& id : ids) engine->resume(id);
  });
}

Result<void> JobControl::remove(const std::string& job_id) {
  const auto pass = p_.gate->enter();
  BR_RETURN_IF_ERROR(pass);
  if (p_.state->is_observer()) return observer_error();
  const NoFileSizeSignal quiet;
  if (auto begun = p_.jobs->begin_removal(job_id, may_be_removed); !begun) return begun;
  p_.outbox->remove(job_id);
  // The engine first, which saves no more of it then. The journal before the record: it would bring the job back.
  (void)run_on_engine(p_.engine, p_.monitor, [engine = p_.engine, job_id] { engine->remove(job_id); });
  const Spool& spool = p_.state->spool();
  p_.state->files().remove_file(spool.journal(job_id));
  auto removed = p_.state->store().remove(job_id);
  if (removed) p_.state->files().remove_tree(spool.job_directory(job_id));
  p_.jobs->end_removal(job_id);
  return removed;
}

Result<bool> JobControl::adopt(const std::string& job_id, std::int32_t part, const std::string& batch_id) {
  using Answer = EngineAnswer<Result<void>>;
  const auto answer = std::make_shared<Answer>(p_.monitor);
  {
    const auto pass = enter();
    BR_RETURN_IF_ERROR(pass);
    auto snapshot = p_.jobs->find(job_id);
    BR_RETURN_IF_ERROR(snapshot);
    const auto& batches = (*snapshot)->job.batches;
    const auto batch = std::find_if(batches.begin(), batches.end(), [&](const RemoteBatch& b) { return b.part == part; });
    if (batch == batches.end())
      return Error(Code::not_found, "the job " + job_id + " has no part " + std::to_string(part), "parts count from 0");
    if (batch_id.empty()) return Error(Code::invalid_argument, "the batch id is empty", "give the vendor's id");
    if (batch->status.id == batch_id) return false;
    BR_RETURN_IF_ERROR(may_be_adopted(*batch));
    p_.engine->post([engine = p_.engine, job_id, part, batch_id, answer] {
      answer->give(engine->adopt(job_id, part, batch_id));
    });
  }
  const auto waited = p_.monitor->wait_for_answer(kDecisionMs, [answer] { return answer->is_given(); });
  BR_RETURN_IF_ERROR(waited);
  if (*waited != Wait::ready) return timeout_error(job_id);
  BR_RETURN_IF_ERROR(answer->receive());
  return true;
}

Result<void> JobControl::abandon(const std::string& job_id) {
  {
    const auto pass = enter();
    BR_RETURN_IF_ERROR(pass);
    auto snapshot = p_.jobs->find(job_id);
    BR_RETURN_IF_ERROR(snapshot);
    if (!has_abandonable((*snapshot)->job))
      return Error(Code::invalid_argument, "nothing of the job " + job_id + " is in doubt or blocked",
                   "abandon gives up what nobody can find; cancel stops what runs");
    p_.engine->post([engine = p_.engine, job_id] { engine->abandon(job_id); });
  }
  const auto done = p_.monitor->wait_for_answer(kDecisionMs, [&] {
    const SnapshotRef now = p_.jobs->known(job_id);
    return now == nullptr || !has_abandonable(now->job);
  });
  BR_RETURN_IF_ERROR(done);
  if (*done != Wait::ready) return timeout_error(job_id);
  return {};
}

Result<void> JobControl::remember_output(const std::string& job_id, const std::string& output) {
  const auto pass = enter();
  BR_RETURN_IF_ERROR(pass);
  auto snapshot = p_.jobs->find(job_id);
  BR_RETURN_IF_ERROR(snapshot);
  if ((*snapshot)->job.output == output) return {};
  return run_on_engine(p_.engine, p_.monitor,
                       [engine = p_.engine, job_id, output] { engine->set_output(job_id, output); });
}

}  // namespace br
