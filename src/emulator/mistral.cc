#include <algorithm>
#include <utility>

#include "emulator/form_upload.h"
#include "emulator/inline_create.h"
#include "emulator/json_lines.h"
#include "emulator/makers.h"
#include "emulator/openai_rows.h"
#include "emulator/row_run.h"
#include "emulator/shelves.h"
#include "emulator/uuid.h"

namespace br::emulator {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kMostHours = 168;
constexpr int64_t kMostInline = 10'000;
constexpr size_t kMostKeyChars = 32;
constexpr size_t kMostValueChars = 512;
constexpr Limits kLimits = {1'000'000, 512'000'000, 512'000'000};
constexpr std::string_view kEndpoints[] = {"/v1/chat/completions", "/v1/embeddings",       "/v1/fim/completions",
                                           "/v1/moderations",      "/v1/chat/moderations", "/v1/ocr",
                                           "/v1/classifications",  "/v1/conversations"};
constexpr std::string_view kFields[] = {"input_files", "requests", "model",        "agent_id",
                                        "endpoint",    "metadata", "timeout_hours"};

RowRules mistral_rows() {
  RowRules rules;
  rules.shape = RowShape::kMistral;
  rules.body_only = true;
  rules.repeated_ids = true;
  rules.model_in_body = false;
  rules.body.more = {"random_seed",          "safe_prompt",         "prompt_mode",
                     "document_image_limit", "document_page_limit", "guardrails"};
  rules.body.unknown = {"max_completion_tokens",
                        "seed",
                        "logprobs",
                        "top_logprobs",
                        "logit_bias",
                        "user",
                        "audio",
                        "modalities",
                        "functions",
                        "function_call",
                        "store",
                        "web_search_options"};
  rules.body.more_parts = {"image_url", "document_url", "input_audio", "file", "thinking", "reference"};
  rules.body.most_temperature = 1.5;
  return rules;
}

template <typename List>
bool holds(const List& list, std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

// Mistral: files whose lines are judged at the upload, jobs with a model of their own, results in files or inside.
class MistralApi : public Vendor, public BatchOwner {
 public:
  explicit MistralApi(World& world)
      : world_(world),
        files_(world),
        batches_(world),
        rows_(world.options, mistral_rows()),
        limits_(limits_in_force(world.options, kLimits)) {}

  std::string_view name() const override { return "mistral"; }
  std::string_view base_path() const override { return "/mistral"; }
  Opening begin(const RequestHead& head, Path path) override;
  Reply refusal(const ApiError& error) const override;

  std::unique_ptr<LineCheck> check(const Batch& batch) override { return rows_.check(batch); }
  RowAnswer answer(const Batch& batch, const Row& row) override { return rows_.answer(batch, row); }
  std::string unanswered(const Batch&, const Row& row, Unanswered why) override { return rows_.unanswered(row, why); }
  void results_ready(Batch& batch) override;

 private:
  Opening begin_files(const RequestHead& head, Path path);
  Reply take_upload(Form& form);
  Reply list_files();
  Reply download(const std::string& id);
  Reply delete_file(const std::string& id);
  Opening begin_jobs(const RequestHead& head, Path path);
  std::string create_problem(const json::Value& body, const InlineBody& given) const;
  Reply create(InlineBody& body);
  Reply list_jobs(const RequestHead& head);
  Reply cancel(const std::string& id);
  std::string job_json(const Batch& batch, bool with_rows) const;

  Reply ok(std::string json) const {
    Reply reply;
    reply.body = std::move(json);
    return reply;
  }
  Reply not_found(const std::string& what) const { return refusal({404, "not_found", {}, what + " not found.", {}}); }
  Reply invalid(const std::string& why) const { return refusal({422, "invalid_request_error", {}, why, {}}); }

  World& world_;
  FileShelf files_;
  BatchShelf batches_;
  OpenAiRows rows_;
  Limits limits_;
};

Opening MistralApi::begin(const RequestHead& head, Path path) {
  if (!key_is_known(world_.options, bearer_key(head))) {
    Reply reply = ok(R"({"detail":"Invalid API Key"})");
    reply.status = 401;
    return Opening::answered(std::move(reply));
  }
  if (path.size() >= 2 && path[0] == "v1" && path[1] == "files") return begin_files(head, path.subspan(2));
  const bool jobs = path.size() >= 3 && path[0] == "v1" && path[1] == "batch" && path[2] == "jobs";
  return jobs ? begin_jobs(head, path.subspan(3)) : Opening::answered(not_found("Route " + head.path));
}

// What is wrong with a value is told otherwise than all else.
Reply MistralApi::refusal(const ApiError& error) const {
  json::Writer out;
  out.begin_object();
  if (error.status == 422) {
    out.field("detail", error.message);
  } else {
    out.field("object", "error").field("message", error.message).field("type", error.type).null_field("param");
    out.nullable_field("code", error.code);
  }
  Reply reply = ok(out.end_object().str());
  reply.status = error.status;
  return reply;
}

Opening MistralApi::begin_files(const RequestHead& head, Path path) {
  if (path.empty() && head.method == "POST") {
    const std::string boundary = multipart_boundary(head.header("content-type"));
    if (boundary.empty()) return Opening::answered(invalid("Field required: file"));
    return Opening::of(std::make_unique<FormUpload>(world_, boundary, limits_.file_bytes,
                                                    [this](Form& form) { return take_upload(form); }));
  }
  if (path.empty() && head.method == "GET") return Opening::answered(list_files());
  if (path.size() == 1 && head.method == "DELETE") return Opening::answered(delete_file(path[0]));
  if (path.size() == 2 && path[1] == "content" && head.method == "GET") return Opening::answered(download(path[0]));
  if (path.size() == 1 && head.method == "GET") {
    StoredFile* const file = files_.find(path[0]);
    if (file == nullptr) return Opening::answered(not_found("File " + path[0]));
  }
  if (path.size() != 1 || head.method != "GET") return Opening::answered(not_found("Route " + head.path));
  json::Writer out;
  const StoredFile& file = *files_.find(path[0]);
  out.begin_object().field("id", file.id).field("object", "file").field("bytes", file.blob->size());
  out.field("created_at", file.created_s).field("filename", file.filename).field("purpose", "batch");
  out.field("sample_type", file.purpose).field("num_lines", file.lines).field("mimetype", "application/jsonl");
  return Opening::answered(ok(out.field("source", "upload").null_field("expires_at").end_object().str()));
}

Reply MistralApi::take_upload(Form& form) {
  if (!form.problem.empty()) return invalid("There was an error parsing the body");
  if (!form.has_file) return invalid("Field required: file");
  if (form.too_large) return refusal({413, "invalid_request_error", {}, "File too large.", {}});
  const std::string* const purpose = form.field("purpose");
  if (purpose == nullptr || *purpose != "batch") return invalid("Input should be 'batch': purpose");
  for (const auto& [name, value] : form.fields) {
    if (name != "purpose" && name != "expiry" && name != "visibility") return invalid("Extra inputs: " + name);
  }
  Batch probe;
  probe.endpoint = "/v1/chat/completions";
  const auto check = rows_.check(probe);
  std::string problem;
  int64_t lines = 0;
  for_each_line(*form.file, [&](char* line, size_t size) {
    ++lines;
    const std::string text(line, size);
    LineProblem wrong;
    if (!check->line(line, size, wrong)) problem = wrong.message;
    json::Document row;
    if (problem.empty() && json::parse(text, row)) {
      const json::Value& body = *json::member(row, "body");
      // Only what looks like a chat can be judged before the endpoint is known.
      if (json::member(body, "messages") != nullptr)
        problem = body_problem(probe.endpoint, body, rows_.rules().body).message;
    }
    return problem.empty();
  });
  if (!problem.empty()) return invalid("Invalid file format. Line " + std::to_string(lines) + ": " + problem);
  if (lines == 0) return invalid("Invalid file format. The file is empty.");
  StoredFile file;
  file.id = next_uuid(world_.ids);
  file.filename = form.filename;
  file.purpose = "batch_request";
  file.created_s = world_.now_s();
  file.lines = lines;
  file.blob = form.file;
  ++world_.books.ledger().uploads;
  const StoredFile& stored = files_.add(std::move(file));
  json::Writer out;
  out.begin_object().field("id", stored.id).field("object", "file").field("bytes", stored.blob->size());
  out.field("created_at", stored.created_s).field("filename", stored.filename).field("purpose", "batch");
  out.field("sample_type", stored.purpose).field("num_lines", lines).field("mimetype", "application/jsonl");
  return ok(out.field("source", "upload").null_field("signature").null_field("expires_at").end_object().str());
}

Reply MistralApi::list_files() {
  ++world_.books.ledger().lists;
  json::Writer out;
  const std::vector<StoredFile*> files = files_.all();
  out.begin_object().key("data").begin_array();
  for (auto at = files.rbegin(); at != files.rend(); ++at) {
    out.begin_object().field("id", (*at)->id).field("object", "file").field("bytes", (*at)->blob->size());
    out.field("created_at", (*at)->created_s).field("filename", (*at)->filename).field("purpose", "batch");
    out.field("sample_type", (*at)->purpose).field("source", "upload").end_object();
  }
  out.end_array().field("object", "list").field("total", static_cast<int64_t>(files.size()));
  return ok(out.end_object().str());
}

Reply MistralApi::download(const std::string& id) {
  const StoredFile* const file = files_.find(id);
  if (file == nullptr) return not_found("File " + id);
  Reply reply = ok({});
  reply.content_type = "application/octet-stream";
  reply.blob = file->blob;
  ++world_.books.ledger().downloads;
  world_.books.ledger().downloaded_bytes += file->blob->size();
  return reply;
}

Reply MistralApi::delete_file(const std::string& id) {
  if (files_.find(id) == nullptr) return not_found("File " + id);
  files_.erase(id);
  ++world_.books.ledger().deletes;
  json::Writer out;
  return ok(out.begin_object().field("id", id).field("object", "file").key("deleted").boolean(true).end_object().str());
}

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
  if (metadata != nullptr && !metadata->IsNull()) {
    if (!metadata->IsObject()) return "Input should be a valid dictionary: metadata";
    for (const auto& pair : metadata->GetObject()) {
      const size_t size = pair.value.IsString() ? pair.value.GetStringLength() : 0;
      if (size == 0 || size > kMostValueChars || pair.name.GetStringLength() > kMostKeyChars) {
        return "Input should be texts of 1 to 512 characters under keys of at most 32: metadata";
      }
    }
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
  batch->input = given.lines;
  batch->is_inline = batch->one_result_file = given.has_array;
  if (!given.has_array) {
    auto joined = std::make_shared<Blob>(world_.spill);
    for (const auto& id : json::member(body, "input_files")->GetArray()) {
      const StoredFile* const file = id.IsString() ? files_.find(json::view(id)) : nullptr;
      if (file == nullptr) return not_found("File");
      batch->input_file_id += (batch->input_file_id.empty() ? "" : ",") + file->id;
      for_each_line(*file->blob, [&](char* line, size_t size) {
        line[size] = '\n';
        joined->append({line, size + 1});
        return true;
      });
    }
    batch->input = joined;
  }
  const json::Value* const hours = json::member(body, "timeout_hours");
  const json::Value* const metadata = json::member(body, "metadata");
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
  const std::vector<Batch*> all = batches_.newest_first(page == 0);
  const auto total = static_cast<int64_t>(all.size());
  json::Writer out;
  out.begin_object().key("data").begin_array();
  for (int64_t i = page * size; i < std::min(total, (page + 1) * size); ++i) {
    out.raw(job_json(*all[static_cast<size_t>(i)], false));
  }
  return ok(out.end_array().field("object", "list").field("total", total).end_object().str());
}

Reply MistralApi::cancel(const std::string& id) {
  Batch* const batch = batches_.find(id);
  if (batch == nullptr) return not_found("Batch " + id);
  if (world_.batches.cancel(*batch)) ++world_.books.ledger().cancels;
  if (has_ended(batch->stage)) return invalid("The job has ended and cannot be cancelled.");
  return ok(job_json(*batch, false));
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
  static constexpr const char* kWords[] = {
      "QUEUED", "FAILED", "RUNNING", "RUNNING", "SUCCESS", "TIMEOUT_EXCEEDED", "CANCELLATION_REQUESTED", "CANCELLED"};
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
  out.field("status", shown_word(batch, kWords[static_cast<size_t>(batch.stage)]));
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

}  // namespace

std::unique_ptr<Vendor> make_mistral(World& world) { return std::make_unique<MistralApi>(world); }

}  // namespace br::emulator
