#include "emulator/anthropic/rows.h"

#include <algorithm>

#include "emulator/base/hash.h"
#include "emulator/base/hash_set.h"

namespace br::emulator {
namespace {

constexpr size_t kMostIdChars = 64;

class AnthropicLineCheck : public LineCheck {
 public:
  bool line(char* text, size_t, LineProblem& problem) override {
    place_ = "requests." + std::to_string(lines_++);
    json::Document& row = arena_.fresh();
    if (!json::parse_in_place(text, row)) {
      problem = {"invalid_json", "The request body is not valid JSON: " + place_, {}, 0};
      return false;
    }
    problem.message = row.IsObject() ? row_problem(row) : place_ + ": Input should be a valid dictionary";
    problem.code = problem.message.empty() ? "" : "invalid_request_error";
    return problem.message.empty();
  }

  bool end(LineProblem& problem) override {
    if (lines_ > 0) return true;
    problem = {"invalid_request_error", "requests: List should have at least 1 item", {}, 0};
    return false;
  }

  const std::string& model() const override { return model_; }
  uint64_t id_set_hash() const override { return id_set_hash_; }

 private:
  std::string row_problem(const json::Value& row) {
    for (const auto& field : row.GetObject()) {
      const std::string_view name = json::view(field.name);
      if (name != "custom_id" && name != "params") {
        return place_ + "." + std::string(name) + ": Extra inputs are not permitted";
      }
    }
    const json::Value* const id = json::member(row, "custom_id");
    if (id == nullptr) return place_ + ".custom_id: Field required";
    if (!id->IsString()) return place_ + ".custom_id: Input should be a valid string";
    const json::Value* const params = json::member(row, "params");
    if (params == nullptr) return place_ + ".params: Field required";
    if (!params->IsObject()) return place_ + ".params: Input should be a valid dictionary";
    return id_problem(json::view(*id));
  }

  std::string id_problem(std::string_view id) {
    if (id.empty()) return place_ + ".custom_id: String should have at least 1 character";
    if (id.size() > kMostIdChars) return place_ + ".custom_id: String should have at most 64 characters";
    const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    if (!plain) return place_ + ".custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'";
    const uint64_t hash = hash_of(id);
    if (!ids_.insert(hash)) return place_ + ".custom_id: custom_id '" + std::string(id) + "' is not unique";
    id_set_hash_ += mix(hash);
    return {};
  }

  json::Arena arena_;
  HashSet ids_;
  uint64_t id_set_hash_ = 0;
  std::string model_;  // models may be mixed
  std::string place_;
  int64_t lines_ = 0;
};

}  // namespace

std::unique_ptr<LineCheck> AnthropicRows::check() { return std::make_unique<AnthropicLineCheck>(); }

RowAnswer AnthropicRows::answer(const Batch& batch, const Row& row) {
  json::Document& line = arena_.fresh();
  json::parse_in_place(row.line, line);
  const json::Value& params = *json::member(line, "params");
  const std::string_view custom_id = row.other_id.empty() ? json::string_member(line, "custom_id") : row.other_id;
  ParamsProblem problem = anthropic_params_problem(options_, params, batch.api_version);
  if (row.fails) problem = {"api_error", "Internal server error"};

  RowAnswer answer;
  answer.succeeded = problem.message.empty();
  out_.clear();
  out_.begin_object().field("custom_id", custom_id).key("result").begin_object();
  out_.field("type", answer.succeeded ? "succeeded" : "errored");
  if (answer.succeeded) {
    out_.key("message");
    answer.model = std::string(json::string_member(params, "model"));
    constexpr int64_t kSecondMs = 1000;
    const bool paid = row.variant == 0 && row.other_id.empty();
    const CacheCall call{batch.tenant.project, answer.model, batch.id, row.now_s * kSecondMs, paid};
    const Tokens prompt = cache_.count(prompt_blocks(params), call);
    answer.tokens = write_anthropic_message(out_, {{}, custom_id, row.hash, row.variant, row.now_s}, params, prompt);
  } else {
    out_.key("error").begin_object().field("type", "error").key("error").begin_object().field("type", problem.type);
    out_.field("message", problem.message).end_object().field("request_id", "req_" + hex(row.hash)).end_object();
  }
  out_.end_object().end_object();
  answer.line = out_.str();
  return answer;
}

std::string AnthropicRows::unanswered(const Row& row, Unanswered why) {
  json::Document& line = arena_.fresh();
  json::parse_in_place(row.line, line);
  out_.clear();
  out_.begin_object().field("custom_id", json::string_member(line, "custom_id")).key("result").begin_object();
  out_.field("type", why == Unanswered::kExpired ? "expired" : "canceled").end_object().end_object();
  return out_.str();
}

}  // namespace br::emulator
