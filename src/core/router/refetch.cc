// The router's refetch: answers that came late take the place of results that said they had not come.
#include <algorithm>
#include <chrono>

#include "core/results/rebuild_results.h"
#include "core/router/router.h"
#include "providers/registry.h"

namespace br {

Router::OneRefetch::OneRefetch(Router* router, const std::string& job_id) : router_(router), job_id_(job_id) {
  const std::lock_guard lock(router_->mutex_);
  is_first_ = router_->refetching_.insert(job_id_).second;
}

Router::OneRefetch::~OneRefetch() {
  if (!is_first_) return;
  const std::lock_guard lock(router_->mutex_);
  router_->refetching_.erase(job_id_);
}

// The batches of which something is to be had from the vendor. Damaged results that lie here in another form as well are
// put in order at once.
Result<std::vector<RefetchPart>> Router::plan_refetch(const Job& job) {
  std::vector<RefetchPart> parts;
  bool rebuilt = false;
  for (std::size_t i = 0; i < job.batches.size(); ++i) {
    const RemoteBatch& batch = job.batches[i];
    RefetchPart part{i, use_provider(batch.provider), false};
    auto found = count_changeable(*spool_, batch);
    if (found && found->damage && part.use.provider != nullptr) {
      auto same = rebuild_results(*spool_, job, batch, *part.use.provider,
                                  static_cast<std::size_t>(config_.integer("limits.max_line_bytes")), world_.random->next());
      if (!same) return std::move(same.error());
      rebuilt |= *same;
      if (*same) found = count_changeable(*spool_, batch);
      if (*same && config_.boolean("audit.files")) (void)spool_->link_audit_files(job, batch);
    }
    if (!found) return std::move(found.error());
    // What ran here is all there is.
    const bool elsewhere = !batch.status.id.empty() &&
                           (part.use.provider == nullptr || !part.use.provider->capability().local);
    if (found->damage && !elsewhere) return std::move(*found->damage);
    part.whole = found->damage.has_value();
    if (elsewhere && (found->rows > 0 || part.whole || job.attached)) parts.push_back(std::move(part));
  }
  if (rebuilt) read_results_anew(job.id);
  return parts;
}

// What was acknowledged until this moment counts.
void Router::read_results_anew(const std::string& job_id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(job_id);
  if (found == entries_.end()) return;
  Entry& entry = *found->second;
  if (entry.delivery) {
    const std::vector<RemoteBatch> progress = entry.delivery->progress();
    for (std::size_t i = 0; i < progress.size(); ++i) {
      RemoteBatch& batch = entry.view.job.batches[i];
      batch.acked_rows = progress[i].acked_rows;
      batch.acked_bytes = progress[i].acked_bytes;
      batch.handed_rows = progress[i].handed_rows;
    }
  }
  read_anew_locked(&entry);
}

// Of the files that are in force now.
void Router::read_anew_locked(Entry* entry) {
  entry->delivery.reset();
  entry->damage.reset();
  entry->feeds = make_feeds(entry->view.job);
  with_results_.insert(entry->view.job.id);
  changed_.notify_all();
}

Result<Wait> Router::refetch(const std::string& job_id, std::int64_t timeout_ms, std::int64_t* changed) {
  *changed = 0;
  if (auto usable = check_usable(); !usable) return std::move(usable.error());
  if (observer_) return observer_error();
  const OneRefetch alone(this, job_id);
  if (!alone.is_first())
    return Error(Code::already, "the results of " + job_id + " are being fetched again", "wait for that");
  auto seen = view(job_id);
  if (!seen) return std::move(seen.error());
  const Job& job = seen->job;
  if (!job.done)
    return Error(Code::not_complete, "the job " + job_id + " is not done", "resume it: its results are fetched then");
  auto parts = plan_refetch(job);
  if (!parts) return std::move(parts.error());
  if (parts->empty()) {
    // An earlier one may have been ended before its audit files were made.
    for (const RemoteBatch& batch : job.batches) {
      if (config_.boolean("audit.files")) (void)spool_->link_audit_files(job, batch);
    }
    return Wait::ready;
  }
  auto answer = std::make_shared<std::optional<Result<std::int64_t>>>();
  engine_->post([this, job, parts = std::move(*parts), answer]() mutable {
    engine_->refetch(job, std::move(parts), [this, id = job.id, answer](Result<Refetched> refetched) {
      Result<std::int64_t> taken = std::int64_t{0};
      if (refetched)
        taken = take_refetched(id, *refetched);
      else
        taken = std::move(refetched.error());
      {
        const std::lock_guard lock(mutex_);
        *answer = std::move(taken);
      }
      changed_.notify_all();
    });
  });
  std::unique_lock lock(mutex_);
  const std::uint64_t woken = wakeups_used_;
  (void)wait_serving(&lock, timeout_ms, [&] { return answer->has_value() || closed_ || fatal_ || wakeups_ != woken; });
  if (closed_) return closed_error();
  if (fatal_) return *fatal_;
  if (answer->has_value()) {
    if (!**answer) return std::move((*answer)->error());
    *changed = ***answer;
    return Wait::ready;
  }
  engine_->post([this, job_id] { engine_->stop_refetch(job_id); });
  if (wakeups_ == woken) return timeout_error("the results of " + job_id);
  wakeups_used_ = wakeups_;
  return Wait::woken;
}

// On the loop's thread. What was acknowledged until this moment counts; the readers go over to the new files.
Result<std::int64_t> Router::take_refetched(const std::string& job_id, const Refetched& refetched) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(job_id);
  if (found == entries_.end()) return Error(Code::not_found, "the job " + job_id + " was removed meanwhile", "");
  Entry& entry = *found->second;
  std::vector<RemoteBatch> batches = entry.view.job.batches;
  const std::vector<RemoteBatch> progress = entry.delivery ? entry.delivery->progress() : batches;
  std::int64_t rows = 0;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    batches[i].acked_rows = progress[i].acked_rows;
    batches[i].acked_bytes = progress[i].acked_bytes;
    batches[i].handed_rows = progress[i].handed_rows;
    for (const Fetched& fetched : refetched) {
      if (fetched.answers.part != batches[i].part) continue;
      batches[i] = with_answers(batches[i], fetched);
      rows += fetched.answers.results.total;
    }
  }
  if (rows == 0) return std::int64_t{0};
  if (auto saved = engine_->take_refetched(job_id, batches); !saved) return std::move(saved.error());
  batches.swap(entry.view.job.batches);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const RemoteBatch& now = entry.view.job.batches[i];
    if (now.refetches == batches[i].refetches) continue;
    // A damaged file stays beside the one in its place: more of it may be whole than anybody knows.
    const bool whole = std::any_of(refetched.begin(), refetched.end(), [&](const Fetched& fetched) {
      return fetched.answers.part == now.part && fetched.whole;
    });
    entry.feeds[i]->replaced = !whole;
    if (config_.boolean("audit.files")) (void)spool_->link_audit_files(entry.view.job, now);
  }
  read_anew_locked(&entry);
  return rows;
}

}  // namespace br
