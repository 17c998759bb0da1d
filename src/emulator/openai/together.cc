#include <map>
#include <string>
#include <utility>

#include "emulator/base/times.h"
#include "emulator/base/uuid.h"
#include "emulator/openai/api.h"
#include "emulator/vendor/blob_upload.h"
#include "emulator/vendor/makers.h"

namespace br::emulator {
namespace {

OpenAiTable together_table() {
  OpenAiTable table;
  table.name = "together";
  table.base_path = "/together/v1";
  table.purpose = "batch-api";
  table.result_purpose = "batch-generated";
  table.upload_path = "upload";
  table.endpoints = {"/v1/chat/completions", "/v1/audio/transcriptions", "/v1/audio/translations"};
  table.window_required = false;
  table.create_fields = {"input_file_id", "endpoint", "completion_window", "model_id", "priority"};
  table.create_status = 201;
  table.bare_file_lists = true;
  table.paging = Paging::kNone;
  table.limits = {50'000, 100'000'000, 100'000'000};
  table.rows.shape = RowShape::kTogether;
  table.rows.answers = AnswerShape::kTogether;
  table.rows.body_only = true;
  table.rows.mixed_models = true;
  table.rows.body.more = {
      "top_k",        "min_p", "repetition_penalty",   "logprobs",   "reasoning", "context_length_exceeded_behavior",
      "safety_model", "echo",  "chat_template_kwargs", "compliance", "stop"};
  table.rows.body.more_parts = {"video_url", "audio_url"};
  return table;
}

// Together: no metadata, no counts, states in upper case, errors that are texts.
class TogetherApi : public OpenAiApi {
 public:
  explicit TogetherApi(World& world) : OpenAiApi(together_table(), world) {}

  // The way of the vendor's own SDK: a form without the file, an address to put the bytes to, the bytes.
  Opening begin(const RequestHead& head, Path path) override {
    const bool files = !path.empty() && path[0] == "files";
    if (path.size() == 2 && path[0] == "presigned" && head.method == "PUT") return begin_put(head, path[1]);
    if (!knows_key(head) || !files || head.method != "POST") return OpenAiApi::begin(head, path);
    if (path.size() == 1) {
      return with_body([this, head](const std::string& form) { return announce(head, form); });
    }
    if (path.size() != 3 || path[2] != "preprocess") return OpenAiApi::begin(head, path);
    StoredFile* const file = files_.find(path[1]);
    if (file == nullptr) {
      return Opening::answered(refusal({404, "invalid_request_error", {}, "No such file: " + path[1], "id"}));
    }
    return Opening::answered(ok(file_json(*file)));
  }

  Reply refusal(const ApiError& error) const override {
    json::Writer out;
    Reply reply = ok({}, error.status);
    out.begin_object();
    // The calls of files wrap it, those of batches do not.
    if (error.param == "file" || error.param == "purpose" || error.param == "file_name" || error.param == "id") {
      out.key("error").begin_object().field("message", error.message).field("type", error.type).end_object();
    } else {
      out.field("error", error.message).field("request_id", reply.headers.back().second);
    }
    reply.body = out.end_object().str();
    return reply;
  }

 protected:
  // The purpose must be there; nobody looks which one it is.
  ApiError form_problem(const Form& form, StoredFile& file) override {
    const std::string* const name = form.field("file_name");
    if (!form.has_file) return {400, "invalid_request_error", {}, "file is required", "file"};
    if (form.field("purpose") == nullptr) return {400, "invalid_request_error", {}, "purpose is required", "purpose"};
    if (name == nullptr || name->empty()) {
      return {400, "invalid_request_error", {}, "file_name is required", "file_name"};
    }
    file.filename = *name;
    file.expires_s = 0;
    return {};
  }

  std::string file_json(StoredFile& file) override {
    json::Writer out;
    out.begin_object().field("id", file.id).field("object", "file").field("created_at", file.created_s);
    out.field("filename", file.filename).field("bytes", file.blob->size()).field("purpose", file.purpose);
    out.field("FileType", "jsonl").key("Processed").boolean(true).field("LineCount", int64_t{0});
    return out.field("processing_status", "COMPLETED").end_object().str();
  }

  std::string file_list_json(const std::vector<StoredFile*>& page, bool) override {
    json::Writer out;
    out.begin_object().key("data").begin_array();
    for (StoredFile* file : page) out.raw(file_json(*file));
    return out.end_array().end_object().str();
  }

  std::string new_file_id() override { return "file-" + next_uuid(world_.ids); }
  std::string new_batch_id() override { return next_uuid(world_.ids); }

  // A file that is not there is found out later.
  ApiError create_problem(const json::Value& body) override { return field_problem(body); }

  Reply created(const Batch& batch) const override { return ok("{\"job\":" + batch_json(batch) + "}", 201); }

  Reply cancel_refused(const Batch& batch) const override {
    const std::string word = word_of(batch);
    return refusal({409, {}, {}, "Cannot cancel job - already in terminal state: " + word, {}});
  }

  std::string list_json(const std::vector<Batch*>& page, bool) const override {
    json::Writer out;
    out.begin_array();
    for (const Batch* batch : page) out.raw(batch_json(*batch));
    return out.end_array().str();
  }

  std::string batch_json(const Batch& batch) const override {
    const bool bare = batch.quirks.null_fields;
    const bool ended = has_ended(batch.stage);
    const bool late = results_are_late(batch);
    json::Writer out;
    out.begin_object().field("id", batch.id).field("status", shown_word(batch, word_of(batch)));
    out.field("input_file_id", batch.input_file_id).field("endpoint", batch.endpoint);
    if (!bare) {
      const int64_t done = batch.completed + batch.failed;
      const double share = batch.total > 0 ? 100.0 * static_cast<double>(done) / static_cast<double>(batch.total) : 0;
      out.field("user_id", "user-emulated").key("progress").real(batch.stage == Stage::kCompleted ? 100 : share);
      out.field("created_at", rfc3339(batch.times.created_ms, 0));
      out.field("job_deadline", rfc3339(batch.times.expires_ms, 0));
      if (!batch.model.empty()) out.field("model_id", batch.model);
      if (ended) out.field("completed_at", rfc3339(batch.times.ended_ms, 0));
    }
    if (!late && !batch.output_file_id.empty()) out.field("output_file_id", batch.output_file_id);
    if (!late && !batch.error_file_id.empty()) out.field("error_file_id", batch.error_file_id);
    if (!batch.problems.empty()) out.field("error", batch.problems[0].message);
    return out.end_object().str();
  }

 private:
  Reply announce(const RequestHead& head, const std::string& form);
  Opening begin_put(const RequestHead& head, const std::string& signature);

  std::map<std::string, StoredFile, std::less<>> announced_;  // by the signature in their address

  static std::string word_of(const Batch& batch) {
    static constexpr const char* kWords[] = {"VALIDATING", "FAILED",  "IN_PROGRESS", "IN_PROGRESS",
                                             "COMPLETED",  "EXPIRED", "CANCELING",   "CANCELLED"};
    return kWords[static_cast<size_t>(batch.stage)];
  }
};

// The file's fields stand in the query and in the body.
Reply TogetherApi::announce(const RequestHead& head, const std::string& form) {
  RequestHead fields;
  parse_target("/?" + form, fields);
  StoredFile file;
  for (const char* name : {"file_name", "file_type", "purpose"}) {
    const std::string* const in_body = fields.query_value(name);
    const std::string* const in_query = head.query_value(name);
    const std::string* const value = in_body != nullptr ? in_body : in_query;
    if (value == nullptr || value->empty()) {
      return refusal({400, "invalid_request_error", {}, std::string(name) + " is required", name});
    }
    if (std::string_view(name) == "file_name") file.filename = *value;
    if (std::string_view(name) == "purpose") file.purpose = *value;
    const bool known = *value == "jsonl" || *value == "csv" || *value == "parquet";
    if (std::string_view(name) == "file_type" && !known) {
      return refusal({400, "invalid_request_error", {}, "file_type must be jsonl, csv or parquet", "file"});
    }
  }
  file.id = new_file_id();
  file.tenant = world_.call.tenant;
  const std::string signature = world_.ids.next("", 32);
  Reply reply = ok({}, 302);
  reply.headers.emplace_back("location", origin_of(head) + table_.base_path + "/presigned/" + signature);
  reply.headers.emplace_back("x-together-file-id", file.id);
  announced_.emplace(signature, std::move(file));
  return reply;
}

// The address is its own credential; with another one beside it, object stores refuse the call.
Opening TogetherApi::begin_put(const RequestHead& head, const std::string& signature) {
  const auto refused = [](int status, const char* code) {
    Reply reply;
    reply.status = status;
    reply.content_type = "application/xml";
    reply.body = "<Error><Code>" + std::string(code) + "</Code></Error>";
    return reply;
  };
  if (!head.header("authorization").empty()) return Opening::answered(refused(400, "InvalidRequest"));
  if (announced_.find(signature) == announced_.end()) return Opening::answered(refused(403, "SignatureDoesNotMatch"));
  return Opening::of(
      std::make_unique<BlobUpload>(world_, table_.limits.file_bytes, [this, signature, refused](BlobBody& body) {
        if (body.too_large) return refused(400, "EntityTooLarge");
        const auto at = announced_.find(signature);
        if (at == announced_.end()) return refused(403, "SignatureDoesNotMatch");
        StoredFile file = std::move(at->second);
        announced_.erase(at);
        file.created_s = world_.now_s();
        file.blob = body.blob;
        ++world_.ledger.sums().uploads;
        files_.add(std::move(file));
        Reply reply;
        reply.content_type = {};
        return reply;
      }));
}

}  // namespace

std::unique_ptr<Vendor> make_together(World& world) { return std::make_unique<TogetherApi>(world); }

}  // namespace br::emulator
