#include "core/router/result_files.h"

#include <utility>

#include "core/requests/retry_job.h"

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

}  // namespace br
