// What the waiting calls wait for, and what they say when it does not come.
#pragma once

#include <string>
#include <vector>

#include "core/engine/job_snapshot.h"
#include "model/error.h"

namespace br {

// Nothing of the job moves any more without somebody's help.
bool is_done_or_blocked(const JobSnapshot& now);
// The vendor accepted or refused each of its batches, or a first look did not find one that was possibly accepted. A
// batch that is held behind a canary is not waited for.
bool is_submitted_or_refused(const JobSnapshot& now);

// Behind a wait for the latter: the error where a part is in doubt, blocked or refused.
Result<void> check_submitted(const Job& job);
// The time ran out for these of `count` jobs.
Error still_running_error(std::vector<std::string> job_ids, std::size_t count);

}  // namespace br
