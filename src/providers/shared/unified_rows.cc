#include "providers/shared/unified_rows.h"

#include "providers/shared/row_reader.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

class UnifiedRowReader : public LineRowReader {
 public:
  UnifiedRowReader() : LineRowReader("custom_id") {}

 private:
  using Kind = JsonCursor::Kind;

  void read_fields(JsonCursor* c, Row* row) override;
  void judge(Row* row) override;
  bool read_text(std::string_view name, JsonCursor* c);
  void usage(JsonCursor* c);
  void error(JsonCursor* c);
  static void whole(Kind kind, JsonCursor* c, std::string_view* token);
  static void truth(JsonCursor* c, bool* value);

  Row* row_ = nullptr;
  std::string_view status_;
  bool has_error_ = false;
};

// The value where it is of that kind, or nothing.
void UnifiedRowReader::whole(Kind kind, JsonCursor* c, std::string_view* token) {
  if (c->peek() != kind) return skip(c);
  c->skip(token);
}

void UnifiedRowReader::truth(JsonCursor* c, bool* value) {
  std::string_view token;
  if (c->skip(&token)) *value = token == "true";
}

void UnifiedRowReader::read_fields(JsonCursor* c, Row* row) {
  row_ = row;
  status_ = {};
  has_error_ = false;
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (read_text(name, c)) continue;
    if (name == "tool_calls")
      whole(Kind::array, c, &row->tool_calls_json);
    else if (name == "response")
      whole(Kind::object, c, &row->response_json);
    else if (name == "usage")
      usage(c);
    else if (name == "error")
      error(c);
    else
      skip(c);
  }
}

// The fields that are strings.
bool UnifiedRowReader::read_text(std::string_view name, JsonCursor* c) {
  if (name == "custom_id")
    string(c, &row_->custom_id_json);
  else if (name == "status")
    string(c, &status_);
  else if (name == "text")
    string(c, &row_->text_json);
  else if (name == "finish_reason")
    string(c, &row_->finish_reason_json);
  else if (name == "model")
    string(c, &row_->model_json);
  else if (name == "reasoning")
    string(c, &row_->reasoning_text_json);
  else if (name == "refusal")
    string(c, &row_->refusal_json);
  else
    return false;
  return true;
}

void UnifiedRowReader::usage(JsonCursor* c) {
  if (!enter_object(c)) return;
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "input_tokens")
      number(c, &row_->usage.input_tokens);
    else if (name == "output_tokens")
      number(c, &row_->usage.output_tokens);
    else if (name == "cached_input_tokens")
      number(c, &row_->usage.cached_input_tokens);
    else if (name == "reasoning_tokens")
      number(c, &row_->usage.reasoning_tokens);
    else if (name == "cache_creation_input_tokens")
      number(c, &row_->usage.cache_write_5m_tokens);
    else if (name == "cache_creation_1h_input_tokens")
      number(c, &row_->usage.cache_write_1h_tokens);
    else
      skip(c);
  }
  // The whole of what was written to a cache is told, and how much of it for an hour.
  Usage& u = row_->usage;
  if (u.cache_write_1h_tokens > 0) u.cache_write_5m_tokens -= u.cache_write_1h_tokens;
}

void UnifiedRowReader::error(JsonCursor* c) {
  if (c->peek() == Kind::string) {
    has_error_ = true;
    return string(c, &row_->error_message_json);
  }
  if (!enter_object(c)) return;
  has_error_ = true;
  std::string_view key;
  std::int64_t http_status = 0;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "type")
      string(c, &row_->error_type_json);
    else if (name == "message")
      string(c, &row_->error_message_json);
    else if (name == "http_status")
      number(c, &http_status);
    else if (name == "transient")
      truth(c, &row_->transient);
    else if (name == "code" && (c->peek() == Kind::string || c->peek() == Kind::number))
      c->skip(&row_->error_code_json);
    else
      skip(c);
  }
  row_->http_status = static_cast<int>(http_status);
}

void UnifiedRowReader::judge(Row* row) {
  const std::string status = lower_case(inside(status_));
  const bool good = status == "succeeded" || (status.empty() && !has_error_);
  row->status = good                    ? ResultStatus::succeeded
                : status == "cancelled" ? ResultStatus::cancelled
                : status == "expired"   ? ResultStatus::expired
                                        : ResultStatus::errored;
  if (good) return;
  if (row->error_message_json.empty()) row->error_message_json = "\"the provider gave no reason\"";
  if (row->error_type_json.empty()) {
    row->error_type_json = row->status == ResultStatus::expired     ? "\"expired\""
                           : row->status == ResultStatus::cancelled ? "\"cancelled\""
                                                                    : "\"provider_error\"";
  }
}

}  // namespace

std::unique_ptr<RowReader> make_unified_row_reader() { return std::make_unique<UnifiedRowReader>(); }

}  // namespace br
