#include "capture/batch_runner.h"

#include <algorithm>
#include <utility>

#include "capture/put_off.h"
#include "core/requests/batch_options.h"
#include "core/results/deliver.h"
#include "providers/registry.h"

namespace br {
namespace {

constexpr std::int64_t kAgainMs = 1'000, kLongestAgainMs = 60'000, kResumeMs = 30'000;
constexpr int kMostDoublings = 6, kFailuresToTell = 5;
constexpr const char* kLostRequest = "the request is not on the disk any more; send it again";
constexpr const char* kCannotGoOn = "its batch cannot go on now";

std::string first_issue(const Error& error) { return error.issues.empty() ? error.message : error.issues.front(); }

// The batch cannot be made for something in one of its requests.
bool is_about_requests(const Error& error) {
  return error.code == Code::input || error.code == Code::limit || error.code == Code::unsupported;
}

BatchSpec spec_of(const CallBatch& batch, const QueueKey& key, const CaptureSettings& settings,
                  const CallFiles& files) {
  BatchSpec spec;
  spec.provider = key.slot.empty() ? key.provider : key.provider + "@" + key.slot;
  spec.captured = true;
  spec.sources.push_back({"captured calls", files.requests(batch.id), ""});
  const auto set = [&spec](const std::string& name, const std::string& value) {
    (void)set_batch_option(name, value, &spec);  // one that this provider has not
  };
  set("continue", "1");
  set("split", "auto");
  set("canary", "0");
  set("poll.interval_ms", std::to_string(settings.poll_interval_ms));
  set("poll.max_interval_ms", std::to_string(settings.poll_interval_ms));
  if (!settings.completion_window.empty()) set(key.provider + ".completion_window", settings.completion_window);
  return spec;
}

}  // namespace

std::optional<BatchRunner::Running> BatchRunner::running_of(const CallBatch& batch) {
  auto key = read_queue_key(batch.queue);
  const Provider* const provider = key ? find_provider(key->provider) : nullptr;
  if (provider == nullptr || provider->dialect().capture_rules() == nullptr) return std::nullopt;
  Running running;
  running.batch = batch;
  running.key = std::move(*key);
  running.form = provider->dialect().capture_rules()->form;
  return running;
}

void BatchRunner::take_over(const std::vector<CallBatch>& batches) {
  for (const CallBatch& batch : batches) {
    auto running = running_of(batch);
    if (!running) continue;
    if (batch.state == CallBatchState::sealed) unsent_.push_back(std::move(*running));
    running->is_inherited = batch.state == CallBatchState::submitted;
    if (running->is_inherited) running_.emplace(batch.id, std::move(*running));
  }
}

void BatchRunner::turn() {
  if (p_.open->has_new_key.exchange(false)) go_on_after_keys();
  submit_all();
  look_at_running();
  submit_all();  // what was cut or is asked again
  std::vector<View> views;
  for (const Running& each : unsent_) views.push_back({each.batch, each.waits_for_key});
  for (const auto& [id, each] : running_) views.push_back({each.batch, each.waits_for_key});
  const MutexLock lock(&views_mutex_);
  views_ = std::move(views);
}

std::vector<BatchRunner::View> BatchRunner::views() {
  const MutexLock lock(&views_mutex_);
  return views_;
}

bool BatchRunner::is_due() {
  if (p_.open->has_new_key) return true;
  const std::int64_t now = now_ms();
  return std::any_of(running_.begin(), running_.end(), [&](const auto& entry) {
    const Running& running = entry.second;
    if (running.waits_for_key || running.again_at_ms > now) return false;
    const auto snapshot = p_.router->jobs().known(running.batch.job_id);
    return snapshot != nullptr && (snapshot->job.done || is_blocked(snapshot->job));
  });
}

// Batches that wait for a key take nobody's place.
bool BatchRunner::has_room() const {
  const auto under_way = std::count_if(running_.begin(), running_.end(),
                                       [](const auto& entry) { return !entry.second.waits_for_key; });
  return under_way < p_.settings->max_batches;
}

std::int64_t BatchRunner::next_due_ms() const {
  std::int64_t next = -1;
  const auto at = [&next](std::int64_t ms) { next = next < 0 ? ms : std::min(next, ms); };
  if (has_room()) {
    for (const Running& each : unsent_) {
      if (!each.waits_for_key) at(std::max<std::int64_t>(0, each.again_at_ms));
    }
  }
  for (const auto& [id, each] : running_) {
    if (each.again_at_ms >= 0) at(each.again_at_ms);
  }
  return next;
}

// A key came that was not here before: whatever may have waited for it is tried again.
void BatchRunner::go_on_after_keys() {
  for (Running& each : unsent_) each.waits_for_key = false;
  for (auto& [id, each] : running_) {
    if (!std::exchange(each.waits_for_key, false)) continue;
    (void)p_.router->control().resume(each.batch.job_id);
  }
}

// Looked at again when a call that is refused for want of a key has been: the key may have come in between.
bool BatchRunner::has_key(const Running& running) const {
  const KeyRing* const keys = p_.router->config().key_ring();
  return keys != nullptr && keys->has(running.key.provider, running.key.slot);
}

void BatchRunner::submit_all() {
  const std::int64_t now = now_ms();
  std::deque<Running> left;
  for (Running& each : std::exchange(unsent_, {})) {
    const bool may_go = has_room() && !each.waits_for_key && each.again_at_ms <= now;
    if (!may_go || !submit(&each)) left.push_back(std::move(each));
  }
  for (Running& each : unsent_) left.push_back(std::move(each));  // made meanwhile, out of batches that were cut
  unsent_ = std::move(left);
}

// true: it is at the router, or has ended.
bool BatchRunner::submit(Running* running) {
  // The file may hold calls that were never taken, and that somebody made again.
  const std::string requests = p_.files->requests(running->batch.id);
  if (!p_.files->trim(requests, static_cast<std::uint64_t>(running->batch.bytes))) return try_later(running);
  auto submitted = p_.router->submission().submit(spec_of(running->batch, running->key, *p_.settings, *p_.files), {});
  if (!submitted) return refused(running, submitted.error());
  running->batch.job_id = submitted->job_id;
  running->batch.state = CallBatchState::submitted;
  CallChanges changes;
  changes.batches.push_back(running->batch);
  // Where this is not saved the same batch is submitted again after a restart, and is the job that it is already.
  (void)p_.store->apply(changes);
  running_.emplace(running->batch.id, std::move(*running));
  return true;
}

bool BatchRunner::refused(Running* running, const Error& error) {
  const AnswerForm form = running->form;
  if (error.code == Code::auth && !running->key.configured) {
    running->waits_for_key = !has_key(*running);  // else it came when the router had looked for it already
    return running->waits_for_key ? false : try_later(running);
  }
  Result<void> done;
  if (error.code == Code::auth) {
    done = answer_all(running, kStatusUnauthorized, error_body(form, kStatusUnauthorized, "", "", error.message));
  } else if (is_about_requests(error)) {
    done = cut_or_refuse(running, error);
  } else if (error.code == Code::budget) {
    done = answer_all(running, kStatusBadRequest, error_body(form, kStatusBadRequest, "", "max_cost", error.message));
  } else if (p_.files->size(p_.files->requests(running->batch.id)) < static_cast<std::uint64_t>(running->batch.bytes)) {
    done = answer_all(running, kStatusBadGateway, error_body(form, kStatusBadGateway, "", "", kLostRequest));
  } else {
    return try_later(running);
  }
  if (done) done = end(running);
  return done.ok() || try_later(running);
}

Result<void> BatchRunner::cut_or_refuse(Running* running, const Error& error) {
  const std::vector<CapturedCall> calls = calls_of(running->batch.id);
  if (calls.size() > 1) return put_in_halves(running, calls);
  return answer_all(running, kStatusBadRequest, error_body(running->form, kStatusBadRequest, "", "", first_issue(error)));
}

// The disk, or the router: the batch stays. Whoever waits too long is told to come back. Always false.
bool BatchRunner::try_later(Running* running) {
  running->again_at_ms = now_ms() + std::min(kAgainMs << std::min(running->failures, kMostDoublings), kLongestAgainMs);
  if (++running->failures >= kFailuresToTell) put_off(running->batch, kCannotGoOn, p_.open, p_.answers);
  return false;
}

void BatchRunner::look_at_running() {
  for (auto each = running_.begin(); each != running_.end();) {
    Running& running = each->second;
    auto snapshot = p_.router->jobs().find(running.batch.job_id);
    if (!snapshot) {
      if (snapshot.error().code == Code::not_found)
        running.failure = Error(Code::not_found, "the batch of this call was removed");
      const bool over =
          running.failure &&
          answer_all(&running, kStatusBadGateway, error_body(running.form, kStatusBadGateway, "", "", running.failure->message)) &&
          end(&running);
      each = over ? running_.erase(each) : std::next(each);
      continue;
    }
    const Job& job = (*snapshot)->job;
    // Of an earlier process: it goes on here, also where the router leaves its own jobs alone (resume.auto).
    if (std::exchange(running.is_inherited, false) && !job.done) (void)p_.router->control().resume(job.id);
    const bool waits = running.again_at_ms > now_ms();
    if (!job.done) {
      if (!is_blocked(job)) running.again_at_ms = -1;
      if (is_blocked(job) && !waits) look_at_blocked(&running, job);
      ++each;
      continue;
    }
    if (waits) {
      ++each;
      continue;
    }
    const bool finished = finish(&running, job).ok() || try_later(&running);
    each = finished ? running_.erase(each) : std::next(each);
  }
}

void BatchRunner::look_at_blocked(Running* running, const Job& job) {
  const auto blocked = std::find_if(job.batches.begin(), job.batches.end(),
                                    [](const RemoteBatch& batch) { return batch.blocked && batch.error; });
  if (blocked == job.batches.end()) return;
  const Error& error = *blocked->error;
  if (error.code == Code::auth && error.http_status == 0) {
    running->waits_for_key = !running->key.configured && !has_key(*running);
    if (running->waits_for_key) return;
    // The key came when the router had looked for it already.
    running->again_at_ms = now_ms() + kAgainMs;
    (void)p_.router->control().resume(job.id);
    return;
  }
  // What the vendor says to the key is the answer to every call that was made with it. Nothing was sent.
  const bool unsent = blocked->creates == 0 && blocked->status.id.empty();
  if ((error.code == Code::auth || error.code == Code::quota) && unsent) {
    running->failure = error;
    (void)p_.router->control().abandon(job.id);
    return;
  }
  // Perhaps it is over. Whoever waits too long is told to come back: the job goes on, or a person decides.
  if (running->again_at_ms >= 0) (void)p_.router->control().resume(job.id);
  running->again_at_ms = now_ms() + kResumeMs;
  if (++running->failures >= kFailuresToTell) put_off(running->batch, kCannotGoOn, p_.open, p_.answers);
}

void BatchRunner::remember(const Running& running, const Job& job) {
  EndedBatch ended;
  ended.batch = running.batch;
  ended.vendor_id = job.batches.front().status.id;
  ended.counts = counts_of(job);
  ended.state = state_of(job);
  if (running.failure) ended.problem = running.failure->message;
  ended.ended_ms = now_ms();
  history_.note(std::move(ended));
}

// An error: not all of it is saved, and it is done again.
Result<void> BatchRunner::finish(Running* running, const Job& job) {
  AnswerPass pass = pass_over(*running);
  BR_RETURN_IF_ERROR(read_results(job, &pass));
  BR_RETURN_IF_ERROR(pass.save());
  if (!pass.again().empty()) {
    BR_RETURN_IF_ERROR(put_on(running, pass.again()));
  }
  BR_RETURN_IF_ERROR(put_in_halves(running, pass.cut()));
  BR_RETURN_IF_ERROR(end(running));
  remember(*running, job);
  if (const auto view = p_.router->views().view(job.id); view && view->cost)
    p_.open->saved_micro_dollars += (view->cost->sync - view->cost->batch).micro_dollars();
  (void)p_.router->outbox().acknowledge_all(job.id);
  return {};
}

Result<void> BatchRunner::read_results(const Job& job, AnswerPass* pass) {
  for (const auto& feed : p_.router->jobs().make_feeds(job)) {
    BR_RETURN_IF_ERROR(check_once(feed.get()));
    FeedReader reader(feed, 0);
    for (;;) {
      Line line;
      auto more = reader.next(&line);
      BR_RETURN_IF_ERROR(more);
      if (!*more) break;
      BR_RETURN_IF_ERROR(pass->take_line({line.data, line.size}));
    }
  }
  return {};
}

AnswerPass BatchRunner::pass_over(const Running& running) const {
  return AnswerPass({p_.files, p_.store, p_.open, p_.answers, p_.router->world().clock.get()},
                    {running.batch.id, running.batch.requests == 1, running.form, running.key, running.failure});
}

// What may hold the one bad call: each half is tried by itself.
Result<void> BatchRunner::put_in_halves(Running* running, const std::vector<CapturedCall>& calls) {
  const auto half = calls.begin() + static_cast<std::ptrdiff_t>((calls.size() + 1) / 2);
  if (half != calls.begin()) {
    BR_RETURN_IF_ERROR(put_on(running, {calls.begin(), half}));
  }
  return half == calls.end() ? Result<void>() : put_on(running, {half, calls.end()});
}

// Into a batch of their own.
Result<void> BatchRunner::put_on(Running* running, const std::vector<CapturedCall>& calls) {
  std::vector<CapturedCall> moved;
  auto batch = p_.intake->put_again(running->batch, calls, &moved);
  BR_RETURN_IF_ERROR(batch);
  {
    const MutexLock lock(&p_.open->mutex);
    for (const CapturedCall& call : moved) (void)p_.open->table.update(call);
  }
  if (auto next = running_of(*batch)) unsent_.push_back(std::move(*next));
  return {};
}

Result<void> BatchRunner::answer_all(Running* running, int status, const std::string& body) {
  AnswerPass pass = pass_over(*running);
  for (CapturedCall& call : calls_of(running->batch.id))
    pass.settle(std::move(call), {CallFate::answer, status, body, ""});
  return pass.save();
}

Result<void> BatchRunner::end(Running* running) {
  running->batch.state = CallBatchState::ended;
  CallChanges changes;
  changes.batches.push_back(running->batch);
  return p_.store->apply(changes);
}

std::vector<CapturedCall> BatchRunner::calls_of(std::int64_t batch) {
  const MutexLock lock(&p_.open->mutex);
  return p_.open->table.waiting_in(batch);
}

}  // namespace br
