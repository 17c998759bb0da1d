// What the vendors of the family say of a batch or a file.
#include <algorithm>

#include "providers/openai/batches.h"
#include "providers/shared/http_error.h"
#include "providers/shared/refusal.h"

namespace br {
namespace {

void read_counts(const BatchFields& fields, const Json& batch, RemoteStatus* status) {
  const Json& counts = fields.counts.empty() ? batch : batch[fields.counts];
  const auto total = counts[fields.total].integer();
  const auto succeeded = counts[fields.succeeded].integer();
  const auto failed = counts[fields.failed].integer();
  status->counts_known = total.has_value() && succeeded.has_value();
  if (!status->counts_known) return;
  status->counts.total = std::max<std::int64_t>(0, *total);
  status->counts.succeeded = std::max<std::int64_t>(0, *succeeded);
  status->counts.errored = std::max<std::int64_t>(0, failed.value_or(0));
  status->counts.processing =
      std::max<std::int64_t>(0, status->counts.total - status->counts.succeeded - status->counts.errored);
}

// "line 3: duplicate_custom_id: …", of the first few validation errors. Some vendors have one text instead of a list.
void read_failure(const Json& batch, RemoteStatus* status) {
  constexpr std::size_t kShown = 3;
  const Json& errors = batch["errors"];
  const auto& list = errors.is_array() ? errors.items() : errors["data"].items();
  std::string message;
  std::string code;
  for (std::size_t i = 0; i < std::min(list.size(), kShown); ++i) {
    const Json& item = list[i];
    if (code.empty()) code = item["code"].string_or("");
    if (is_queue_full(item["code"].string(), item.is_string() ? item.string() : item["message"].string()))
      status->quota_wait = true;
    if (!message.empty()) message += "; ";
    if (const auto line = item["line"].integer()) message += "line " + std::to_string(*line) + ": ";
    if (item["code"].is_string()) message += item["code"].string_or("") + ": ";
    message += item.is_string() ? item.string_or("") : item["message"].string_or("no message");
  }
  if (list.size() > kShown) message += "; and " + std::to_string(list.size() - kShown) + " more";
  const Json& error = batch["error"];
  if (message.empty()) message = error.is_string() ? error.string_or("") : error["message"].string_or("");
  Error failure = batch_failure(message, code);
  failure.transient = status->quota_wait;
  status->failure = std::move(failure);
}

// The id, or the first of a list of ids.
std::string read_file_id(const Json& value) {
  if (value.is_array()) return value.items().empty() ? "" : value.items().front().string_or("");
  return value.string_or("");
}

}  // namespace

Result<RemoteStatus> read_openai_batch(const OpenAiCalls& calls, const Json& answer, std::string_view provider,
                                       std::string_view what) {
  const bool wrapped = !calls.batch_wrapper.empty() && answer[calls.batch_wrapper].is_object();
  const Json& json = wrapped ? answer[calls.batch_wrapper] : answer;
  const BatchFields& fields = calls.fields;
  RemoteStatus status;
  status.id = json["id"].string_or("");
  if (status.id.empty()) return protocol_error(provider, what, "the answer is no batch: it has no id");
  read_state_word(json["status"].string(), calls.words, &status);
  read_counts(fields, json, &status);
  status.created_ms = read_time(json["created_at"]);
  status.completed_ms = first_time(json, {"completed_at", "failed_at", "expired_at", "cancelled_at"});
  status.expires_ms = read_time(json[fields.expires]);
  status.model = json["model"].string_or("");
  status.endpoint = json["endpoint"].string_or("");
  status.input_file_id = read_file_id(json[fields.input_file]);
  status.marker = json["metadata"][kMarkerKey].string_or("");
  status.output.id = json[fields.output_file].string_or("");
  status.errors.id = json[fields.error_file].string_or("");
  if (status.state == State::failed) read_failure(json, &status);
  status.raw = kept_raw(json);
  return status;
}

}  // namespace br
