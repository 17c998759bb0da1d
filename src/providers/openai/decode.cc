#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "codec/json_read.h"
#include "providers/openai/row_reader.h"
#include "providers/shared/http_error.h"

namespace br {
namespace {

// Codes and types that say that the same request may be answered another time, in lower case.
constexpr std::array<std::string_view, 20> kPassing = {
    "batch_expired",       "rate_limit",           "rate_limit_exceeded",   "rate_limit_error",    "ratelimiterror",
    "rate_limited",        "too_many_requests",    "server_error",          "internal_error",      "internal_server_error",
    "internalservererror", "overloaded",           "overloaded_error",      "engine_overloaded",   "capacity_exceeded",
    "timeout",             "request_timeout",      "service_unavailable",   "service_unavailable_error",
    "serviceunavailableerror"};

bool is_passing(std::string_view word) {
  return !word.empty() && std::find(kPassing.begin(), kPassing.end(), lower_case(word)) != kPassing.end();
}

bool is_transient(int http_status, std::string_view code, std::string_view type) {
  if (http_status == 402 || is_billing_code(code) || is_billing_code(type)) return false;
  return http_status == 408 || http_status == 409 || http_status == 429 || http_status >= 500 || is_passing(code) ||
         is_passing(type);
}

// Some vendors have the HTTP status as the error's code.
int status_in(std::string_view code_json) {
  int status = 0;
  std::from_chars(code_json.data(), code_json.data() + code_json.size(), status);
  return status >= 400 && status < 600 ? status : 0;
}

}  // namespace

void OpenAiRowReader::read_fields(JsonCursor* c, Row* row) {
  row_ = row;
  body_is_object_ = has_error_ = has_answer_ = false;
  body_type_ = body_code_ = {};
  text_.clear();
  thoughts_.clear();
  tools_.clear();
  choices_.clear();
  total_tokens_ = -1;
  row->bare = true;
  blocks_.clear();
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == (rows_.batch_results ? "batch_request_id" : "custom_id")) string(c, &row->custom_id_json);
    else if (name == "response") response(c), row->bare = false;
    else if (name == "batch_result" && rows_.batch_results) batch_result(c), row->bare = false;
    else if (name == "error") error(c), row->bare = false;
    else skip(c);
  }
}

void OpenAiRowReader::response(JsonCursor* c) {
  if (c->peek() != Kind::object) return skip(c);
  const std::size_t start = c->offset();
  c->enter_object();
  std::string_view key;
  std::int64_t status = 0;
  bool wrapped = false;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "status_code") number(c, &status), wrapped = true;
    else if (name == "body") body(c), wrapped = true;
    else if (name == "request_id") skip(c);
    else if (!wrapped) body_field(name, c);
    else skip(c);
  }
  row_->http_status = static_cast<int>(status);
  if (wrapped || !has_answer_ || c->failed()) return;
  // Some vendors put the answer itself here, without a status.
  body_is_object_ = true;
  row_->http_status = 200;
  row_->response_json = c->slice_from(start);
}

// {"response":{"chat_get_completion":body}} or {"error":…}; a success may carry an error of code 0.
void OpenAiRowReader::batch_result(JsonCursor* c) {
  if (!enter_object(c)) return;
  std::string_view key;
  while (c->next_key(&key)) {
    if (inside(key) == "error") {
      error(c);
    } else if (inside(key) == "response" && c->peek() == Kind::object) {
      c->enter_object();
      while (c->next_key(&key)) {
        if (c->peek() == Kind::object && !body_is_object_) body(c);
        else skip(c);
      }
    } else {
      skip(c);
    }
  }
  if (row_->error_code_json == "0") has_error_ = false;
  // Whatever kind of answer it is: only an empty object answers nothing.
  const bool answered = has_answer_ || (body_is_object_ && body_code_.empty() && row_->response_json.find('"') != std::string_view::npos);
  if (answered && !has_error_) row_->http_status = 200;
}

void OpenAiRowReader::body(JsonCursor* c) {
  if (c->peek() == Kind::string) {
    std::string_view token;
    if (c->read_string(&token)) string_body(token);
    return;
  }
  if (c->peek() != Kind::object) return skip(c);
  body_is_object_ = true;
  const std::size_t start = c->offset();
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) body_field(inside(key), c);
  if (!c->failed()) row_->response_json = c->slice_from(start);
}

// Some vendors put the body into a string; it is looked into once.
void OpenAiRowReader::string_body(std::string_view token) {
  if (body_is_object_) return;
  string_body_.clear();
  append_unescaped(token, &string_body_);
  const std::size_t size = string_body_.size();
  string_body_.append(kJsonPadding, ' ');
  JsonCursor check(string_body_.data(), size);
  std::string_view whole;
  if (check.peek() != Kind::object || !check.skip(&whole) || !check.finish()) {
    row_->error_message_json = token;
    return;
  }
  JsonCursor inner(string_body_.data(), size);
  body(&inner);
}

void OpenAiRowReader::body_field(std::string_view name, JsonCursor* c) {
  if (name == "choices") return choices(c);
  if (name == "usage") return usage(c);
  if (name == "model") return string(c, &row_->model_json);
  if (name == "error") return error(c);
  if (name == "output") return output(c);
  if (name == "text" && c->peek() == Kind::string) return transcript(c);
  // Embeddings, scores and images; moderations, classes and ranks; read pages.
  if (name == "data" || name == "results" || name == "pages") has_answer_ = has_answer_ || c->peek() == Kind::array;
  if (name == "incomplete_details") return incomplete(c);
  if (name == "type") return string(c, &body_type_);
  if (name == "code" && c->peek() == Kind::string) return string(c, &body_code_);
  if (name == "status") {
    std::string_view token;
    string(c, &token);
    if (row_->finish_reason_json.empty()) row_->finish_reason_json = unified_finish(token);
    return;
  }
  if (name == "message" || name == "detail") return reason(c);
  skip(c);
}

// What was heard is the text of the answer.
void OpenAiRowReader::transcript(JsonCursor* c) {
  has_answer_ = true;
  string(c, &row_->text_json);
}

// A text, or the first one in what vendors wrap it in: {"detail":[{"msg":…}]}.
void OpenAiRowReader::reason(JsonCursor* c) {
  std::string_view token;
  switch (c->peek()) {
    case Kind::string:
      if (c->read_string(&token) && row_->error_message_json.empty()) row_->error_message_json = token;
      return;
    case Kind::array:
      c->enter_array();
      while (c->next_element()) reason(c);
      return;
    case Kind::object:
      c->enter_object();
      while (c->next_key(&token)) {
        const std::string_view name = inside(token);
        if (name == "message" || name == "detail" || name == "msg")
          reason(c);
        else
          skip(c);
      }
      return;
    default:
      skip(c);
  }
}

void OpenAiRowReader::error(JsonCursor* c) {
  const Kind kind = c->peek();
  if (kind == Kind::null) return skip(c);
  if (kind == Kind::string) {
    string(c, &row_->error_message_json);
    has_error_ = has_error_ || row_->error_message_json != "\"\"";
    return;
  }
  has_error_ = true;
  if (kind != Kind::object) return skip(c);
  // The message goes with its type and code: those of the last error that has them.
  const std::string_view before = std::exchange(row_->error_message_json, {});
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "message" || name == "detail")
      reason(c);
    else if (name == "type") string(c, &row_->error_type_json);
    else if (name == "error") error(c);
    else if (name == "code" && (c->peek() == Kind::string || c->peek() == Kind::number))
      c->skip(&row_->error_code_json);
    else skip(c);
  }
  if (row_->error_message_json.empty()) row_->error_message_json = before;
}

void OpenAiRowReader::judge_success(Row* row) {
  row->status = ResultStatus::succeeded;
  if (!tools_.empty() && row->finish_reason_json == "\"stop\"") row->finish_reason_json = "\"tool_calls\"";
  Usage& u = row->usage;
  if (rows_.reasoning_is_extra && u.reasoning_tokens > 0 && u.output_tokens >= 0) u.output_tokens += u.reasoning_tokens;
  // Scores and ranks have no output: some vendors count only the whole.
  if (!u.any() && total_tokens_ >= 0) u.input_tokens = total_tokens_;
}

void OpenAiRowReader::judge(Row* row) {
  Row& r = *row;
  if (body_is_object_ && !has_error_ && r.http_status >= 200 && r.http_status < 300) {
    judge_success(row);
    return;
  }
  if (r.error_type_json.empty()) r.error_type_json = body_type_;
  if (r.error_code_json.empty()) r.error_code_json = body_code_;
  const std::string_view code = r.error_code_json.starts_with('"') ? inside(r.error_code_json) : std::string_view();
  if (inside(r.error_message_json).empty()) r.error_message_json = {};
  r.status = code == "batch_expired"     ? ResultStatus::expired
             : code == "batch_cancelled" ? ResultStatus::cancelled
                                         : ResultStatus::errored;
  const int status = r.http_status != 0 ? r.http_status : status_in(r.error_code_json);
  // Neither a status nor a word of what was wrong: the request was never answered.
  const bool unanswered = r.http_status == 0 && !has_error_ && r.error_code_json.empty() && r.error_message_json.empty();
  r.transient = unanswered || is_transient(status, code, inside(r.error_type_json));
  if (r.error_message_json.empty()) r.error_message_json = "\"the vendor gave no reason\"";
  if (r.error_type_json.empty()) {
    r.error_type_json = r.status == ResultStatus::expired     ? "\"expired\""
                        : r.status == ResultStatus::cancelled ? "\"cancelled\""
                                                              : "\"provider_error\"";
  }
}

std::unique_ptr<RowReader> make_openai_row_reader(const OpenAiRows& rows) {
  return std::make_unique<OpenAiRowReader>(rows);
}

}  // namespace br
