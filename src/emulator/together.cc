#include <algorithm>
#include <utility>

#include "emulator/makers.h"
#include "emulator/openai_api.h"
#include "emulator/times.h"
#include "emulator/uuid.h"

namespace br::emulator {
namespace {

OpenAiTable together_table() {
  OpenAiTable table;
  table.name = "together";
  table.base_path = "/together/v1";
  table.purpose = "batch-api";
  table.upload_path = "upload";
  table.endpoints = {"/v1/chat/completions", "/v1/audio/transcriptions", "/v1/audio/translations"};
  table.window_required = false;
  table.create_fields = {"input_file_id", "endpoint", "completion_window", "model_id", "priority"};
  table.create_status = 201;
  table.limits = {50'000, 100'000'000, 100'000'000};
  table.rows.shape = RowShape::kTogether;
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
  static std::string word_of(const Batch& batch) {
    static constexpr const char* kWords[] = {"VALIDATING", "FAILED",  "IN_PROGRESS", "IN_PROGRESS",
                                             "COMPLETED",  "EXPIRED", "CANCELING",   "CANCELLED"};
    return kWords[static_cast<size_t>(batch.stage)];
  }
};

}  // namespace

std::unique_ptr<Vendor> make_together(World& world) { return std::make_unique<TogetherApi>(world); }

}  // namespace br::emulator
