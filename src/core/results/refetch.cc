#include "core/results/refetch.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "codec/result_line.h"
#include "core/results/id_ledger.h"
#include "core/results/result_file.h"

namespace br {
namespace {

Result<void> put_line(BufferedFile* file, const Line& line) {
  file->buffer().append(line.data, line.size).push_back('\n');
  return file->flush_if_full();
}

}  // namespace

Result<Changeable> count_changeable(const Spool& spool, const RemoteBatch& batch) {
  Changeable found;
  auto read = for_each_result(result_file_of(spool, batch), [&](const Line& line, std::string_view) -> Result<void> {
    found.rows += may_change({line.data, line.size}) ? 1 : 0;
    return {};
  });
  if (read) return found;
  const bool passing = read.error().code != Code::store && read.error().transient;
  if (passing) return std::move(read.error());
  return Changeable{0, std::move(read.error())};
}

namespace {

// Ids that had their answer in the damaged file, as far as it can be read, and have none in the new one.
Result<std::int64_t> count_given_up(const ResultFile& damaged, const std::string& answers_path, std::uint64_t seed) {
  std::vector<std::uint64_t> failed;
  auto read = for_each_result({damaged.files, answers_path, -1, ""}, [&](const Line& line, std::string_view id) -> Result<void> {
    if (!is_success_line({line.data, line.size})) failed.push_back(hash_id(id, seed));
    return {};
  });
  BR_RETURN_IF_ERROR(read);
  std::sort(failed.begin(), failed.end());
  std::int64_t given_up = 0;
  // What follows the first line that cannot be read is not known.
  (void)for_each_result({damaged.files, damaged.path, -1, ""}, [&](const Line& line, std::string_view id) -> Result<void> {
    const bool had = is_success_line({line.data, line.size});
    given_up += had && std::binary_search(failed.begin(), failed.end(), hash_id(id, seed)) ? 1 : 0;
    return {};
  });
  return given_up;
}

}  // namespace

Result<void> replace_results(const Fetched& fetched, const Counts& before, const ResultFile& damaged,
                             const std::string& answers_path, const std::string& new_path, std::uint64_t seed) {
  auto given_up = count_given_up(damaged, answers_path, seed);
  BR_RETURN_IF_ERROR(given_up);
  if (*given_up > 0)
    return Error(Code::store,
                 damaged.path + " is damaged, and the vendor no longer gives " + std::to_string(*given_up) +
                     " of the answers that stand in it",
                 "put the file back from a copy, or take what can be read of it");
  const Counts& now = fetched.answers.results;
  if (now.succeeded < before.succeeded || now.total < before.total)
    return Error(Code::store,
                 "the results of " + fetched.answers.job_id + " are damaged, and the vendor gives only " +
                     std::to_string(now.succeeded) + " answers and " + std::to_string(now.total) + " results of " +
                     std::to_string(before.succeeded) + " and " + std::to_string(before.total) + " that were here",
                 "put " + damaged.path + " back from a copy");
  if (auto renamed = damaged.files->rename(answers_path, new_path); !renamed) return renamed;
  return damaged.files->sync_directory(parent_path(new_path));
}

Result<Replaced> merge_answers(const ResultFile& old, const std::string& answers_path,
                               const std::string& new_path, std::uint64_t hash_seed) {
  std::vector<std::uint64_t> answered;
  auto read = for_each_result({old.files, answers_path, -1, ""}, [&](const Line&, std::string_view id) -> Result<void> {
    answered.push_back(hash_id(id, hash_seed));
    return {};
  });
  BR_RETURN_IF_ERROR(read);
  std::sort(answered.begin(), answered.end());
  auto created = old.files->create(new_path);
  BR_RETURN_IF_ERROR(created);
  BufferedFile file(std::move(*created));
  Replaced replaced;
  std::int64_t number = 0;
  read = for_each_result(old, [&](const Line& line, std::string_view id) -> Result<void> {
    const std::int64_t row = number++;
    const bool changes = may_change({line.data, line.size}) &&
                         std::binary_search(answered.begin(), answered.end(), hash_id(id, hash_seed));
    if (!changes) return put_line(&file, line);
    replaced.emplace_back(row, line.size + 1);
    return {};
  });
  BR_RETURN_IF_ERROR(read);
  read = for_each_result({old.files, answers_path, -1, ""},
                         [&](const Line& line, std::string_view) -> Result<void> { return put_line(&file, line); });
  BR_RETURN_IF_ERROR(read);
  BR_RETURN_IF_ERROR(file.sync());
  BR_RETURN_IF_ERROR(old.files->sync_directory(parent_path(new_path)));
  return replaced;
}

RemoteBatch with_answers(const RemoteBatch& batch, const Fetched& fetched) {
  const RemoteBatch& answers = fetched.answers;
  const Replaced& replaced = fetched.replaced;
  RemoteBatch now = batch;
  now.refetches += 1;
  now.results_sum = answers.results_sum;  // of the merged file
  if (fetched.whole) {
    now.results = {};
    now.tokens = {};
    for (ModelTokens& each : now.model_tokens) each.tokens = {};
    now.progress.acked_rows = now.progress.acked_bytes = 0;
  }
  const auto gone = static_cast<std::int64_t>(replaced.size());
  now.results.total += answers.results.total - gone;
  now.results.succeeded += answers.results.succeeded;
  now.results.errored += answers.results.errored - gone;
  now.results.cancelled += answers.results.cancelled;
  now.results.expired += answers.results.expired;
  now.tokens.add(answers.tokens);
  for (const auto& [model, tokens] : answers.model_tokens) add_tokens(model, tokens, &now.model_tokens);
  for (const auto& [row, size] : replaced) {
    if (row >= batch.progress.acked_rows) break;
    now.progress.acked_rows -= 1;
    now.progress.acked_bytes -= static_cast<std::int64_t>(size);
  }
  // Whatever was handed out may be handed out again, and is said to be.
  if (batch.progress.handed_rows > 0 || batch.progress.acked_rows > now.progress.acked_rows) now.progress.handed_rows = std::numeric_limits<std::int64_t>::max();
  now.error.reset();
  return now;
}

}  // namespace br
