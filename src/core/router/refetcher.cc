#include "core/router/refetcher.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/jobs/engine_answer.h"
#include "core/results/rebuild_results.h"
#include "core/router/job_control.h"
#include "providers/registry.h"

namespace br {

class Refetcher::Turn {
 public:
  Turn(Refetcher* owner, const std::string& job_id) : owner_(owner), job_id_(job_id) {
    const MutexLock lock(&owner_->mutex_);
    is_first_ = owner_->at_work_.insert(job_id_).second;
  }
  ~Turn() {
    if (!is_first_) return;
    const MutexLock lock(&owner_->mutex_);
    owner_->at_work_.erase(job_id_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  bool is_first() const { return is_first_; }

 private:
  Refetcher* owner_;
  std::string job_id_;
  bool is_first_ = false;
};

Result<Gate::Pass> Refetcher::enter() {
  auto pass = p_.gate->enter();
  if (!pass) return pass;
  BR_RETURN_IF_ERROR(p_.monitor->check());
  if (p_.state->is_observer()) return observer_error();
  return pass;
}

void Refetcher::link_audit_files(const Job& job) {
  if (!p_.config->boolean("audit.files")) return;
  for (const RemoteBatch& batch : job.batches) (void)p_.state->spool().link_audit_files(job, batch);
}

// true: damaged results lay here in another form as well, and are in order again.
Result<bool> Refetcher::rebuild(const Job& job, const RemoteBatch& batch, const Provider& provider) {
  auto same = rebuild_results(p_.state->spool(), job, batch, provider,
                              static_cast<std::size_t>(p_.config->integer("limits.max_line_bytes")),
                              p_.random->next());
  if (same && *same && p_.config->boolean("audit.files")) (void)p_.state->spool().link_audit_files(job, batch);
  return same;
}

// The batches of which something is to be had from the vendor.
Result<std::vector<RefetchPart>> Refetcher::plan(const Job& job) {
  std::vector<RefetchPart> parts;
  bool rebuilt = false;
  for (std::size_t i = 0; i < job.batches.size(); ++i) {
    const RemoteBatch& batch = job.batches[i];
    RefetchPart part{i, use_provider(batch.provider), false};
    auto found = count_changeable(p_.state->spool(), batch);
    if (found && found->damage && part.use.provider != nullptr) {
      auto same = rebuild(job, batch, *part.use.provider);
      BR_RETURN_IF_ERROR(same);
      rebuilt |= *same;
      if (*same) found = count_changeable(p_.state->spool(), batch);
    }
    BR_RETURN_IF_ERROR(found);
    // What ran here is all there is.
    const bool elsewhere = !batch.status.id.empty() &&
                           (part.use.provider == nullptr || !part.use.provider->capability().local);
    if (found->damage && !elsewhere) return std::move(*found->damage);
    part.whole = found->damage.has_value();
    if (elsewhere && (found->rows > 0 || part.whole || job.attached)) parts.push_back(std::move(part));
  }
  if (rebuilt) read_anew(job.id);
  return parts;
}

// What was acknowledged until this moment counts.
void Refetcher::read_anew(const std::string& job_id) {
  const Outbox::Pause pause(p_.outbox, job_id);
  (void)run_on_engine(p_.engine, p_.monitor, [engine = p_.engine, job_id, progress = pause.progress()] {
    engine->acknowledged(job_id, progress);
  });
  p_.jobs->reopen_feeds(job_id);
}

Result<Wait> Refetcher::refetch(const std::string& job_id, std::int64_t timeout_ms, std::int64_t* changed) {
  *changed = 0;
  const Turn turn(this, job_id);
  if (!turn.is_first())
    return Error(Code::already, "the results of " + job_id + " are being fetched again", "wait for that");
  using Answer = EngineAnswer<Result<std::int64_t>>;
  const auto answer = std::make_shared<Answer>(p_.monitor);
  {
    const auto pass = enter();
    BR_RETURN_IF_ERROR(pass);
    auto snapshot = p_.jobs->find(job_id);
    BR_RETURN_IF_ERROR(snapshot);
    const Job& job = (*snapshot)->job;
    if (!job.done)
      return Error(Code::not_complete, "the job " + job_id + " is not done", "resume it: its results are fetched then");
    auto parts = plan(job);
    BR_RETURN_IF_ERROR(parts);
    if (parts->empty()) {
      link_audit_files(job);  // an earlier one may have been ended before they were made
      return Wait::ready;
    }
    p_.engine->post([this, job, parts = std::move(*parts), answer]() mutable {
      p_.engine->refetch(job, std::move(parts), [this, id = job.id, answer](Result<Refetched> refetched) {
        answer->give(refetched ? put_in_force(id, *refetched) : Result<std::int64_t>(std::move(refetched.error())));
      });
    });
  }
  const auto waited = p_.monitor->wait(timeout_ms, [answer] { return answer->is_given(); });
  BR_RETURN_IF_ERROR(waited);
  if (answer->is_given()) {
    auto rows = answer->receive();
    BR_RETURN_IF_ERROR(rows);
    *changed = *rows;
    return Wait::ready;
  }
  const auto pass = p_.gate->enter();
  BR_RETURN_IF_ERROR(pass);
  p_.engine->post([engine = p_.engine, job_id] { engine->stop_refetch(job_id); });
  if (*waited == Wait::woken) return Wait::woken;
  return timeout_error("the results of " + job_id);
}

// On the engine's thread. What was acknowledged until this moment counts; the readers go over to the new files.
Result<std::int64_t> Refetcher::put_in_force(const std::string& job_id, const Refetched& refetched) {
  if (p_.jobs->known(job_id) == nullptr)
    return Error(Code::not_found, "the job " + job_id + " was removed meanwhile", "");
  const Outbox::Pause pause(p_.outbox, job_id);
  Job job = pause.job();
  std::int64_t rows = 0;
  std::vector<std::pair<std::size_t, bool>> changed;  // batches, and whether their old file was damaged
  for (std::size_t i = 0; i < job.batches.size(); ++i) {
    for (const Fetched& fetched : refetched) {
      if (fetched.answers.part != job.batches[i].part) continue;
      job.batches[i] = with_answers(job.batches[i], fetched);
      rows += fetched.answers.results.total;
      changed.emplace_back(i, fetched.whole);
    }
  }
  if (rows == 0) changed.clear();
  const Feeds old_feeds = p_.jobs->results(job_id).feeds;
  BR_RETURN_IF_ERROR(p_.engine->put_in_force(job));
  for (const auto& [i, whole] : changed) {
    // A damaged file stays beside the one in its place: more of it may be whole than anybody knows.
    if (i < old_feeds.size()) old_feeds[i]->replaced = !whole;
    if (p_.config->boolean("audit.files")) (void)p_.state->spool().link_audit_files(job, job.batches[i]);
  }
  return rows;
}

}  // namespace br
