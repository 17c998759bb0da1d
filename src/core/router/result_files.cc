#include "core/router/result_files.h"

#include <algorithm>
#include <utility>

#include "core/requests/retry_job.h"
#include "core/results/collect.h"
#include "providers/registry.h"

namespace br {

Result<SnapshotRef> ResultFiles::find(const std::string& job_id) {
  const auto pass = p_.gate->enter();
  BR_RETURN_IF_ERROR(pass);
  return p_.jobs->find(job_id);
}

Result<Feeds> ResultFiles::finished(const std::string& job_id) {
  BR_RETURN_IF_ERROR(find(job_id));
  const auto pass = p_.gate->enter();
  BR_RETURN_IF_ERROR(pass);
  const auto [snapshot, in_force] = p_.jobs->results(job_id);
  if (snapshot == nullptr) return no_such_job(job_id);  // it was removed
  if (!snapshot->job.done)
    return Error(Code::not_complete, "the job " + job_id + " is not done",
                 "wait for it: `batchrouter resume " + job_id + "`");
  Feeds feeds = p_.jobs->make_feeds(snapshot->job);
  for (std::size_t i = 0; i < feeds.size() && i < in_force.size(); ++i) feeds[i]->keeps = in_force[i];
  return feeds;
}

Result<Feeds> ResultFiles::growing(const std::string& job_id) {
  auto snapshot = find(job_id);
  BR_RETURN_IF_ERROR(snapshot);
  if (!(*snapshot)->job.done && !p_.state->is_observer()) return p_.jobs->results(job_id).feeds;
  return finished(job_id);
}

Result<Wait> ResultFiles::wait(const std::string& job_id, std::int64_t timeout_ms,
                               const std::function<bool()>& has_more) {
  BR_RETURN_IF_ERROR(p_.gate->enter());
  std::optional<Error> blocked;
  auto waited = p_.monitor->wait(timeout_ms, [&] {
    if (has_more()) return true;
    blocked = p_.jobs->blocked_error(job_id);
    return blocked.has_value();
  });
  if (waited && blocked && !has_more()) return std::move(*blocked);
  return waited;
}

Result<std::vector<ResultPlace>> ResultFiles::input_order(const std::string& job_id) {
  const auto pass = p_.gate->enter();
  BR_RETURN_IF_ERROR(pass);
  auto snapshot = p_.jobs->find(job_id);
  BR_RETURN_IF_ERROR(snapshot);
  return find_input_order(p_.state->spool(), (*snapshot)->job, p_.random->next());
}

Result<void> ResultFiles::for_each_failed_request(const std::string& job_id,
                                                  const std::function<Result<void>(std::string_view line)>& each) {
  auto snapshot = find(job_id);
  BR_RETURN_IF_ERROR(snapshot);
  if (!(*snapshot)->job.done) return Error(Code::not_complete, "the job " + job_id + " is not done", "wait for it");
  return for_each_failed(p_.state->spool(), (*snapshot)->job, p_.random->next(), each);
}

// Those that were asked about longest ago are forgotten when all together know of too many rows.
std::shared_ptr<RawRows> ResultFiles::rows_of(const Job& job, const RemoteBatch& batch) {
  constexpr std::size_t kMostRows = 4'000'000;
  const MutexLock lock(&mutex_);
  const auto found = std::find_if(known_.begin(), known_.end(), [&](const Known& each) {
    return each.part == batch.part && each.job_id == job.id;
  });
  if (found != known_.end()) {
    std::rotate(found, found + 1, known_.end());
    return known_.back().rows;
  }
  ProviderUse use = use_provider(batch.provider);
  if (use.provider == nullptr) return nullptr;
  const Spool& spool = p_.state->spool();
  std::size_t rows = 0;
  for (std::size_t i = known_.size(); i-- > 0;) {
    rows += known_[i].rows->size();
    if (rows > kMostRows) known_.erase(known_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  std::optional<IdFile> ids;
  if (!job.attached) ids = id_file_of(spool, batch);
  known_.push_back({job.id, batch.part,
                    std::make_shared<RawRows>(RawRowsPlan{
                        .files = spool.files(),
                        .output_path = spool.output(job.id, batch.part),
                        .ids = std::move(ids),
                        .takes_positions = positions_are_ours(batch),
                        .takes_caller_ids = batch.adopted_by_person,
                        .max_line_bytes = static_cast<std::size_t>(p_.config->integer("limits.max_line_bytes")),
                        .hash_seed = p_.random->next(),
                        .use = std::move(use),
                    })});
  return known_.back().rows;
}

Result<std::optional<std::string>> ResultFiles::raw_row(const std::string& job_id, std::string_view batch_id,
                                                        std::string_view custom_id) {
  auto snapshot = find(job_id);
  BR_RETURN_IF_ERROR(snapshot);
  const Job& job = (*snapshot)->job;
  for (const RemoteBatch& batch : job.batches) {
    if (batch.status.id.empty() || (!batch_id.empty() && batch.status.id != batch_id)) continue;
    const auto rows = rows_of(job, batch);
    if (rows == nullptr)
      return Error(Code::no_provider, "the rows of " + job_id + " cannot be read: there is no provider " + batch.provider,
                   "register it first");
    auto row = rows->find(custom_id);
    BR_RETURN_IF_ERROR(row);
    if (*row) return row;
  }
  return std::optional<std::string>();
}

}  // namespace br
