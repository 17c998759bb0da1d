#include <algorithm>

#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/job_handle.h"
#include "codec/json_write.h"

using br::Error;
using br::guard;
using br::Phase;
using br::Result;

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

void write_usage(const JobView& view, JsonWriter* json) {
  TokenSums tokens;
  for (const RemoteBatch& batch : view.job.batches) tokens.add(batch.tokens);
  json->key("usage").begin_object().field("input_tokens", tokens.input).field("output_tokens", tokens.output);
  json->field("cached_input_tokens", tokens.cached_input).field("reasoning_tokens", tokens.reasoning).end_object();
  json->key("cost");
  if (!view.cost) {
    json->null();
    return;
  }
  json->begin_object().key("sync_usd").number(view.cost->sync_usd).key("batch_usd").number(view.cost->batch_usd);
  json->key("saved_usd").number(view.cost->sync_usd - view.cost->batch_usd).end_object();
}

// The first error of any part; blocked parts first.
const Error* error_of(const Job& job) {
  const Error* found = nullptr;
  for (const RemoteBatch& batch : job.batches) {
    const Error* error = batch.error ? &*batch.error : nullptr;
    if (error == nullptr && batch.status.failure) error = &*batch.status.failure;
    if (error != nullptr && (found == nullptr || batch.blocked)) found = error;
  }
  return found;
}

std::int64_t submitted_ms(const Job& job) {
  std::int64_t last = -1;
  for (const RemoteBatch& batch : job.batches) last = std::max(last, batch.submitted_ms);
  return last;
}

std::int64_t expires_ms(const Job& job) {
  std::int64_t first = -1;
  for (const RemoteBatch& batch : job.batches) {
    if (batch.status.expires_ms >= 0) first = first < 0 ? batch.status.expires_ms : std::min(first, batch.status.expires_ms);
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

}  // namespace

std::string job_json(const JobView& view) {
  const Job& job = view.job;
  std::string out;
  JsonWriter json(&out);
  json.begin_object().field("id", job.id).field("provider", job.provider).field("status", state_name(state_of(job)));
  json.key("done").boolean(job.done);
  write_text("name", job.name, &json);
  write_text("output", job.output, &json);
  json.field("base_url", job.base_url);
  write_counts(counts_of(job), &json);
  write_time("created_at", job.created_ms, &json);
  write_time("submitted_at", submitted_ms(job), &json);
  write_time("completed_at", job.completed_ms, &json);
  write_time("expires_at", expires_ms(job), &json);
  write_text("parent", job.parent, &json);
  json.field("attempt", std::int64_t{job.attempt});
  write_usage(view, &json);
  json.key("batches").begin_array();
  for (const RemoteBatch& batch : job.batches) {
    json.begin_object();
    write_text("id", batch.status.id, &json);
    json.field("provider", batch.provider).field("account", batch.account).field("base_url", batch.base_url);
    json.field("status", state_name(state_of(batch))).field("requests", batch.rows);
    write_text("model", batch.model, &json);
    json.field("attempt", std::int64_t{batch.attempt}).end_object();
  }
  json.end_array().key("blocked").boolean(is_blocked(job)).key("error");
  if (const Error* error = error_of(job)) {
    json.begin_object().field("message", error->message);
    write_text("hint", error->hint, &json);
    write_text("code", error->vendor_code, &json);
    json.field("http_status", std::int64_t{error->http_status}).end_object();
  } else {
    json.null();
  }
  json.end_object();
  return out;
}

void set_job_view(br_job* job, JobView view) {
  job->view = std::move(view);
  const Error* error = error_of(job->view.job);
  job->error_message = error == nullptr ? "" : error->message + (error->hint.empty() ? "" : "; " + error->hint);
  job->json = job_json(job->view);
}

}  // namespace br

namespace {

const char* text_or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

Result<br::Router::Use> usable(const br_job* job) {
  if (job == nullptr) return br::null_argument("job");
  if (job->router->is_forked()) return Error(br::Code::forked, "the router was opened before fork()");
  return job->router->use();
}

Result<br_status> update(br_job* job) {
  auto view = job->router->view(job->view.job.id);
  if (!view) return std::move(view.error());
  br::set_job_view(job, std::move(*view));
  return BR_OK;
}

bool is_settled(const br::JobView& view) { return view.job.done || br::is_blocked(view.job); }

bool is_submitted_or_refused(const br::JobView& view) {
  if (view.job.done) return true;
  return std::all_of(view.job.batches.begin(), view.job.batches.end(), [](const br::RemoteBatch& batch) {
    // A create call without an answer is often found at the vendor by the first look.
    const bool looked = batch.phase == Phase::unknown && batch.absent_since_ms >= 0;
    return batch.blocked || looked || batch.phase == Phase::refused ||
           !batch.status.id.empty() || batch.phase == Phase::collected;
  });
}

br::State state_from(int32_t state) { return static_cast<br::State>(state); }

}  // namespace

extern "C" {

void br_job_free(br_job* job) { delete job; }

const char* br_state_name(int32_t state) { return br::state_name(state_from(state)); }
int32_t br_state_compat(int32_t state) { return static_cast<int32_t>(br::compat_state(state_from(state))); }
int32_t br_state_is_terminal(int32_t state) { return br::is_terminal(state_from(state)) ? 1 : 0; }

const char* br_job_id(const br_job* job) { return job == nullptr ? nullptr : job->view.job.id.c_str(); }
const char* br_job_provider(const br_job* job) { return job == nullptr ? nullptr : job->view.job.provider.c_str(); }
const char* br_job_parent(const br_job* job) { return job == nullptr ? nullptr : text_or_null(job->view.job.parent); }
int32_t br_job_attempt(const br_job* job) { return job == nullptr ? 0 : job->view.job.attempt; }
const char* br_job_name(const br_job* job) { return job == nullptr ? nullptr : text_or_null(job->view.job.name); }
const char* br_job_output(const br_job* job) { return job == nullptr ? nullptr : text_or_null(job->view.job.output); }
const char* br_job_base_url(const br_job* job) { return job == nullptr ? nullptr : job->view.job.base_url.c_str(); }
int32_t br_job_state(const br_job* job) { return job == nullptr ? 0 : static_cast<int32_t>(br::state_of(job->view.job)); }
int32_t br_job_submission(const br_job* job) { return job == nullptr ? 0 : br::submission_of(job->view.job); }
int32_t br_job_is_done(const br_job* job) { return job != nullptr && job->view.job.done ? 1 : 0; }
int32_t br_job_is_blocked(const br_job* job) { return job != nullptr && br::is_blocked(job->view.job) ? 1 : 0; }

int64_t br_job_count(const br_job* job, int32_t counter) {
  if (job == nullptr) return -1;
  const br::Counts counts = br::counts_of(job->view.job);
  switch (counter) {
    case BR_COUNT_TOTAL:
      return counts.total;
    case BR_COUNT_SUCCEEDED:
      return counts.succeeded;
    case BR_COUNT_ERRORED:
      return counts.errored;
    case BR_COUNT_PROCESSING:
      return counts.processing;
    case BR_COUNT_CANCELLED:
      return counts.cancelled;
    case BR_COUNT_EXPIRED:
      return counts.expired;
    case BR_COUNT_DELIVERED:
      return job->view.handed;
    case BR_COUNT_ACKED:
      return job->view.acked;
    default:
      return -1;
  }
}

int64_t br_job_time(const br_job* job, int32_t which) {
  if (job == nullptr) return -1;
  switch (which) {
    case BR_TIME_CREATED:
      return job->view.job.created_ms;
    case BR_TIME_SUBMITTED:
      return br::submitted_ms(job->view.job);
    case BR_TIME_COMPLETED:
      return job->view.job.completed_ms;
    case BR_TIME_EXPIRES:
      return br::expires_ms(job->view.job);
    default:
      return -1;
  }
}

size_t br_job_batch_count(const br_job* job) { return job == nullptr ? 0 : job->view.job.batches.size(); }
const char* br_job_batch_id(const br_job* job, size_t index) {
  if (job == nullptr || index >= job->view.job.batches.size()) return nullptr;
  return text_or_null(job->view.job.batches[index].status.id);
}

br_status br_job_error_code(const br_job* job) {
  const Error* error = job == nullptr ? nullptr : br::error_of(job->view.job);
  return error == nullptr ? BR_OK : static_cast<br_status>(error->code);
}
const char* br_job_error_message(const br_job* job) {
  return job == nullptr ? nullptr : text_or_null(job->error_message);
}

const char* br_job_json(const br_job* job, size_t* length) {
  if (length != nullptr) *length = job == nullptr ? 0 : job->json.size();
  return job == nullptr ? nullptr : job->json.c_str();
}

br_status br_job_update(br_job* job, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    if (!use) return std::move(use.error());
    return update(job);
  });
}

br_status br_job_refresh(br_job* job, int64_t timeout_ms, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    if (!use) return std::move(use.error());
    auto refreshed = job->router->refresh(job->view.job.id, br::bounded_timeout(timeout_ms));
    if (auto updated = update(job); !updated) return updated;
    if (!refreshed) return std::move(refreshed.error());
    return BR_OK;
  });
}

br_status br_job_wait(br_job* job, int64_t timeout_ms, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    if (!use) return std::move(use.error());
    auto waited = job->router->wait_job(job->view.job.id, br::bounded_timeout(timeout_ms), is_settled);
    if (!waited) return std::move(waited.error());
    if (auto updated = update(job); !updated) return updated;
    if (*waited == br::Wait::timed_out)
      return Error(br::Code::timeout, "the job " + job->view.job.id + " is still running", "wait longer or resume later");
    return *waited == br::Wait::woken ? BR_AGAIN : BR_OK;
  });
}

br_status br_job_wait_submitted(br_job* job, int64_t timeout_ms, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    if (!use) return std::move(use.error());
    auto waited = job->router->wait_job(job->view.job.id, br::bounded_timeout(timeout_ms), is_submitted_or_refused);
    if (!waited) return std::move(waited.error());
    if (auto updated = update(job); !updated) return updated;
    if (*waited == br::Wait::woken) return BR_AGAIN;
    if (*waited == br::Wait::timed_out)
      return Error(br::Code::timeout, "the job " + job->view.job.id + " is not submitted yet", "wait longer or resume later");
    if (br::submission_of(job->view.job) == BR_POSSIBLY_SUBMITTED)
      return Error(br::Code::unknown_outcome, "the job " + job->view.job.id + " was possibly submitted",
                   "resume it: the vendor's list tells whether it was");
    const Error* error = br::error_of(job->view.job);
    const bool refused = br::is_blocked(job->view.job) || br::submission_of(job->view.job) == BR_NOT_SUBMITTED;
    if (refused && error != nullptr) return Error(*error);
    return BR_OK;
  });
}

br_status br_cancel(br_job* job, int64_t timeout_ms, int32_t* cancelled, br_error** err) {
  if (cancelled != nullptr) *cancelled = 0;
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    if (!use) return std::move(use.error());
    auto taken = job->router->cancel(job->view.job.id, br::bounded_timeout(timeout_ms));
    if (auto updated = update(job); !updated) return updated;
    if (!taken) return std::move(taken.error());
    if (cancelled != nullptr) *cancelled = *taken ? 1 : 0;
    return BR_OK;
  });
}

br_status br_job_remove(br_job* job, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    if (!use) return std::move(use.error());
    if (auto removed = job->router->remove(job->view.job.id); !removed) return std::move(removed.error());
    return BR_OK;
  });
}

br_status br_job_write_failed(br_job* job, br_write_fn write, void* user_data, int64_t* rows, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    if (!use) return std::move(use.error());
    if (write == nullptr) return br::null_argument("write");
    std::int64_t count = 0;
    std::string text;
    auto walked = job->router->for_each_failed_request(job->view.job.id, [&](std::string_view line) -> Result<void> {
      text.assign(line).push_back('\n');
      ++count;
      if (write(user_data, text.data(), text.size()) != 0)
        return Error(br::Code::cancelled, "the write function stopped the work");
      return {};
    });
    if (!walked) return std::move(walked.error());
    if (rows != nullptr) *rows = count;
    return BR_OK;
  });
}

br_status br_job_ack_all(br_job* job, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    auto use = usable(job);
    if (!use) return std::move(use.error());
    if (auto done = job->router->acknowledge_all(job->view.job.id); !done) return std::move(done.error());
    return update(job);
  });
}

}  // extern "C"
