#include "capture/capture.h"

#include <algorithm>
#include <utility>

#include "batchrouter.h"
#include "capture/answer_builder.h"
#include "capture/capture_views.h"
#include "capture/put_off.h"
#include "core/engine/executor.h"
#include "providers/registry.h"
#include "sys/clock.h"
#include "sys/wall.h"

namespace br {
namespace {

constexpr std::int64_t kDeliveriesMs = 50, kLongestWaitMs = 60'000, kHourMs = 3'600'000;
constexpr std::size_t kSaltLength = 32;
constexpr std::int64_t kSealAgainMs = 1'000;
constexpr int kSealsToTell = 5;
constexpr const char* kNotWritable = "the state directory cannot be written";

}  // namespace

Capture::Capture(std::shared_ptr<Router> router)
    : router_(std::move(router)),
      settings_(read_capture_settings(router_->config())),
      files_(router_->world().files, router_->config().get("state_dir")),
      answers_(&router_->monitor(), &router_->events()),
      dry_run_(&settings_) {}

Result<std::shared_ptr<Capture>> Capture::open(std::shared_ptr<Router> router) {
  if (router->is_observer()) return observer_error();
  if (!router->begin_capture())
    return Error(Code::already, "the router captures calls already", "use that capture, or close it first");
  std::shared_ptr<Capture> capture(new Capture(std::move(router)));
  BR_RETURN_IF_ERROR(capture->start());
  return capture;
}

Capture::~Capture() {
  (void)close(0);
  router_->events().set_answers({});
  router_->end_capture();
}

Result<void> Capture::start() {
  const World& world = router_->world();
  if (!world.open_call_store) return Error(Code::unsupported, "this world keeps no captured calls", "");
  BR_RETURN_IF_ERROR(files_.prepare());
  auto store = world.open_call_store(files_.database());
  BR_RETURN_IF_ERROR(store);
  store_ = std::move(*store);
  auto salt = store_->salt(world.random->id(kSaltLength));
  BR_RETURN_IF_ERROR(salt);
  const Config* const config = &router_->config();
  classifier_ = std::make_unique<Classifier>(config, std::move(*salt));
  writer_ = std::make_unique<CallWriter>(CallWriter::Parts{config, &settings_, &files_, store_.get()});
  intake_ = std::make_unique<Intake>(Intake::Parts{config, &settings_, world.clock.get(), classifier_.get(),
                                                   writer_.get(), store_.get(), &open_, &answers_, &dry_run_,
                                                   &router_->events(), &router_->monitor()});
  runner_ = std::make_unique<BatchRunner>(
      BatchRunner::Parts{router_.get(), &settings_, &files_, store_.get(), &open_, &answers_, intake_.get()});
  auto calls = store_->open_calls();
  BR_RETURN_IF_ERROR(calls);
  auto batches = store_->open_batches();
  BR_RETURN_IF_ERROR(batches);
  {
    const MutexLock lock(&open_.mutex);
    for (CapturedCall& call : *calls) open_.table.add(std::move(call));
  }
  know_configured_keys(*batches);
  BR_RETURN_IF_ERROR(writer_->open(*batches));
  runner_->take_over(*batches);
  // A callback may free the capture.
  const std::weak_ptr<Capture> weak = weak_from_this();
  router_->events().set_answers({[weak] {
                                   const auto capture = weak.lock();
                                   return capture != nullptr && capture->answers_.has_called();
                                 },
                                 [weak] {
                                   if (const auto capture = weak.lock()) capture->hand_out();
                                 }});
  thread_ = std::thread([this] { run(); });
  return {};
}

// A key that the configuration has may be the one that a batch of an earlier process waits for.
void Capture::know_configured_keys(const std::vector<CallBatch>& batches) {
  for (const CallBatch& batch : batches) {
    const auto key = read_queue_key(batch.queue);
    const Provider* const provider = key ? find_provider(key->provider) : nullptr;
    if (provider == nullptr || key->slot.empty()) continue;
    const auto account = resolve_account(router_->config(), *provider, {}, key->account);
    if (!account) continue;
    KeyRing::Settings secrets = key->settings;
    secrets.emplace_back("api_key", account->api_key);
    if (classifier_->slot_of(key->provider, secrets) == key->slot)
      router_->config().key_ring()->add(key->provider, key->slot, secrets);
  }
}

Result<std::vector<std::int64_t>> Capture::take(const std::vector<HttpCall>& calls) {
  if (closed_) return closed_error();
  BR_RETURN_IF_ERROR(router_->monitor().check());  // nothing is sent by a router whose state cannot be written
  auto taken = intake_->take(calls);
  if (taken && stop_ && router_->monitor().has_failed()) put_off_all(kNotWritable);  // the thread has told those who waited before
  return taken;
}

Result<void> Capture::leave(std::int64_t ticket) {
  const bool withdrawn = answers_.withdraw(ticket);
  const MutexLock lock(&open_.mutex);
  if (open_.table.leave(ticket) != nullptr || withdrawn) return {};
  return Error(Code::not_found, "nobody waits for that call", "");
}

Result<Wait> Capture::next(std::int64_t timeout_ms, std::optional<TakenAnswer>* answer) {
  std::optional<ReadyAnswer> ready;
  bool ended = false;
  auto waited = router_->monitor().wait_for_next(timeout_ms, [&] {
    const bool over = ended_;  // read first: nothing is added after it is set
    ready = answers_.take();
    ended = over && !ready;
    return ready.has_value() || ended;
  });
  if (!waited || *waited != Wait::ready) return waited;
  if (ended) {
    BR_RETURN_IF_ERROR(router_->monitor().check());  // whoever waited was told
    return Wait::ended;
  }
  *answer = hand_over(std::move(*ready));
  return Wait::ready;
}

TakenAnswer Capture::hand_over(ReadyAnswer ready) {
  {
    const MutexLock lock(&open_.mutex);
    open_.table.hand_out(ready.waiter.ticket);
  }
  const std::int64_t call = ready.call.id;
  TakenAnswer answer = build_answer(std::move(ready), files_);
  if (answer.is_lost) forget(call);
  return answer;
}

// Its answer cannot be read any more: the next call of its identity is a new one.
void Capture::forget(std::int64_t call) {
  CallChanges changes;
  changes.removed_calls.push_back(call);
  (void)store_->apply(changes);
  const MutexLock lock(&open_.mutex);
  open_.table.remove(call);
}

// Inside br_poll.
void Capture::hand_out() {
  while (!(closed_ && stop_)) {  // a failure is told, too
    auto ready = answers_.take_called();
    if (!ready) return;
    const auto fn = ready->waiter.answer;
    (*fn)(hand_over(std::move(*ready)));
  }
}

void Capture::delivered(const TakenAnswer& answer) {
  if (answer.call == 0) return;
  {
    const MutexLock lock(&open_.mutex);
    open_.table.end_of(answer.call, answer.ticket);
    const OpenCall* const open = open_.table.find(answer.call);
    if (open == nullptr || open->call.state != CallState::answered) return;
    CapturedCall call = open->call;
    call.state = CallState::delivered;
    call.delivered_ms = call.used_ms = router_->world().clock->now_ms();
    (void)open_.table.update(call);
  }
  {
    const MutexLock lock(&deliveries_mutex_);
    deliveries_.push_back(answer.call);
  }
  if (stop_) save_deliveries();  // nobody else does any more
}

void Capture::returned(const TakenAnswer& answer) {
  const MutexLock lock(&open_.mutex);
  open_.table.end_of(answer.call, answer.ticket);
}

// What is lost of it is handed out once more, which costs nothing.
void Capture::save_deliveries() {
  std::vector<std::int64_t> ids;
  {
    const MutexLock lock(&deliveries_mutex_);
    ids.swap(deliveries_);
  }
  if (ids.empty()) return;
  CallChanges changes;
  {
    const MutexLock lock(&open_.mutex);
    for (const std::int64_t id : ids) {
      const OpenCall* const open = open_.table.find(id);
      if (open == nullptr) continue;
      if (open->call.succeeded())
        changes.calls.push_back(open->call);
      else
        changes.removed_calls.push_back(id);  // an error is kept until somebody has it
    }
  }
  if (!store_->apply(changes)) {
    const MutexLock lock(&deliveries_mutex_);
    deliveries_.insert(deliveries_.end(), ids.begin(), ids.end());
    return;
  }
  const MutexLock lock(&open_.mutex);
  for (const std::int64_t id : ids) {
    const OpenCall* const open = open_.table.find(id);
    if (open != nullptr && open->waiters.empty()) open_.table.remove(id);
  }
}

void Capture::flush() {
  flush_ = true;
  router_->monitor().changed();
}

void Capture::run() {
  block_signals();
  while (!stop_) {
    behind_wall([this] { turn(); },
                [this](const char* what) { router_->events().note(BR_EVENT_WINDOW_TIMER_ERROR, what); });
    const std::int64_t next = next_due_ms();
    const auto waited = router_->monitor().wait_uninterrupted(wait_ms(next), [&] {
      const std::int64_t due = next_due_ms();
      const bool sooner = due >= 0 && (next < 0 || due < next);
      return stop_ || flush_ || sooner || runner_->is_due();
    });
    if (!waited) break;  // the router is closed, or has failed
  }
  save_deliveries();
  stop_ = true;  // before those who wait are told: who comes later tells itself
  if (router_->monitor().has_failed()) put_off_all(kNotWritable);
  ended_ = true;
  router_->monitor().changed();
}

// When the thread has something to do at the latest; -1: when something happens.
std::int64_t Capture::next_due_ms() {
  std::int64_t next = intake_->next_due_ms();
  if (next >= 0) next = flush_again_ ? seal_again_ms_ : std::max(next, seal_again_ms_);
  const std::int64_t due = runner_->next_due_ms();
  if (due >= 0) next = next < 0 ? due : std::min(next, due);
  return next;
}

std::int64_t Capture::wait_ms(std::int64_t next_due_ms) {
  const std::int64_t now_ms = router_->world().clock->now_ms();
  const std::int64_t wait =
      next_due_ms < 0 ? kLongestWaitMs : std::clamp<std::int64_t>(next_due_ms - now_ms, 0, kLongestWaitMs);
  const MutexLock lock(&deliveries_mutex_);
  return deliveries_.empty() ? wait : std::min(wait, kDeliveriesMs);
}

void Capture::turn() {
  save_deliveries();
  seal();
  runner_->turn();
  is_idle_ = intake_->queued() == 0 && !runner_->has_unsent();
  if (closed_) router_->monitor().changed();  // close() waits for that
  remove_old();
}

void Capture::seal() {
  const bool is_asked = flush_.exchange(false) || closed_;
  const bool all = is_asked || flush_again_;
  const std::int64_t now_ms = router_->world().clock->now_ms();
  if (!is_asked && now_ms < seal_again_ms_) return;
  auto sealed = intake_->seal(all ? CallWriter::Which::all : CallWriter::Which::due);
  flush_again_ = all && !sealed;
  if (sealed) {
    seals_failed_ = 0;
    seal_again_ms_ = 0;
    return runner_->take_over(*sealed);
  }
  router_->events().note(BR_EVENT_WINDOW_TIMER_ERROR, sealed.error().message);
  seal_again_ms_ = now_ms + kSealAgainMs;
  if (++seals_failed_ >= kSealsToTell) put_off_all(kNotWritable);
}

// The state cannot be written. Whoever waits is told so, since nobody knows for how long.
void Capture::put_off_all(const std::string& why) {
  for (const CallBatch& batch : intake_->collecting()) put_off(batch, why, &open_, &answers_);
  for (const BatchRunner::View& view : runner_->views()) put_off(view.batch, why, &open_, &answers_);
}

void Capture::remove_old() {
  const std::int64_t now_ms = router_->world().clock->now_ms();
  if (now_ms - removed_at_ms_ < kHourMs) return;
  removed_at_ms_ = now_ms;
  const auto old = store_->ended_batches(now_ms - settings_.retention_ms);
  if (!old || old->empty()) return;
  CallChanges changes;
  for (const CallBatch& batch : *old) changes.removed_batches.push_back(batch.id);
  if (!store_->apply(changes)) return;
  for (const CallBatch& batch : *old) {
    files_.remove(batch.id);
    if (!batch.job_id.empty()) (void)router_->control().remove(batch.job_id);
  }
}

Result<void> Capture::close(std::int64_t timeout_ms) {
  const MutexLock closing(&closing_);
  if (!closed_.exchange(true)) {
    router_->events().note(BR_EVENT_FINAL_FLUSH_SUBMITTING,
                           "no call is taken any more; what was collected is submitted");
    flush();
  }
  if (timeout_ms != 0 && thread_.joinable()) {
    is_idle_ = false;
    flush();
    (void)router_->monitor().wait_uninterrupted(timeout_ms, [this] { return is_idle_ || stop_; });
  }
  stop_ = true;
  router_->monitor().changed();
  if (thread_.joinable()) thread_.join();
  return {};
}

std::string Capture::stats_json() {
  std::string json = capture_stats_json(*router_, &open_, intake_.get(), runner_.get());
  if (!settings_.dry_run) return json;
  json.back() = ',';
  return json + "\"plan\":" + dry_run_.plan_json() + "}";
}

std::string Capture::call_json(std::int64_t ticket) {
  return captured_call_json(*router_, &open_, runner_.get(), ticket);
}

}  // namespace br
