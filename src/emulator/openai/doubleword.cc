#include <algorithm>
#include <utility>

#include "emulator/base/json_lines.h"
#include "emulator/base/uuid.h"
#include "emulator/openai/api.h"
#include "emulator/openai/line_check.h"
#include "emulator/vendor/makers.h"

namespace br::emulator {
namespace {

constexpr size_t kMostIdChars = 64;

OpenAiTable doubleword_table() {
  OpenAiTable table;
  table.name = "doubleword";
  table.base_path = "/doubleword/v1";
  table.endpoints = {"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/messages"};
  table.windows = {"24h", "1h"};
  table.create_status = 201;
  table.limits = {1'000'000, 100'000'000, 100'000'000};
  table.rows.shape = RowShape::kDoubleword;
  table.rows.mixed_models = true;
  table.rows.repeated_ids = true;
  table.rows.urls = table.endpoints;
  table.rows.body.more = {"top_k", "min_p", "repetition_penalty", "chat_template_kwargs"};
  table.rows.body.more_parts = {"audio_url", "video_url"};
  return table;
}

// Doubleword: judges every line at the upload, leaves out what is not set.
class DoublewordApi : public OpenAiApi {
 public:
  explicit DoublewordApi(World& world) : OpenAiApi(doubleword_table(), world) {}

 protected:
  ApiError form_problem(const Form& form, StoredFile& file) override {
    ApiError error = OpenAiApi::form_problem(form, file);
    if (!error.message.empty()) return error;
    RowRules rules = table_.rows;
    rules.mixed_urls = true;
    const auto check = make_openai_line_check(world_.options, rules, {});
    int64_t number = 0;
    for_each_line(*form.file, [&](char* line, size_t size) {
      ++number;
      LineProblem problem;
      const std::string text(line, size);
      if (!check->line(line, size, problem)) error.message = problem.message;
      if (error.message.empty()) error.message = row_problem(text);
      return error.message.empty();
    });
    if (!error.message.empty()) error.message = "Line " + std::to_string(number) + ": " + error.message;
    return error;
  }

  std::string new_file_id() override { return next_uuid(world_.ids); }
  std::string new_batch_id() override { return next_uuid(world_.ids); }

  std::string batch_json(const Batch& batch) const override {
    const bool bare = batch.quirks.null_fields;
    const bool late = results_are_late(batch);
    const StageTimes& times = batch.times;
    // All failed: so has the batch.
    const bool failed = batch.stage == Stage::kCompleted && batch.total > 0 && batch.failed == batch.total;
    json::Writer out;
    out.begin_object().field("id", batch.id).field("object", "batch").field("endpoint", batch.endpoint);
    out.field("input_file_id", batch.input_file_id).field("completion_window", batch.window);
    out.field("status", failed ? shown_word(batch, "failed") : status_word(batch));
    if (!late && !batch.output_file_id.empty()) out.field("output_file_id", batch.output_file_id);
    if (!late && !batch.error_file_id.empty()) out.field("error_file_id", batch.error_file_id);
    if (!batch.problems.empty()) write_problems(out, batch);
    out.field("created_at", times.created_ms / 1000);
    if (bare) return out.end_object().str();
    out.field("expires_at", times.expires_ms / 1000);
    if (times.in_progress_ms > 0) out.field("in_progress_at", times.in_progress_ms / 1000);
    if (has_ended(batch.stage)) out.field(std::string(stage_word(batch.stage)) + "_at", times.ended_ms / 1000);
    out.key("request_counts").begin_object().field("total", batch.total).field("completed", batch.completed);
    out.field("failed", batch.failed).end_object();
    if (!batch.metadata_json.empty()) out.key("metadata").raw(batch.metadata_json);
    return out.end_object().str();
  }

 private:
  std::string row_problem(const std::string& text) const {
    json::Document row;
    if (!json::parse(text, row)) return "invalid JSON";
    const std::string_view id = json::string_member(row, "custom_id");
    const bool printable = std::all_of(id.begin(), id.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (id.size() > kMostIdChars || !printable) return "custom_id must be at most 64 printable ASCII characters";
    const std::string model(json::string_member(*json::member(row, "body"), "model"));
    return model_is_known(world_.options, model) ? "" : "Model '" + model + "' has not been configured";
  }
};

}  // namespace

std::unique_ptr<Vendor> make_doubleword(World& world) { return std::make_unique<DoublewordApi>(world); }

}  // namespace br::emulator
