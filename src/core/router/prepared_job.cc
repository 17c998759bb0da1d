#include "core/router/prepared_job.h"

#include <algorithm>
#include <utility>

#include "core/engine/local_run.h"
#include "core/protocol/canary.h"
#include "core/requests/batch_options.h"
#include "core/requests/estimate.h"
#include "core/requests/input_digest.h"
#include "core/requests/pack.h"
#include "core/requests/retry_job.h"
#include "core/route.h"
#include "providers/registry.h"

namespace br {
namespace {

// What all batches of a job share; empty where they differ.
std::string shared(const Job& job, std::string RemoteBatch::*field) {
  const std::string& first = job.batches.front().*field;
  const bool same = std::all_of(job.batches.begin(), job.batches.end(),
                                [&](const RemoteBatch& batch) { return batch.*field == first; });
  return same ? first : "";
}

// A missing key is said before a large input is read.
Result<void> check_key(const Config& config, const BatchSpec& spec) {
  const Destination fallback = read_destination(spec.provider);
  const Provider* known = find_provider(fallback.provider);
  if (known == nullptr || !config.get("routes").empty()) return {};
  auto account = resolve_account(config, *known, {}, fallback.account);
  BR_RETURN_IF_ERROR(account);
  return {};
}

}  // namespace

Job JobPreparer::new_job() {
  constexpr std::size_t kIdLength = 20;
  Job job;
  job.id = "job_" + p_.world->random->id(kIdLength);
  job.created_ms = p_.world->clock->now_ms();
  return job;
}

// The router's, with the options of the batch, which the job remembers.
Result<Config> JobPreparer::config_of(const BatchSpec& spec, Job* job) const {
  auto config = config_for_batch(*p_.config, spec);
  BR_RETURN_IF_ERROR(config);
  for (const auto& [key, value] : spec.options) {
    if (find_property(key)->scope != PropertyInfo::Scope::batch) job->settings.emplace_back(key, value);
  }
  // A retry needs it, wherever it was said.
  std::erase_if(job->settings, [](const auto& setting) { return setting.first == "canary"; });
  if (const std::int64_t canary = config->integer("canary"); canary > 0)
    job->settings.emplace_back("canary", std::to_string(canary));
  return config;
}

Result<PreparedJob> JobPreparer::prepare(const BatchSpec& spec, IdTable* ids) {
  PreparedJob prepared;
  Job& job = prepared.job;
  job = new_job();
  auto config = config_of(spec, &job);
  BR_RETURN_IF_ERROR(config);
  job.name = spec.name;
  job.captured = spec.captured;
  prepared.policy = read_repeat_policy(spec);
  job.output = prepared.policy.output;
  if (auto written = write_requests(*config, spec, ids, &prepared); !written) {
    discard(prepared);
    return std::move(written.error());
  }
  job.provider = shared(job, &RemoteBatch::provider);
  job.base_url = shared(job, &RemoteBatch::base_url);
  return prepared;
}

Result<void> JobPreparer::write_requests(const Config& config, const BatchSpec& spec, IdTable* ids,
                                         PreparedJob* prepared) {
  Job& job = prepared->job;
  if (auto known = check_key(config, spec); !known) return known;
  const Spool& spool = p_.state->spool();
  if (auto made = spool.make_job_directory(job.id); !made) return made;
  const std::string tag = id_tag_of(job.id);
  Packer packer({job.id, &spool, config.get("split") == "auto", config.boolean("audit.files"),
                 config.integer("default_max_tokens"), tag, config.integer("canary")});
  auto report = read_requests(*p_.world, config, spec, &packer, ids, tag);
  BR_RETURN_IF_ERROR(report);
  auto batches = packer.finish();
  if (!batches) {
    // What cannot be written is the state, and no wrong input.
    if (batches.error().code == Code::io) batches.error().code = Code::store;
    return std::move(batches.error());
  }
  for (const Provider* provider : report->providers) {
    if (auto allowed = p_.accounts->check_provider(*provider); !allowed) return allowed;
  }
  BR_RETURN_IF_ERROR(check_budget(*p_.world, config, *batches));
  job.batches = std::move(*batches);
  hold_for_canaries(&job);
  if (auto addressed = address(config, spec, &job); !addressed) return addressed;
  prepared->warnings = std::move(report->warnings);
  prepared->input = input_of(job.batches, packer.digests());
  return p_.world->files->sync_directory(p_.state->directory().spool());
}

// Where each batch goes, and whose it will be.
Result<void> JobPreparer::address(const Config& config, const BatchSpec& spec, Job* job) {
  for (RemoteBatch& batch : job->batches) {
    batch.tokens = TokenSums{};  // from here on: what the answers used
    for (ModelTokens& each : batch.model_tokens) each.tokens = {};
    const Provider* provider = find_provider(batch.provider);
    if (provider == nullptr)
      return Error(Code::no_provider, "the provider \"" + batch.provider + "\" was unregistered");
    auto account = resolve_account(config, *provider, {}, batch.account);
    BR_RETURN_IF_ERROR(account);
    if (provider->local_program() != nullptr) {
      if (auto there = check_local_program(*provider->local_program(), *account, batch); !there) return there;
    }
    batch.base_url = account->base_url;
    batch.marker = "br-" + job->id.substr(4) + "-" + std::to_string(batch.part);
    batch.metadata = spec.metadata;
    batch.planned_ms = p_.world->clock->now_ms();
    p_.accounts->name_account(config, &batch);
  }
  return {};
}

Result<PreparedJob> JobPreparer::prepare_retry(const Job& parent, const RepeatPolicy& policy) {
  PreparedJob prepared;
  prepared.job = new_job();
  prepared.job.parent = parent.id;
  prepared.job.output = policy.output;
  prepared.address = JobTable::Address::remembered;
  prepared.policy = policy;
  prepared.input = input_of_retry(parent.id);
  if (auto copied = copy_requests(parent, &prepared); !copied) {
    discard(prepared);
    return std::move(copied.error());
  }
  return prepared;
}

Result<void> JobPreparer::copy_requests(const Job& parent, PreparedJob* prepared) {
  Job& job = prepared->job;
  const RetryPlan plan{prepared->policy.again, p_.config->integer("canary"), p_.world->random->next()};
  auto left_out = write_retry(p_.state->spool(), parent, plan, &job);
  BR_RETURN_IF_ERROR(left_out);
  for (RemoteBatch& batch : job.batches) {
    batch.planned_ms = job.created_ms;
    // The key in force is not the job's for being in force: its address comes from the state directory.
    if (p_.accounts->has_known_key(batch)) p_.accounts->name_account(*p_.config, &batch);
  }
  auto requests = input_of_files(p_.state->spool(), job);
  BR_RETURN_IF_ERROR(requests);
  prepared->requests = std::move(*requests);
  if (*left_out > 0)
    prepared->warnings.push_back(std::to_string(*left_out) +
                                 " requests are left out: the vendor may still give their answers, which are paid for; "
                                 "fetch them again with `batchrouter results " +
                                 parent.id + " --refetch`");
  return {};
}

Result<PreparedJob> JobPreparer::prepare_attached(const Account& account, const std::string& batch_id,
                                                  const std::string& output) {
  PreparedJob prepared;
  Job& job = prepared.job;
  job = new_job();
  job.provider = account.provider;
  job.base_url = account.base_url;
  job.attached = true;
  job.output = output;
  RemoteBatch& batch = job.batches.emplace_back();
  batch.job_id = job.id;
  batch.provider = job.provider;
  batch.base_url = job.base_url;
  batch.account = account.slot;
  batch.phase = Phase::running;
  batch.status.id = batch_id;
  batch.submitted_ms = job.created_ms;
  BR_RETURN_IF_ERROR(p_.state->spool().make_job_directory(job.id));
  return prepared;
}

void JobPreparer::discard(const PreparedJob& prepared) {
  if (!prepared.job.id.empty()) p_.world->files->remove_tree(p_.state->spool().job_directory(prepared.job.id));
}

}  // namespace br
