#include <utility>

#include "emulator/base/times.h"
#include "emulator/base/uuid.h"
#include "emulator/openai/api.h"
#include "emulator/vendor/makers.h"

namespace br::emulator {
namespace {

OpenAiTable azure_table() {
  OpenAiTable table;
  table.name = "azure";
  table.rows.body.schemas = SchemaTaste::kStrict;
  table.base_path = "/azure/openai/v1";
  table.form_fields = {"expires_after.anchor", "expires_after.seconds"};
  table.endpoints = {"/chat/completions", "/v1/chat/completions", "/responses", "/v1/responses"};
  table.lines_have_endpoint = true;
  table.limits = {100'000, 200'000'000, 200'000'000};
  table.rows.shape = RowShape::kAzure;
  table.rows.urls = {"/v1/chat/completions", "/chat/completions", "/v1/responses", "/responses"};
  return table;
}

// Azure OpenAI as its REST pages show it: times as text, no endpoint in a batch, an error file always.
class AzureApi : public OpenAiApi {
 public:
  explicit AzureApi(World& world) : OpenAiApi(azure_table(), world) {}

 protected:
  bool knows_key(const RequestHead& head) const override {
    const std::string_view own = head.header("api-key");
    return key_is_known(world_.options, own.empty() ? bearer_key(head) : own);
  }

  ApiError form_problem(const Form& form, StoredFile& file) override {
    if (form.has_file && form.content_type.empty()) {
      return {400, "invalid_request_error", {}, "The part 'file' has no content type.", "file"};
    }
    return OpenAiApi::form_problem(form, file);
  }

  std::string new_file_id() override { return world_.ids.next("file-", 32); }
  std::string new_batch_id() override { return "batch_" + next_uuid(world_.ids); }

  // A file is imported after its upload; whoever asks for it finds it ready.
  std::string file_json(StoredFile& file) override {
    json::Writer out;
    out.begin_object().field("status", file.looks++ == 0 && file.purpose == "batch" ? "pending" : "processed");
    out.field("bytes", file.blob->size()).field("purpose", file.purpose).field("filename", file.filename);
    out.field("expires_at", file.expires_s).field("id", file.id).field("created_at", file.created_s);
    return out.field("object", "file").end_object().str();
  }

  ApiError create_problem(const json::Value& body) override {
    ApiError error = OpenAiApi::create_problem(body);
    if (!error.message.empty()) return error;
    const StoredFile* const file = files_.find(json::string_member(body, "input_file_id"));
    if (file->looks > 1) return {};
    return {400, "invalid_request_error", "invalid_request", "The file is not ready: its status is pending.", {}};
  }

  bool keeps_empty_error_file() const override { return true; }

  std::string batch_json(const Batch& batch) const override {
    constexpr int kDigits = 7;
    const bool bare = batch.quirks.null_fields;
    const bool late = results_are_late(batch);
    const StageTimes& times = batch.times;
    const auto time = [&](const char* name, int64_t ms, json::Writer& out) {
      out.nullable_field(name, ms == 0 || bare ? "" : rfc3339(ms, kDigits, "+00:00"));
    };
    const auto ended = [&](Stage stage) { return batch.stage == stage ? times.ended_ms : 0; };
    json::Writer out;
    out.begin_object().field("id", batch.id).field("object", "batch").field("status", status_word(batch));
    out.field("input_file_id", batch.input_file_id).field("completion_window", batch.window);
    out.field("created_at", rfc3339(times.created_ms, kDigits, "+00:00"));
    time("expires_at", times.expires_ms, out);
    time("in_progress_at", times.in_progress_ms, out);
    time("finalizing_at", times.finalizing_ms, out);
    time("completed_at", ended(Stage::kCompleted), out);
    time("failed_at", ended(Stage::kFailed), out);
    time("expired_at", ended(Stage::kExpired), out);
    time("cancelling_at", times.cancelling_ms, out);
    time("cancelled_at", ended(Stage::kCancelled), out);
    // An id that is not there is null before the end and may be an empty text after it.
    for (const auto& [name, id] :
         {std::pair("output_file_id", &batch.output_file_id), std::pair("error_file_id", &batch.error_file_id)}) {
      const bool known = has_ended(batch.stage) && !late;
      if (known && !bare)
        out.field(name, *id);
      else
        out.nullable_field(name, known ? std::string_view(*id) : std::string_view());
    }
    write_problems(out, batch);
    out.key("metadata").raw(batch.metadata_json.empty() || bare ? "null" : batch.metadata_json).key("request_counts");
    const bool counted = batch.stage != Stage::kValidating && !bare;
    out.begin_object();
    for (const auto& [name, count] : {std::pair("total", batch.total), std::pair("completed", batch.completed),
                                      std::pair("failed", batch.failed)}) {
      if (counted)
        out.field(name, count);
      else
        out.null_field(name);
    }
    return out.end_object().end_object().str();
  }
};

}  // namespace

std::unique_ptr<Vendor> make_azure(World& world) { return std::make_unique<AzureApi>(world); }

}  // namespace br::emulator
