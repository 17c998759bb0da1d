#include <algorithm>
#include <utility>
#include <vector>

#include "emulator/base/json_lines.h"
#include "emulator/base/uuid.h"
#include "emulator/mistral/api.h"

namespace br::emulator {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kMostHours = 168;
constexpr int64_t kMostInline = 10'000;
constexpr size_t kMostKeyChars = 32;
constexpr size_t kMostValueChars = 512;
constexpr std::string_view kEndpoints[] = {"/v1/chat/completions", "/v1/embeddings",       "/v1/fim/completions",
                                           "/v1/moderations",      "/v1/chat/moderations", "/v1/ocr",
                                           "/v1/classifications",  "/v1/conversations"};
constexpr std::string_view kFields[] = {"input_files", "requests", "model",        "agent_id",
                                        "endpoint",    "metadata", "timeout_hours"};

template <typename List>
bool holds(const List& list, std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

std::string word_of(const Batch& batch) {
  static constexpr const char* kWords[] = {
      "QUEUED", "FAILED", "RUNNING", "RUNNING", "SUCCESS", "TIMEOUT_EXCEEDED", "CANCELLATION_REQUESTED", "CANCELLED"};
  return kWords[static_cast<size_t>(batch.stage)];
}

bool is_metadata(const json::Value& metadata) {
  if (!metadata.IsObject()) return false;
  for (const auto& pair : metadata.GetObject()) {
    const size_t size = pair.value.IsString() ? pair.value.GetStringLength() : 0;
    if (size == 0 || size > kMostValueChars || pair.name.GetStringLength() > kMostKeyChars) return false;
  }
  return true;
}

void append_lines(const Blob& from, Blob& to) {
  for_each_line(from, [&](char* line, size_t size) {
    line[size] = '\n';
    to.append({line, size + 1});
    return true;
  });
}

// Whether a listing that asks for some states or for a model shows that job.
bool is_asked_for(const RequestHead& head, const Batch& batch) {
  bool any = true;
  bool fits = false;
  for (const auto& [name, value] : head.query) {
    if (name == "model" && value != batch.model) return false;
    if (name != "status") continue;
    any = false;
    fits = fits || value == word_of(batch);
  }
  return any || fits;
}

}  // namespace

Opening MistralApi::begin_jobs(const RequestHead& head, Path path) {
  if (path.empty() && head.method == "POST") {
    return Opening::of(std::make_unique<InlineCreate>(world_, std::vector<std::string>{"requests"},
                                                      rows_.check(Batch()), limits_.batch_bytes,
                                                      [this](InlineBody& body) { return create(body); }));
  }
  if (path.empty() && head.method == "GET") return Opening::answered(list_jobs(head));
  if (path.size() == 1 && head.method == "GET") {
    const std::string* const rows = head.query_value("inline");
    const Batch* const batch = batches_.look_at(path[0]);
    if (batch == nullptr) return Opening::answered(not_found("Batch " + path[0]));
    return Opening::answered(ok(job_json(*batch, rows != nullptr && *rows == "true")));
  }
  if (path.size() == 1 && head.method == "DELETE") return Opening::answered(delete_job(path[0]));
  if (path.size() == 2 && path[1] == "cancel" && head.method == "POST") {
    return with_body([this, id = path[0]](const std::string&) { return cancel(id); });
  }
  return Opening::answered(not_found("Route " + head.path));
}

// What is wrong with a create request; empty if nothing is.
std::string MistralApi::create_problem(const json::Value& body, const InlineBody& given) const {
  for (const auto& field : body.GetObject()) {
    if (!holds(kFields, json::view(field.name)))
      return "Extra inputs are not permitted: " + std::string(json::view(field.name));
  }
  if (!holds(kEndpoints, json::string_member(body, "endpoint")))
    return "Input should be a supported endpoint: endpoint";
  const std::string model(json::string_member(body, "model"));
  if (model.empty() && json::string_member(body, "agent_id").empty()) return "One of model and agent_id is required.";
  if (!model.empty() && !model_is_known(world_.options, model)) return "Invalid model: " + model;
  const json::Value* const hours = json::member(body, "timeout_hours");
  const bool timely =
      hours == nullptr || (hours->IsInt64() && hours->GetInt64() >= 1 && hours->GetInt64() <= kMostHours);
  if (!timely) return "Input should be from 1 to 168: timeout_hours";
  const json::Value* const metadata = json::member(body, "metadata");
  if (metadata != nullptr && !metadata->IsNull() && !is_metadata(*metadata)) {
    return "Input should be texts of 1 to 512 characters under keys of at most 32: metadata";
  }
  const json::Value* const files = json::member(body, "input_files");
  const bool has_files = files != nullptr && files->IsArray() && !files->Empty();
  if (has_files == given.has_array) return "One of input_files and requests is required.";
  if (!given.problem.message.empty()) return "requests: " + given.problem.message;
  if (given.has_array && (given.requests == 0 || given.requests > kMostInline)) return "requests: 1 to 10000 are taken";
  return {};
}

Reply MistralApi::create(InlineBody& given) {
  json::Document body;
  if (!given.whole || !json::parse(given.rest, body) || !body.IsObject()) return invalid("JSON decode error");
  const std::string problem = create_problem(body, given);
  if (!problem.empty()) return invalid(problem);
  auto batch = std::make_unique<Batch>();
  auto input = given.has_array ? given.lines : std::make_shared<Blob>(world_.bodies);
  batch->is_inline = batch->one_result_file = given.has_array;
  if (!given.has_array) {
    for (const auto& id : json::member(body, "input_files")->GetArray()) {
      const StoredFile* const file = id.IsString() ? files_.find(json::view(id)) : nullptr;
      if (file == nullptr) return not_found("File");
      batch->input_file_id += (batch->input_file_id.empty() ? "" : ",") + file->id;
      append_lines(*file->blob, *input);
    }
  }
  const json::Value* const hours = json::member(body, "timeout_hours");
  const json::Value* const metadata = json::member(body, "metadata");
  batch->input = std::move(input);
  batch->vendor = "mistral";
  batch->id = next_uuid(world_.ids);
  batch->endpoint = std::string(json::string_member(body, "endpoint"));
  batch->model = std::string(json::string_member(body, "model"));
  batch->window_ms = (hours == nullptr ? 24 : hours->GetInt64()) * kHourMs;
  if (metadata != nullptr && metadata->IsObject()) batch->metadata_json = json::Writer().value(*metadata).str();
  batch->max_requests = limits_.requests;
  batch->max_bytes = limits_.batch_bytes;
  batch->owner = this;
  return ok(job_json(batches_.start(std::move(batch)), false));
}

Reply MistralApi::list_jobs(const RequestHead& head) {
  int64_t page = 0;
  int64_t size = 100;
  if (!query_number(head, "page", 0, INT64_MAX / 1000, page) || !query_number(head, "page_size", 1, 1000, size)) {
    return invalid("Input should be a valid page");
  }
  std::vector<Batch*> all = batches_.newest_first(page == 0);
  std::erase_if(all, [&](const Batch* batch) { return !is_asked_for(head, *batch); });
  const std::string* const order = head.query_value("order_by");
  if (order != nullptr && *order == "created") std::reverse(all.begin(), all.end());
  const auto total = static_cast<int64_t>(all.size());
  json::Writer out;
  out.begin_object().key("data").begin_array();
  for (int64_t i = page * size; i < std::min(total, (page + 1) * size); ++i) {
    out.raw(job_json(*all[static_cast<size_t>(i)], false));
  }
  return ok(out.end_array().field("object", "list").field("total", total).end_object().str());
}

Reply MistralApi::cancel(const std::string& id) {
  Batch* const batch = batches_.find_to("cancel", id);
  if (batch == nullptr) return not_found("Batch " + id);
  if (world_.batches.cancel(*batch)) ++world_.ledger.sums().cancels;
  if (has_ended(batch->stage)) return invalid("The job has ended and cannot be cancelled.");
  return ok(job_json(*batch, false));
}

// A job that still runs is stopped, too.
Reply MistralApi::delete_job(const std::string& id) {
  Batch* const batch = batches_.find_to("delete", id);
  if (batch == nullptr) return not_found("Batch " + id);
  world_.batches.cancel(*batch);
  batches_.erase(*batch);
  ++world_.ledger.sums().deletes;
  json::Writer out;
  out.begin_object().field("id", id).field("object", "batch").key("deleted").boolean(true);
  return ok(out.end_object().str());
}

void MistralApi::make_twin(const Batch&, Batch& twin) {
  twin.id = next_uuid(world_.ids);
  if (twin.is_inline) return;
  StoredFile file;
  file.id = next_uuid(world_.ids);
  file.filename = "nightly.jsonl";
  file.purpose = "batch_request";
  file.created_s = world_.now_s();
  file.blob = twin.input;
  twin.input_file_id = files_.add(std::move(file)).id;
}

void MistralApi::results_ready(Batch& batch) {
  if (batch.is_inline) return;
  const auto store = [&](std::shared_ptr<const Blob>& blob, const char* kind) -> std::string {
    if (!blob) return {};
    StoredFile file;
    file.id = next_uuid(world_.ids);
    file.filename = batch.id + "_" + kind + ".jsonl";
    file.purpose = kind;
    file.created_s = world_.now_s();
    file.blob = std::move(blob);
    return files_.add(std::move(file)).id;
  };
  batch.output_file_id = store(batch.output, "batch_result");
  batch.error_file_id = store(batch.errors, "batch_error");
}

std::string MistralApi::job_json(const Batch& batch, bool with_rows) const {
  const bool bare = batch.quirks.null_fields;
  const bool late = results_are_late(batch);
  const bool ended = has_ended(batch.stage);
  const int64_t failed = batch.failed - batch.unanswered;
  json::Writer out;
  out.begin_object().field("id", batch.id).field("object", "batch").key("input_files").begin_array();
  for (size_t at = 0; at < batch.input_file_id.size();) {
    const size_t end = std::min(batch.input_file_id.find(',', at), batch.input_file_id.size());
    out.string(std::string_view(batch.input_file_id).substr(at, end - at));
    at = end + 1;
  }
  out.end_array().key("metadata").raw(bare ? "null" : batch.metadata_json.empty() ? "{}" : batch.metadata_json);
  out.field("endpoint", batch.endpoint).field("model", batch.model).null_field("agent_id");
  out.nullable_field("output_file", late ? "" : batch.output_file_id);
  out.nullable_field("error_file", late ? "" : batch.error_file_id).key("errors").begin_array();
  if (!batch.problems.empty()) {
    out.begin_object().field("message", batch.problems[0].message).field("count", int64_t{1}).end_object();
  } else if (ended && failed > 0) {
    out.begin_object().field("message", "HTTP Error, status code: 400").field("count", failed).end_object();
  }
  out.end_array().key("outputs");
  if (with_rows && ended && batch.output && !late) {
    out.begin_array();
    for_each_line(*batch.output, [&](char* line, size_t size) {
      json::Document row;
      if (json::parse({line, size}, row)) out.value(row);
      return true;
    });
    out.end_array();
  } else {
    out.null();
  }
  out.field("status", shown_word(batch, word_of(batch)));
  out.field("created_at", batch.times.created_ms / 1000);
  out.nullable_time("started_at", bare ? 0 : batch.times.in_progress_ms / 1000);
  out.nullable_time("completed_at", ended && !bare ? batch.times.ended_ms / 1000 : 0);
  for (const auto& [name, count] :
       {std::pair("total_requests", batch.total), std::pair("completed_requests", batch.completed + failed),
        std::pair("succeeded_requests", batch.completed), std::pair("failed_requests", failed)}) {
    if (bare)
      out.null_field(name);
    else
      out.field(name, count);
  }
  return out.end_object().str();
}

}  // namespace br::emulator
