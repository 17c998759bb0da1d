#include "providers/google/wire.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "codec/json_compact.h"
#include "providers/google/lines.h"
#include "providers/shared/http_error.h"
#include "providers/shared/unified_fields.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

constexpr std::string_view kVersion = "/v1beta";
constexpr std::int64_t kMaxRetryAfterMs = 3'600'000;
constexpr std::int64_t kRpcCancelled = 1;

struct Word {
  std::string_view name;
  State state;
};
constexpr std::array<Word, 14> kWords = {{{"unspecified", State::validating},
                                          {"queued", State::validating},
                                          {"pending", State::validating},
                                          {"running", State::in_progress},
                                          {"paused", State::in_progress},
                                          {"updating", State::in_progress},
                                          {"succeeded", State::completed},
                                          {"partially_succeeded", State::completed},
                                          {"failed", State::failed},
                                          {"cancelling", State::cancelling},
                                          {"canceling", State::cancelling},
                                          {"cancelled", State::cancelled},
                                          {"canceled", State::cancelled},
                                          {"expired", State::expired}}};

// REST says BATCH_STATE_…, the SDKs and Google's guide say JOB_STATE_….
void read_state(const Json& operation, const std::string& word, RemoteStatus* status) {
  status->vendor_state = word;
  std::string name = lower_case(word);
  for (const std::string_view prefix : {"batch_state_", "job_state_"}) {
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
  }
  status->state_known = false;
  for (const Word& known : kWords) {
    if (name == known.name) status->state = known.state, status->state_known = true;
  }
  if (!operation["done"].boolean() || (status->state_known && is_terminal(status->state))) return;
  const Json& error = operation["error"];
  status->state_known = true;
  status->state = !error.is_object()                                     ? State::completed
                  : error["code"].integer().value_or(0) == kRpcCancelled ? State::cancelled
                                                                         : State::failed;
}

// Counters that are zero are left out.
void read_counts(const Json& stats, RemoteStatus* status) {
  const auto total = stats["requestCount"].integer();
  status->counts_known = total.has_value();
  if (!total) return;
  const auto count = [&](std::string_view name) {
    return std::max<std::int64_t>(0, stats[name].integer().value_or(0));
  };
  Counts& c = status->counts;
  c.total = std::max<std::int64_t>(0, *total);
  c.succeeded = count("successfulRequestCount");
  c.errored = count("failedRequestCount");
  c.processing = std::max<std::int64_t>(0, c.total - c.succeeded - c.errored);
  // What was answered in an expired or failed batch is lost: it has no results file.
  if ((status->state != State::expired && status->state != State::failed) || !status->output.id.empty()) return;
  c = Counts{};
  c.total = std::max<std::int64_t>(0, *total);
  (status->state == State::expired ? c.expired : c.errored) = c.total;
}

void read_failure(const Json& error, RemoteStatus* status) {
  const std::string said = error["message"].string_or("the vendor gave no reason");
  Error failure(Code::provider, "the vendor failed the whole batch: " + said);
  failure.http_status = http_status_of_rpc_code(error["code"].integer().value_or(0));
  failure.transient = failure.http_status == 429 || failure.http_status >= 500;
  status->failure = std::move(failure);
}

// "response" first, else the copy that "metadata" holds.
const Json& output_of(const Json& operation, std::string_view name) {
  const Json& response = operation["response"][name];
  if (response.type() != Json::Type::missing && response.type() != Json::Type::null) return response;
  const Json& copy = operation["metadata"]["output"][name];
  return copy.type() != Json::Type::missing ? copy : operation["output"][name];
}

// The list stands one or two levels deep.
const Json& inlined_of(const Json& operation) {
  for (const std::string_view name : {"inlinedResponses", "inlinedEmbedContentResponses"}) {
    const Json& outer = output_of(operation, name);
    if (outer.is_array()) return outer;
    if (outer[name].is_array()) return outer[name];
    if (outer["inlinedResponses"].is_array()) return outer["inlinedResponses"];
  }
  return operation["inlinedResponses"];
}

const Json& key_of(const Json& item) { return item["metadata"]["key"].is_string() ? item["metadata"]["key"] : item["key"]; }

bool has_key(const Json& item) {
  const Json& key = key_of(item);
  return key.is_string() && !key.string().empty();
}

}  // namespace

HttpRequest google_request(const Account& account, std::string method, std::string_view prefix, std::string_view path) {
  HttpRequest request;
  request.method = std::move(method);
  std::string_view base = account.base_url;
  if (base.ends_with(kVersion)) base.remove_suffix(kVersion.size());
  request.url = std::string(base) + std::string(prefix) + std::string(kVersion) + std::string(path);
  request.add_secret_header("x-goog-api-key", account.api_key);
  return request;
}

void add_google_body(HttpRequest* request, std::string json) {
  request->add_header("Content-Type", "application/json");
  request->body = std::move(json);
}

Result<std::shared_ptr<const Json>> read_google_answer(const CallContext& context, std::string_view what,
                                                       const HttpResponse& response) {
  auto json = read_object(context.account.provider, what, response);
  if (!json) return refine_google_error(response, std::move(json.error()));
  return json;
}

Error refine_google_error(const HttpResponse& response, Error error) {
  const auto json = Json::parse(response.body);
  if (json == nullptr) return error;
  const Json& whole = json->is_array() && !json->items().empty() ? json->items().front() : *json;
  const Json& inner = whole["error"];
  for (const Json& detail : inner["details"].items()) {
    const std::string_view reason = detail["reason"].string();
    if (reason == "API_KEY_INVALID" || reason == "API_KEY_SERVICE_BLOCKED" || reason == "API_KEY_EXPIRED") {
      error.code = Code::auth;
      error.hint = "check the API key and what it may do";
      error.vendor_code = reason;
    }
    if (reason == "BILLING_DISABLED") error.code = Code::quota, error.vendor_code = reason;
    // RetryInfo: decimal seconds and "s".
    const std::string delay(detail["retryDelay"].string());
    if (!delay.empty() && error.retry_after_ms < 0) {
      const double ms = std::strtod(delay.c_str(), nullptr) * 1000;
      if (ms > 0) error.retry_after_ms = static_cast<std::int64_t>(std::min(ms, static_cast<double>(kMaxRetryAfterMs)));
    }
  }
  const bool precondition = inner["status"].string() == "FAILED_PRECONDITION";
  if (precondition && lower_case(inner["message"].string()).find("billing") != std::string::npos)
    error.code = Code::quota;
  if (error.code == Code::quota) {
    error.transient = false;
    error.hint = "enable billing or raise the limit at the vendor, then resume";
  }
  return error;
}

Result<GoogleBatch> read_google_batch(const Json& json, std::string_view provider, std::string_view what) {
  const Json& meta = json["metadata"].is_object() ? json["metadata"] : json;
  GoogleBatch batch;
  batch.id = json["name"].string_or(meta["name"].string());
  if (batch.id.empty()) return protocol_error(provider, what, "the answer is no batch: it has no name");
  read_state(json, meta["state"].string_or(""), &batch);
  batch.output.id = output_of(json, "responsesFile").string_or("");
  // An operation ends with a response, which names the file, or with an error.
  batch.no_more_files = json["done"].boolean() && json["error"].is_object();
  read_counts(meta["batchStats"], &batch);
  batch.created_ms = read_time(meta["createTime"]);
  batch.completed_ms = read_time(meta["endTime"]);
  batch.model = meta["model"].string_or("");
  batch.marker = meta["displayName"].string_or("");
  batch.input_file_id = meta["inputConfig"]["fileName"].string_or("");
  batch.inlined = batch.output.id.empty() && inlined_of(json).is_array();
  if (batch.state == State::failed) read_failure(json["error"], &batch);
  batch.raw = kept_raw(json);
  return batch;
}

void append_inlined_rows(const Json& operation, std::int64_t requests, bool by_position, std::string* lines) {
  const auto& items = inlined_of(operation).items();
  const bool joined = by_position && static_cast<std::int64_t>(items.size()) == requests &&
                      std::none_of(items.begin(), items.end(), has_key);
  std::int64_t position = 0;
  for (const Json& item : items) {
    lines->push_back('{');
    if (has_key(item)) {
      lines->append("\"key\":");
      append_compact_json(key_of(item).raw(), lines);
    } else if (joined) {
      lines->append("\"").append(kPositionField).append("\":").append(std::to_string(position));
    }
    ++position;
    for (const std::string_view name : {"response", "error", "status"}) {
      if (!item[name].is_object()) continue;
      lines->append(lines->back() == '{' ? "\"" : ",\"").append(name).append("\":");
      append_compact_json(item[name].raw(), lines);
    }
    lines->append("}\n");
  }
}

}  // namespace br
