// Answers that came late take the place of the results that said they had not come.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/error.h"
#include "model/job.h"
#include "store/spool.h"

namespace br {

// Results whose line gave way to an answer: number in the old file and bytes with the newline, by number.
using Replaced = std::vector<std::pair<std::int64_t, std::uint64_t>>;

// How many results of each batch may still change into an answer (may_change()).
Result<std::vector<std::int64_t>> count_changeable(const Spool& spool, const Job& job);

// Writes new_path, durably: the lines of old_path (there are `lines`) whose ids have no answer in answers_path, in their
// order, and the answers behind them.
Result<Replaced> merge_answers(const std::string& old_path, std::int64_t lines, const std::string& answers_path,
                               const std::string& new_path, std::uint64_t hash_seed);

// The record of the batch once `answers` (whose results and tokens are theirs) are merged: the new file is in force,
// what was acknowledged stays so but for the results that changed.
RemoteBatch with_answers(const RemoteBatch& batch, const RemoteBatch& answers, const Replaced& replaced);

}  // namespace br
