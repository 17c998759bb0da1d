#include "core/router/job_waits.h"

#include <algorithm>
#include <utility>

#include "batchrouter.h"
#include "core/router/job_json.h"

namespace br {

bool is_done_or_blocked(const JobSnapshot& now) { return now.job.done || is_blocked(now.job); }

bool is_submitted_or_refused(const JobSnapshot& now) {
  if (now.job.done) return true;
  return std::all_of(now.job.batches.begin(), now.job.batches.end(), [](const RemoteBatch& batch) {
    // A create call without an answer is often found at the vendor by the first look.
    const bool looked = batch.phase == Phase::unknown && batch.absent_since_ms >= 0;
    return batch.blocked || batch.held || looked || batch.phase == Phase::refused || !batch.status.id.empty() ||
           batch.phase == Phase::collected;
  });
}

Result<void> check_submitted(const Job& job) {
  const std::int32_t submission = submission_of(job);
  if (submission == BR_POSSIBLY_SUBMITTED)
    return Error(Code::unknown_outcome, "the job " + job.id + " was possibly submitted",
                 "resume it: the vendor's list tells whether it was");
  const Error* error = error_of(job);
  const bool refused = has_blocked(job) || submission == BR_NOT_SUBMITTED;
  if (refused && error != nullptr) return Error(*error);
  return {};
}

Error still_running_error(std::vector<std::string> job_ids, std::size_t count) {
  Error error(Code::timeout, "the job " + job_ids.front() + " is still running", "wait longer or resume later");
  if (count > 1) {
    error.message = std::to_string(job_ids.size()) + " of " + std::to_string(count) + " jobs are still running:";
    for (const std::string& id : job_ids) error.message += " " + id;
  }
  error.issue_total = job_ids.size();
  error.issues = std::move(job_ids);
  return error;
}

}  // namespace br
