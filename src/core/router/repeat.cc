// The router's work that is given again: which job it is already, and who has heard of that job's end.
#include <algorithm>

#include "core/requests/input_digest.h"
#include "core/router/router.h"

namespace br {
namespace {

constexpr const char* kNewJobs = "new";

std::string option(const BatchSpec& spec, std::string_view name) {
  std::string found;
  for (const auto& [key, value] : spec.options) {
    if (key == name) found = value;
  }
  return found;
}

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

// As far as that shows without a look into any file.
bool may_ask_the_same(const Job& a, const Job& b) {
  return !a.attached && a.parent.empty() &&
         std::equal(a.batches.begin(), a.batches.end(), b.batches.begin(), b.batches.end(),
                    [](const RemoteBatch& x, const RemoteBatch& y) {
                      return x.provider == y.provider && x.base_url == y.base_url && x.account == y.account &&
                             x.rows == y.rows && x.endpoint == y.endpoint && x.model == y.model;
                    });
}

// Repeat::refuses of a job whose version kept nothing: the program acknowledged all results of its jobs at once; those of a job without OUT
// that are left wait for a library's user.
bool refused_before(const Job& job) { return is_settled(job) || !job.output.empty(); }

}  // namespace

bool is_batch_option(std::string_view key) {
  return key == "output" || key == "continue" || key == "finished" || key == "again";
}

Router::Given Router::read_given(const BatchSpec& spec) {
  Given given;
  given.output = option(spec, "output");
  given.finished = option(spec, "finished");
  given.goes_on = option(spec, "continue") == "1";
  given.again = option(spec, "again") == "1";
  return given;
}

// A version that kept nothing settled a job when somebody was told of it.
void Router::add_repeat(JobView* view) {
  const auto repeat = store_->repeat_of(view->job.id);
  if (!repeat) return;
  view->told = *repeat ? (*repeat)->told : is_settled(view->job);
  view->refuses_repeat = *repeat ? (*repeat)->refuses : refused_before(view->job);
}

// As the running router knows it, else from the store.
Result<Job> Router::known_job(const std::string& job_id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(job_id);
  if (found != entries_.end()) return found->second->view.job;
  return store_->load(job_id);
}

// Jobs of versions that kept no digest get one when they may be meant. Their files may be gone: then they are not.
Result<void> Router::keep_older_inputs(const Job& job, const std::string& input, const Given& given) {
  auto ids = store_->jobs_without_repeat();
  if (!ids) return std::move(ids.error());
  for (const std::string& id : *ids) {
    auto older = known_job(id);
    if (!older) continue;
    Repeat repeat{"", is_settled(*older), refused_before(*older)};
    if (!job.parent.empty()) {
      if (older->parent != job.parent) continue;
      repeat.input = input_of_retry(job.parent);
    } else {
      if (!may_ask_the_same(*older, job)) continue;
      auto asked = input_of_files(*spool_, *older);
      if (!asked) continue;
      repeat.input = std::move(*asked);
    }
    // Who gives it again is who submitted it.
    if (repeat.input == input && (given.finished == "refuse" || given.finished == "take")) repeat.refuses = true;
    if (auto kept = store_->keep_repeat(id, repeat); !kept) return kept;
  }
  return {};
}

std::vector<std::string> Router::ancestors_of(const Job& job) {
  std::vector<std::string> ids;
  for (std::string id = job.parent; !id.empty();) {
    ids.push_back(id);
    auto parent = known_job(id);
    id = parent ? parent->parent : std::string();
  }
  return ids;
}

// The job that is this work already, to go on with or to take the results of; empty: there is none.
// inputs: what it is; of a retry also what it asks. The jobs that it is a retry of ask the same where nothing of them
// succeeded, and are not meant.
Result<std::string> Router::find_repeated(const Job& job, const std::vector<std::string>& inputs, const Given& given) {
  const bool is_retry = !job.parent.empty();
  {
    std::unique_lock lock(mutex_);
    wait_until_loaded(&lock);
  }
  if (auto kept = keep_older_inputs(job, inputs.front(), given); !kept) return std::move(kept.error());
  const std::vector<std::string> ancestors = ancestors_of(job);
  const auto is_ancestor = [&](const std::string& id) {
    return std::find(ancestors.begin(), ancestors.end(), id) != ancestors.end();
  };
  const auto fits = [&](const Job& other) {
    return is_retry || !given.finished.empty() || other.output == given.output;
  };
  auto open = store_->jobs_asking(inputs, true);
  if (!open) return std::move(open.error());
  for (const std::string& id : given.goes_on ? *open : std::vector<std::string>()) {
    if (is_ancestor(id)) continue;
    auto other = known_job(id);
    if (!other) return std::move(other.error());
    if (!fits(*other)) continue;
    if (!is_settled(*other)) return id;
    auto repeat = store_->repeat_of(id);
    if (!repeat) return std::move(repeat.error());
    if (*repeat && (*repeat)->told) continue;
    // Whoever was at work on it here, took its results and comes again knows that it is done.
    if (!was_at_work_on(id)) return id;
    if (auto told = store_->tell({id}); !told) return std::move(told.error());
  }
  if (given.again || given.finished.empty() || given.finished == kNewJobs) return std::string();
  return find_finished(job, inputs, ancestors, given);
}

// Among all jobs that ask the same the newest that was ever sent.
Result<std::string> Router::find_finished(const Job& job, const std::vector<std::string>& inputs,
                                          const std::vector<std::string>& ancestors, const Given& given) {
  auto all = store_->jobs_asking(inputs, false);
  if (!all) return std::move(all.error());
  for (std::size_t i = 0; i < all->size(); ++i) {
    const std::string id = (*all)[i];
    if (std::find(ancestors.begin(), ancestors.end(), id) != ancestors.end()) continue;
    auto other = known_job(id);
    if (!other) return std::move(other.error());
    // What was never sent by that job may have been by another one that carries the same requests, a retry of it too.
    if (other->done && is_free(*other)) {
      auto retries = store_->jobs_asking({input_of_retry(id)}, false);
      if (!retries) return std::move(retries.error());
      all->insert(all->end(), retries->begin(), retries->end());
      continue;
    }
    if (!other->done) return given.goes_on ? other->id : std::string();
    if (given.finished == "refuse") return finished_error(*other, !job.parent.empty() && other->parent == job.parent);
    return other->id;
  }
  return std::string();
}

bool Router::was_at_work_on(const std::string& job_id) {
  const std::lock_guard lock(mutex_);
  return at_work_on_.contains(job_id);
}

Result<Router::Submitted> Router::go_on_with(const std::string& job_id, const Given& given, DoneFn done) {
  if (!given.finished.empty() && !given.output.empty()) {
    if (auto kept = remember_output(job_id, given.output); !kept) return std::move(kept.error());
  }
  if (auto resumed = resume(job_id); !resumed) return std::move(resumed.error());
  const std::lock_guard lock(mutex_);
  at_work_on_.insert(job_id);
  const auto entry = entries_.find(job_id);
  if (done && entry != entries_.end()) add_done_locked(entry->second.get(), std::move(done));
  return Submitted{job_id, true};
}

// Durable when it returns.
Result<void> Router::remember_output(const std::string& job_id, const std::string& output) {
  Job job;
  {
    const std::lock_guard lock(mutex_);
    auto entry = entry_locked(job_id);
    if (!entry) return std::move(entry.error());
    Job& known = (*entry)->view.job;
    if (known.output == output) return {};
    known.output = output;
    if (!(*entry)->in_engine) job = known;
  }
  if (!job.id.empty()) return store_->save_job(job);
  auto saved = std::make_shared<bool>(false);
  engine_->post([this, job_id, output, saved] {
    engine_->set_output(job_id, output);
    {
      const std::lock_guard lock(mutex_);
      *saved = true;
    }
    changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return *saved || fatal_ || closed_; });
  if (fatal_) return *fatal_;
  return {};
}

// The last thing that a router does which is closed in order: those who worked with it have heard of the jobs whose
// results they took. After a kill none of it is done, and the same work goes on with those jobs.
void Router::tell_of_ends() {
  std::vector<std::string> heard;
  {
    const std::lock_guard lock(mutex_);
    if (fatal_ || observer_ || !store_) return;
    for (const std::string& id : at_work_on_) {
      const auto found = entries_.find(id);
      if (found != entries_.end() && is_settled(found->second->view.job)) heard.push_back(id);
    }
  }
  if (!heard.empty()) [[maybe_unused]]
    const auto told = store_->tell(heard);
}

}  // namespace br
