#include "emulator/openai_rows.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "emulator/hash.h"
#include "emulator/hash_set.h"
#include "emulator/vendor.h"

namespace br::emulator {
namespace {

class OpenAiLineCheck : public LineCheck {
 public:
  OpenAiLineCheck(const EmulatorOptions& options, std::string endpoint)
      : options_(options), endpoint_(std::move(endpoint)) {}

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
  LineProblem row_problem(const json::Value& row) {
    static constexpr std::string_view kParts[] = {"custom_id", "method", "url", "body"};
    for (std::string_view part : kParts) {
      const json::Value* const value = json::member(row, part);
      const bool fits = value != nullptr && (part == "body" ? value->IsObject() : value->IsString());
      if (!fits || (part == "custom_id" && value->GetStringLength() == 0)) {
        return {"missing_required_parameter", "Missing required parameter: '" + std::string(part) + "'.",
                std::string(part), 0};
      }
    }
    for (const auto& field : row.GetObject()) {
      const std::string_view name = json::view(field.name);
      if (std::find(std::begin(kParts), std::end(kParts), name) == std::end(kParts)) {
        return {"unknown_parameter", "Unknown parameter: '" + std::string(name) + "'.", std::string(name), 0};
      }
    }
    const uint64_t id_hash = hash_of(json::string_member(row, "custom_id"));
    if (!ids_.insert(id_hash)) {
      return {
          "duplicate_custom_id",
          "The custom_id '" + std::string(json::string_member(row, "custom_id")) + "' was used before in this file.",
          "custom_id", 0};
    }
    id_set_hash_ += mix(id_hash);
    if (json::string_member(row, "method") != "POST") {
      return {"invalid_method", "The HTTP method must be POST.", "method", 0};
    }
    if (json::string_member(row, "url") != endpoint_) {
      return {"invalid_url", "The URL provided for this request does not match the batch endpoint.", "url", 0};
    }
    return body_of_row_problem(*json::member(row, "body"));
  }

  LineProblem body_of_row_problem(const json::Value& body) {
    const std::string_view model = json::string_member(body, "model");
    if (model.empty()) return {"invalid_request", "The request has no model.", "body.model", 0};
    if (!model_is_known(options_, model)) {
      return {"model_not_found", "The provided model '" + std::string(model) + "' is not supported by the Batch API.",
              "body.model", 0};
    }
    if (model_.empty()) model_ = std::string(model);
    if (model != model_) {
      return {"mismatched_model", "The provided model '" + std::string(model) + "' does not match the first line's.",
              "body.model", 0};
    }
    const json::Value* const stream = json::member(body, "stream");
    if (stream != nullptr && stream->IsTrue()) {
      return {"streaming_unsupported", "Streaming is not supported in the Batch API.", "body.stream", 0};
    }
    return {};
  }

  const EmulatorOptions& options_;
  std::string endpoint_;
  json::Arena arena_;
  HashSet ids_;
  uint64_t id_set_hash_ = 0;
  std::string model_;
  int64_t lines_ = 0;
};

void write_error(json::Writer& out, std::string_view type, const BodyProblem& problem) {
  out.begin_object().key("error").begin_object().field("message", problem.message).field("type", type);
  out.nullable_field("param", problem.param).nullable_field("code", problem.code).end_object().end_object();
}

}  // namespace

std::unique_ptr<LineCheck> OpenAiRows::check(const Batch& batch) const {
  return std::make_unique<OpenAiLineCheck>(options_, batch.endpoint);
}

RowAnswer OpenAiRows::answer(const Batch& batch, const Row& row) {
  json::Document& line = arena_.fresh();
  json::parse_in_place(row.line, line);
  const json::Value& body = *json::member(line, "body");
  const std::string_view custom_id = row.other_id.empty() ? json::string_member(line, "custom_id") : row.other_id;
  const std::string digits = hex(mix(row.hash + static_cast<uint64_t>(row.variant)));
  BodyProblem problem = body_problem(batch.endpoint, body);
  const int status = row.fails ? 500 : problem.message.empty() ? 200 : 400;
  if (row.fails) problem = {"The server had an error while processing your request.", {}, "server_error"};

  RowAnswer answer;
  answer.succeeded = status == 200;
  out_.clear();
  out_.begin_object().field("id", "batch_req_" + digits).field("custom_id", custom_id);
  out_.key("response").begin_object().field("status_code", int64_t{status});
  out_.field("request_id", "req_" + digits).key("body");
  if (answer.succeeded) {
    answer.tokens = write_answer(out_, {batch.endpoint, custom_id, row.hash, row.variant, row.now_s}, body);
  } else {
    write_error(out_, status == 500 ? "server_error" : "invalid_request_error", problem);
  }
  out_.end_object().null_field("error").end_object();
  answer.line = out_.str();
  return answer;
}

std::string OpenAiRows::unanswered(const Row& row, Unanswered why) {
  json::Document& line = arena_.fresh();
  json::parse_in_place(row.line, line);
  const bool expired = why == Unanswered::kExpired;
  out_.clear();
  out_.begin_object().field("id", "batch_req_" + hex(row.hash));
  out_.field("custom_id", json::string_member(line, "custom_id")).null_field("response");
  out_.key("error").begin_object().field("code", expired ? "batch_expired" : "batch_cancelled");
  out_.field("message", expired ? "This request could not be executed before the completion window expired."
                                : "This request was not executed because the batch was cancelled.");
  out_.end_object().end_object();
  return out_.str();
}

}  // namespace br::emulator
