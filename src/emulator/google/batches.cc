#include <algorithm>
#include <utility>

#include "emulator/base/json_lines.h"
#include "emulator/base/times.h"
#include "emulator/google/api.h"

namespace br::emulator {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kWindowMs = 48 * kHourMs;
constexpr int64_t kResultLifeS = 48 * 3600;
constexpr int64_t kMostInlineBytes = 20'000'000;
constexpr int kMicroseconds = 6;

std::string state_name(const Batch& batch) {
  static constexpr const char* kNames[] = {"PENDING",   "FAILED",  "RUNNING", "RUNNING",
                                           "SUCCEEDED", "EXPIRED", "RUNNING", "CANCELLED"};
  return "BATCH_STATE_" + std::string(kNames[static_cast<size_t>(batch.stage)]);
}

}  // namespace

Opening GoogleApi::begin_create(const RequestHead&, const std::string& model, bool embeds) {
  return Opening::of(std::make_unique<InlineCreate>(
      world_, std::vector<std::string>{"batch", "inputConfig", "requests", "requests"}, GoogleRows::check(true, embeds),
      kMostInlineBytes, [this, model, embeds](InlineBody& body) { return create(body, model, embeds); }));
}

Reply GoogleApi::create(InlineBody& body, const std::string& model, bool embeds) {
  json::Document rest;
  if (body.too_large) return bad("Request payload size exceeds the limit: 20000000 bytes.");
  if (!body.whole || !json::parse(body.rest, rest) || !rest.IsObject()) return bad("Invalid JSON payload received.");
  const std::string_view id = std::string_view(model).substr(model.find('/') + 1);
  if (!model_is_known(world_.options, id)) {
    return refusal({404, {}, {}, model + " is not found for API version v1beta.", {}});
  }
  const json::Value* const asked = json::member(rest, "batch");
  if (asked == nullptr || !asked->IsObject()) return bad("* BatchGenerateContentRequest.batch: batch is required");
  for (const auto& field : asked->GetObject()) {
    const std::string field_name(json::view(field.name));
    const bool known = field_name == "model" || field_name == "priority" || field_name == "displayName" ||
                       field_name == "display_name" || field_name == "inputConfig" || field_name == "input_config" ||
                       field_name == "webhookConfig";
    if (!known) {
      return bad("Invalid JSON payload received. Unknown name \"" + field_name + "\" at 'batch': Cannot find field.");
    }
  }
  const json::Value* const display = google_member(*asked, "displayName");
  if (display == nullptr || !display->IsString()) return bad("* batch.display_name: display_name is required");
  const json::Value* const input = google_member(*asked, "inputConfig");
  if (input == nullptr || !input->IsObject()) return bad("* batch.input_config: input_config is required");
  const json::Value* const file_name = google_member(*input, "fileName");
  if ((file_name != nullptr) == body.has_array)
    return bad("* batch.input_config: one of file_name and requests is required");
  if (!body.problem.message.empty()) return bad(body.problem.message);
  if (body.has_array && body.requests == 0) return bad("* batch.input_config.requests: requests is empty");
  auto batch = std::make_unique<Batch>();
  batch->input = body.lines;
  if (file_name != nullptr) {
    const std::string name_text(file_name->IsString() ? json::view(*file_name) : std::string_view());
    const StoredFile* const file = files_.find(name_text.substr(name_text.find('/') + 1));
    if (name_text.substr(0, 6) != "files/" || file == nullptr) return not_found(name_text);
    batch->input_file_id = name_text;
    batch->input = file->blob;
  }
  batch->vendor = "google";
  batch->id = world_.ids.next("", 36);
  batch->name = std::string(json::view(*display));
  batch->endpoint = embeds ? "embed" : "generate";
  batch->model = model.substr(model.find('/') + 1);
  batch->api_version = model;
  batch->window_ms = kWindowMs;
  batch->max_requests = limits_.requests;
  batch->max_bytes = limits_.batch_bytes;
  batch->is_inline = body.has_array;
  batch->one_result_file = true;
  batch->owner = this;
  return ok(operation_json(batches_.start(std::move(batch)), false));
}

Opening GoogleApi::begin_batches(const RequestHead& head, const std::string& id, std::string_view verb) {
  if (id.empty() && head.method == "GET") return Opening::answered(list_batches(head));
  if (verb.empty() && head.method == "GET") {
    const Batch* const batch = batches_.look_at(id);
    return Opening::answered(batch == nullptr ? not_found("batches/" + id) : ok(operation_json(*batch, true)));
  }
  if (verb.empty() && head.method == "DELETE") return Opening::answered(remove(id));
  if (verb == "cancel" && head.method == "POST") {
    return with_body([this, id](const std::string&) { return cancel(id); });
  }
  return Opening::answered(not_found(head.path));
}

Reply GoogleApi::list_batches(const RequestHead& head) {
  int64_t size = 10;
  if (!query_number(head, "pageSize", 1, 1000, size)) return bad("pageSize must be from 1 to 1000.");
  const std::string* token = head.query_value("pageToken");
  if (token != nullptr && token->empty()) token = nullptr;
  if (token != nullptr && batches_.find(*token) == nullptr) return bad("pageToken is invalid.");
  const std::vector<Batch*> all = batches_.newest_first(token == nullptr);
  auto from = all.begin();
  if (token != nullptr) from = std::find_if(from, all.end(), [&](const Batch* batch) { return batch->id == *token; });
  const auto left = static_cast<int64_t>(all.end() - from);
  json::Writer out;
  out.begin_object();
  if (left > 0) {
    out.key("operations").begin_array();
    for (auto at = from; at != from + std::min(size, left); ++at) out.raw(operation_json(**at, false));
    out.end_array();
  }
  if (left > size) out.field("nextPageToken", (*(from + size))->id);
  return ok(out.end_object().str());
}

Reply GoogleApi::cancel(const std::string& id) {
  Batch* const batch = batches_.find_to("cancel", id);
  if (batch == nullptr) return not_found("batches/" + id);
  if (world_.batches.cancel(*batch)) ++world_.ledger.sums().cancels;
  if (!has_ended(batch->stage)) return ok("{}");
  return bad("The batch batches/" + id + " has ended and cannot be cancelled.");
}

Reply GoogleApi::remove(const std::string& id) {
  const Batch* const batch = batches_.find_to("delete", id);
  if (batch == nullptr) return not_found("batches/" + id);
  batches_.erase(*batch);
  ++world_.ledger.sums().deletes;
  return ok("{}");
}

void GoogleApi::make_twin(const Batch&, Batch& twin) {
  twin.id = world_.ids.next("", 36);
  if (twin.is_inline) return;
  StoredFile file;
  file.id = world_.ids.next("", 12);
  file.filename = "nightly.jsonl";
  file.mime_type = "application/jsonl";
  file.created_s = world_.now_s();
  file.expires_s = file.created_s + kResultLifeS;
  file.blob = twin.input;
  twin.input_file_id = "files/" + files_.add(std::move(file)).id;
}

void GoogleApi::results_ready(Batch& batch) {
  if (batch.is_inline || !batch.output) return;
  StoredFile file;
  file.id = "batch-" + batch.id;
  file.purpose = "output";
  file.mime_type = "application/jsonl";
  file.created_s = world_.now_s();
  file.expires_s = file.created_s + kResultLifeS;
  file.blob = std::move(batch.output);
  batch.output_file_id = "files/" + files_.add(std::move(file)).id;
}

namespace {

// Counts are int64, which is text in proto JSON; what is zero is left out.
void write_count(json::Writer& out, const char* name, int64_t count) {
  if (count > 0) out.field(name, std::to_string(count));
}

void write_stats(json::Writer& out, const Batch& batch) {
  out.key("batchStats").begin_object();
  write_count(out, "requestCount", batch.total);
  write_count(out, "successfulRequestCount", batch.completed);
  write_count(out, "failedRequestCount", batch.failed);
  write_count(out, "pendingRequestCount", batch.total - batch.completed - batch.failed);
  out.end_object();
}

// `responsesFile`, or the rows themselves under their doubled name.
void write_output(json::Writer& out, const Batch& batch, bool with_rows) {
  if (!batch.is_inline) {
    out.field("responsesFile", batch.output_file_id);
    return;
  }
  if (!with_rows || !batch.output) return;
  out.key("inlinedResponses").begin_object().key("inlinedResponses").begin_array();
  for_each_line(*batch.output, [&](char* line, size_t size) {
    json::Document row;
    // A row that a fault has spoilt would make the whole answer no JSON.
    if (json::parse({line, size}, row)) out.value(row);
    return true;
  });
  out.end_array().end_object();
}

void write_failure(json::Writer& out, const Batch& batch) {
  constexpr int64_t kCancelled = 1, kInvalidArgument = 3, kDeadlineExceeded = 4;
  const bool cancelled = batch.stage == Stage::kCancelled;
  const bool failed = batch.stage == Stage::kFailed;
  const char* const otherwise = cancelled ? "The batch was cancelled." : "The batch has expired.";
  out.key("error").begin_object().field("code", cancelled ? kCancelled : failed ? kInvalidArgument : kDeadlineExceeded);
  out.field("message", failed && !batch.problems.empty() ? batch.problems[0].message : otherwise).end_object();
}

}  // namespace

std::string GoogleApi::operation_json(const Batch& batch, bool with_rows) const {
  const std::string kind = batch.endpoint == "embed" ? "EmbedContentBatch" : "GenerateContentBatch";
  const std::string type = "type.googleapis.com/google.ai.generativelanguage.v1main." + kind;
  const bool ended = has_ended(batch.stage);
  const bool done = batch.stage == Stage::kCompleted && !results_are_late(batch);
  const bool bare = batch.quirks.null_fields;
  const int64_t changed_ms =
      ended ? batch.times.ended_ms : std::max(batch.times.created_ms, batch.times.in_progress_ms);
  json::Writer out;
  out.begin_object().field("name", "batches/" + batch.id).key("metadata").begin_object().field("@type", type);
  out.field("model", batch.api_version).field("displayName", batch.name);
  out.field("createTime", rfc3339(batch.times.created_ms, kMicroseconds));
  if (!bare) {
    if (ended) out.field("endTime", rfc3339(batch.times.ended_ms, kMicroseconds));
    out.field("updateTime", rfc3339(changed_ms, kMicroseconds));
    write_stats(out, batch);
  }
  out.field("state", shown_word(batch, state_name(batch))).field("name", "batches/" + batch.id);
  if (!batch.input_file_id.empty()) {
    out.key("inputConfig").begin_object().field("fileName", batch.input_file_id).end_object();
  }
  if (done) {
    out.key("output").begin_object();
    write_output(out, batch, with_rows);
    out.end_object();
  }
  out.end_object();
  if (ended) out.key("done").boolean(true);
  if (done) {
    out.key("response").begin_object().field("@type", type + "Output");
    write_output(out, batch, with_rows);
    out.end_object();
  } else if (ended && batch.stage != Stage::kCompleted) {
    write_failure(out, batch);
  }
  return out.end_object().str();
}

}  // namespace br::emulator
