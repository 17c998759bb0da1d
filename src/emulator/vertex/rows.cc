#include "emulator/vertex/rows.h"

#include <algorithm>

#include "emulator/base/hash.h"
#include "emulator/base/times.h"
#include "emulator/google/rows.h"

namespace br::emulator {
namespace {

constexpr size_t kMostLabelChars = 63;

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
    const json::Value* const labels = json::member(*request, "labels");
    const std::string_view id = labels == nullptr ? std::string_view() : json::string_member(*labels, "custom_id");
    id_set_hash_ += mix(hash_of(id.empty() ? json::string_member(row, "key") : id));
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

// The answer to one who was never asked for is found by its label.
void rename(json::Document& line, const Row& row) {
  json::Value& request = line["request"];
  auto& allocator = line.GetAllocator();
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
  if (!row.other_id.empty()) rename(line, row);
  const json::Value* const labels = json::member(line["request"], "labels");
  std::string id(labels == nullptr ? std::string_view() : json::string_member(*labels, "custom_id"));
  if (id.empty()) id = std::string(json::string_member(line, "key"));

  out_.clear();
  out_.begin_object();
  write_identity(batch, row, line);
  json::Value& request = line["request"];
  std::string problem = request_problem(request);
  if (row.fails) problem = "An internal error has occurred. Please retry.";
  RowAnswer answer;
  answer.succeeded = problem.empty();
  out_.field("status", answer.succeeded ? "" : status_text(row, problem));
  out_.field("processed_time", rfc3339(row.now_s * 1000, 3, "+00:00")).key("response");
  if (answer.succeeded) {
    const std::string model = batch.model.substr(batch.model.rfind('/') + 1);
    const Question question{{}, id, row.hash, row.variant, row.now_s, model};
    answer.tokens = write_google_response(out_, question, request, false);
  } else {
    out_.begin_object().end_object();
  }
  out_.end_object();
  answer.line = out_.str();
  return answer;
}

}  // namespace br::emulator
