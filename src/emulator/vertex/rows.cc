#include "emulator/vertex/rows.h"

#include <algorithm>

#include "emulator/anthropic/rows.h"
#include "emulator/base/hash.h"
#include "emulator/base/times.h"
#include "emulator/google/rows.h"

namespace br::emulator {
namespace {

constexpr size_t kMostLabelChars = 63;
constexpr std::string_view kAnthropicVersion = "vertex-2023-10-16";

std::string_view name_of_model(const Batch& batch) {
  return std::string_view(batch.model).substr(batch.model.rfind('/') + 1);
}

// The job is for one of Anthropic's models: its lines are {"custom_id","request"} with the body of the Messages API.
bool is_claude(const Batch& batch) { return name_of_model(batch).substr(0, 7) == "claude-"; }

// What a line gives to know it by: Gemini's label, or a field beside the request.
std::string_view id_of(const json::Value& line) {
  const json::Value* const request = json::member(line, "request");
  const json::Value* const labels = request == nullptr ? nullptr : json::member(*request, "labels");
  std::string_view id = labels == nullptr ? std::string_view() : json::string_member(*labels, "custom_id");
  if (id.empty()) id = json::string_member(line, "custom_id");
  return id.empty() ? json::string_member(line, "key") : id;
}

class VertexLineCheck : public LineCheck {
 public:
  bool line(char* text, size_t, LineProblem& problem) override {
    ++lines_;
    json::Document& row = arena_.fresh();
    const bool object = json::parse_in_place(text, row) && row.IsObject();
    const json::Value* const request = object ? json::member(row, "request") : nullptr;
    if (request == nullptr || !request->IsObject()) {
      problem = {"INVALID_ARGUMENT",
                 "Line " + std::to_string(lines_) + " of the input is no JSON object with a request.",
                 {},
                 0};
      return false;
    }
    id_set_hash_ += mix(hash_of(id_of(row)));
    return true;
  }

  bool end(LineProblem& problem) override {
    if (lines_ > 0) return true;
    problem = {"INVALID_ARGUMENT", "The input has no instances.", {}, 0};
    return false;
  }

  const std::string& model() const override { return model_; }
  uint64_t id_set_hash() const override { return id_set_hash_; }

 private:
  json::Arena arena_;
  uint64_t id_set_hash_ = 0;
  std::string model_;  // the job names it
  int64_t lines_ = 0;
};

bool is_label(std::string_view text) {
  return text.size() <= kMostLabelChars && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

// Labels are known here, and roles must be given; all else is as in the Gemini API.
std::string request_problem(json::Value& request) {
  if (const json::Value* const labels = json::member(request, "labels")) {
    if (!labels->IsObject()) return "Invalid value at 'labels'";
    for (const auto& label : labels->GetObject()) {
      if (!label.value.IsString() || !is_label(json::view(label.value)) || !is_label(json::view(label.name))) {
        return "Label values may have at most 63 lower-case letters, digits, dashes and underscores.";
      }
    }
    request.RemoveMember("labels");
  }
  const json::Value* const contents = json::member(request, "contents");
  if (contents != nullptr && contents->IsArray()) {
    for (const json::Value& content : contents->GetArray()) {
      if (json::string_member(content, "role").empty()) return "Please use a valid role: user, model.";
    }
  }
  return google_request_problem(request, false);
}

std::string status_text(const Row& row, const std::string& problem) {
  json::Writer out;
  out.begin_object().key("error").begin_object().field("code", int64_t{row.fails ? 500 : 400});
  out.field("message", problem).field("status", row.fails ? "INTERNAL" : "INVALID_ARGUMENT").end_object().end_object();
  return (row.fails ? "Internal Server Error: " : "Bad Request: ") + out.str();
}

// A body of Claude's has the version where the API has the model, which the job names.
std::string claude_problem(const EmulatorOptions& options, const Batch& batch, json::Value& request,
                           json::Document& line) {
  if (json::string_member(request, "anthropic_version") != kAnthropicVersion) {
    return "anthropic_version: Input should be '" + std::string(kAnthropicVersion) + "'";
  }
  if (json::member(request, "model") != nullptr) return "model: Extra inputs are not permitted";
  request.RemoveMember("anthropic_version");
  request.RemoveMember("anthropic_beta");
  const std::string model(name_of_model(batch));
  request.AddMember("model", json::Value(model, line.GetAllocator()), line.GetAllocator());
  return anthropic_params_problem(options, request, {}).message;
}

// The answer to one who was never asked for is found by its label, or by the field beside the request.
void rename(json::Document& line, const Row& row, bool claude) {
  json::Value& request = line["request"];
  auto& allocator = line.GetAllocator();
  if (claude) {
    line.RemoveMember("custom_id");
    line.AddMember("custom_id", json::Value(std::string(row.other_id), allocator), allocator);
    return;
  }
  request.RemoveMember("labels");
  json::Value labels(rapidjson::kObjectType);
  labels.AddMember("custom_id", json::Value(std::string(row.other_id), allocator), allocator);
  request.AddMember("labels", labels, allocator);
}

}  // namespace

std::unique_ptr<LineCheck> VertexRows::check() { return std::make_unique<VertexLineCheck>(); }

void VertexRows::write_identity(const Batch& batch, const Row& row, const json::Value& line) {
  if (!batch.extra.empty()) {
    const json::Value* const key = json::member(line, batch.extra);
    out_.key(batch.extra);
    if (!row.other_id.empty()) {
      out_.string(row.other_id);
    } else if (key != nullptr) {
      out_.value(*key);
    } else {
      out_.null();
    }
    return;
  }
  for (const auto& field : line.GetObject()) out_.key(json::view(field.name)).value(field.value);
}

RowAnswer VertexRows::answer(const Batch& batch, const Row& row) {
  json::Document& line = arena_.fresh();
  json::parse_in_place(row.line, line);
  const bool claude = is_claude(batch);
  if (!row.other_id.empty()) rename(line, row, claude);
  const std::string id(id_of(line));

  out_.clear();
  out_.begin_object();
  write_identity(batch, row, line);
  json::Value& request = line["request"];
  std::string problem = claude ? claude_problem(options_, batch, request, line) : request_problem(request);
  if (row.fails) problem = "An internal error has occurred. Please retry.";
  RowAnswer answer;
  answer.succeeded = problem.empty();
  out_.field("status", answer.succeeded ? "" : status_text(row, problem));
  out_.field("processed_time", rfc3339(row.now_s * 1000, 3, "+00:00")).key("response");
  if (answer.succeeded) {
    const Question question{{}, id, row.hash, row.variant, row.now_s, name_of_model(batch)};
    answer.tokens = claude ? write_anthropic_message(out_, question, request, anthropic_prompt_tokens(request))
                           : write_google_response(out_, question, request, false);
  } else {
    out_.begin_object().end_object();
  }
  out_.end_object();
  answer.line = out_.str();
  return answer;
}

}  // namespace br::emulator
