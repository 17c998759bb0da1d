#include "core/router/submission.h"

#include <algorithm>
#include <utility>

#include "batchrouter.h"
#include "core/requests/input_digest.h"
#include "providers/registry.h"
#include "sys/file_size_signal.h"

namespace br {
namespace {

// Marks this thread as one that is inside a submit. Functions of external providers run while requests are read.
class Inside {
 public:
  explicit Inside(const Submission* owner) : owner_(owner), outer_(innermost) { innermost = this; }
  ~Inside() { innermost = outer_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  static bool is_in(const Submission* owner) {
    const Inside* each = innermost;
    while (each != nullptr && each->owner_ != owner) each = each->outer_;
    return each != nullptr;
  }

 private:
  const Submission* const owner_;
  const Inside* const outer_;
  static thread_local const Inside* innermost;
};

thread_local const Inside* Inside::innermost = nullptr;

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

// All batches that are wrong are counted, and missing providers named together.
Error first_error(const std::vector<std::optional<Error>>& errors, std::size_t wrong) {
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

}  // namespace

bool Submission::is_inside() const { return Inside::is_in(this); }

Result<Gate::Pass> Submission::enter() {
  auto pass = p_.gate->enter();
  if (!pass) return pass;
  BR_RETURN_IF_ERROR(p_.monitor->check());
  if (p_.state->is_observer()) return observer_error();
  return pass;
}

Result<Submitted> Submission::commit(PreparedJob prepared, DoneFn done) {
  const Job& job = prepared.job;
  const RepeatPolicy& policy = prepared.policy;
  const MutexLock committing(&committing_);
  if (policy.goes_on || !policy.finished.empty()) {
    std::vector<std::string> inputs = {prepared.input};
    if (!prepared.requests.empty()) inputs.push_back(prepared.requests);
    auto same = p_.repeats->find(job, inputs, policy);
    if (!same || !same->empty()) p_.preparer->discard(prepared);
    BR_RETURN_IF_ERROR(same);
    if (!same->empty()) return go_on_with(*same, policy, std::move(done));
  }
  const bool refuses = policy.finished == "refuse" || policy.finished == "take";
  const auto record = [&](const Job& made) -> Result<void> {
    if (auto recorded = p_.state->record(made, {prepared.input, false, refuses, prepared.requests}); !recorded)
      return recorded;
    tell_queued(made, prepared.warnings);
    return {};
  };
  if (auto added = p_.jobs->add(job, prepared.address, std::move(done), record); !added) {
    p_.preparer->discard(prepared);
    return std::move(added.error());
  }
  return Submitted{job.id, false};
}

void Submission::tell_queued(const Job& job, const std::vector<std::string>& warnings) {
  const std::int64_t requests = counts_of(job).total;
  requests_ += requests;
  p_.worked->add(job.id);
  p_.events->event(BR_EVENT_REQUESTS_QUEUED, job, nullptr, std::to_string(requests) + " requests");
  for (const std::string& warning : warnings) p_.events->event(BR_EVENT_WARNING, job, nullptr, warning);
}

Result<Submitted> Submission::go_on_with(const std::string& job_id, const RepeatPolicy& policy, DoneFn done) {
  if (!policy.finished.empty() && !policy.output.empty()) {
    BR_RETURN_IF_ERROR(p_.control->remember_output(job_id, policy.output));
  }
  BR_RETURN_IF_ERROR(p_.control->resume(job_id));
  p_.worked->add(job_id);
  p_.jobs->call_when_done(job_id, std::move(done));
  return Submitted{job_id, true};
}

Result<Submitted> Submission::submit(const BatchSpec& spec, DoneFn done) {
  const auto pass = enter();
  BR_RETURN_IF_ERROR(pass);
  const NoFileSizeSignal quiet;
  const Inside inside(this);
  auto prepared = p_.preparer->prepare(spec, nullptr);
  BR_RETURN_IF_ERROR(prepared);
  return commit(std::move(*prepared), std::move(done));
}

Result<std::vector<Submitted>> Submission::submit_many(const std::vector<const BatchSpec*>& specs,
                                                       std::vector<std::optional<Error>>* errors) {
  const auto pass = enter();
  BR_RETURN_IF_ERROR(pass);
  const NoFileSizeSignal quiet;
  const Inside inside(this);
  errors->assign(specs.size(), std::nullopt);
  std::vector<PreparedJob> prepared(specs.size());
  std::vector<std::uint32_t> starts;
  IdTable ids(p_.random->next());
  IdTable* const shared_ids = p_.config->get("id_scope") == "all" ? &ids : nullptr;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    starts.push_back(static_cast<std::uint32_t>(ids.size()));
    auto made = p_.preparer->prepare(*specs[i], shared_ids);
    if (made)
      prepared[i] = std::move(*made);
    else
      (*errors)[i] = std::move(made.error()), ++wrong;
  }
  std::size_t repeated = 0;
  if (wrong == 0) (void)ids.find(0, &repeated);
  if (wrong > 0 || repeated > 0) {
    for (const PreparedJob& each : prepared) p_.preparer->discard(each);
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

Result<Submitted> Submission::retry(const std::string& job_id, const BatchSpec& options, DoneFn done) {
  const auto pass = enter();
  BR_RETURN_IF_ERROR(pass);
  const NoFileSizeSignal quiet;
  auto parent = p_.jobs->find(job_id);
  BR_RETURN_IF_ERROR(parent);
  const Job& job = (*parent)->job;
  if (!job.done) return Error(Code::not_complete, "the job " + job_id + " is not done", "retry it when it is");
  if (job.attached)
    return Error(Code::unsupported, "the job " + job_id + " was made elsewhere: its requests are not here",
                 "submit them anew");
  RepeatPolicy policy = read_repeat_policy(options);
  policy.goes_on = true;
  {
    // Before its files are read: a retry that is there already may be all that is left to do.
    const MutexLock committing(&committing_);
    Job wanted;
    wanted.parent = job_id;
    wanted.output = policy.output;
    auto same = p_.repeats->find(wanted, {input_of_retry(job_id)}, policy);
    BR_RETURN_IF_ERROR(same);
    if (!same->empty()) return go_on_with(*same, policy, std::move(done));
  }
  auto prepared = p_.preparer->prepare_retry(job, policy);
  BR_RETURN_IF_ERROR(prepared);
  return commit(std::move(*prepared), std::move(done));
}

// The file that its results were promised to stays theirs.
Result<Submitted> Submission::attached_already(const std::string& job_id, const std::string& output) {
  auto known = p_.jobs->find(job_id);
  BR_RETURN_IF_ERROR(known);
  if (!output.empty() && (*known)->job.output.empty()) {
    BR_RETURN_IF_ERROR(p_.control->remember_output(job_id, output));
  }
  return Submitted{job_id, true};
}

Result<Submitted> Submission::attach(const std::string& provider, const std::string& batch_id,
                                     const BatchSpec& options) {
  const auto pass = enter();
  BR_RETURN_IF_ERROR(pass);
  auto account = p_.accounts->named(provider);
  BR_RETURN_IF_ERROR(account);
  if (const Provider* known = find_provider(account->provider); known != nullptr && known->capability().local)
    return Error(Code::unsupported, "[" + account->provider + "] a local run belongs to the job that started it",
                 "open that job by its own id");
  const MutexLock committing(&committing_);  // two threads attach one batch: one job has it
  auto owner = p_.state->store().owner_of(account->provider, account->base_url, batch_id);
  BR_RETURN_IF_ERROR(owner);
  const std::string output = read_repeat_policy(options).output;
  if (!owner->empty()) return attached_already(*owner, output);
  auto prepared = p_.preparer->prepare_attached(*account, batch_id, output);
  BR_RETURN_IF_ERROR(prepared);
  const auto record = [this](const Job& made) { return p_.state->record(made, Repeat{}); };
  if (auto added = p_.jobs->add(prepared->job, JobTable::Address::given, {}, record); !added) {
    p_.preparer->discard(*prepared);
    return std::move(added.error());
  }
  return Submitted{prepared->job.id, false};
}

}  // namespace br
