#include "providers/openai_batches.h"

#include <algorithm>

#include "codec/json_write.h"
#include "net/url.h"
#include "providers/http_error.h"
#include "providers/wire.h"

namespace br {
namespace {

constexpr std::string_view kMarkerKey = "batchrouter_marker";

HttpRequest make_request(const Account& account, std::string method, std::string path) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = account.base_url + path;
  if (!account.api_key.empty()) request.headers.push_back({"Authorization", "Bearer " + account.api_key, true});
  if (!account.organization.empty()) request.headers.push_back({"OpenAI-Organization", account.organization, false});
  if (!account.project.empty()) request.headers.push_back({"OpenAI-Project", account.project, false});
  return request;
}

std::string path_of(std::string_view prefix, std::string_view id, std::string_view suffix = {}) {
  return std::string(prefix) + "/" + url_encode(id) + std::string(suffix);
}

void read_state(const std::string& word, RemoteStatus* status) {
  status->vendor_state = word;
  std::string name = lower_case(word);
  if (name == "canceled") name = "cancelled";
  if (name == "canceling") name = "cancelling";
  const auto state = state_from_name(name);
  status->state_known = state.has_value() && *state != State::queued && *state != State::submitting;
  status->state = status->state_known ? *state : State::in_progress;
}

void read_counts(const Json& counts, RemoteStatus* status) {
  const auto total = counts["total"].integer();
  const auto completed = counts["completed"].integer();
  const auto failed = counts["failed"].integer();
  status->counts_known = total.has_value() && completed.has_value();
  if (!status->counts_known) return;
  status->counts.total = std::max<std::int64_t>(0, *total);
  status->counts.succeeded = std::max<std::int64_t>(0, *completed);
  status->counts.errored = std::max<std::int64_t>(0, failed.value_or(0));
  status->counts.processing =
      std::max<std::int64_t>(0, status->counts.total - status->counts.succeeded - status->counts.errored);
}

// "line 3: duplicate_custom_id: …", of the first few validation errors.
void read_failure(const Json& errors, RemoteStatus* status) {
  constexpr std::size_t kShown = 3;
  const auto& list = errors.is_array() ? errors.items() : errors["data"].items();
  std::string message;
  std::string code;
  for (std::size_t i = 0; i < std::min(list.size(), kShown); ++i) {
    const Json& item = list[i];
    if (code.empty()) code = item["code"].string_or("");
    if (item["code"].string() == "token_limit_exceeded") status->quota_wait = true;
    if (!message.empty()) message += "; ";
    if (const auto line = item["line"].integer()) message += "line " + std::to_string(*line) + ": ";
    message += item["code"].string_or("error") + ": " + item["message"].string_or("no message");
  }
  if (list.size() > kShown) message += "; and " + std::to_string(list.size() - kShown) + " more";
  if (message.empty()) message = "the vendor gave no reason";
  Error failure(Code::provider, "the vendor refused the whole batch: " + message);
  failure.vendor_code = code;
  failure.transient = status->quota_wait;
  status->failure = std::move(failure);
}

Result<RemoteStatus> read_batch(const Json& json, std::string_view provider, std::string_view what) {
  RemoteStatus status;
  status.id = json["id"].string_or("");
  if (status.id.empty()) return protocol_error(provider, what, "the answer is no batch: it has no id");
  read_state(json["status"].string_or(""), &status);
  read_counts(json["request_counts"], &status);
  status.created_ms = read_time(json["created_at"]);
  status.completed_ms = first_time(json, {"completed_at", "failed_at", "expired_at", "cancelled_at"});
  status.expires_ms = read_time(json["expires_at"]);
  status.model = json["model"].string_or("");
  status.endpoint = json["endpoint"].string_or("");
  status.input_file_id = json["input_file_id"].string_or("");
  status.marker = json["metadata"][kMarkerKey].string_or("");
  status.output.id = json["output_file_id"].string_or("");
  status.errors.id = json["error_file_id"].string_or("");
  if (status.state == State::failed) read_failure(json["errors"], &status);
  status.raw = json.raw();
  return status;
}

Result<Step> upload(const OpenAiCalls& calls, const OpContext& context, const HttpResponse* last) {
  constexpr std::string_view kWhat = "uploading the request file";
  if (last == nullptr) {
    HttpRequest request = make_request(context.account, "POST", std::string(calls.upload_path));
    request.form.push_back({"purpose", std::string(calls.purpose), "", "", ""});
    if (const auto seconds = context.account.setting("input_expires_after_s"); !seconds.empty()) {
      request.form.push_back({"expires_after[anchor]", "created_at", "", "", ""});
      request.form.push_back({"expires_after[seconds]", std::string(seconds), "", "", ""});
    }
    request.form.push_back(
        {"file", "", context.batch.request_path, context.batch.marker + ".jsonl", "application/jsonl"});
    return send_step(std::move(request));
  }
  auto json = read_object(context.account.provider, kWhat, *last);
  if (!json) return std::move(json.error());
  Step step;
  step.outcome.input_file_id = (**json)["id"].string_or("");
  if (step.outcome.input_file_id.empty())
    return protocol_error(context.account.provider, kWhat, "the answer has no file id");
  return step;
}

std::string create_body(const OpenAiCalls& calls, const OpContext& context) {
  std::string body;
  JsonWriter json(&body);
  json.begin_object().field("input_file_id", context.batch.input_file_id);
  json.field("endpoint", openai_endpoint_url(context.batch.endpoint));
  if (calls.completion_window) json.field("completion_window", context.account.setting("completion_window"));
  if (calls.metadata) {
    json.key("metadata").begin_object();
    for (const auto& [key, value] : context.batch.metadata) json.field(key, value);
    json.field(kMarkerKey, context.batch.marker).end_object();
  }
  if (const auto seconds = context.account.setting("output_expires_after_s"); !seconds.empty()) {
    json.key("output_expires_after").begin_object().field("anchor", "created_at").key("seconds").raw(seconds);
    json.end_object();
  }
  json.end_object();
  return body;
}

Result<Step> read_status(const OpContext& context, std::string_view what, const HttpResponse& last) {
  auto json = read_object(context.account.provider, what, last);
  if (!json) return std::move(json.error());
  auto status = read_batch(**json, context.account.provider, what);
  if (!status) return std::move(status.error());
  Step step;
  step.outcome.status = std::move(*status);
  return step;
}

Result<Step> create(const OpenAiCalls& calls, const OpContext& context, const HttpResponse* last) {
  if (last != nullptr) return read_status(context, "creating the batch", *last);
  HttpRequest request = make_request(context.account, "POST", std::string(calls.batches_path));
  request.headers.push_back({"Content-Type", "application/json", false});
  request.body = create_body(calls, context);
  request.paid = true;
  return send_step(std::move(request));
}

Result<Step> poll(const OpenAiCalls& calls, const OpContext& context, const HttpResponse* last) {
  const std::string& id = context.batch.status.id;
  if (last != nullptr) {
    auto step = read_status(context, "asking for the batch", *last);
    if (step && step->outcome.status->id != id)
      return protocol_error(context.account.provider, "asking for the batch", "the answer is about another batch");
    return step;
  }
  return send_step(make_request(context.account, "GET", path_of(calls.batches_path, id)));
}

Result<Step> cancel(const OpenAiCalls& calls, const OpContext& context, const HttpResponse* last) {
  if (last == nullptr)
    return send_step(make_request(context.account, "POST", path_of(calls.batches_path, context.batch.status.id, "/cancel")));
  auto step = read_status(context, "cancelling the batch", *last);
  if (step) {
    const State state = step->outcome.status->state;
    step->outcome.already_ended = is_terminal(state) && state != State::cancelled;
    return step;
  }
  // A batch that has ended is refused with 409 or 400: there is nothing to cancel, which is no failure.
  const int status = step.error().http_status;
  if (status != 409 && status != 400) return step;
  Step ended;
  ended.outcome.already_ended = true;
  return ended;
}

Result<Step> list(const OpenAiCalls& calls, const OpContext& context, const HttpResponse* last) {
  constexpr std::string_view kWhat = "listing batches";
  if (last == nullptr) {
    std::string path = std::string(calls.batches_path) + "?limit=" + std::to_string(context.list_limit);
    if (!context.page.empty()) path += "&after=" + url_encode(context.page);
    return send_step(make_request(context.account, "GET", std::move(path)));
  }
  auto json = read_object(context.account.provider, kWhat, *last);
  if (!json) return std::move(json.error());
  const Json& data = (*json)->is_array() ? **json : (**json)["data"];
  if (!data.is_array()) return protocol_error(context.account.provider, kWhat, "the answer has no list");
  Step step;
  for (const Json& item : data.items()) {
    if (auto status = read_batch(item, context.account.provider, kWhat)) step.outcome.listed.push_back(std::move(*status));
  }
  if ((**json)["has_more"].boolean() && !step.outcome.listed.empty())
    step.outcome.next_page = (**json)["last_id"].string_or(step.outcome.listed.back().id);
  return step;
}

Result<Step> delete_file(const OpenAiCalls& calls, const OpContext& context, const HttpResponse* last) {
  if (last == nullptr)
    return send_step(make_request(context.account, "DELETE", path_of(calls.files_path, context.file_id)));
  if (last->ok() || last->status == 404) return Step{};
  return read_http_error(context.account.provider, "deleting a file", *last);
}

}  // namespace

std::string_view openai_endpoint_url(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::responses:
      return "/v1/responses";
    case Endpoint::embeddings:
      return "/v1/embeddings";
    case Endpoint::completions:
      return "/v1/completions";
    case Endpoint::moderations:
      return "/v1/moderations";
    case Endpoint::chat:
      break;
  }
  return "/v1/chat/completions";
}

Result<Step> advance_openai(const OpenAiCalls& calls, Op op, const OpContext& context, const HttpResponse* last) {
  switch (op) {
    case Op::upload:
      return upload(calls, context, last);
    case Op::create:
      return create(calls, context, last);
    case Op::poll:
      return poll(calls, context, last);
    case Op::cancel:
      return cancel(calls, context, last);
    case Op::list:
      return list(calls, context, last);
    case Op::delete_file:
      return delete_file(calls, context, last);
  }
  return Error(Code::unsupported, "no such operation");
}

std::vector<Download> openai_downloads(const OpenAiCalls& calls, const Account& account, const RemoteBatch& batch) {
  std::vector<Download> downloads;
  for (const RemoteFile* file : {&batch.status.output, &batch.status.errors}) {
    if (file->id.empty()) continue;
    downloads.push_back({make_request(account, "GET", path_of(calls.files_path, file->id, "/content")), false, {}});
  }
  return downloads;
}

}  // namespace br
