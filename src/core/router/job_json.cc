#include "core/router/job_json.h"

#include <algorithm>

#include "batchrouter.h"
#include "codec/json_write.h"

namespace br {
namespace {

void write_time(std::string_view name, std::int64_t ms, JsonWriter* json) {
  json->key(name);
  if (ms < 0) json->null();
  else json->string(iso_time(ms));
}

void write_text(std::string_view name, const std::string& text, JsonWriter* json) {
  json->key(name);
  if (text.empty()) json->null();
  else json->string(text);
}

void write_counts(const Counts& c, JsonWriter* json) {
  json->key("request_counts").begin_object().field("total", c.total).field("succeeded", c.succeeded);
  json->field("errored", c.errored).field("processing", c.processing).field("cancelled", c.cancelled);
  json->field("expired", c.expired).end_object();
}

// When the vendor says that it ended; -1 before that, and where the vendor does not say.
std::int64_t vendors_end_ms(const RemoteBatch& batch) {
  const bool ended = !batch.status.id.empty() && is_terminal(state_of(batch));
  return ended ? batch.status.completed_ms : -1;
}

void write_usage(const JobView& view, JsonWriter* json) {
  TokenSums tokens;
  for (const RemoteBatch& batch : view.job().batches) tokens.add(batch.tokens);
  json->key("usage").begin_object().field("input_tokens", tokens.input).field("output_tokens", tokens.output);
  json->field("cached_input_tokens", tokens.cached_input).field("reasoning_tokens", tokens.reasoning);
  if (tokens.cache_write_5m + tokens.cache_write_1h > 0)
    json->field("cache_creation_input_tokens", tokens.cache_write_5m + tokens.cache_write_1h);
  json->end_object();
  write_cost("cost", view.cost, json);
}

void write_batch(const Job& job, const RemoteBatch& batch, JsonWriter* json) {
  json->begin_object();
  write_text("id", batch.status.id, json);
  json->field("provider", batch.provider).field("account", batch.account).field("base_url", batch.base_url);
  json->field("status", state_name(state_of(batch))).field("requests", batch.rows);
  Counts counts = counts_of(job, batch);
  counts.processing = std::max<std::int64_t>(0, counts.processing);
  write_counts(counts, json);
  write_time("created_at", batch.status.created_ms, json);
  write_time("submitted_at", batch.submitted_ms, json);
  write_time("completed_at", vendors_end_ms(batch), json);
  write_time("expires_at", batch.status.expires_ms, json);
  write_text("model", batch.model, json);
  json->field("attempt", std::int64_t{batch.attempt}).key("canary").boolean(batch.canary).end_object();
}

}  // namespace

const Error* error_of(const Job& job) {
  const Error* found = nullptr;
  for (const RemoteBatch& batch : job.batches) {
    const Error* error = batch.error ? &*batch.error : nullptr;
    if (error == nullptr && batch.status.failure) error = &*batch.status.failure;
    if (error != nullptr && (found == nullptr || batch.blocked)) found = error;
  }
  return found;
}

std::int64_t created_ms(const Job& job) {
  std::int64_t first = -1;
  for (const RemoteBatch& batch : job.batches) {
    const std::int64_t created = batch.status.created_ms;
    if (created >= 0) first = first < 0 ? created : std::min(first, created);
  }
  return first < 0 ? job.created_ms : first;
}

std::int64_t completed_ms(const Job& job) {
  std::int64_t last = -1;
  for (const RemoteBatch& batch : job.batches) {
    const std::int64_t ended = vendors_end_ms(batch);
    if (ended < 0) return job.completed_ms;  // of this part only we know
    last = std::max(last, ended);
  }
  return last;
}

std::int64_t submitted_ms(const Job& job) {
  std::int64_t last = -1;
  for (const RemoteBatch& batch : job.batches) last = std::max(last, batch.submitted_ms);
  return last;
}

std::int64_t expires_ms(const Job& job) {
  std::int64_t first = -1;
  for (const RemoteBatch& batch : job.batches) {
    const std::int64_t expires = batch.status.expires_ms;
    if (expires >= 0) first = first < 0 ? expires : std::min(first, expires);
  }
  return first;
}

std::int32_t submission_of(const Job& job) {
  bool possibly = false, all = true;
  for (const RemoteBatch& batch : job.batches) {
    if (batch.phase == Phase::unknown || batch.phase == Phase::creating) possibly = true;
    if (batch.status.id.empty()) all = false;
  }
  if (possibly) return BR_POSSIBLY_SUBMITTED;
  return all ? BR_SUBMITTED : BR_NOT_SUBMITTED;
}

std::string job_json(const JobView& view) {
  const Job& job = view.job();
  std::string out;
  JsonWriter json(&out);
  json.begin_object().field("id", job.id).field("provider", job.provider).field("status", state_name(state_of(job)));
  json.key("done").boolean(job.done);
  write_text("name", job.name, &json);
  write_text("output", job.output, &json);
  json.field("base_url", job.base_url);
  write_counts(counts_of(job), &json);
  write_time("created_at", created_ms(job), &json);
  write_time("submitted_at", submitted_ms(job), &json);
  write_time("completed_at", completed_ms(job), &json);
  write_time("expires_at", expires_ms(job), &json);
  write_time("recorded_at", job.id.empty() ? -1 : job.created_ms, &json);
  write_time("done_at", job.id.empty() ? -1 : job.completed_ms, &json);
  write_text("parent", job.parent, &json);
  json.field("attempt", std::int64_t{job.attempt});
  write_usage(view, &json);
  json.key("batches").begin_array();
  for (const RemoteBatch& batch : job.batches) write_batch(job, batch, &json);
  json.end_array().key("blocked").boolean(is_blocked(job)).key("told").boolean(view.told);
  json.key("refuses_repeat").boolean(view.refuses_repeat).key("error");
  if (const Error* error = error_of(job)) {
    json.begin_object().field("message", error->message);
    write_text("hint", error->hint, &json);
    write_text("code", error->vendor_code, &json);
    write_text("request_id", error->request_id, &json);
    json.field("http_status", std::int64_t{error->http_status}).end_object();
  } else {
    json.null();
  }
  json.end_object();
  return out;
}

}  // namespace br
