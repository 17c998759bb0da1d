#include "core/results/rebuild_results.h"

#include <algorithm>
#include <memory>

#include "core/results/collect.h"
#include "core/results/rest_reason.h"
#include "core/results/result_file.h"

namespace br {
namespace {

// Why rows are missing is told by the phase that the batch had when its last row was given up.
RestReason rest_of(RemoteBatch batch) {
  batch.phase = batch.status.id.empty() ? Phase::refused : Phase::fetching;
  return rest_reason(batch);
}

Result<void> collect_again(CollectorPlan plan, const RestReason& rest) {
  const auto output_size = plan.feed->files->file_size(plan.output_path);
  auto collector = Collector::open(std::move(plan));
  BR_RETURN_IF_ERROR(collector);
  if (output_size > 0) {
    const OutputRead all{static_cast<std::uint64_t>(output_size), true, true, {}};
    BR_RETURN_IF_ERROR((*collector)->consume(all));
  }
  BR_RETURN_IF_ERROR((*collector)->finish(rest.view()));
  return {};
}

}  // namespace

Result<bool> rebuild_results(const Spool& spool, const Job& job, const RemoteBatch& batch, const Provider& provider,
                             std::size_t max_line_bytes, std::uint64_t seed) {
  if (batch.results_sum.empty()) return false;
  const std::string path = spool.results(batch), rebuilt = path + ".rebuilt-" + std::to_string(seed);
  FileSystem* const files = spool.files();
  CollectorPlan plan;
  if (!job.attached) plan.ids = id_file_of(spool, batch);
  plan.takes_positions = positions_are_ours(batch);
  plan.takes_caller_ids = batch.adopted_by_person;
  plan.output_path = spool.output(batch.job_id, batch.part);
  plan.max_line_bytes = max_line_bytes;
  plan.hash_seed = seed;
  plan.context = ResultContext(batch.provider, batch.job_id, batch.status.id);
  plan.provider = &provider;
  plan.feed = std::make_shared<ResultFeed>(files, rebuilt);
  auto collected = collect_again(std::move(plan), rest_of(batch));
  files->remove_file(LineSums::path_of(rebuilt));
  const bool same = collected && check_results(files, rebuilt, batch.results_sum).ok();
  if (!same) {
    files->remove_file(rebuilt);
    return false;
  }
  if (auto file = files->open_update(rebuilt); !file) return std::move(file.error());
  else
    BR_RETURN_IF_ERROR(file->sync());
  BR_RETURN_IF_ERROR(files->rename(rebuilt, path));
  BR_RETURN_IF_ERROR(files->sync_directory(parent_path(path)));
  return true;
}

}  // namespace br
