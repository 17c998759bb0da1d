#include "codec/json_read.h"
#include "providers/openai_dialect.h"
#include "providers/row_reader.h"
#include "providers/wire.h"

namespace br {
namespace {

using Kind = JsonCursor::Kind;

bool is_transient(int http_status, std::string_view code) {
  return http_status == 408 || http_status == 409 || http_status == 429 || http_status >= 500 ||
         code == "batch_expired" || code == "rate_limit_exceeded" || code == "server_error";
}

class OpenAiRowReader : public LineRowReader {
 public:
  OpenAiRowReader() : LineRowReader("custom_id") {}

 private:
  void read_fields(JsonCursor* c, Row* row) override;
  void judge(Row* row) override;
  void response(JsonCursor* c);
  void body(JsonCursor* c);
  void string_body(std::string_view token);
  void body_field(std::string_view name, JsonCursor* c);
  void choices(JsonCursor* c);
  void choice(JsonCursor* c);
  void message(JsonCursor* c);
  void content(JsonCursor* c);
  void text_chunks(JsonCursor* c, std::string_view type);
  void output(JsonCursor* c);
  void output_item(std::string_view item);
  void usage(JsonCursor* c);
  void details(JsonCursor* c);
  void error(JsonCursor* c);

  Row* row_ = nullptr;
  bool body_is_object_ = false, has_error_ = false;
  std::string string_body_, tools_;
  JoinedText text_;
};

void OpenAiRowReader::read_fields(JsonCursor* c, Row* row) {
  row_ = row;
  body_is_object_ = has_error_ = false;
  text_.clear();
  tools_.clear();
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "custom_id") string(c, &row->custom_id_json);
    else if (name == "response") response(c);
    else if (name == "error") error(c);
    else skip(c);
  }
}

void OpenAiRowReader::response(JsonCursor* c) {
  if (c->peek() != Kind::object) return skip(c);
  c->enter_object();
  std::string_view key;
  std::int64_t status = 0;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "status_code") number(c, &status);
    else if (name == "body") body(c);
    else skip(c);
  }
  row_->http_status = static_cast<int>(status);
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
  if (name == "status") {
    std::string_view token;
    string(c, &token);
    if (row_->finish_reason_json.empty()) row_->finish_reason_json = token;
    return;
  }
  if (name == "message" && c->peek() == Kind::string) {
    std::string_view token;
    c->read_string(&token);
    if (row_->error_message_json.empty()) row_->error_message_json = token;
    return;
  }
  skip(c);
}

void OpenAiRowReader::choices(JsonCursor* c) {
  if (c->peek() != Kind::array) return skip(c);
  c->enter_array();
  bool first = true;
  while (c->next_element()) {
    if (first && c->peek() == Kind::object) choice(c);
    else skip(c);
    first = false;
  }
}

void OpenAiRowReader::choice(JsonCursor* c) {
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "message") message(c);
    else if (name == "finish_reason") string(c, &row_->finish_reason_json);
    else skip(c);
  }
}

void OpenAiRowReader::message(JsonCursor* c) {
  if (c->peek() != Kind::object) return skip(c);
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "content") content(c);
    else if (name == "refusal") string(c, &row_->refusal_json);
    else if (name == "reasoning" || name == "reasoning_content") string(c, &row_->reasoning_text_json);
    else if (name == "tool_calls" && c->peek() == Kind::array) {
      c->skip(&row_->tool_calls_json);
      if (row_->tool_calls_json.find('{') == std::string_view::npos) row_->tool_calls_json = {};
    } else skip(c);
  }
}

void OpenAiRowReader::content(JsonCursor* c) {
  if (c->peek() == Kind::array) return text_chunks(c, "\"text\"");
  string(c, &row_->text_json);
}

// Joins the "text" of the chunks of that type into one JSON string.
void OpenAiRowReader::text_chunks(JsonCursor* c, std::string_view type) {
  if (c->peek() != Kind::array) return skip(c);
  c->enter_array();
  while (c->next_element()) {
    if (c->peek() != Kind::object) {
      skip(c);
      continue;
    }
    c->enter_object();
    std::string_view key, text, kind;
    while (c->next_key(&key)) {
      const std::string_view name = inside(key);
      if (name == "text") string(c, &text);
      else if (name == "type") string(c, &kind);
      else if (name == "refusal") string(c, &row_->refusal_json);
      else skip(c);
    }
    if (kind == type && !text.empty()) text_.add(text);
  }
  if (!text_.token().empty()) row_->text_json = text_.token();
}

void OpenAiRowReader::output(JsonCursor* c) {
  if (c->peek() != Kind::array) return skip(c);
  c->enter_array();
  std::string_view item;
  while (c->next_element() && c->skip(&item)) {
    if (item.front() == '{') output_item(item);
  }
  if (!tools_.empty()) {
    tools_.push_back(']');
    row_->tool_calls_json = tools_;
  }
}

void OpenAiRowReader::output_item(std::string_view item) {
  JsonCursor c(item.data(), item.size());
  c.enter_object();
  std::string_view key, type;
  while (c.next_key(&key)) {
    if (inside(key) == "type") string(&c, &type);
    else if (inside(key) == "content") text_chunks(&c, "\"output_text\"");
    else skip(&c);
  }
  if (type == "\"function_call\"") tools_.append(tools_.empty() ? "[" : ",").append(item);
}

void OpenAiRowReader::usage(JsonCursor* c) {
  if (c->peek() != Kind::object) return skip(c);
  c->enter_object();
  std::string_view key;
  Usage& u = row_->usage;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "prompt_tokens" || name == "input_tokens") number(c, &u.input_tokens);
    else if (name == "completion_tokens" || name == "output_tokens") number(c, &u.output_tokens);
    else if (name == "reasoning_tokens") number(c, &u.reasoning_tokens);
    else if (name.ends_with("_details")) details(c);
    else skip(c);
  }
}

void OpenAiRowReader::details(JsonCursor* c) {
  if (c->peek() != Kind::object) return skip(c);
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "cached_tokens") number(c, &row_->usage.cached_input_tokens);
    else if (name == "reasoning_tokens") number(c, &row_->usage.reasoning_tokens);
    else skip(c);
  }
}

void OpenAiRowReader::error(JsonCursor* c) {
  const Kind kind = c->peek();
  if (kind == Kind::null) return skip(c);
  has_error_ = true;
  if (kind == Kind::string) return string(c, &row_->error_message_json);
  if (kind != Kind::object) return skip(c);
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "message") string(c, &row_->error_message_json);
    else if (name == "type") string(c, &row_->error_type_json);
    else if (name == "error") error(c);
    else if (name == "code" && (c->peek() == Kind::string || c->peek() == Kind::number)) c->skip(&row_->error_code_json);
    else skip(c);
  }
}

void OpenAiRowReader::judge(Row* row) {
  Row& r = *row;
  if (body_is_object_ && !has_error_ && r.http_status >= 200 && r.http_status < 300) {
    r.status = ResultStatus::succeeded;
    return;
  }
  const std::string_view code = r.error_code_json.starts_with('"') ? inside(r.error_code_json) : std::string_view();
  r.status = code == "batch_expired"     ? ResultStatus::expired
             : code == "batch_cancelled" ? ResultStatus::cancelled
                                         : ResultStatus::errored;
  r.transient = is_transient(r.http_status, code);
  if (r.error_message_json.empty()) r.error_message_json = "\"the vendor gave no reason\"";
  if (r.error_type_json.empty()) {
    r.error_type_json = r.status == ResultStatus::expired     ? "\"expired\""
                        : r.status == ResultStatus::cancelled ? "\"cancelled\""
                                                              : "\"provider_error\"";
  }
}

}  // namespace

std::unique_ptr<RowReader> make_openai_row_reader() { return std::make_unique<OpenAiRowReader>(); }

}  // namespace br
