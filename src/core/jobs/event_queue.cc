#include "core/jobs/event_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "batchrouter.h"
#include "codec/json_write.h"

namespace br {
namespace {

constexpr std::size_t kMaxCallbacksDue = 10'000;

std::string event_json(std::int32_t event, const Job& job, const RemoteBatch* batch, const std::string& text) {
  std::string json;
  JsonWriter writer(&json);
  const Counts counts = counts_of(job);
  writer.begin_object().field("event", event_name(event)).field("job_id", job.id);
  writer.field("batch_id", batch == nullptr ? "" : batch->status.id).field("message", text);
  writer.field("status", state_name(state_of(job))).key("request_counts").begin_object();
  writer.field("total", counts.total).field("succeeded", counts.succeeded).field("errored", counts.errored);
  writer.field("processing", counts.processing).end_object().end_object();
  return json;
}

std::int32_t log_level_of(std::int32_t event) {
  if (event == BR_EVENT_BLOCKED || event == BR_EVENT_WARNING || event == BR_EVENT_UNKNOWN) return BR_LOG_WARNING;
  return event == BR_EVENT_BATCH_POLLED ? BR_LOG_DEBUG : BR_LOG_INFO;
}

}  // namespace

const char* event_name(std::int32_t event) {
  static constexpr const char* kNames[] = {"state",
                                           "progress",
                                           "batch_submitting",
                                           "batch_submitted",
                                           "batch_polled",
                                           "batch_ended",
                                           "retry",
                                           "unknown",
                                           "adopted",
                                           "resent",
                                           "blocked",
                                           "unknown_id",
                                           "duplicate_row",
                                           "malformed_row",
                                           "missing_results",
                                           "results_ready",
                                           "job_done",
                                           "warning",
                                           "requests_queued",
                                           "batch_processing",
                                           "batch_failed",
                                           "cache_hit_routed",
                                           "window_timer_error",
                                           "final_flush_submitting",
                                           "results_arrived"};
  constexpr std::int32_t kCount = sizeof kNames / sizeof *kNames;
  return event < 1 || event > kCount ? "unknown_event" : kNames[event - 1];
}

// For as long as a thread is inside poll().
class EventQueue::Polling {
 public:
  explicit Polling(EventQueue* queue) : queue_(queue) {
    const MutexLock lock(&queue_->mutex_);
    queue_->pollers_.push_back({std::this_thread::get_id()});
  }
  Polling(const Polling&) = delete;
  Polling& operator=(const Polling&) = delete;
  ~Polling() {
    bool left = false;
    {
      const MutexLock lock(&queue_->mutex_);
      auto& pollers = queue_->pollers_;
      // The newest of this thread's: a callback may poll in its turn.
      const auto mine = std::find_if(pollers.rbegin(), pollers.rend(),
                                     [](const Poller& p) { return p.thread == std::this_thread::get_id(); });
      pollers.erase(std::next(mine).base());
      left = queue_->has_call();
    }
    if (left) queue_->monitor_->changed();  // a call that waits may have to run it
  }

 private:
  EventQueue* queue_;
};

EventQueue::EventQueue(RouterCallbacks callbacks, Monitor* monitor)
    : monitor_(monitor), log_level_(callbacks.log ? callbacks.log_level : 0) {
  callbacks_ = std::make_shared<const RouterCallbacks>(std::move(callbacks));
}

void EventQueue::enqueue(std::function<void()> callback) {
  if (due_.size() >= kMaxCallbacksDue) due_.pop_front();
  due_.push_back(std::move(callback));
  wake_.set();
}

bool EventQueue::logs(std::int32_t level) const { return level <= log_level_; }

void EventQueue::log(std::int32_t level, const std::string& line) {
  if (!logs(level)) return;
  {
    const MutexLock lock(&mutex_);
    if (callbacks_ == nullptr) return;
    enqueue([call = callbacks_, level, line] { call->log(level, line); });
  }
  monitor_->changed();
}

void EventQueue::event(std::int32_t event, const Job& job, const RemoteBatch* batch, const std::string& text) {
  {
    const MutexLock lock(&mutex_);
    if (callbacks_ == nullptr) return;
    if (callbacks_->event) {
      enqueue([call = callbacks_, event, id = job.id, json = event_json(event, job, batch, text)] {
        call->event(event, id, json);
      });
    }
  }
  log(log_level_of(event), job.id + ": " + text);
  monitor_->changed();
}

void EventQueue::note(std::int32_t event, const std::string& text) {
  {
    const MutexLock lock(&mutex_);
    if (callbacks_ == nullptr) return;
    if (callbacks_->event) {
      std::string json;
      JsonWriter(&json).begin_object().field("event", event_name(event)).field("message", text).end_object();
      enqueue([call = callbacks_, event, json = std::move(json)] { call->event(event, "", json); });
    }
  }
  log(log_level_of(event), text);
  monitor_->changed();
}

void EventQueue::set_answers(AnswerSource source) {
  const MutexLock lock(&mutex_);
  answers_ = source.due ? std::make_shared<const AnswerSource>(std::move(source)) : nullptr;
}

void EventQueue::answers_due() {
  const MutexLock lock(&mutex_);
  wake_.set();
}

void EventQueue::results_arrived(const Job& job) {
  {
    const MutexLock lock(&mutex_);
    if (callbacks_ == nullptr || !callbacks_->event || arrived_.contains(job.id)) return;
    arrived_.emplace(job.id, event_json(BR_EVENT_RESULTS_ARRIVED, job, nullptr, "results can be taken"));
    wake_.set();
  }
  monitor_->changed();
}

void EventQueue::done(DoneFn done, const std::string& job_id) {
  {
    const MutexLock lock(&mutex_);
    enqueue([done = std::move(done), job_id] { done(job_id); });
  }
  monitor_->changed();
}

void EventQueue::call_provider(ExternalWork work) {
  {
    const MutexLock lock(&mutex_);
    calls_.push_back(std::move(work));
    wake_.set();
  }
  monitor_->changed();
}

bool EventQueue::is_busy(const Provider* provider) {
  for (const Running& running : running_) {
    if (provider != nullptr && running.provider == provider) return true;
  }
  return false;
}

// The oldest call whose provider is not busy with another one.
std::deque<ExternalWork>::iterator EventQueue::next_call() {
  auto next = stopped_ ? calls_.end() : calls_.begin();
  while (next != calls_.end() && is_busy(next->provider)) ++next;
  return next;
}

bool EventQueue::has_due() {
  const MutexLock lock(&mutex_);
  return !due_.empty() || !arrived_.empty() || has_call() || has_answers();
}

std::size_t EventQueue::queued() {
  const MutexLock lock(&mutex_);
  return due_.size();
}

// false: there was none.
bool EventQueue::run_call() {
  ExternalWork work;
  {
    const MutexLock lock(&mutex_);
    const auto next = next_call();
    if (next == calls_.end()) return false;
    work = std::move(*next);
    calls_.erase(next);
    running_.push_back({std::this_thread::get_id(), work.provider});
  }
  struct Ended {
    EventQueue* queue;
    ~Ended() { queue->end_of_call(); }
  } ended{this};
  // What it holds goes while the call still counts: that may run code of the caller's as well.
  const ExternalWork begun = std::move(work);
  if (begun.run) begun.run();
  return true;
}

// The newest of this thread's calls has ended: a provider's function may wait in the router itself.
void EventQueue::end_of_call() {
  {
    const MutexLock lock(&mutex_);
    const auto mine = std::find_if(running_.rbegin(), running_.rend(),
                                   [](const Running& r) { return r.thread == std::this_thread::get_id(); });
    running_.erase(std::next(mine).base());
    if (has_call()) wake_.set();
  }
  monitor_->changed();
}

Wait EventQueue::poll(std::int64_t timeout_ms) {
  const Polling polling(this);
  const auto waited = monitor_->wait_in_poll(timeout_ms, [this] { return has_due(); });
  if (!waited) return Wait::ended;
  if (*waited != Wait::ready) return *waited;
  set_busy();
  const bool called = run_call();
  std::deque<std::function<void()>> due;
  std::shared_ptr<const AnswerSource> answers;
  {
    const MutexLock lock(&mutex_);
    if (has_answers()) answers = answers_;
    due.swap(due_);
    for (auto& [id, json] : std::exchange(arrived_, {})) {
      due.push_back([call = callbacks_, id = id, json = std::move(json)] {
        call->event(BR_EVENT_RESULTS_ARRIVED, id, json);
      });
    }
    wake_.clear();
    // ring() may have come before this: whoever watches the descriptor still has to find the router closed.
    if (has_call() || monitor_->is_closed()) wake_.set();
  }
  for (const auto& callback : due) {
    if (monitor_->is_closed()) break;  // by one of them, or meanwhile
    callback();
  }
  if (answers != nullptr && !monitor_->is_closed()) answers->hand_out();
  return called || answers != nullptr || !due.empty() ? Wait::ready : Wait::timed_out;  // else another thread had it
}

void EventQueue::set_busy() {
  {
    const MutexLock lock(&mutex_);
    for (Poller& poller : pollers_) poller.is_busy |= poller.thread == std::this_thread::get_id();
  }
  monitor_->changed();  // a call that waits may have to run what comes now
}

bool EventQueue::somebody_polls() {
  return std::any_of(pollers_.begin(), pollers_.end(), [](const Poller& poller) {
    return poller.thread != std::this_thread::get_id() && !poller.is_busy;
  });
}

bool EventQueue::help() {
  {
    const MutexLock lock(&mutex_);
    if (!has_call() || somebody_polls()) return false;
  }
  return run_call();
}

void EventQueue::stop_providers() {
  {
    const MutexLock lock(&mutex_);
    stopped_ = true;
  }
  monitor_->changed();
}

bool EventQueue::others_are_busy() {
  const MutexLock lock(&mutex_);
  return std::any_of(running_.begin(), running_.end(), [](const Running& running) {
    return !running.is_closing && running.thread != std::this_thread::get_id();
  });
}

void EventQueue::mark_closing() {
  {
    const MutexLock lock(&mutex_);
    for (Running& running : running_) running.is_closing |= running.thread == std::this_thread::get_id();
  }
  monitor_->changed();
}

std::deque<ExternalWork> EventQueue::drain_providers() {
  const MutexLock lock(&mutex_);
  return std::exchange(calls_, {});
}

std::vector<std::shared_ptr<const void>> EventQueue::release_callbacks() {
  const auto due = std::make_shared<std::deque<std::function<void()>>>();
  const MutexLock lock(&mutex_);
  due->swap(due_);
  return {due, std::exchange(callbacks_, nullptr)};
}

}  // namespace br
