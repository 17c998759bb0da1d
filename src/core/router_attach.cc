// The router's taking over of batches that were made elsewhere, and the accounts that they belong to.
#include <algorithm>

#include "core/route.h"
#include "core/router.h"
#include "providers/registry.h"

namespace br {

// "openai" or "openai@team".
Result<Account> Router::account_named(const std::string& name) {
  const Destination destination = read_destination(name);
  const Provider* known = find_provider(destination.provider);
  if (known == nullptr)
    return Error(Code::no_provider, "there is no provider \"" + name + "\"", "this build has: " + provider_names());
  if (is_removed(known->name())) return removed_error(*known);
  return resolve_account(config_, *known, {}, destination.account);
}

// The job of this state directory that has that batch of that vendor; empty: none has.
Result<std::string> Router::job_with(const std::string& provider, const std::string& batch_id) {
  auto owner = store_->owner_of(batch_id);
  if (!owner || owner->empty()) return owner;
  auto job = store_->load(*owner);
  if (!job) return std::move(job.error());
  const bool has = std::any_of(job->batches.begin(), job->batches.end(), [&](const RemoteBatch& batch) {
    return batch.provider == provider && batch.status.id == batch_id;
  });
  return has ? *owner : std::string();
}

Result<Router::Submitted> Router::attach(const std::string& provider, const std::string& batch_id) {
  if (auto usable = check_usable(); !usable) return std::move(usable.error());
  if (observer_) return observer_error();
  auto account = account_named(provider);
  if (!account) return std::move(account.error());
  if (const Provider* known = find_provider(account->provider); known != nullptr && known->capability().local)
    return Error(Code::unsupported, "[" + account->provider + "] a local run belongs to the job that started it",
                 "open that job by its own id");
  auto known_as = job_with(account->provider, batch_id);
  if (!known_as) return std::move(known_as.error());
  if (!known_as->empty()) return Submitted{*known_as, true};
  Job job;
  job.id = new_job_id();
  job.provider = account->provider;
  job.base_url = account->base_url;
  job.created_ms = clock_.now_ms();
  job.attached = true;
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
  if (auto recorded = record(job); !recorded) return std::move(recorded.error());
  const std::string id = job.id;
  add_entry(std::move(job), true);
  return Submitted{id, false};
}

Error Router::removed_error(const Provider& provider) {
  return Error(Code::no_provider, "the provider \"" + std::string(provider.name()) + "\" was removed from this router",
               "add it with br_router_add_provider");
}

}  // namespace br
