// Answers that came late take the place of the results that said they had not come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/error.h"
#include "core/results/result_file.h"
#include "model/job.h"
#include "store/spool.h"

namespace br {

// Results whose line gave way to an answer: number in the old file and bytes with the newline, by number.
using Replaced = std::vector<std::pair<std::int64_t, std::uint64_t>>;

// What a refetch brought for one batch: its record with the sums of the new answers alone, and whose place they take.
struct Fetched {
  RemoteBatch answers;
  Replaced replaced;
  bool whole = false;  // of every result: the old file was damaged
};
using Refetched = std::vector<Fetched>;

// What of a batch's results a refetch is for.
struct Changeable {
  std::int64_t rows = 0;       // may still change into an answer (may_change())
  std::optional<Error> damage;  // the file is not what was collected: none of it can be relied on
};
Result<Changeable> count_changeable(const Spool& spool, const RemoteBatch& batch);

// Writes new_path, durably: the lines of `old` whose ids have no answer in answers_path, in their order, and the answers
// behind them.
Result<Replaced> merge_answers(const ResultFile& old, const std::string& answers_path, const std::string& new_path,
                               std::uint64_t hash_seed);

// answers_path becomes new_path, durably, and with it all results of the batch. An error when it holds fewer answers or
// results than the damaged file did: none that was here is given up.
Result<void> replace_results(const Fetched& fetched, const Counts& before, const ResultFile& damaged,
                             const std::string& answers_path, const std::string& new_path, std::uint64_t seed);

// The record of the batch once the new file is in force: what was acknowledged stays so but for the results that changed.
RemoteBatch with_answers(const RemoteBatch& batch, const Fetched& fetched);

}  // namespace br
