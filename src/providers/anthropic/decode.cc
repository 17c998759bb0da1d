#include <algorithm>
#include <array>

#include "providers/anthropic/lines.h"
#include "providers/shared/http_error.h"
#include "providers/shared/row_reader.h"
#include "providers/shared/unified_fields.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

using Kind = JsonCursor::Kind;

struct ErrorType {
  std::string_view type;
  int http_status;
  bool transient;
};

constexpr std::array<ErrorType, 11> kErrorTypes = {{{"invalid_request_error", 400, false},
                                                    {"authentication_error", 401, false},
                                                    {"billing_error", 402, false},
                                                    {"permission_error", 403, false},
                                                    {"not_found_error", 404, false},
                                                    {"conflict_error", 409, true},
                                                    {"request_too_large", 413, false},
                                                    {"rate_limit_error", 429, true},
                                                    {"api_error", 500, true},
                                                    {"timeout_error", 504, true},
                                                    {"overloaded_error", 529, true}}};

class AnthropicRowReader : public LineRowReader {
 public:
  AnthropicRowReader() : LineRowReader("custom_id") {}

 private:
  void read_fields(JsonCursor* cursor, Row* row) override;
  void judge(Row* row) override;
  void result(JsonCursor* c);
  void message(JsonCursor* c);
  void content(JsonCursor* c);
  void block(JsonCursor* c);
  void stop_details(JsonCursor* c);
  void usage(JsonCursor* c);
  void error(JsonCursor* c);
  void judge_success(Row* row);
  void judge_error(Row* row);

  Row* row_ = nullptr;
  std::string_view type_, stop_reason_, category_;
  std::int64_t cache_write_ = -1;
  std::string tools_, blocks_;
  int tool_count_ = 0;
  JoinedText text_, thinking_;
};

void AnthropicRowReader::read_fields(JsonCursor* c, Row* row) {
  row_ = row;
  type_ = stop_reason_ = category_ = {};
  cache_write_ = -1;
  tools_.clear();
  blocks_.clear();
  tool_count_ = 0;
  text_.clear();
  thinking_.clear();
  row->bare = true;
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    if (inside(key) == "custom_id") string(c, &row->custom_id_json);
    else if (inside(key) == "result") result(c), row->bare = false;
    else skip(c);
  }
}

void AnthropicRowReader::result(JsonCursor* c) {
  if (!enter_object(c)) return;
  std::string_view key;
  while (c->next_key(&key)) {
    if (inside(key) == "type") string(c, &type_);
    else if (inside(key) == "message") message(c);
    else if (inside(key) == "error") error(c);
    else skip(c);
  }
}

void AnthropicRowReader::message(JsonCursor* c) {
  if (c->peek() != Kind::object) return skip(c);
  const std::size_t start = c->offset();
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "content") content(c);
    else if (name == "model") string(c, &row_->model_json);
    else if (name == "stop_reason") string(c, &stop_reason_);
    else if (name == "stop_details") stop_details(c);
    else if (name == "usage") usage(c);
    else skip(c);
  }
  if (!c->failed()) row_->response_json = c->slice_from(start);
}

void AnthropicRowReader::content(JsonCursor* c) {
  if (c->peek() == Kind::string) return string(c, &row_->text_json);
  if (!enter_array(c)) return;
  while (c->next_element()) block(c);
  if (!text_.token().empty()) row_->text_json = text_.token();
  if (!thinking_.token().empty()) row_->reasoning_text_json = thinking_.token();
  if (!blocks_.empty()) {
    blocks_.push_back(']');
    row_->thinking_blocks_json = blocks_;
  }
  if (tools_.empty()) return;
  tools_.push_back(']');
  row_->tool_calls_json = tools_;
}

void AnthropicRowReader::block(JsonCursor* c) {
  if (c->peek() != Kind::object) return skip(c);
  const std::size_t start = c->offset();
  c->enter_object();
  std::string_view key, type, text, thinking, id, name, input;
  while (c->next_key(&key)) {
    const std::string_view field = inside(key);
    if (field == "type") string(c, &type);
    else if (field == "text") string(c, &text);
    else if (field == "thinking") string(c, &thinking);
    else if (field == "id") string(c, &id);
    else if (field == "name") string(c, &name);
    else if (field == "input") c->skip(&input);
    else skip(c);
  }
  if (type == "\"text\"" && !text.empty()) text_.add(text);
  if (type == "\"thinking\"" && !thinking.empty()) thinking_.add(thinking);
  if ((type == "\"thinking\"" || type == "\"redacted_thinking\"") && !c->failed())
    blocks_.append(blocks_.empty() ? "[" : ",").append(c->slice_from(start));
  if (type != "\"tool_use\"" || c->failed()) return;
  tools_.append(tools_.empty() ? "[" : ",");
  append_tool_call(id, name, input, tool_count_++, &tools_);
}

void AnthropicRowReader::stop_details(JsonCursor* c) {
  if (!enter_object(c)) return;
  std::string_view key;
  while (c->next_key(&key)) {
    if (inside(key) == "explanation") string(c, &row_->refusal_json);
    else if (inside(key) == "category") string(c, &category_);
    else skip(c);
  }
}

void AnthropicRowReader::usage(JsonCursor* c) {
  if (!enter_object(c)) return;
  Usage& u = row_->usage;
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "input_tokens") number(c, &u.input_tokens);
    else if (name == "output_tokens") number(c, &u.output_tokens);
    else if (name == "cache_read_input_tokens") number(c, &u.cached_input_tokens);
    else if (name == "cache_creation_input_tokens") number(c, &cache_write_);
    else if (name == "cache_creation" && c->peek() == Kind::object) {
      c->enter_object();
      while (c->next_key(&key)) {
        if (inside(key) == "ephemeral_1h_input_tokens") number(c, &u.cache_write_1h_tokens);
        else if (inside(key) == "ephemeral_5m_input_tokens") number(c, &u.cache_write_5m_tokens);
        else skip(c);
      }
    }
    else if (name == "output_tokens_details" && c->peek() == Kind::object) {
      c->enter_object();
      while (c->next_key(&key)) {
        if (inside(key) == "thinking_tokens") number(c, &u.reasoning_tokens);
        else skip(c);
      }
    } else skip(c);
  }
}

// {"type":"error","error":{"type","message","details"},"request_id"}, or the inner object alone.
void AnthropicRowReader::error(JsonCursor* c) {
  if (c->peek() == Kind::string) return string(c, &row_->error_message_json);
  if (!enter_object(c)) return;
  std::string_view key, type;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "error") error(c);
    else if (name == "type") string(c, &type);
    else if (name == "message") string(c, &row_->error_message_json);
    else if (name == "details" && c->peek() == Kind::object) {
      c->enter_object();
      while (c->next_key(&key)) {
        if (inside(key) == "error_code") string(c, &row_->error_code_json);
        else skip(c);
      }
    } else skip(c);
  }
  if (!type.empty() && type != "\"error\"") row_->error_type_json = type;
}

void AnthropicRowReader::judge(Row* row) {
  const std::string type = lower_case(inside(type_));
  if (type == "succeeded" && !row->response_json.empty()) return judge_success(row);
  if (type == "expired") {
    row->status = ResultStatus::expired;
    row->transient = true;
    row->error_type_json = "\"expired\"";
    row->error_code_json = "\"batch_expired\"";
    row->error_message_json = "\"the batch expired before this request was answered\"";
  } else if (type == "canceled" || type == "cancelled") {
    row->status = ResultStatus::cancelled;
    row->error_type_json = "\"cancelled\"";
    row->error_code_json = "\"batch_cancelled\"";
    row->error_message_json = "\"the batch was cancelled before this request was answered\"";
  } else {
    judge_error(row);
  }
}

void AnthropicRowReader::judge_success(Row* row) {
  row->status = ResultStatus::succeeded;
  row->http_status = 200;
  Usage& u = row->usage;
  if (u.any()) {
    const auto tokens = [](std::int64_t n) { return n > 0 ? n : 0; };
    const std::int64_t for_an_hour = tokens(u.cache_write_1h_tokens);
    const std::int64_t written = std::max(tokens(cache_write_), for_an_hour + tokens(u.cache_write_5m_tokens));
    u.cache_write_5m_tokens = written - for_an_hour;  // what no answer of before 2025 names: it was the only kind
    u.input_tokens = tokens(u.input_tokens) + written + tokens(u.cached_input_tokens);
  }
  const std::string_view stop = inside(stop_reason_);
  row->finish_reason_json = stop_reason_;
  if (stop == "end_turn" || stop == "stop_sequence" || stop == "pause_turn") row->finish_reason_json = "\"stop\"";
  if (stop == "max_tokens" || stop == "model_context_window_exceeded") row->finish_reason_json = "\"length\"";
  if (stop == "tool_use") row->finish_reason_json = "\"tool_calls\"";
  if (stop == "refusal") {
    row->finish_reason_json = "\"content_filter\"";
    if (row->refusal_json.empty()) row->refusal_json = category_;
  } else {
    row->refusal_json = {};
  }
}

void AnthropicRowReader::judge_error(Row* row) {
  row->status = ResultStatus::errored;
  for (const ErrorType& known : kErrorTypes) {
    if (inside(row->error_type_json) != known.type) continue;
    row->http_status = known.http_status;
    row->transient = known.transient && !is_billing_code(inside(row->error_code_json));
  }
  if (row->error_type_json.empty()) row->error_type_json = "\"provider_error\"";
  if (row->error_code_json.empty()) row->error_code_json = row->error_type_json;
  if (row->error_message_json.empty()) row->error_message_json = "\"the vendor gave no reason\"";
}

}  // namespace

std::unique_ptr<RowReader> make_anthropic_row_reader() { return std::make_unique<AnthropicRowReader>(); }

}  // namespace br
