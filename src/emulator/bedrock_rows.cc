#include "emulator/bedrock_rows.h"

#include <algorithm>

#include "emulator/anthropic_rows.h"
#include "emulator/hash.h"
#include "emulator/parameters.h"
#include "emulator/vendor.h"

namespace br::emulator {
namespace {

constexpr char kAnthropicVersion[] = "bedrock-2023-05-31";

constexpr Parameter kConverse[] = {
    {"messages", kArray},
    {"system", kArray},
    {"inferenceConfig", kObject},
    {"additionalModelRequestFields", kObject},
    {"additionalModelResponseFieldPaths", kArray},
    {"guardrailConfig", kObject},
    {"performanceConfig", kObject},
    {"promptVariables", kObject},
    {"requestMetadata", kObject},
    {"outputConfig", kObject},
    {"schemaVersion", kString},
};

class BedrockLineCheck : public LineCheck {
 public:
  explicit BedrockLineCheck(int64_t least) : least_(least) {}

  bool line(char* text, size_t, LineProblem& problem) override {
    ++lines_;
    json::Document& row = arena_.fresh();
    const bool good = json::parse_in_place(text, row) && row.IsObject();
    if (!good) {
      problem = {"ValidationException", "Record " + std::to_string(lines_) + " of the input is no JSON object.", {}, 0};
      return false;
    }
    for (const auto& field : row.GetObject()) {
      const std::string_view name = json::view(field.name);
      if (name == "recordId" || name == "modelInput") continue;
      problem = {"ValidationException", "Unknown field in a record: " + std::string(name), {}, 0};
      return false;
    }
    const json::Value* const input = json::member(row, "modelInput");
    if (input == nullptr || !input->IsObject()) {
      problem = {"ValidationException", "Record " + std::to_string(lines_) + " has no modelInput.", {}, 0};
      return false;
    }
    id_set_hash_ += mix(hash_of(json::string_member(row, "recordId")));
    return true;
  }

  bool end(LineProblem& problem) override {
    if (lines_ >= least_) return true;
    const std::string least = std::to_string(least_);
    problem = {
        "ValidationException",
        "Batch job contains less records (" + std::to_string(lines_) + ") than the required minimum of: " + least,
        {},
        0};
    return false;
  }

  const std::string& model() const override { return model_; }
  uint64_t id_set_hash() const override { return id_set_hash_; }

 private:
  int64_t least_;
  json::Arena arena_;
  uint64_t id_set_hash_ = 0;
  std::string model_;  // the create call names it
  int64_t lines_ = 0;
};

std::string converse_problem(const json::Value& input) {
  for (const auto& field : input.GetObject()) {
    const std::string name(json::view(field.name));
    // In batches the Converse API takes no tools.
    if (misfit(find_parameter(kConverse, name), field.value) != Misfit::kNone)
      return "The field " + name + " is not valid.";
  }
  const json::Value* const messages = json::member(input, "messages");
  if (messages == nullptr || messages->Empty()) return "A conversation must have messages.";
  for (const json::Value& message : messages->GetArray()) {
    const std::string_view role = json::string_member(message, "role");
    const json::Value* const content = json::member(message, "content");
    const bool whole = (role == "user" || role == "assistant") && content != nullptr && content->IsArray();
    if (!whole) return "A message has a role, user or assistant, and a content that is a list.";
  }
  return {};
}

Tokens write_converse(json::Writer& out, const Question& question, const json::Value& input) {
  const json::Value& messages = *json::member(input, "messages");
  const std::string text = answer_text(question, messages);
  const Tokens tokens = tokens_of(messages, text);
  out.begin_object().key("output").begin_object().key("message").begin_object().field("role", "assistant");
  out.key("content").begin_array().begin_object().field("text", text).end_object().end_array();
  out.end_object().end_object().field("stopReason", "end_turn").key("usage").begin_object();
  out.field("inputTokens", tokens.input).field("outputTokens", tokens.output);
  out.field("totalTokens", tokens.input + tokens.output).end_object();
  out.key("metrics").begin_object().field("latencyMs", int64_t{1}).end_object().end_object();
  return tokens;
}

}  // namespace

bool BedrockRows::knows(std::string_view model, bool converse) {
  return converse || model.find("anthropic.") != std::string_view::npos;
}

std::unique_ptr<LineCheck> BedrockRows::check() const {
  const int64_t most = options_.max_requests;
  return std::make_unique<BedrockLineCheck>(most > 0 ? std::min(most, kBedrockLeastRecords) : kBedrockLeastRecords);
}

// A body of Claude's has the version where the API has the model.
std::string BedrockRows::claude_problem(const Batch& batch, json::Value& input, json::Document& line) const {
  if (json::string_member(input, "anthropic_version") != kAnthropicVersion) {
    return "anthropic_version: Input should be '" + std::string(kAnthropicVersion) + "'";
  }
  for (const char* name : {"model", "stream"}) {
    if (json::member(input, name) != nullptr) return std::string(name) + ": Extra inputs are not permitted";
  }
  input.RemoveMember("anthropic_version");
  input.RemoveMember("anthropic_beta");
  input.AddMember("model", json::Value(batch.model, line.GetAllocator()), line.GetAllocator());
  return anthropic_params_problem(options_, input, {}).message;
}

RowAnswer BedrockRows::answer(const Batch& batch, const Row& row) {
  json::Document& line = arena_.fresh();
  json::parse_in_place(row.line, line);
  json::Value& input = line["modelInput"];
  const json::Value* const id = json::member(line, "recordId");
  // A record without an id gets one.
  const std::string made = "AUTO" + hex(row.hash).substr(0, 7);
  std::string_view record_id = id != nullptr && id->IsString() ? json::view(*id) : std::string_view(made);
  if (!row.other_id.empty()) record_id = row.other_id;
  const bool converse = batch.endpoint == "Converse";

  RowAnswer answer;
  out_.clear();
  out_.begin_object().field("recordId", record_id).key("modelInput").value(input);
  std::string problem = converse ? converse_problem(input) : claude_problem(batch, input, line);
  if (row.fails) problem = "The system encountered an unexpected error during processing. Try your request again.";
  answer.succeeded = problem.empty();
  if (answer.succeeded) {
    const Question question{{}, record_id, row.hash, row.variant, row.now_s, batch.model};
    out_.key("modelOutput");
    answer.tokens = converse ? write_converse(out_, question, input) : write_anthropic_message(out_, question, input);
  } else {
    out_.key("error").begin_object().field("errorCode", int64_t{row.fails ? 500 : 400});
    out_.field("errorMessage", problem).end_object();
  }
  out_.end_object();
  answer.line = out_.str();
  return answer;
}

}  // namespace br::emulator
