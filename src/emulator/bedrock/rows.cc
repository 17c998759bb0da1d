#include "emulator/bedrock/rows.h"

#include <algorithm>

#include "emulator/anthropic/rows.h"
#include "emulator/base/hash.h"
#include "emulator/bedrock/bodies.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {
namespace {

constexpr char kAnthropicVersion[] = "bedrock-2023-05-31";

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

}  // namespace

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
  const BedrockBody kind = bedrock_body_of(batch.model, batch.endpoint == "Converse");
  const bool claude = kind == BedrockBody::kClaude;

  RowAnswer answer;
  out_.clear();
  out_.begin_object().field("recordId", record_id).key("modelInput").value(input);
  std::string problem = claude ? claude_problem(batch, input, line) : bedrock_body_problem(kind, input);
  if (row.fails) problem = "The system encountered an unexpected error during processing. Try your request again.";
  answer.succeeded = problem.empty();
  if (answer.succeeded) {
    const Question question{{}, record_id, row.hash, row.variant, row.now_s, batch.model};
    out_.key("modelOutput");
    answer.tokens = claude ? write_anthropic_message(out_, question, input, anthropic_prompt_tokens(input))
                           : write_bedrock_answer(out_, kind, question, input);
  } else {
    out_.key("error").begin_object().field("errorCode", int64_t{row.fails ? 500 : 400});
    out_.field("errorMessage", problem).end_object();
  }
  out_.end_object();
  answer.line = out_.str();
  return answer;
}

}  // namespace br::emulator
