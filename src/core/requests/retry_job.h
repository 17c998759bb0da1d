// Retry: a new job of the requests of another one that did not succeed, from the same bytes on disk.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "model/error.h"
#include "model/job.h"
#include "store/spool.h"

namespace br {

// Writes the request files of `job` (its id is set) and fills in the rest of it; how many requests were left out, since
// the vendor may still give the answers that were paid for (may_change(), core/results/result_file.h). again: none is.
// Code::not_found when nothing is left to send. hash_seed: any random number.
Result<std::int64_t> write_retry(const Spool& spool, const Job& parent, bool again, std::uint64_t hash_seed, Job* job);

// Calls each() with the unified line of every request of the job that did not succeed, in the order of the requests of
// each batch. Code::not_found when the job kept none (audit.files was off).
Result<void> for_each_failed(const Spool& spool, const Job& job, std::uint64_t hash_seed,
                             const std::function<Result<void>(std::string_view line)>& each);

}  // namespace br
