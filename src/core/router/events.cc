// What the router tells its caller: events, log lines and callbacks, handed out by poll(); its figures.
#include <chrono>

#include "batchrouter.h"
#include "codec/json_write.h"
#include "core/router/router.h"

namespace br {
namespace {

constexpr std::size_t kMaxCallbacksDue = 10'000;

}  // namespace

void Router::enqueue_locked(std::function<void()> callback) {
  if (callbacks_due_.size() >= kMaxCallbacksDue) callbacks_due_.pop_front();
  callbacks_due_.push_back(std::move(callback));
  wake_.set();
  changed_.notify_all();
}

// Of a job that is done already nothing more is told.
void Router::add_done_locked(Entry* entry, DoneFn done) {
  const Job& job = entry->view.job;
  if (job.done)
    enqueue_locked([done = std::move(done), id = job.id] { done(id); });
  else
    entry->done.push_back(std::move(done));
}

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
                                           "final_flush_submitting"};
  constexpr std::int32_t kCount = sizeof kNames / sizeof *kNames;
  return event < 1 || event > kCount ? "unknown_event" : kNames[event - 1];
}

void Router::job_event(std::int32_t event, const Job& job, const RemoteBatch* batch, const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (event == BR_EVENT_RETRY) ++retries_;
  if (callbacks_ == nullptr) return;
  if (callbacks_->event) {
    std::string json;
    JsonWriter writer(&json);
    const Counts counts = counts_of(job);
    writer.begin_object().field("event", event_name(event)).field("job_id", job.id);
    writer.field("batch_id", batch == nullptr ? "" : batch->status.id).field("message", text);
    writer.field("status", state_name(state_of(job))).key("request_counts").begin_object();
    writer.field("total", counts.total).field("succeeded", counts.succeeded).field("errored", counts.errored);
    writer.field("processing", counts.processing).end_object().end_object();
    enqueue_locked([call = callbacks_, event, id = job.id, json = std::move(json)] { call->event(event, id, json); });
  }
  const bool bad = event == BR_EVENT_BLOCKED || event == BR_EVENT_WARNING || event == BR_EVENT_UNKNOWN;
  const std::int32_t level = bad ? BR_LOG_WARNING : event == BR_EVENT_BATCH_POLLED ? BR_LOG_DEBUG : BR_LOG_INFO;
  if (callbacks_->log && level <= callbacks_->log_level)
    enqueue_locked([call = callbacks_, level, line = job.id + ": " + text] { call->log(level, line); });
}

void Router::vendor_called(const std::string& line) { say(BR_LOG_DEBUG, line); }

Result<Wait> Router::poll(std::int64_t timeout_ms) {
  std::deque<std::function<void()>> due;
  {
    auto held = use();
    if (!held) return Wait::ended;
    std::unique_lock lock(mutex_);
    const std::uint64_t seen = wakeups_used_;
    const auto ready = [&] { return !callbacks_due_.empty() || has_work_locked() || woken_locked(seen); };
    if (timeout_ms < 0)
      changed_.wait(lock, ready);
    else if (timeout_ms > 0)
      changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), ready);
    if (closed_) return Wait::ended;
    const bool served = serve(&lock);
    if (closed_) return served ? Wait::ready : Wait::ended;
    due.swap(callbacks_due_);
    wake_.clear();
    if (has_work_locked()) wake_.set();
    if (due.empty() && served) return Wait::ready;
    if (due.empty()) {
      const bool woken = wakeups_ != seen;
      wakeups_used_ = wakeups_;
      return woken ? Wait::woken : Wait::timed_out;
    }
  }
  for (const auto& callback : due) {
    if (closed_) break;  // by one of them, or meanwhile
    callback();
  }
  return Wait::ready;
}

std::string Router::stats_json() {
  std::unique_lock lock(mutex_);
  wait_until_loaded(&lock);
  std::map<std::string, std::int64_t> states;
  std::int64_t done = 0, blocked = 0, pending = 0;
  TokenSums tokens;
  Cost cost;
  for (const auto& [id, entry] : entries_) {
    const Job& job = entry->view.job;
    states[state_name(state_of(job))] += 1;
    done += job.done ? 1 : 0;
    blocked += is_blocked(job) ? 1 : 0;
    pending += job.done ? 0 : counts_of(job).total;
    for (const RemoteBatch& batch : job.batches) tokens.add(batch.tokens);
    if (const auto used = prices_.cost(job)) cost.sync_usd += used->sync_usd, cost.batch_usd += used->batch_usd;
  }
  std::string out;
  JsonWriter json(&out);
  json.begin_object().field("version", BR_VERSION_STRING).field("jobs", static_cast<std::int64_t>(entries_.size()));
  json.field("jobs_done", done).field("jobs_blocked", blocked).key("jobs_by_state").begin_object();
  for (const auto& [state, count] : states) json.field(state, count);
  json.end_object().field("requests_submitted", submitted_).field("requests_pending", pending);
  json.field("results_delivered", delivered_).field("retries", retries_);
  json.field("callbacks_queued", static_cast<std::int64_t>(callbacks_due_.size()));
  if (transport_) {
    const TransportStats& net = transport_->stats();
    json.field("calls", net.requests).field("connections", net.connections);
    json.field("bytes_sent", net.bytes_sent).field("bytes_received", net.bytes_received);
    json.field("calls_under_way", static_cast<std::int64_t>(active_calls_));
  }
  json.field("input_tokens", tokens.input).field("output_tokens", tokens.output);
  json.key("sync_usd").number(cost.sync_usd).key("batch_usd").number(cost.batch_usd);
  json.end_object();
  return out;
}

}  // namespace br
