// Retry: a new job of the requests of another one that did not succeed, from the same bytes on disk.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "model/error.h"
#include "model/job.h"
#include "store/spool.h"

namespace br {

struct RetryPlan {
  bool again = false;           // also what the vendor may still answer: it is paid for once more
  std::int64_t canary = 0;      // as it is configured now; 0: whether there is one follows from the parent
  std::uint64_t hash_seed = 0;  // any random number
};

// Writes the request files of `job` (its id is set) and fills in the rest of it; how many requests were left out, since
// the vendor may still give the answers that were paid for (may_change(), core/results/result_file.h). Where the canary
// of the parent has not passed the job has one of its own (canary_of_retry()). Code::not_found when nothing is left to
// send.
Result<std::int64_t> write_retry(const Spool& spool, const Job& parent, const RetryPlan& plan, Job* job);

// Calls each() with the unified line of every request of the job that did not succeed, in the order of the requests of
// each batch. Code::not_found when the job kept none (audit.files was off).
Result<void> for_each_failed(const Spool& spool, const Job& job, std::uint64_t hash_seed,
                             const std::function<Result<void>(std::string_view line)>& each);

}  // namespace br
