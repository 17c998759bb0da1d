#include "emulator/openai/line_check.h"

#include <algorithm>
#include <utility>

#include "emulator/base/hash.h"
#include "emulator/base/hash_set.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {
namespace {

class OpenAiLineCheck : public LineCheck {
 public:
  OpenAiLineCheck(const EmulatorOptions& options, const RowRules& rules, std::string endpoint)
      : options_(options), rules_(rules), endpoint_(std::move(endpoint)) {}

  bool line(char* text, size_t, LineProblem& problem) override {
    ++lines_;
    json::Document& row = arena_.fresh();
    if (!json::parse_in_place(text, row) || !row.IsObject()) {
      problem = {"invalid_json_line", "This line is not parseable as valid JSON.", {}, 0};
      return false;
    }
    problem = row_problem(row);
    return problem.code.empty();
  }

  bool end(LineProblem& problem) override {
    if (lines_ > 0) return true;
    problem = {"empty_file", "The input file has no requests.", "input_file_id", 0};
    return false;
  }

  const std::string& model() const override { return model_; }
  uint64_t id_set_hash() const override { return id_set_hash_; }

 private:
  bool is_part(std::string_view name) const {
    return name == "custom_id" || name == "body" || (!rules_.body_only && (name == "method" || name == "url"));
  }

  LineProblem shape_problem(const json::Value& row) const {
    for (std::string_view part : {"custom_id", "method", "url", "body"}) {
      if (!is_part(part)) continue;
      const json::Value* const value = json::member(row, part);
      const bool fits = value != nullptr && (part == "body" ? value->IsObject() : value->IsString());
      if (!fits || (part == "custom_id" && value->GetStringLength() == 0)) {
        return {"missing_required_parameter", "Missing required parameter: '" + std::string(part) + "'.",
                std::string(part), 0};
      }
    }
    for (const auto& field : row.GetObject()) {
      const std::string_view name = json::view(field.name);
      if (!is_part(name)) {
        return {"unknown_parameter", "Unknown parameter: '" + std::string(name) + "'.", std::string(name), 0};
      }
    }
    return {};
  }

  LineProblem row_problem(const json::Value& row) {
    LineProblem problem = shape_problem(row);
    if (!problem.code.empty()) return problem;
    const uint64_t id_hash = hash_of(json::string_member(row, "custom_id"));
    if (!ids_.insert(id_hash) && !rules_.repeated_ids) {
      return {
          "duplicate_custom_id",
          "The custom_id '" + std::string(json::string_member(row, "custom_id")) + "' was used before in this file.",
          "custom_id", 0};
    }
    id_set_hash_ += mix(id_hash);
    problem = rules_.body_only ? LineProblem() : url_problem(row);
    return problem.code.empty() ? body_of_row_problem(*json::member(row, "body")) : problem;
  }

  LineProblem url_problem(const json::Value& row) {
    if (json::string_member(row, "method") != "POST") {
      return {"invalid_method", "The HTTP method must be POST.", "method", 0};
    }
    const std::string_view url = json::string_member(row, "url");
    if (endpoint_.empty()) {
      const bool known = std::find(rules_.urls.begin(), rules_.urls.end(), url) != rules_.urls.end();
      if (!known) return {"invalid_url", "The URL '" + std::string(url) + "' is not supported in batches.", "url", 0};
      if (!rules_.mixed_urls) endpoint_ = std::string(url);
    } else if (url != endpoint_) {
      const char* const code = rules_.shape == RowShape::kAzure ? "url_mismatch" : "invalid_url";
      return {code, "The URL provided for this request does not match the batch endpoint.", "url", 0};
    }
    return {};
  }

  LineProblem body_of_row_problem(const json::Value& body) {
    const std::string_view model = json::string_member(body, "model");
    if (!rules_.model_in_body) return {};
    if (model.empty()) return {"invalid_request", "The request has no model.", "body.model", 0};
    const json::Value* const stream = json::member(body, "stream");
    if (stream != nullptr && stream->IsTrue()) {
      return {"streaming_unsupported", "Streaming is not supported in the Batch API.", "body.stream", 0};
    }
    if (model_.empty()) model_ = std::string(model);
    if (LineProblem problem = inputs_problem(body); !problem.code.empty()) return problem;
    if (rules_.mixed_models) return {};
    if (!model_is_known(options_, model)) {
      return {"model_not_found", "The provided model '" + std::string(model) + "' is not supported by the Batch API.",
              "body.model", 0};
    }
    if (model != model_) {
      const char* const code = rules_.shape == RowShape::kAzure ? "model_mismatch" : "mismatched_model";
      return {code, "The provided model '" + std::string(model) + "' does not match the first line's.", "body.model",
              0};
    }
    return {};
  }

  // Embeddings have a limit of their own over all lines of a batch.
  LineProblem inputs_problem(const json::Value& body) {
    const bool counted = rules_.shape == RowShape::kOpenAi || rules_.shape == RowShape::kAzure;
    if (!counted || endpoint_.find("/embeddings") == std::string::npos) return {};
    const json::Value* const input = json::member(body, "input");
    const bool many = input != nullptr && input->IsArray() && !input->Empty() && !(*input)[0].IsNumber();
    inputs_ += many ? int64_t{input->Size()} : 1;
    if (inputs_ <= kMostInputs) return {};
    return {"too_many_tasks",
            "The batch has more than 50000 embedding inputs across all of its requests, which is the most.", "body.input",
            0};
  }

  static constexpr int64_t kMostInputs = 50'000;

  const EmulatorOptions& options_;
  const RowRules& rules_;
  std::string endpoint_;
  json::Arena arena_;
  HashSet ids_;
  uint64_t id_set_hash_ = 0;
  std::string model_;
  int64_t lines_ = 0;
  int64_t inputs_ = 0;
};

}  // namespace

std::unique_ptr<LineCheck> make_openai_line_check(const EmulatorOptions& options, const RowRules& rules,
                                                  std::string endpoint) {
  return std::make_unique<OpenAiLineCheck>(options, rules, std::move(endpoint));
}

}  // namespace br::emulator
