#include <algorithm>
#include <utility>

#include "emulator/form_upload.h"
#include "emulator/inline_create.h"
#include "emulator/json_lines.h"
#include "emulator/makers.h"
#include "emulator/openai_rows.h"
#include "emulator/row_run.h"
#include "emulator/shelves.h"
#include "emulator/times.h"
#include "emulator/uuid.h"

namespace br::emulator {
namespace {

constexpr int64_t kWindowMs = int64_t{30} * 86'400'000;
constexpr Limits kLimits = {50'000, 200'000'000, 200'000'000};

RowRules xai_rows() {
  RowRules rules;
  rules.shape = RowShape::kXai;
  rules.mixed_models = true;
  rules.mixed_urls = true;
  rules.urls = {"/v1/chat/completions", "/v1/responses"};
  rules.body.more = {"search_parameters", "deferred", "reasoning_effort"};
  rules.body.more_parts = {"file", "input_text"};
  return rules;
}

// xAI: a batch is a container with counters instead of a state, and its results are pages instead of a file.
class XaiApi : public Vendor, public BatchOwner {
 public:
  explicit XaiApi(World& world)
      : world_(world),
        files_(world),
        batches_(world),
        rows_(world.options, xai_rows()),
        limits_(limits_in_force(world.options, kLimits)) {}

  std::string_view name() const override { return "xai"; }
  std::string_view base_path() const override { return "/xai/v1"; }
  Opening begin(const RequestHead& head, Path path) override;
  Reply refusal(const ApiError& error) const override;

  std::unique_ptr<LineCheck> check(const Batch& batch) override { return rows_.check(batch); }
  RowAnswer answer(const Batch& batch, const Row& row) override { return rows_.answer(batch, row); }
  std::string unanswered(const Batch&, const Row&, Unanswered) override { return {}; }
  void results_ready(Batch&) override {}

 private:
  Opening begin_files(const RequestHead& head, Path path);
  Reply take_upload(Form& form);
  Opening begin_batches(const RequestHead& head, Path path);
  Reply create(const std::string& body);
  Reply list(const RequestHead& head);
  Reply cancel(const std::string& id);
  Reply results(const RequestHead& head, const std::string& id);
  static std::string file_json(const StoredFile& file);
  std::string batch_json(const Batch& batch) const;

  Reply ok(std::string json) const {
    Reply reply;
    reply.body = std::move(json);
    return reply;
  }
  Reply bad(std::string message) const { return refusal({400, {}, {}, std::move(message), {}}); }
  Reply not_found(const std::string& what) const { return refusal({404, {}, {}, what + " not found", {}}); }

  World& world_;
  FileShelf files_;
  BatchShelf batches_;
  OpenAiRows rows_;
  Limits limits_;
};

Opening XaiApi::begin(const RequestHead& head, Path path) {
  if (!key_is_known(world_.options, bearer_key(head))) {
    if (bearer_key(head).empty()) return Opening::answered(refusal({401, {}, {}, "No API key was given.", {}}));
    return Opening::answered(bad("Incorrect API key provided. You can obtain an API key from the console."));
  }
  if (!path.empty() && path[0] == "files") return begin_files(head, path.subspan(1));
  if (!path.empty() && path[0] == "batches") return begin_batches(head, path.subspan(1));
  return Opening::answered(not_found(head.path));
}

Reply XaiApi::refusal(const ApiError& error) const {
  const char* const code = error.status == 400   ? "Client specified an invalid argument"
                           : error.status == 404 ? "Some requested entity was not found"
                           : error.status == 429 ? "Some resource has been exhausted"
                           : error.status >= 500 ? "Internal error"
                                                 : "The caller does not have permission";
  json::Writer out;
  Reply reply = ok(out.begin_object().field("code", code).field("error", error.message).end_object().str());
  reply.status = error.status;
  return reply;
}

Opening XaiApi::begin_files(const RequestHead& head, Path path) {
  if (path.empty() && head.method == "POST") {
    const std::string boundary = multipart_boundary(head.header("content-type"));
    if (boundary.empty()) return Opening::answered(bad("The body is no multipart form."));
    return Opening::of(std::make_unique<FormUpload>(world_, boundary, limits_.file_bytes,
                                                    [this](Form& form) { return take_upload(form); }));
  }
  if (path.empty() && head.method == "GET") {
    ++world_.books.ledger().lists;
    json::Writer out;
    out.begin_object().key("data").begin_array();
    for (const StoredFile* file : files_.all()) out.raw(file_json(*file));
    return Opening::answered(ok(out.end_array().null_field("pagination_token").end_object().str()));
  }
  const StoredFile* const file = path.empty() ? nullptr : files_.find(path[0]);
  if (file == nullptr) return Opening::answered(not_found("File"));
  if (path.size() == 1 && head.method == "GET") return Opening::answered(ok(file_json(*file)));
  if (path.size() == 2 && path[1] == "content" && head.method == "GET") {
    Reply reply = ok({});
    reply.blob = file->blob;
    return Opening::answered(std::move(reply));
  }
  if (path.size() != 1 || head.method != "DELETE") return Opening::answered(not_found(head.path));
  files_.erase(path[0]);
  ++world_.books.ledger().deletes;
  json::Writer out;
  out.begin_object().field("id", path[0]).field("object", "file").key("deleted").boolean(true);
  return Opening::answered(ok(out.end_object().str()));
}

// Fields stand before the file; behind it they are refused.
Reply XaiApi::take_upload(Form& form) {
  if (!form.problem.empty()) return bad("Could not parse multipart form: " + form.problem);
  if (!form.has_file) return bad("The form has no file.");
  if (form.too_large) return refusal({413, {}, {}, "The file is too large.", {}});
  if (form.repeated || form.order.back() != "file") return bad("The file must be the last part of the form.");
  int64_t life_s = 0;
  for (const auto& [name, value] : form.fields) {
    if (name != "purpose" && name != "expires_after") return bad("Unknown field: " + name);
    if (name != "expires_after") continue;
    life_s = std::atoll(value.c_str());
    if (life_s < 3'600 || life_s > 2'592'000) return bad("expires_after must be from 3600 to 2592000.");
  }
  StoredFile file;
  file.id = "file_" + next_uuid(world_.ids);
  file.filename = form.filename;
  file.created_s = world_.now_s();
  if (life_s > 0) file.expires_s = file.created_s + life_s;
  file.blob = form.file;
  ++world_.books.ledger().uploads;
  return ok(file_json(files_.add(std::move(file))));
}

std::string XaiApi::file_json(const StoredFile& file) {
  json::Writer out;
  out.begin_object().field("id", file.id).field("object", "file").field("bytes", file.blob->size());
  out.field("created_at", file.created_s).nullable_time("expires_at", file.expires_s);
  return out.field("filename", file.filename).field("purpose", "").end_object().str();
}

Opening XaiApi::begin_batches(const RequestHead& head, Path path) {
  if (path.empty() && head.method == "POST") {
    return with_body([this](const std::string& body) { return create(body); });
  }
  if (path.empty() && head.method == "GET") return Opening::answered(list(head));
  if (path.size() == 2 && path[1] == "results" && head.method == "GET")
    return Opening::answered(results(head, path[0]));
  constexpr std::string_view kCancel = ":cancel";
  const bool cancels = path.size() == 1 && path[0].size() > kCancel.size() && path[0].ends_with(kCancel);
  if (cancels && head.method == "POST") {
    return with_body(
        [this, id = path[0].substr(0, path[0].size() - kCancel.size())](const std::string&) { return cancel(id); });
  }
  if (path.size() == 1 && head.method == "GET") {
    const Batch* const batch = batches_.look_at(path[0]);
    return Opening::answered(batch == nullptr ? not_found("Batch " + path[0]) : ok(batch_json(*batch)));
  }
  return Opening::answered(not_found(head.path));
}

Reply XaiApi::create(const std::string& text) {
  json::Document body;
  if (!json::parse(text, body) || !body.IsObject()) return bad("The body is no JSON object.");
  for (const auto& field : body.GetObject()) {
    const std::string field_name(json::view(field.name));
    if (field_name != "name" && field_name != "input_file_id") return bad("Unknown field: " + field_name);
  }
  const std::string_view batch_name = json::string_member(body, "name");
  if (batch_name.empty()) return bad("name is required.");
  const std::string_view file_id = json::string_member(body, "input_file_id");
  if (file_id.empty())
    return refusal({501, {}, {}, "The emulator takes batches from files only: give input_file_id.", {}});
  const StoredFile* const file = files_.find(file_id);
  if (file == nullptr) return bad("The input file was not found: " + std::string(file_id));
  auto batch = std::make_unique<Batch>();
  batch->vendor = "xai";
  batch->id = "batch_" + next_uuid(world_.ids);
  batch->name = std::string(batch_name);
  batch->input_file_id = file->id;
  batch->input = file->blob;
  batch->window_ms = kWindowMs;
  batch->max_requests = limits_.requests;
  batch->max_bytes = limits_.batch_bytes;
  batch->one_result_file = true;
  batch->owner = this;
  return ok(batch_json(batches_.start(std::move(batch))));
}

Reply XaiApi::list(const RequestHead& head) {
  int64_t limit = 100;
  if (!query_number(head, "limit", 1, 1000, limit)) return bad("limit must be from 1 to 1000.");
  const std::string* const token = head.query_value("pagination_token");
  const std::vector<Batch*> all = batches_.newest_first(token == nullptr);
  auto from = all.begin();
  if (token != nullptr) from = std::find_if(from, all.end(), [&](const Batch* batch) { return batch->id == *token; });
  const auto left = static_cast<int64_t>(all.end() - from);
  json::Writer out;
  out.begin_object().key("batches").begin_array();
  for (auto at = from; at != from + std::min(limit, left); ++at) out.raw(batch_json(**at));
  out.end_array().nullable_field("pagination_token", left > limit ? (*(from + limit))->id : "");
  return ok(out.end_object().str());
}

Reply XaiApi::cancel(const std::string& id) {
  Batch* const batch = batches_.find(id);
  if (batch == nullptr) return not_found("Batch " + id);
  if (world_.batches.cancel(*batch)) ++world_.books.ledger().cancels;
  return ok(batch_json(*batch));
}

// A page is told by the byte that it begins at; while the batch runs, there are those that are done.
Reply XaiApi::results(const RequestHead& head, const std::string& id) {
  Batch* const batch = batches_.find(id);
  if (batch == nullptr) return not_found("Batch " + id);
  int64_t limit = 100;
  int64_t offset = 0;
  const bool fits =
      query_number(head, "limit", 1, 1000, limit) && query_number(head, "pagination_token", 0, INT64_MAX, offset);
  if (!fits) return bad("limit must be from 1 to 1000, and pagination_token one of ours.");
  world_.batches.update(*batch, false);
  const std::shared_ptr<const Blob> blob = batch->run ? batch->run->output_so_far() : batch->output;
  json::Writer out;
  out.begin_object().key("results").begin_array();
  int64_t rows = 0;
  if (blob) {
    int64_t skipped = 0;
    for_each_line(*blob, [&](char* line, size_t size) {
      const auto whole = static_cast<int64_t>(size) + 1;
      if (skipped < offset) return skipped += whole, true;
      if (rows == limit) return false;
      json::Document row;
      if (json::parse({line, size}, row)) out.value(row);
      ++rows;
      skipped += whole;
      offset += whole;
      return true;
    });
  }
  const bool more = blob && offset < blob->size();
  out.end_array().nullable_field("pagination_token", more && rows > 0 ? std::to_string(offset) : "");
  Reply reply = ok(out.end_object().str());
  ++world_.books.ledger().downloads;
  world_.books.ledger().downloaded_bytes += reply.body_bytes();
  return reply;
}

std::string XaiApi::batch_json(const Batch& batch) const {
  constexpr size_t kDate = 10;
  const bool bare = batch.quirks.null_fields;
  const bool failed = batch.stage == Stage::kFailed;
  const int64_t errors = batch.failed - batch.unanswered;
  const bool cancelled = batch.stage == Stage::kCancelled;
  const int64_t lost = cancelled ? batch.unanswered : 0;
  json::Writer out;
  out.begin_object().field("batch_id", batch.id).field("name", batch.name);
  out.field("create_time", rfc3339(batch.times.created_ms, 0));
  out.field("expire_time", rfc3339(batch.times.expires_ms, 0).substr(0, kDate));
  out.field("create_api_key_id", "key-emulated");
  const int64_t cancel_ms = failed ? batch.times.ended_ms : batch.times.cancelling_ms;
  out.nullable_field("cancel_time", cancel_ms == 0 ? "" : rfc3339(cancel_ms, 0));
  out.nullable_field("cancel_by_xai_message", failed && !batch.problems.empty() ? batch.problems[0].message : "");
  out.field("input_file_id", batch.input_file_id).key("state");
  if (bare && !has_ended(batch.stage)) {
    out.null();
  } else {
    out.begin_object().field("num_requests", batch.total);
    out.field("num_pending", batch.total - batch.completed - errors - lost).field("num_success", batch.completed);
    out.field("num_error", errors).field("num_cancelled", lost).end_object();
  }
  out.key("cost_breakdown").begin_object().field("total_cost_usd_ticks", int64_t{0}).key("endpoint_costs");
  return out.begin_array().end_array().end_object().end_object().str();
}

}  // namespace

std::unique_ptr<Vendor> make_xai(World& world) { return std::make_unique<XaiApi>(world); }

}  // namespace br::emulator
