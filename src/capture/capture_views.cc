#include "capture/capture_views.h"

#include "codec/json_write.h"

namespace br {

std::string capture_stats_json(Router& router, OpenCalls* open_calls, Intake* intake, BatchRunner* runner) {
  std::string out;
  JsonWriter json(&out);
  std::int64_t held = 0;
  {
    const MutexLock lock(&open_calls->mutex);
    held = static_cast<std::int64_t>(open_calls->table.waiters());
  }
  constexpr double kMicro = 1e-6;
  json.begin_object().field("held", held).field("queued", intake->queued());
  json.field("answered", open_calls->answered.load()).field("cache_hits", open_calls->cache_hits.load());
  json.key("saved_usd").number(kMicro * static_cast<double>(open_calls->saved_micro_dollars.load()));
  json.key("batches").begin_array();
  for (const BatchRunner::View& view : runner->views()) {
    const auto key = read_queue_key(view.batch.queue);
    const auto snapshot = router.jobs().known(view.batch.job_id);
    json.begin_object().field("provider", key->provider).field("endpoint", key->endpoint).field("model", key->model);
    json.field("job_id", view.batch.job_id);
    const RemoteBatch* const remote = snapshot == nullptr ? nullptr : &snapshot->job.batches.front();
    json.field("batch_id", remote == nullptr ? "" : remote->status.id);
    json.field("state", snapshot == nullptr ? "queued" : state_name(state_of(snapshot->job)));
    json.field("requests", view.batch.requests).field("created_at", view.batch.created_ms);
    json.field("expires_at", remote == nullptr ? std::int64_t{-1} : remote->status.expires_ms);
    json.key("waits_for_key").boolean(view.waits_for_key).end_object();
  }
  json.end_array();
  json.end_object();
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
  std::int64_t expires_ms = -1;
  for (const BatchRunner::View& view : runner->views()) {
    if (view.batch.id != call.line.batch) continue;
    job_id = view.batch.job_id;
    if (const auto snapshot = router.jobs().known(job_id); snapshot != nullptr) {
      const RemoteBatch& remote = snapshot->job.batches.front();
      batch_id = remote.status.id;
      expires_ms = remote.status.expires_ms;
      if (call.state == CallState::waiting) state = batch_id.empty() ? "submitting" : "in_progress";
    }
  }
  std::string out;
  JsonWriter json(&out);
  json.begin_object().field("id", ticket).field("state", state).field("job_id", job_id).field("batch_id", batch_id);
  json.field("since", call.created_ms).field("expires_at", expires_ms).end_object();
  return out;
}

}  // namespace br
