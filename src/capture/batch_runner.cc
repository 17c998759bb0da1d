#include "capture/batch_runner.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "codec/json_read.h"
#include "codec/result_fields.h"
#include "core/requests/batch_options.h"
#include "core/results/deliver.h"
#include "providers/registry.h"

namespace br {
namespace {

constexpr std::int64_t kAgainMs = 1'000, kResumeMs = 30'000;
constexpr std::int32_t kMostAttempts = 3;
constexpr std::size_t kBytesOfASave = std::size_t{1} << 20;
constexpr int kBadRequest = 400, kTooMany = 429, kBadGateway = 502, kTimeout = 504;
constexpr std::string_view kIdPrefix = "call-";

std::int64_t call_id(std::string_view custom_id_json) {
  std::string id;
  if (custom_id_json.starts_with('"')) append_unescaped(custom_id_json, &id);
  std::int64_t number = 0;
  if (id.starts_with(kIdPrefix)) std::from_chars(id.data() + kIdPrefix.size(), id.data() + id.size(), number);
  return number;
}

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
    if (batch.state == CallBatchState::submitted) running_.emplace(batch.id, std::move(*running));
  }
}

void BatchRunner::turn() {
  if (p_.open->has_new_key.exchange(false)) go_on_after_keys();
  submit_all();
  look_at_running();
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
  return std::any_of(running_.begin(), running_.end(), [this](const auto& entry) {
    const auto snapshot = p_.router->jobs().known(entry.second.batch.job_id);
    if (snapshot == nullptr) return false;
    const bool waits = entry.second.waits_for_key || entry.second.resume_at_ms > now_ms();
    return snapshot->job.done || (is_blocked(snapshot->job) && !waits);
  });
}

std::int64_t BatchRunner::next_due_ms() const {
  std::int64_t next = unsent_.empty() ? -1 : submit_again_ms_;
  for (const auto& [id, each] : running_) {
    if (each.resume_at_ms >= 0) next = next < 0 ? each.resume_at_ms : std::min(next, each.resume_at_ms);
  }
  return next;
}

// A key came that was not here before: whatever may have waited for it is tried again.
void BatchRunner::go_on_after_keys() {
  submit_again_ms_ = -1;
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
  if (submit_again_ms_ > now_ms()) return;
  submit_again_ms_ = -1;
  std::deque<Running> left;
  for (Running& each : std::exchange(unsent_, {})) {
    const bool room = static_cast<std::int64_t>(running_.size()) < p_.settings->max_batches;
    if (!room || each.waits_for_key || submit_again_ms_ >= 0 || !submit(&each)) left.push_back(std::move(each));
  }
  for (Running& each : unsent_) left.push_back(std::move(each));  // made meanwhile, out of batches that were cut
  unsent_ = std::move(left);
}

// true: it is at the router, or has ended.
bool BatchRunner::submit(Running* running) {
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
  if (error.code == Code::auth && !has_key(*running)) {
    running->waits_for_key = true;
    return false;
  }
  Result<void> done;
  if (is_about_requests(error)) {
    Pass pass;
    std::vector<CapturedCall> calls = calls_of(running->batch.id);
    if (calls.size() > 1) {
      pass.cut = std::move(calls);
      done = put_on(running, &pass);
    } else {
      done = answer_all(running, kBadRequest, error_body(running->form, kBadRequest, "", "", first_issue(error)));
    }
  } else if (error.code == Code::budget) {
    done = answer_all(running, kBadRequest, error_body(running->form, kBadRequest, "", "max_cost", error.message));
  } else {
    submit_again_ms_ = now_ms() + kAgainMs;  // the disk, or the router
    return false;
  }
  if (done) done = end(running);
  if (!done) submit_again_ms_ = now_ms() + kAgainMs;
  return done.ok();
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
          answer_all(&running, kBadGateway, error_body(running.form, kBadGateway, "", "", running.failure->message)) &&
          end(&running);
      each = over ? running_.erase(each) : std::next(each);
      continue;
    }
    const Job& job = (*snapshot)->job;
    if (!job.done) {
      if (is_blocked(job)) look_at_blocked(&running, job);
      ++each;
      continue;
    }
    auto finished = finish(&running, job);
    if (!finished || !*finished) running.resume_at_ms = now_ms() + kAgainMs;
    each = finished && *finished ? running_.erase(each) : std::next(each);
  }
}

void BatchRunner::look_at_blocked(Running* running, const Job& job) {
  const auto blocked = std::find_if(job.batches.begin(), job.batches.end(),
                                    [](const RemoteBatch& batch) { return batch.blocked && batch.error; });
  if (blocked == job.batches.end()) return;
  const Error& error = *blocked->error;
  if (error.code == Code::auth && error.http_status == 0) {
    running->waits_for_key = !has_key(*running);
    if (running->waits_for_key || running->resume_at_ms > now_ms()) return;
    // The key came when the router had looked for it already.
    running->resume_at_ms = now_ms() + kAgainMs;
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
  if (running->resume_at_ms > now_ms()) return;
  if (running->resume_at_ms >= 0) (void)p_.router->control().resume(job.id);
  running->resume_at_ms = now_ms() + kResumeMs;
}

// false: not all of it is saved.
Result<bool> BatchRunner::finish(Running* running, const Job& job) {
  Pass pass;
  BR_RETURN_IF_ERROR(read_results(running, job, &pass));
  BR_RETURN_IF_ERROR(save(running, &pass));
  BR_RETURN_IF_ERROR(put_on(running, &pass));
  BR_RETURN_IF_ERROR(end(running));
  if (const auto view = p_.router->views().view(job.id); view && view->cost)
    p_.open->saved_micro_dollars += (view->cost->sync - view->cost->batch).micro_dollars();
  (void)p_.router->outbox().acknowledge_all(job.id);
  return true;
}

Result<void> BatchRunner::read_results(Running* running, const Job& job, Pass* pass) {
  pass->begin = p_.files->size(p_.files->answers(running->batch.id));
  for (const auto& feed : p_.router->jobs().make_feeds(job)) {
    BR_RETURN_IF_ERROR(check_once(feed.get()));
    FeedReader reader(feed, 0);
    for (;;) {
      Line line;
      auto more = reader.next(&line);
      BR_RETURN_IF_ERROR(more);
      if (!*more) break;
      BR_RETURN_IF_ERROR(take_line(running, {line.data, line.size}, pass));
    }
  }
  return {};
}

Result<void> BatchRunner::take_line(Running* running, std::string_view line, Pass* pass) {
  ResultFields fields(line);
  const std::int64_t id = call_id(fields.token(ResultField::custom_id));
  CapturedCall call;
  {
    const MutexLock lock(&p_.open->mutex);
    const OpenCall* const open = p_.open->table.find(id);
    // Answered by an earlier pass that a crash cut short, or in another batch already.
    if (open == nullptr || open->call.state != CallState::waiting || open->call.line.batch != running->batch.id)
      return {};
    call = open->call;
  }
  settle(running, std::move(call), read_outcome(running->form, line, running->batch.requests == 1), pass);
  return pass->bodies.size() < kBytesOfASave ? Result<void>() : save(running, pass);
}

void BatchRunner::settle(Running* running, CapturedCall call, CallOutcome outcome, Pass* pass) {
  if (running->failure) {
    const Error& error = *running->failure;
    outcome = {CallFate::answer,
               error.http_status > 0       ? error.http_status
               : error.code == Code::quota ? kTooMany
                                           : kBadGateway,
               "", ""};
    outcome.body = error_body(running->form, outcome.status, "", error.vendor_code, error.message);
  }
  if (outcome.fate == CallFate::cut) return pass->cut.push_back(std::move(call));
  if (outcome.fate == CallFate::again && call.attempts < kMostAttempts) {
    ++call.attempts;
    return pass->again.push_back(std::move(call));
  }
  if (outcome.fate == CallFate::again) {
    outcome.status = kTimeout;
    outcome.body =
        error_body(running->form, kTimeout, "", "",
                   "the vendor did not answer this request in " + std::to_string(kMostAttempts) + " batches");
  }
  call.state = CallState::answered;
  call.status = outcome.status;
  call.answer = {running->batch.id, pass->begin + pass->bodies.size(), outcome.body.size()};
  call.answered_ms = now_ms();
  call.vendor_batch = outcome.batch_id;
  pass->bodies += outcome.body;
  pass->changes.calls.push_back(std::move(call));
}

// Texts, then the transaction, then those who wait.
Result<void> BatchRunner::save(Running* running, Pass* pass) {
  if (pass->changes.empty()) return {};
  BR_RETURN_IF_ERROR(p_.files->append(p_.files->answers(running->batch.id), pass->begin, pass->bodies));
  BR_RETURN_IF_ERROR(p_.store->apply(pass->changes));
  pass->begin += pass->bodies.size();
  pass->bodies.clear();
  std::vector<ReadyAnswer> ready;
  {
    const MutexLock lock(&p_.open->mutex);
    for (const CapturedCall& call : std::exchange(pass->changes.calls, {})) {
      OpenCall* const open = p_.open->table.find(call.id);
      if (open == nullptr) continue;
      open->call = call;
      for (const Waiter& waiter : open->waiters)
        ready.push_back({waiter, running->form, running->key.provider, running->key.endpoint, call, false, {}});
    }
  }
  p_.open->answered += static_cast<std::int64_t>(ready.size());
  for (ReadyAnswer& each : ready) p_.answers->push(std::move(each));
  return {};
}

// What has no answer goes into other batches: what the vendor left out into one, what may hold the one bad call into
// two.
Result<void> BatchRunner::put_on(Running* running, Pass* pass) {
  std::vector<std::vector<CapturedCall>> parts;
  if (!pass->again.empty()) parts.push_back(std::exchange(pass->again, {}));
  if (!pass->cut.empty()) {
    const auto half = static_cast<std::ptrdiff_t>((pass->cut.size() + 1) / 2);
    parts.emplace_back(pass->cut.begin(), pass->cut.begin() + half);
    parts.emplace_back(pass->cut.begin() + half, pass->cut.end());
    pass->cut.clear();
  }
  for (const auto& calls : parts) {
    if (calls.empty()) continue;
    std::vector<CapturedCall> moved;
    auto batch = p_.intake->put_again(running->batch, calls, &moved);
    BR_RETURN_IF_ERROR(batch);
    {
      const MutexLock lock(&p_.open->mutex);
      for (const CapturedCall& call : moved) {
        if (OpenCall* const open = p_.open->table.find(call.id); open != nullptr) open->call = call;
      }
    }
    if (auto next = running_of(*batch)) unsent_.push_back(std::move(*next));
  }
  return {};
}

Result<void> BatchRunner::answer_all(Running* running, int status, const std::string& body) {
  Pass pass;
  pass.begin = p_.files->size(p_.files->answers(running->batch.id));
  for (CapturedCall& call : calls_of(running->batch.id))
    settle(running, std::move(call), {CallFate::answer, status, body, ""}, &pass);
  return save(running, &pass);
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
