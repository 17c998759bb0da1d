// The router's submitting: preparing jobs, one or many, and recording them.
#include <algorithm>

#include "batchrouter.h"
#include "core/engine/local_run.h"
#include "core/requests/estimate.h"
#include "core/requests/input_digest.h"
#include "core/requests/pack.h"
#include "core/requests/retry_job.h"
#include "core/route.h"
#include "core/router/router.h"
#include "providers/registry.h"
#include "sys/file_size_signal.h"

namespace br {
namespace {

// What all batches of a job share; empty where they differ.
std::string shared(const Job& job, std::string RemoteBatch::*field) {
  const std::string& first = job.batches.front().*field;
  const bool same = std::all_of(job.batches.begin(), job.batches.end(),
                                [&](const RemoteBatch& batch) { return batch.*field == first; });
  return same ? first : "";
}

}  // namespace

Result<std::vector<RemoteBatch>> Router::write_requests(const Config& config, const BatchSpec& spec, IdTable* ids,
                                                        Prepared* prepared) {
  const std::string& job_id = prepared->job.id;
  const Destination fallback = read_destination(spec.provider);
  if (const Provider* known = find_provider(fallback.provider); known != nullptr && config.get("routes").empty()) {
    // A missing key is said before a large input is read.
    auto account = resolve_account(config, *known, {}, fallback.account);
    if (!account) return std::move(account.error());
  }
  if (auto made = spool_->make_job_directory(job_id); !made) return std::move(made.error());
  const std::string tag = id_tag_of(job_id);
  Packer packer({job_id, spool_.get(), config.get("split") == "auto", config.boolean("audit.files"),
                 config.integer("default_max_tokens"), tag});
  auto report = read_requests(world_, config, spec, &packer, ids, tag);
  if (!report) return std::move(report.error());
  auto batches = packer.finish();
  if (!batches) {
    // What cannot be written is the state, and no wrong input.
    if (batches.error().code == Code::io) batches.error().code = Code::store;
    return batches;
  }
  for (const Provider* provider : report->providers) {
    if (is_removed(provider->name())) return removed_error(*provider);
  }
  if (auto within = check_budget(world_.files, config, *batches); !within) return std::move(within.error());
  for (RemoteBatch& batch : *batches) {
    batch.tokens = TokenSums{};  // from here on: what the answers used
    const Provider* provider = find_provider(batch.provider);
    if (provider == nullptr)
      return Error(Code::no_provider, "the provider \"" + batch.provider + "\" was unregistered");
    auto account = resolve_account(config, *provider, {}, batch.account);
    if (!account) return std::move(account.error());
    if (provider->capability().local) {
      if (auto there = check_local_program(*provider, *account, batch); !there) return std::move(there.error());
    }
    batch.base_url = account->base_url;
    batch.marker = "br-" + job_id.substr(4) + "-" + std::to_string(batch.part);
    batch.metadata = spec.metadata;
    batch.planned_ms = world_.clock->now_ms();
    name_account(config, &batch);
  }
  prepared->warnings = std::move(report->warnings);
  prepared->input = input_of(*batches, packer.digests());
  if (auto synced = world_.files->sync_directory(state_dir_ + "/spool"); !synced) return std::move(synced.error());
  return batches;
}

// Whom the batch will belong to is known before it is sent.
void Router::name_account(const Config& config, RemoteBatch* batch) {
  constexpr std::size_t kSaltLength = 16;
  const Provider* provider = find_provider(batch->provider);
  if (provider == nullptr) return;
  auto account = resolve_account(config, *provider, batch->base_url, batch->account);
  if (!account) return;
  if (batch->key_salt.empty()) batch->key_salt = world_.random->id(kSaltLength);
  learn_account(account_proof(*provider, *account, batch->key_salt), batch);
}

bool Router::has_known_key(const RemoteBatch& batch) const {
  const Provider* provider = find_provider(batch.provider);
  if (provider == nullptr) return false;
  auto account = resolve_account(config_, *provider, batch.base_url, batch.account);
  if (!account) return false;
  const std::string key = account_proof(*provider, *account, batch.key_salt).key;
  return key.empty() || std::find(batch.keys.begin(), batch.keys.end(), key) != batch.keys.end();
}

std::string Router::new_job_id() {
  constexpr std::size_t kLength = 20;
  return "job_" + world_.random->id(kLength);
}

// Writes the request files; the job is not recorded yet. Nothing stays behind when it fails.
Result<Router::Prepared> Router::prepare(const BatchSpec& spec, IdTable* ids) {
  const Submitting submitting(this);
  Prepared prepared;
  Job& job = prepared.job;
  Config config = config_;
  for (const auto& [key, value] : spec.options) {
    if (is_batch_option(key)) continue;
    if (auto set = config.set(key, value); !set) return std::move(set.error());
    job.settings.emplace_back(key, value);
  }
  job.id = new_job_id();
  job.name = spec.name;
  prepared.given = read_given(spec);
  job.output = prepared.given.output;
  job.created_ms = world_.clock->now_ms();
  auto batches = write_requests(config, spec, ids, &prepared);
  if (!batches) {
    world_.files->remove_tree(spool_->job_directory(job.id));
    return std::move(batches.error());
  }
  job.batches = std::move(*batches);
  job.provider = shared(job, &RemoteBatch::provider);
  job.base_url = shared(job, &RemoteBatch::base_url);
  return prepared;
}

// Records the job, or goes on with the one that is the same.
Result<Router::Submitted> Router::commit(Prepared prepared, DoneFn done) {
  Job& job = prepared.job;
  const Given& given = prepared.given;
  const std::lock_guard repeating(repeat_mutex_);
  if (given.goes_on || !given.finished.empty()) {
    std::vector<std::string> inputs = {prepared.input};
    if (!prepared.requests.empty()) inputs.push_back(prepared.requests);
    auto same = find_repeated(job, inputs, given);
    if (!same || !same->empty()) world_.files->remove_tree(spool_->job_directory(job.id));
    if (!same) return std::move(same.error());
    if (!same->empty()) return go_on_with(*same, given, std::move(done));
  }
  const bool refuses = given.finished == "refuse" || given.finished == "take";
  if (auto recorded = record(job, {prepared.input, false, refuses, prepared.requests}); !recorded) {
    world_.files->remove_tree(spool_->job_directory(job.id));
    return std::move(recorded.error());
  }
  const std::string id = job.id;
  {
    const std::lock_guard lock(mutex_);
    submitted_ += counts_of(job).total;
    at_work_on_.insert(id);
  }
  job_event(BR_EVENT_REQUESTS_QUEUED, job, nullptr, std::to_string(counts_of(job).total) + " requests");
  for (const std::string& warning : prepared.warnings) job_event(BR_EVENT_WARNING, job, nullptr, warning);
  add_new_entry(std::move(job), prepared.remembered, std::move(done));
  return Submitted{id, false};
}

Result<Router::Submitted> Router::submit(const BatchSpec& spec, DoneFn done) {
  if (auto usable = check_usable(); !usable) return std::move(usable.error());
  if (observer_) return observer_error();
  const NoFileSizeSignal quiet;
  auto prepared = prepare(spec, nullptr);
  if (!prepared) return std::move(prepared.error());
  return commit(std::move(*prepared), std::move(done));
}

namespace {

// Ids that stand in more than one batch; starts[i] is the first number of batch i in the table.
Error id_scope_error(const std::vector<std::uint32_t>& starts, const IdTable* ids) {
  constexpr std::size_t kShown = 100;
  std::size_t total = 0;
  Error error(Code::input, "");
  const auto place = [&](std::uint32_t row) {
    const auto after = std::upper_bound(starts.begin(), starts.end(), row);
    const auto batch = static_cast<std::size_t>(after - starts.begin());
    return "batch " + std::to_string(batch) + ", line " + std::to_string(row - starts[batch - 1]);
  };
  for (const auto& [first, row] : ids->find(kShown, &total))
    error.issues.push_back(place(row) + ": the custom_id stands in " + place(first) +
                           " already; id_scope=all wants ids unique in all batches; change one of them");
  error.issue_total = total;
  error.message = std::to_string(total) + " ids stand in more than one batch; nothing was sent";
  error.hint = "change them, or set id_scope=batch";
  return error;
}

}  // namespace

Result<std::vector<Router::Submitted>> Router::submit_many(const std::vector<const BatchSpec*>& specs,
                                                           std::vector<std::optional<Error>>* errors) {
  if (auto usable = check_usable(); !usable) return std::move(usable.error());
  if (observer_) return observer_error();
  const NoFileSizeSignal quiet;
  errors->assign(specs.size(), std::nullopt);
  std::vector<Prepared> prepared(specs.size());
  std::vector<std::uint32_t> starts;
  IdTable ids(world_.random->next());
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    starts.push_back(static_cast<std::uint32_t>(ids.size()));
    auto made = prepare(*specs[i], config_.get("id_scope") == "all" ? &ids : nullptr);
    if (made)
      prepared[i] = std::move(*made);
    else
      (*errors)[i] = std::move(made.error()), ++wrong;
  }
  std::size_t repeated = 0;
  if (wrong == 0) (void)ids.find(0, &repeated);
  if (wrong > 0 || repeated > 0) {
    for (const Prepared& each : prepared) {
      if (!each.job.id.empty()) world_.files->remove_tree(spool_->job_directory(each.job.id));
    }
    return wrong > 0 ? first_error(*errors, wrong) : id_scope_error(starts, &ids);
  }
  std::vector<Submitted> submitted(specs.size());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    auto done = commit(std::move(prepared[i]), nullptr);
    if (done)
      submitted[i] = std::move(*done);
    else
      (*errors)[i] = std::move(done.error());
  }
  return submitted;
}

// All batches that are wrong are counted, and missing providers named together.
Error Router::first_error(const std::vector<std::optional<Error>>& errors, std::size_t wrong) {
  const auto first = std::find_if(errors.begin(), errors.end(), [](const auto& error) { return error.has_value(); });
  Error error = **first;
  std::string missing;
  for (const auto& each : errors) {
    if (each && each->code == Code::no_provider) missing += (missing.empty() ? "" : "; ") + each->message;
  }
  if (!missing.empty()) error = Error(Code::no_provider, missing, "this build has: " + provider_names());
  error.message = std::to_string(wrong) + " of " + std::to_string(errors.size()) +
                  " batches are wrong, nothing was sent: " + error.message;
  return error;
}

Result<Router::Submitted> Router::retry(const std::string& job_id, const BatchSpec& options, DoneFn done) {
  if (auto usable = check_usable(); !usable) return std::move(usable.error());
  if (observer_) return observer_error();
  const NoFileSizeSignal quiet;
  auto parent = view(job_id);
  if (!parent) return std::move(parent.error());
  if (!parent->job.done) return Error(Code::not_complete, "the job " + job_id + " is not done", "retry it when it is");
  if (parent->job.attached)
    return Error(Code::unsupported, "the job " + job_id + " was made elsewhere: its requests are not here",
                 "submit them anew");
  Prepared prepared;
  prepared.job.id = new_job_id();
  prepared.job.created_ms = world_.clock->now_ms();
  prepared.remembered = true;
  prepared.job.parent = job_id;
  prepared.given = read_given(options);
  prepared.given.goes_on = true;
  prepared.job.output = prepared.given.output;
  prepared.input = input_of_retry(job_id);
  // Before its files are read: a retry that is there already may be all that is left to do.
  auto same = find_repeated(prepared.job, {prepared.input}, prepared.given);
  if (!same) return std::move(same.error());
  if (!same->empty()) return go_on_with(*same, prepared.given, std::move(done));
  auto written = write_retry(*spool_, parent->job, prepared.given.again, world_.random->next(), &prepared.job);
  if (!written) {
    world_.files->remove_tree(spool_->job_directory(prepared.job.id));
    return std::move(written.error());
  }
  for (RemoteBatch& batch : prepared.job.batches) {
    batch.planned_ms = prepared.job.created_ms;
    // The key in force is not the job's for being in force: its address comes from the state directory.
    if (has_known_key(batch)) name_account(config_, &batch);
  }
  auto requests = input_of_files(*spool_, prepared.job);
  if (!requests) {
    world_.files->remove_tree(spool_->job_directory(prepared.job.id));
    return std::move(requests.error());
  }
  prepared.requests = std::move(*requests);
  if (*written > 0)
    prepared.warnings.push_back(std::to_string(*written) +
                                " requests are left out: the vendor may still give their answers, which are paid for; "
                                "fetch them again with `batchrouter results " +
                                job_id + " --refetch`");
  return commit(std::move(prepared), std::move(done));
}

}  // namespace br
