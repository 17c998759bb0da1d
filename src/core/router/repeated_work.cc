#include "core/router/repeated_work.h"

#include <algorithm>
#include <utility>

#include "core/requests/batch_options.h"
#include "core/requests/input_digest.h"

namespace br {
namespace {

constexpr const char* kNewJobs = "new";

// Nothing of it ever reached a vendor, so that doing it again costs nothing.
bool is_free(const Job& job) {
  return std::all_of(job.batches.begin(), job.batches.end(),
                     [](const RemoteBatch& batch) { return batch.status.id.empty() && batch.creates == 0; });
}

Error finished_error(const Job& job, bool is_retry) {
  const Counts counts = counts_of(job);
  return Error(Code::already,
               (is_retry ? "a retry of " + job.parent + " was made already" : "these requests were answered already") +
                   ": job " + job.id + " is " + state_name(state_of(job)) + ", " + std::to_string(counts.succeeded) +
                   " of " + std::to_string(counts.total) + " succeeded; nothing was sent",
               "take its results, or say that it is to be paid for again");
}

// As far as that shows without a look into any file. How the requests are cut into batches is not what they ask:
// another limit or a canary cuts them otherwise.
bool may_ask_the_same(const Job& a, const Job& b) {
  const auto rows = [](const Job& job) {
    std::int64_t sum = 0;
    for (const RemoteBatch& batch : job.batches) sum += batch.rows;
    return sum;
  };
  if (a.attached || !a.parent.empty() || a.batches.empty() || b.batches.empty() || rows(a) != rows(b)) return false;
  const RemoteBatch &x = a.batches.front(), &y = b.batches.front();
  return x.provider == y.provider && x.base_url == y.base_url && x.account == y.account;
}

// Repeat::refuses of a job whose version kept nothing: the program acknowledged all results of its jobs at once; those of a job without OUT
// that are left wait for a library's user.
bool refused_before(const Job& job) { return is_settled(job) || !job.output.empty(); }

bool contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

RepeatPolicy read_repeat_policy(const BatchSpec& spec) {
  RepeatPolicy policy;
  policy.output = batch_option(spec, "output");
  policy.finished = batch_option(spec, "finished");
  policy.goes_on = batch_option(spec, "continue") == "1";
  policy.again = batch_option(spec, "again") == "1";
  return policy;
}

// A version that kept nothing settled a job when somebody was told of it.
RepeatedWork::Told RepeatedWork::told(const Job& job) const {
  const auto repeat = state_->store().repeat_of(job.id);
  if (!repeat) return {};
  if (!*repeat) return {is_settled(job), refused_before(job)};
  return {(*repeat)->told, (*repeat)->refuses};
}

// Jobs of versions that kept no digest get one when they may be meant. Their files may be gone: then they are not.
Result<void> RepeatedWork::keep_older_inputs(const Job& job, const std::string& input, const RepeatPolicy& policy) {
  auto ids = state_->store().jobs_without_repeat();
  BR_RETURN_IF_ERROR(ids);
  for (const std::string& id : *ids) {
    auto older = jobs_->read(id);
    if (!older) continue;
    Repeat repeat{"", is_settled(*older), refused_before(*older)};
    if (!job.parent.empty()) {
      if (older->parent != job.parent) continue;
      repeat.input = input_of_retry(job.parent);
    } else {
      if (!may_ask_the_same(*older, job)) continue;
      auto asked = input_of_files(state_->spool(), *older);
      if (!asked) continue;
      repeat.input = std::move(*asked);
    }
    // Who gives it again is who submitted it.
    if (repeat.input == input && (policy.finished == "refuse" || policy.finished == "take")) repeat.refuses = true;
    if (auto kept = state_->store().keep_repeat(id, repeat); !kept) return kept;
  }
  return {};
}

std::vector<std::string> RepeatedWork::ancestors_of(const Job& job) {
  std::vector<std::string> ids;
  for (std::string id = job.parent; !id.empty();) {
    ids.push_back(id);
    auto parent = jobs_->read(id);
    id = parent ? parent->parent : std::string();
  }
  return ids;
}

// The jobs that it is a retry of ask the same where nothing of them succeeded, and are not meant.
Result<std::string> RepeatedWork::find(const Job& job, const std::vector<std::string>& inputs,
                                       const RepeatPolicy& policy) {
  BR_RETURN_IF_ERROR(jobs_->wait_until_loaded());
  BR_RETURN_IF_ERROR(keep_older_inputs(job, inputs.front(), policy));
  const std::vector<std::string> ancestors = ancestors_of(job);
  if (policy.goes_on) {
    auto open = find_open(job, inputs, ancestors, policy);
    if (!open || !open->empty()) return open;
  }
  if (policy.again || policy.finished.empty() || policy.finished == kNewJobs) return std::string();
  return find_finished(job, inputs, ancestors, policy);
}

// Among the jobs that are not settled, or of whose end nobody has heard.
Result<std::string> RepeatedWork::find_open(const Job& job, const std::vector<std::string>& inputs,
                                            const std::vector<std::string>& ancestors, const RepeatPolicy& policy) {
  auto open = state_->store().jobs_asking(inputs, WhichJobs::open);
  BR_RETURN_IF_ERROR(open);
  for (const std::string& id : *open) {
    if (contains(ancestors, id)) continue;
    auto other = jobs_->read(id);
    if (!other && other.error().code == Code::not_found) continue;  // it was removed meanwhile
    BR_RETURN_IF_ERROR(other);
    if (job.parent.empty() && policy.finished.empty() && other->output != policy.output) continue;
    if (!is_settled(*other)) return id;
    auto repeat = state_->store().repeat_of(id);
    BR_RETURN_IF_ERROR(repeat);
    if (*repeat && (*repeat)->told) continue;
    // Whoever was at work on it here, took its results and comes again knows that it is done.
    if (!worked_->contains(id)) return id;
    BR_RETURN_IF_ERROR(state_->store().tell({id}));
  }
  return std::string();
}

// Among all jobs that ask the same the newest that was ever sent.
Result<std::string> RepeatedWork::find_finished(const Job& job, const std::vector<std::string>& inputs,
                                          const std::vector<std::string>& ancestors, const RepeatPolicy& policy) {
  auto all = state_->store().jobs_asking(inputs, WhichJobs::all);
  BR_RETURN_IF_ERROR(all);
  for (std::size_t i = 0; i < all->size(); ++i) {
    const std::string id = (*all)[i];
    if (contains(ancestors, id)) continue;
    auto other = jobs_->read(id);
    if (!other && other.error().code == Code::not_found) continue;  // it was removed meanwhile
    BR_RETURN_IF_ERROR(other);
    // What was never sent by that job may have been by another one that carries the same requests, a retry of it too.
    if (other->done && is_free(*other)) {
      auto retries = state_->store().jobs_asking({input_of_retry(id)}, WhichJobs::all);
      BR_RETURN_IF_ERROR(retries);
      all->insert(all->end(), retries->begin(), retries->end());
      continue;
    }
    if (!other->done) return policy.goes_on ? other->id : std::string();
    if (policy.finished == "refuse") return finished_error(*other, !job.parent.empty() && other->parent == job.parent);
    return other->id;
  }
  return std::string();
}

void RepeatedWork::tell_of_ends() {
  if (state_->is_observer()) return;
  std::vector<std::string> heard;
  for (const std::string& id : worked_->all()) {
    const SnapshotRef snapshot = jobs_->known(id);
    if (snapshot != nullptr && is_settled(snapshot->job)) heard.push_back(id);
  }
  if (!heard.empty()) [[maybe_unused]]
    const auto told = state_->store().tell(heard);
}

}  // namespace br
