// The router's taking over of batches that were made elsewhere, and the accounts that they belong to.
#include <algorithm>

#include "core/route.h"
#include "core/router/router.h"
#include "providers/registry.h"

namespace br {
namespace {
constexpr std::int64_t kDecisionMs = 60'000;  // a decision waits for nobody but the disk
}  // namespace

// "openai" or "openai@team".
Result<Account> Router::account_named(const std::string& name) {
  const Destination destination = read_destination(name);
  const Provider* known = find_provider(destination.provider);
  if (known == nullptr)
    return Error(Code::no_provider, "there is no provider \"" + name + "\"", "this build has: " + provider_names());
  if (is_removed(known->name())) return removed_error(*known);
  return resolve_account(config_, *known, {}, destination.account);
}

Result<Router::Submitted> Router::attach(const std::string& provider, const std::string& batch_id,
                                         const BatchSpec& options) {
  if (auto usable = check_usable(); !usable) return std::move(usable.error());
  if (observer_) return observer_error();
  auto account = account_named(provider);
  if (!account) return std::move(account.error());
  if (const Provider* known = find_provider(account->provider); known != nullptr && known->capability().local)
    return Error(Code::unsupported, "[" + account->provider + "] a local run belongs to the job that started it",
                 "open that job by its own id");
  const std::lock_guard one_at_a_time(repeat_mutex_);  // two threads attach one batch: one job has it
  auto known_as = store_->owner_of(account->provider, account->base_url, batch_id);
  if (!known_as) return std::move(known_as.error());
  const std::string output = read_given(options).output;
  if (!known_as->empty()) {
    auto known = view(*known_as);
    if (!known) return std::move(known.error());
    // The file that its results were promised to stays theirs.
    if (output.empty() || !known->job.output.empty()) return Submitted{*known_as, true};
    if (auto kept = remember_output(*known_as, output); !kept) return std::move(kept.error());
    return Submitted{*known_as, true};
  }
  Job job;
  job.id = new_job_id();
  job.provider = account->provider;
  job.base_url = account->base_url;
  job.created_ms = world_.clock->now_ms();
  job.attached = true;
  job.output = output;
  RemoteBatch batch;
  batch.job_id = job.id;
  batch.provider = job.provider;
  batch.base_url = job.base_url;
  batch.account = account->slot;
  batch.phase = Phase::running;
  batch.status.id = batch_id;
  batch.submitted_ms = job.created_ms;
  job.batches.push_back(std::move(batch));
  if (auto made = spool_->make_job_directory(job.id); !made) return std::move(made.error());
  if (auto recorded = record(job, Repeat{}); !recorded) return std::move(recorded.error());
  const std::string id = job.id;
  add_new_entry(std::move(job), false);
  return Submitted{id, false};
}

Result<bool> Router::adopt(const std::string& job_id, std::int32_t part, const std::string& batch_id) {
  if (auto usable = check_usable(); !usable) return std::move(usable.error());
  if (observer_) return observer_error();
  auto seen = view(job_id);
  if (!seen) return std::move(seen.error());
  const auto& batches = seen->job.batches;
  const auto batch = std::find_if(batches.begin(), batches.end(), [&](const RemoteBatch& b) { return b.part == part; });
  if (batch == batches.end())
    return Error(Code::not_found, "the job " + job_id + " has no part " + std::to_string(part), "parts count from 0");
  if (batch_id.empty()) return Error(Code::invalid_argument, "the batch id is empty", "give the vendor's id");
  if (batch->status.id == batch_id) return false;
  // A wrong id can be put right for as long as nothing was taken from it.
  const bool again = batch->adopted_by_person && batch->results.total == 0 && batch->fetches == 0;
  const bool over = batch->phase == Phase::collected || batch->phase == Phase::refused;
  if (over || (!batch->status.id.empty() && !again))
    return Error(Code::invalid_argument, "nothing is in doubt about part " + std::to_string(part) + " of " + job_id,
                 "adopt is for a part of which nobody knows whether it was submitted");
  forget_blocks({job_id});
  auto answer = std::make_shared<std::optional<Result<void>>>();
  engine_->post([this, job_id, part, batch_id, answer] {
    auto adopted = engine_->adopt(job_id, part, batch_id);
    {
      const std::lock_guard lock(mutex_);
      *answer = std::move(adopted);
    }
    changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  (void)wait_serving(&lock, kDecisionMs, [&] { return answer->has_value() || closed_ || fatal_; });
  if (closed_) return closed_error();
  if (fatal_) return *fatal_;
  if (!answer->has_value()) return timeout_error(job_id);
  if (!**answer) return std::move((*answer)->error());
  return true;
}

namespace {

bool can_be_abandoned(const RemoteBatch& batch) {
  if (batch.phase == Phase::running || batch.phase == Phase::fetching) return batch.blocked;
  return batch.phase != Phase::collected && batch.phase != Phase::refused;
}

}  // namespace

Result<void> Router::abandon(const std::string& job_id) {
  if (auto usable = check_usable(); !usable) return usable;
  if (observer_) return observer_error();
  auto seen = view(job_id);
  if (!seen) return std::move(seen.error());
  const auto& batches = seen->job.batches;
  if (seen->job.done || std::none_of(batches.begin(), batches.end(), can_be_abandoned))
    return Error(Code::invalid_argument, "nothing of the job " + job_id + " is in doubt or blocked",
                 "abandon gives up what nobody can find; cancel stops what runs");
  engine_->post([this, job_id] { engine_->abandon(job_id); });
  auto done = wait_job(job_id, kDecisionMs, [](const JobView& now) {
    return now.job.done ||
           std::none_of(now.job.batches.begin(), now.job.batches.end(), can_be_abandoned);
  });
  if (!done) return std::move(done.error());
  if (*done != Wait::ready) return timeout_error(job_id);
  return {};
}

Error Router::removed_error(const Provider& provider) {
  return Error(Code::no_provider, "the provider \"" + std::string(provider.name()) + "\" was removed from this router",
               "add it with br_router_add_provider");
}

}  // namespace br
