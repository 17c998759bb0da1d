#include "capture/capture_views.h"

#include <algorithm>
#include <string_view>

#include "codec/json_write.h"
#include "codec/utf8.h"

namespace br {
namespace {

constexpr std::size_t kLongestProblem = 300;  // bytes of a vendor's text

// What a vendor says of a batch, cut: it may be a whole page of HTML.
std::string_view short_text(std::string_view text) {
  const std::string_view cut = text.substr(0, kLongestProblem);
  return cut.substr(0, utf8_prefix(cut));
}

JsonWriter& time_field(JsonWriter* json, std::string_view name, std::int64_t ms) {
  json->key(name);
  return ms < 0 ? json->null() : json->integer(ms);
}

JsonWriter& problem_field(JsonWriter* json, std::string_view text) {
  json->key("problem");
  return text.empty() ? json->null() : json->string(short_text(text));
}

// What is told of a batch that runs and of one that has ended alike.
struct BatchFigures {
  const CallBatch& batch;
  std::string_view vendor_id;
  std::string_view state;
  Counts counts;
};

void write_figures(JsonWriter* json, const BatchFigures& figures) {
  const auto key = read_queue_key(figures.batch.queue);
  json->field("provider", key ? key->provider : "").field("endpoint", key ? key->endpoint : "");
  json->field("model", key ? key->model : "").field("job_id", figures.batch.job_id);
  json->field("batch_id", figures.vendor_id).field("state", figures.state);
  json->field("requests", figures.batch.requests).field("total", figures.batch.requests);
  json->field("succeeded", figures.counts.succeeded);
  json->field("errored", figures.counts.errored + figures.counts.cancelled + figures.counts.expired);
  json->field("created_at", figures.batch.created_ms);
}

// Where the router has the batch.
struct AtRouter {
  SnapshotRef snapshot;
  const RemoteBatch* remote = nullptr;  // the first one that it became
  Counts counts;
  std::int64_t expires_ms = -1, expected_ms = -1;
};

AtRouter look_up(Router& router, const BatchHistory& history, const CallBatch& batch) {
  AtRouter at;
  at.snapshot = router.jobs().known(batch.job_id);
  at.counts.total = at.counts.processing = batch.requests;
  if (at.snapshot != nullptr) {
    at.remote = &at.snapshot->job.batches.front();
    at.counts = counts_of(at.snapshot->job);
    at.expires_ms = at.remote->status.expires_ms;
  }
  at.expected_ms = history.expected_end_ms(batch.queue, {batch.created_ms, at.counts, at.expires_ms},
                                           router.world().clock->now_ms());
  return at;
}

std::string_view problem_of(const AtRouter& at) {
  if (at.snapshot == nullptr) return {};
  const auto& batches = at.snapshot->job.batches;
  const auto found = std::find_if(batches.begin(), batches.end(), [](const RemoteBatch& each) { return each.error; });
  return found == batches.end() ? std::string_view() : std::string_view(found->error->message);
}

void write_running(JsonWriter* json, Router& router, const BatchHistory& history, const BatchRunner::View& view) {
  const AtRouter at = look_up(router, history, view.batch);
  json->begin_object();
  write_figures(json, {view.batch, at.remote == nullptr ? std::string_view() : std::string_view(at.remote->status.id),
                       at.snapshot == nullptr ? "queued" : state_name(state_of(at.snapshot->job)), at.counts});
  json->field("expires_at", at.expires_ms);
  time_field(json, "expected_at", view.waits_for_key ? -1 : at.expected_ms);
  json->key("waits_for_key").boolean(view.waits_for_key);
  problem_field(json, problem_of(at)).end_object();
}

void write_ended(JsonWriter* json, const EndedBatch& ended) {
  json->begin_object();
  write_figures(json, {ended.batch, ended.vendor_id, state_name(ended.state), ended.counts});
  time_field(json, "ended_at", ended.ended_ms);
  problem_field(json, ended.problem).end_object();
}

void write_totals(JsonWriter* json, const OpenCalls& calls) {
  constexpr double kMicro = 1e-6;
  json->field("requests", calls.taken.load()).field("answered", calls.answered.load());
  json->field("cache_hits", calls.cache_hits.load()).field("errors", calls.errors.load());
  json->field("billed", calls.billed.load());
  json->key("saved_usd").number(kMicro * static_cast<double>(calls.saved_micro_dollars.load()));
}

}  // namespace

std::string capture_stats_json(Router& router, OpenCalls* open_calls, Intake* intake, BatchRunner* runner) {
  std::string out;
  JsonWriter json(&out);
  std::int64_t held = 0;
  {
    const MutexLock lock(&open_calls->mutex);
    held = static_cast<std::int64_t>(open_calls->table.waiters());
  }
  json.begin_object().field("held", held).field("queued", intake->queued());
  write_totals(&json, *open_calls);
  json.key("batches").begin_array();
  for (const BatchRunner::View& view : runner->views()) write_running(&json, router, runner->history(), view);
  json.end_array().key("ended").begin_array();
  for (const EndedBatch& ended : runner->history().recent()) write_ended(&json, ended);
  json.end_array().end_object();
  return out;
}

std::string captured_call_json(Router& router, OpenCalls* open_calls, BatchRunner* runner, std::int64_t ticket) {
  CapturedCall call;
  {
    const MutexLock lock(&open_calls->mutex);
    const OpenCall* const open = open_calls->table.of_ticket(ticket);
    if (open == nullptr) return {};
    call = open->call;
  }
  std::string job_id, batch_id, state = call.state == CallState::waiting ? "queued" : "answered";
  std::int64_t expires_ms = -1, expected_ms = -1;
  for (const BatchRunner::View& view : runner->views()) {
    if (view.batch.id != call.line.batch) continue;
    const AtRouter at = look_up(router, runner->history(), view.batch);
    job_id = view.batch.job_id;
    expires_ms = at.expires_ms;
    if (!view.waits_for_key) expected_ms = at.expected_ms;
    if (at.remote == nullptr) continue;
    batch_id = at.remote->status.id;
    if (call.state == CallState::waiting) state = batch_id.empty() ? "submitting" : "in_progress";
  }
  std::string out;
  JsonWriter json(&out);
  json.begin_object().field("id", ticket).field("state", state).field("job_id", job_id).field("batch_id", batch_id);
  json.field("since", call.created_ms).field("expires_at", expires_ms);
  time_field(&json, "expected_at", expected_ms).end_object();
  return out;
}

}  // namespace br
