#include "emulator/openai/rows.h"

#include <utility>

#include "emulator/base/hash.h"
#include "emulator/openai/line_check.h"
#include "emulator/vendor/vendor.h"

namespace br::emulator {
namespace {

constexpr char kChatUrl[] = "/v1/chat/completions";

void write_error(json::Writer& out, std::string_view type, const BodyProblem& problem) {
  out.begin_object().key("error").begin_object().field("message", problem.message).field("type", type);
  out.nullable_field("param", problem.param).nullable_field("code", problem.code).end_object().end_object();
}

// Mistral's error rows hold the error as a text.
std::string error_as_text(int status, const BodyProblem& problem) {
  json::Writer out;
  out.begin_object().field("object", "error").field("message", problem.message);
  out.field("type", status >= 500 ? "internal_server_error" : "invalid_request_error");
  out.nullable_field("param", problem.param).field("code", status >= 500 ? "3800" : "3051");
  return out.field("raw_status_code", int64_t{status}).end_object().str();
}

// Where the answers to a line come from: /v1/… however the line writes it.
std::string endpoint_of(const Batch& batch, const json::Value& line) {
  if (!batch.endpoint.empty()) return batch.endpoint;
  const std::string_view url = json::string_member(line, "url");
  if (url.empty()) return kChatUrl;
  return url.substr(0, 4) == "/v1/" ? std::string(url) : "/v1" + std::string(url);
}

}  // namespace

std::unique_ptr<LineCheck> OpenAiRows::check(const Batch& batch) const {
  return make_openai_line_check(options_, rules_, batch.endpoint);
}

BodyProblem OpenAiRows::problem_of(const Batch& batch, const Row& row, std::string_view endpoint,
                                   const json::Value& body) const {
  if (row.fails) return {"The server had an error while processing your request.", {}, "server_error"};
  const std::string_view own = json::string_member(body, "model");
  const std::string_view model = rules_.model_in_body ? own : std::string_view(batch.model);
  if (rules_.mixed_models && !model_is_known(options_, model)) {
    return {"The model `" + std::string(model) + "` does not exist or you do not have access to it.", "model",
            "model_not_found"};
  }
  return body_problem(endpoint, body, rules_.body);
}

void OpenAiRows::write_head(std::string_view custom_id, uint64_t digits) {
  out_.begin_object();
  if (rules_.shape == RowShape::kXai) {
    out_.field("batch_request_id", custom_id);
    return;
  }
  if (rules_.shape == RowShape::kTogether) out_.field("id", "br_" + hex(digits));
  if (rules_.shape == RowShape::kMistral) out_.field("id", "batch-" + hex(digits));
  const bool openai = rules_.shape == RowShape::kOpenAi || rules_.shape == RowShape::kDoubleword;
  if (openai) out_.field("id", "batch_req_" + hex(digits));
  out_.field("custom_id", custom_id);
}

RowAnswer OpenAiRows::answer(const Batch& batch, const Row& row) {
  json::Document& line = arena_.fresh();
  json::parse_in_place(row.line, line);
  const json::Value& body = *json::member(line, "body");
  const std::string_view custom_id = row.other_id.empty() ? json::string_member(line, "custom_id") : row.other_id;
  const std::string endpoint = endpoint_of(batch, line);
  const BodyProblem problem = problem_of(batch, row, endpoint, body);

  RowAnswer answer;
  answer.succeeded = problem.message.empty();
  out_.clear();
  const uint64_t digits = mix(row.hash + static_cast<uint64_t>(row.variant));
  write_head(custom_id, digits);
  if (answer.succeeded) {
    const bool xai = rules_.shape == RowShape::kXai;
    if (xai) out_.key("batch_result").begin_object();
    out_.key("response").begin_object();
    if (!xai) out_.field("status_code", int64_t{200});
    if (rules_.shape == RowShape::kOpenAi || rules_.shape == RowShape::kAzure) {
      out_.field("request_id", "req_" + hex(digits));
    }
    if (rules_.shape == RowShape::kDoubleword) out_.null_field("request_id");
    out_.key(xai ? "chat_get_completion" : "body");
    // xAI answers in this shape whatever the line's url is.
    const std::string_view shape = xai ? std::string_view(kChatUrl) : std::string_view(endpoint);
    const std::string_view model = rules_.model_in_body ? std::string_view() : std::string_view(batch.model);
    answer.tokens = write_answer(
        out_,
        {shape, custom_id, row.hash, row.variant, row.now_s, model, rules_.answers, cached_tokens(batch, row, body)},
        body);
    out_.end_object();
    if (xai) out_.end_object();
    if (!xai && rules_.shape != RowShape::kTogether) out_.null_field("error");
  } else {
    const int status = row.fails ? 500 : problem.code == "model_not_found" ? 404 : 400;
    write_failure(row, status, problem);
  }
  out_.end_object();
  answer.line = out_.str();
  return answer;
}

int64_t OpenAiRows::cached_tokens(const Batch& batch, const Row& row, const json::Value& body) {
  if (!rules_.caches) return 0;
  const json::Value* const messages = json::member(body, "messages");
  const json::Value* const asked = messages != nullptr ? messages : json::member(body, "input");
  if (asked == nullptr) return 0;
  constexpr int64_t kSecondMs = 1000;
  const bool paid = row.variant == 0 && row.other_id.empty();
  return cache_.use(batch.tenant.project, json::string_member(body, "model"), *asked, row.now_s * kSecondMs, paid);
}

// The rest of a row whose request failed.
void OpenAiRows::write_failure(const Row& row, int status, const BodyProblem& problem) {
  switch (rules_.shape) {
    case RowShape::kTogether:
      out_.key("error").begin_object();
      out_.field("code", status >= 500 ? "batch_server_error" : "batch_client_error");
      out_.field("message", problem.message).end_object();
      return;
    case RowShape::kXai:
      out_.key("batch_result").begin_object().field("error", problem.message).end_object();
      return;
    case RowShape::kDoubleword:
      out_.null_field("response").key("error").begin_object().null_field("code");
      out_.field("message", problem.message).end_object();
      return;
    case RowShape::kMistral:
      out_.key("response").begin_object().field("status_code", int64_t{status});
      out_.field("body", error_as_text(status, problem)).end_object().null_field("error");
      return;
    case RowShape::kFireworks:
      out_.null_field("response").key("error").begin_object().field("code", int64_t{status});
      out_.field("message", problem.message).end_object();
      return;
    case RowShape::kOpenAi:
    case RowShape::kAzure:
      break;
  }
  out_.key("response").begin_object().field("status_code", int64_t{status});
  out_.field("request_id", "req_" + hex(mix(row.hash + static_cast<uint64_t>(row.variant)))).key("body");
  write_error(out_, status >= 500 ? "server_error" : "invalid_request_error", problem);
  out_.end_object().null_field("error");
}

std::string OpenAiRows::unanswered(const Row& row, Unanswered why) {
  const bool silent = rules_.shape == RowShape::kTogether || rules_.shape == RowShape::kMistral ||
                      rules_.shape == RowShape::kXai || rules_.shape == RowShape::kFireworks;
  if (silent) return {};
  json::Document& line = arena_.fresh();
  json::parse_in_place(row.line, line);
  const bool expired = why == Unanswered::kExpired;
  out_.clear();
  write_head(json::string_member(line, "custom_id"), row.hash);
  out_.null_field("response").key("error").begin_object();
  if (rules_.shape == RowShape::kDoubleword) {
    out_.null_field("code");
  } else {
    out_.field("code", expired ? "batch_expired" : "batch_cancelled");
  }
  out_.field("message", expired ? "This request could not be executed before the completion window expired."
                                : "This request was not executed because the batch was cancelled.");
  out_.end_object().end_object();
  return out_.str();
}

}  // namespace br::emulator
