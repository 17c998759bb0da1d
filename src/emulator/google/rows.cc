#include "emulator/google/rows.h"

#include "emulator/base/hash.h"

namespace br::emulator {
namespace {

constexpr int64_t kInvalidArgument = 3;
constexpr int64_t kInternal = 13;

class GoogleLineCheck : public LineCheck {
 public:
  GoogleLineCheck(bool is_inline, bool embeds) : is_inline_(is_inline), embeds_(embeds) {}

  bool line(char* text, size_t, LineProblem& problem) override {
    ++lines_;
    json::Document& row = arena_.fresh();
    if (!json::parse_in_place(text, row) || !row.IsObject()) {
      problem = {"INVALID_ARGUMENT", "Line " + std::to_string(lines_) + " is no JSON object.", {}, 0};
      return false;
    }
    for (const auto& field : row.GetObject()) {
      const std::string_view name = json::view(field.name);
      if (name == "request" || name == (is_inline_ ? "metadata" : "key")) continue;
      problem = {"INVALID_ARGUMENT", "Unknown name \"" + std::string(name) + "\": Cannot find field.", {}, 0};
      return false;
    }
    const json::Value* const request = json::member(row, "request");
    if (request == nullptr || !request->IsObject()) {
      problem = {"INVALID_ARGUMENT", "Line " + std::to_string(lines_) + " has no request.", {}, 0};
      return false;
    }
    problem.message = google_unknown_field(*request, embeds_);
    problem.code = problem.message.empty() ? "" : "INVALID_ARGUMENT";
    id_set_hash_ += mix(hash_of(key_of(row)));
    return problem.message.empty();
  }

  bool end(LineProblem& problem) override {
    if (lines_ > 0) return true;
    problem = {"INVALID_ARGUMENT", "The batch has no requests.", {}, 0};
    return false;
  }

  const std::string& model() const override { return model_; }
  uint64_t id_set_hash() const override { return id_set_hash_; }

 private:
  std::string_view key_of(const json::Value& row) const {
    if (!is_inline_) return json::string_member(row, "key");
    const json::Value* const metadata = json::member(row, "metadata");
    return metadata == nullptr ? std::string_view() : json::string_member(*metadata, "key");
  }

  bool is_inline_;
  bool embeds_;
  json::Arena arena_;
  uint64_t id_set_hash_ = 0;
  std::string model_;  // the path of the create call names it
  int64_t lines_ = 0;
};

}  // namespace

std::unique_ptr<LineCheck> GoogleRows::check(bool is_inline, bool embeds) {
  return std::make_unique<GoogleLineCheck>(is_inline, embeds);
}

// What tells whose answer it is: the key, or the metadata as they came.
void GoogleRows::write_identity(const Batch& batch, const Row& row, const json::Value& line) {
  const char* const name = batch.is_inline ? "metadata" : "key";
  const json::Value* const given = json::member(line, name);
  if (row.other_id.empty()) {
    if (given != nullptr) out_.key(name).value(*given);
  } else if (batch.is_inline) {
    out_.key(name).begin_object().field("key", row.other_id).end_object();
  } else {
    out_.field(name, row.other_id);
  }
}

RowAnswer GoogleRows::answer(const Batch& batch, const Row& row) {
  json::Document& line = arena_.fresh();
  json::parse_in_place(row.line, line);
  const json::Value& request = *json::member(line, "request");
  const bool embeds = batch.endpoint == "embed";
  std::string problem = google_request_problem(request, embeds);
  if (row.fails) problem = "An internal error has occurred. Please retry.";
  const json::Value* const metadata = json::member(line, "metadata");
  std::string_view id = json::string_member(metadata != nullptr ? *metadata : static_cast<json::Value&>(line), "key");
  if (!row.other_id.empty()) id = row.other_id;

  RowAnswer answer;
  answer.succeeded = problem.empty();
  out_.clear();
  out_.begin_object();
  if (!batch.is_inline) write_identity(batch, row, line);
  if (answer.succeeded) {
    const Question question{{}, id, row.hash, row.variant, row.now_s, batch.model};
    out_.key("response");
    answer.tokens = write_google_response(out_, question, request, embeds);
  } else if (batch.is_inline) {
    out_.key("error").begin_object().field("code", row.fails ? kInternal : kInvalidArgument);
    out_.field("message", problem).end_object();
  } else {
    out_.key("error").begin_object().field("code", int64_t{row.fails ? 500 : 400}).field("message", problem);
    out_.field("status", row.fails ? "INTERNAL" : "INVALID_ARGUMENT").end_object();
  }
  if (batch.is_inline) write_identity(batch, row, line);
  out_.end_object();
  answer.line = out_.str();
  return answer;
}

}  // namespace br::emulator
