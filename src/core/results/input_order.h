// Where each result of a job lies, in the order of its requests.
#pragma once

#include <cstdint>
#include <vector>

#include "model/error.h"
#include "model/job.h"
#include "store/spool.h"

namespace br {

struct ResultPlace {
  std::uint64_t number = 0;  // of the request in the job
  std::uint64_t offset = 0;  // of the line in the results file
  std::uint32_t size = 0;    // without newline
  std::int32_t part = 0;     // index into the job's batches
};

// Of a job that is done. hash_seed: any random number.
Result<std::vector<ResultPlace>> find_input_order(const Spool& spool, const Job& job, std::uint64_t hash_seed);

}  // namespace br
