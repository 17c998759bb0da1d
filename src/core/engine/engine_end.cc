// The engine at the end: of a job, of what its files and providers are needed for, and of the engine itself.
#include <algorithm>
#include <utility>

#include "batchrouter.h"
#include "core/engine/engine.h"

namespace br {

void Engine::job_maybe_done(Run* run) {
  Job& job = run->job;
  const bool all = std::all_of(job.batches.begin(), job.batches.end(),
                               [](const RemoteBatch& batch) { return batch.phase == Phase::collected; });
  if (!all || job.done || core_.store_failed()) return;
  if (run->refetch != nullptr) return refetch_collected(run);
  // Before the job says that it is done: after that nobody comes back for a link that is missing.
  for (const RemoteBatch& batch : job.batches) link_audit_files(*run, batch);
  job.done = true;
  job.completed_ms = core_.parts.clock->now_ms();
  if (auto saved = core_.parts.store->save_job(job); !saved) return core_.fail_store(saved.error());
  (void)core_.parts.spool->add_to_journal(job, nullptr);
  for (RunPart& part : run->parts) release(&part);
  tell(*run);
  core_.parts.listener->job_event(BR_EVENT_JOB_DONE, job, nullptr, state_name(state_of(job)));
  delete_remote_files(run);
}

// The job needs the provider no more. What it held is dropped on a thread of the caller's.
void Engine::release(RunPart* part) {
  if (part->hold != nullptr)
    core_.parts.listener->external_work({nullptr, {}, false, {}, 0, std::exchange(part->hold, nullptr)});
}

void Engine::delete_remote_files(Run* run) {
  const std::string& what = run->config.get("files.delete_remote");
  if (what == "never" || !is_settled(run->job)) return;
  for (std::size_t i = 0; i < run->job.batches.size(); ++i) {
    const RemoteBatch& batch = run->job.batches[i];
    auto account = core_.account_of({run->job.id, i});
    if (!account) continue;
    const auto driver = make_driver({&core_, &http_, {run->job.id, i}, run->parts[i].provider});
    std::vector<std::string> files = {batch.input_file_id};
    if (what == "all") files.insert(files.end(), {batch.status.output.id, batch.status.errors.id});
    for (const std::string& file : files) {
      if (!file.empty()) driver->delete_file(*account, file, deletion_refused(run->job.id));
    }
  }
}

// One warning for all files of a job.
Driver::Refused Engine::deletion_refused(const std::string& job_id) {
  return [this, job_id](const Error& error) {
    Run* const run = find(job_id);
    if (run == nullptr || std::exchange(run->is_deletion_refused, true)) return;
    core_.tell_event(*run, BR_EVENT_WARNING, run->job.batches.front(),
                     "files stay at the vendor, which keeps their place: " + error.message + "; delete them there");
  };
}

void Engine::list_remote(const Account& account, std::int64_t limit, std::function<void(Result<Outcome>)> done) {
  const Provider* provider = find_provider(account.provider);
  if (provider == nullptr) return done(Error(Code::no_provider, "there is no provider \"" + account.provider + "\""));
  make_driver({&core_, &http_, {}, provider})->list(account, limit, std::move(done));
}

void Engine::settle_external(const std::deque<ExternalWork>& not_begun) {
  for (const ExternalAnswers::Answer& answer : core_.answers->drain()) {
    if (answer.create) answer.apply();
  }
  for (const ExternalWork& work : not_begun) {
    if (!work.create) continue;
    Error error(Code::network, "[" + std::string(work.provider->name()) + "] the router was closed before the call");
    error.transient = true;
    core_.call_failed({work.job_id, work.part}, Op::create, std::move(error), false);
  }
  drain();
}

void Engine::save_counts() {
  if (core_.store_failed()) return;
  std::vector<RemoteBatch> batches;
  for (const auto& [id, run] : core_.runs) {
    if (run->refetch != nullptr) continue;
    for (std::size_t i = 0; i < run->parts.size(); ++i) {
      if (std::exchange(run->parts[i].track.counts_unsaved, false)) batches.push_back(run->job.batches[i]);
    }
  }
  if (!batches.empty()) (void)core_.parts.store->save_batches(batches);
}

void Engine::finish_deletions(std::int64_t most_ms) {
  stop_all();
  const std::int64_t until = core_.parts.clock->now_ms() + most_ms;
  for (std::int64_t left = most_ms; http_.aside_under_way() > 0 && left > 0;
       left = until - core_.parts.clock->now_ms())
    core_.parts.transport->wait(left);
}

std::vector<std::shared_ptr<const void>> Engine::release_holds() {
  std::vector<std::shared_ptr<const void>> holds;
  for (auto& [id, run] : core_.runs) {
    for (RunPart& part : run->parts) holds.push_back(std::move(part.hold));
  }
  return holds;
}

}  // namespace br
