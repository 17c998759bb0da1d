#include "core/router/job_views.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/jobs/engine_answer.h"
#include "core/router/job_control.h"

namespace br {
namespace {

SnapshotRef snapshot_of(Job job) {
  JobSnapshot made;
  made.tracks.resize(job.batches.size());
  made.job = std::move(job);
  return std::make_shared<const JobSnapshot>(std::move(made));
}

// A batch at the vendor as a job that is not kept here.
Job job_of(const Account& account, RemoteStatus status) {
  Job job;
  job.provider = account.provider;
  job.base_url = account.base_url;
  job.created_ms = status.created_ms;
  job.completed_ms = status.completed_ms;
  job.attached = true;
  RemoteBatch& batch = job.batches.emplace_back();
  batch.provider = account.provider;
  batch.base_url = account.base_url;
  batch.phase = Phase::running;
  batch.submitted_ms = status.created_ms;
  batch.status = std::move(status);
  return job;
}

}  // namespace

JobView JobViews::make(SnapshotRef snapshot) {
  JobView view;
  view.snapshot = std::move(snapshot);
  for (const RemoteBatch& batch : view.job().batches) view.acked += batch.progress.acked_rows;
  view.handed = p_.outbox->handed(view.job().id).value_or(view.acked);
  const RepeatedWork::Told told = p_.repeats->told(view.job());
  view.told = told.told;
  view.refuses_repeat = told.refuses;
  view.cost = p_.prices->cost(view.job());
  return view;
}

Result<JobView> JobViews::view(const std::string& job_id) {
  const auto pass = p_.gate->enter();
  BR_RETURN_IF_ERROR(pass);
  auto snapshot = p_.jobs->find(job_id);
  BR_RETURN_IF_ERROR(snapshot);
  return make(std::move(*snapshot));
}

Result<std::vector<JobView>> JobViews::list(const std::string& provider, std::int64_t limit) {
  const auto pass = p_.gate->enter();
  BR_RETURN_IF_ERROR(pass);
  auto jobs = p_.state->store().list(provider, limit);
  BR_RETURN_IF_ERROR(jobs);
  std::vector<JobView> views;
  for (Job& job : *jobs) {
    SnapshotRef known = p_.jobs->known(job.id);
    views.push_back(make(known != nullptr ? std::move(known) : snapshot_of(std::move(job))));
  }
  return views;
}

Result<std::vector<JobView>> JobViews::list_remote(const std::string& provider, std::int64_t limit,
                                                   std::int64_t timeout_ms) {
  constexpr std::int64_t kLargestPage = 100;
  const std::int64_t page = limit <= 0 ? kLargestPage : std::min(limit, kLargestPage);
  using Answer = EngineAnswer<Result<Outcome>>;
  const auto answer = std::make_shared<Answer>(p_.monitor);
  Account account;
  {
    const auto pass = p_.gate->enter();
    BR_RETURN_IF_ERROR(pass);
    BR_RETURN_IF_ERROR(p_.monitor->check());
    if (p_.state->is_observer()) return observer_error();
    auto named = p_.accounts->named(provider);
    BR_RETURN_IF_ERROR(named);
    account = std::move(*named);
    p_.engine->post([engine = p_.engine, account, page, answer] {
      engine->list_remote(account, page, [answer](Result<Outcome> outcome) { answer->give(std::move(outcome)); });
    });
  }
  const auto waited = p_.monitor->wait_for_answer(timeout_ms, [answer] { return answer->is_given(); });
  BR_RETURN_IF_ERROR(waited);
  if (!answer->is_given()) return timeout_error("the batches at " + provider);
  auto outcome = answer->receive();
  BR_RETURN_IF_ERROR(outcome);
  std::vector<JobView> views;
  for (RemoteStatus& status : outcome->listed) {
    if (static_cast<std::int64_t>(views.size()) >= page) break;
    views.emplace_back().snapshot = snapshot_of(job_of(account, std::move(status)));
  }
  return views;
}

}  // namespace br
