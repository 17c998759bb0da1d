#include <algorithm>
#include <array>

#include "providers/google/lines.h"
#include "providers/shared/choice_list.h"
#include "providers/shared/row_reader.h"
#include "providers/shared/unified_fields.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

using Kind = JsonCursor::Kind;

// By google.rpc.Code.
constexpr std::array<int, 17> kHttpStatus = {200, 499, 500, 400, 504, 404, 409, 403, 429,
                                             400, 409, 400, 501, 500, 503, 500, 401};
constexpr std::int64_t kHttpCancelled = 499;

bool is_filter(std::string_view reason) {
  static constexpr std::array<std::string_view, 10> kFilters = {
      "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
      "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "ESCALATION"};
  return std::find(kFilters.begin(), kFilters.end(), reason) != kFilters.end();
}

// What one candidate says.
struct Candidate {
  std::string_view finish, finish_message;
  std::string tools;
  int tool_count = 0;
  JoinedText text, thinking;

  void clear() {
    finish = finish_message = {};
    tools.clear();
    tool_count = 0;
    text.clear();
    thinking.clear();
  }
  // Into the fields of the row that are about the answer.
  void say(Row* row) const;
};

void Candidate::say(Row* row) const {
  if (!text.token().empty()) row->text_json = text.token();
  if (!thinking.token().empty()) row->reasoning_text_json = thinking.token();
  row->tool_calls_json = tools;
  const std::string_view word = inside(finish);
  row->finish_reason_json = finish;
  if (word == "STOP") row->finish_reason_json = tools.empty() ? "\"stop\"" : "\"tool_calls\"";
  if (word == "MAX_TOKENS") row->finish_reason_json = "\"length\"";
  if (!is_filter(word)) return;
  row->finish_reason_json = "\"content_filter\"";
  if (row->text_json.empty()) row->refusal_json = finish_message.empty() ? finish : finish_message;
}

class GoogleRowReader : public LineRowReader {
 public:
  GoogleRowReader() : LineRowReader("key") {}

 private:
  void read_fields(JsonCursor* cursor, Row* row) override;
  void judge(Row* row) override;
  void metadata(JsonCursor* c);
  void response(JsonCursor* c);
  void candidates(JsonCursor* c);
  void candidate(JsonCursor* c, Candidate* into);
  void further_candidate(JsonCursor* c);
  void content(JsonCursor* c);
  void part(JsonCursor* c);
  void function_call(JsonCursor* c);
  void prompt_feedback(JsonCursor* c);
  void usage(JsonCursor* c);
  void error(JsonCursor* c);
  void judge_success(Row* row);

  Row* row_ = nullptr;
  bool has_error_ = false, has_candidate_ = false;
  std::int64_t code_ = 0, thoughts_ = -1, tool_tokens_ = -1;
  std::string_view block_reason_, block_message_;
  Candidate first_, further_;
  Candidate* at_ = &first_;  // the one that is being read
  ChoiceList choices_;
};

void GoogleRowReader::read_fields(JsonCursor* c, Row* row) {
  row_ = row;
  has_error_ = has_candidate_ = false;
  code_ = 0;
  thoughts_ = tool_tokens_ = -1;
  block_reason_ = block_message_ = {};
  first_.clear();
  choices_.clear();
  row->bare = true;
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "key") string(c, &row->custom_id_json);
    else if (name == "response") response(c), row->bare = false;
    else if (name == "error" || name == "status") error(c), row->bare = false;
    else if (name == "metadata") metadata(c);
    else if (name == kPositionField) number(c, &row->position);
    else skip(c);
  }
  if (!row->custom_id_json.empty()) row->position = -1;
}

void GoogleRowReader::metadata(JsonCursor* c) {
  if (!enter_object(c)) return;
  std::string_view key;
  while (c->next_key(&key)) {
    if (inside(key) == "key" && row_->custom_id_json.empty()) string(c, &row_->custom_id_json);
    else skip(c);
  }
}

void GoogleRowReader::response(JsonCursor* c) {
  if (c->peek() != Kind::object) return skip(c);
  const std::size_t start = c->offset();
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "candidates") candidates(c);
    else if (name == "usageMetadata") usage(c);
    else if (name == "tokenCount") number(c, &row_->usage.input_tokens);  // of embeddings
    else if (name == "modelVersion") string(c, &row_->model_json);
    else if (name == "promptFeedback") prompt_feedback(c);
    else if (name == "error") error(c);
    else skip(c);
  }
  if (!c->failed()) row_->response_json = c->slice_from(start);
}

void GoogleRowReader::candidates(JsonCursor* c) {
  if (!enter_array(c)) return;
  while (c->next_element()) {
    if (c->peek() != Kind::object) skip(c);
    else if (has_candidate_) further_candidate(c);
    else candidate(c, &first_);
  }
  row_->choices_json = choices_.token();
}

void GoogleRowReader::further_candidate(JsonCursor* c) {
  if (choices_.empty()) {
    Row said;
    first_.say(&said);
    choices_.add(said);
  }
  further_.clear();
  candidate(c, &further_);
  Row said;
  further_.say(&said);
  choices_.add(said);
}

void GoogleRowReader::candidate(JsonCursor* c, Candidate* into) {
  has_candidate_ = true;
  at_ = into;
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "content") content(c);
    else if (name == "finishReason") string(c, &at_->finish);
    else if (name == "finishMessage") string(c, &at_->finish_message);
    else skip(c);
  }
  if (!at_->tools.empty()) at_->tools.push_back(']');
}

void GoogleRowReader::content(JsonCursor* c) {
  if (!enter_object(c)) return;
  std::string_view key;
  while (c->next_key(&key)) {
    if (inside(key) == "parts" && c->peek() == Kind::array) {
      c->enter_array();
      while (c->next_element()) part(c);
    } else {
      skip(c);
    }
  }
}

void GoogleRowReader::part(JsonCursor* c) {
  if (!enter_object(c)) return;
  std::string_view key, text, thought, signature;
  const std::size_t calls = at_->tools.size();
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "text") string(c, &text);
    else if (name == "thought") c->skip(&thought);
    else if (name == "functionCall") function_call(c);
    else if (name == "thoughtSignature") string(c, &signature);
    else skip(c);
  }
  if (!text.empty()) (thought == "true" ? at_->thinking : at_->text).add(text);
  if (signature.empty() || c->failed()) return;
  if (at_->tools.size() == calls) {
    if (at_ == &first_) row_->text_signature_json = signature;
    return;
  }
  // As Google's own OpenAI surface gives it, inside of the call.
  at_->tools.pop_back();
  at_->tools.append(",\"extra_content\":{\"google\":{\"thought_signature\":").append(signature).append("}}}");
}

void GoogleRowReader::function_call(JsonCursor* c) {
  if (!enter_object(c)) return;
  std::string_view key, id, name, args;
  while (c->next_key(&key)) {
    const std::string_view field = inside(key);
    if (field == "id") string(c, &id);
    else if (field == "name") string(c, &name);
    else if (field == "args") c->skip(&args);
    else skip(c);
  }
  if (c->failed()) return;
  at_->tools.append(at_->tools.empty() ? "[" : ",");
  append_tool_call(id, name, args == "null" ? std::string_view() : args, at_->tool_count++, &at_->tools);
}

void GoogleRowReader::prompt_feedback(JsonCursor* c) {
  if (!enter_object(c)) return;
  std::string_view key;
  while (c->next_key(&key)) {
    if (inside(key) == "blockReason") string(c, &block_reason_);
    else if (inside(key) == "blockReasonMessage") string(c, &block_message_);
    else skip(c);
  }
}

void GoogleRowReader::usage(JsonCursor* c) {
  if (!enter_object(c)) return;
  Usage& u = row_->usage;
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "promptTokenCount") number(c, &u.input_tokens);
    else if (name == "candidatesTokenCount") number(c, &u.output_tokens);
    else if (name == "cachedContentTokenCount") number(c, &u.cached_input_tokens);
    else if (name == "thoughtsTokenCount") number(c, &thoughts_);
    else if (name == "toolUsePromptTokenCount") number(c, &tool_tokens_);
    else skip(c);
  }
}

// google.rpc.Status, or text. An empty text is how some say that nothing went wrong.
void GoogleRowReader::error(JsonCursor* c) {
  if (c->peek() == Kind::string) {
    std::string_view text;
    string(c, &text);
    if (inside(text).empty()) return;
    has_error_ = true;
    if (row_->error_message_json.empty()) row_->error_message_json = text;
    return;
  }
  if (!enter_object(c)) return;
  std::string_view key;
  bool any = false;
  while (c->next_key(&key)) {
    any = true;
    const std::string_view name = inside(key);
    if (name == "code") number(c, &code_);
    else if (name == "message") string(c, &row_->error_message_json);
    else if (name == "status") string(c, &row_->error_type_json);
    else skip(c);
  }
  has_error_ = has_error_ || any;
}

void GoogleRowReader::judge(Row* row) {
  if (!has_error_ && !row->response_json.empty()) return judge_success(row);
  row->http_status = http_status_of_rpc_code(code_);
  row->status = row->http_status == kHttpCancelled ? ResultStatus::cancelled : ResultStatus::errored;
  const std::string_view type = inside(row->error_type_json);
  const int http = row->http_status;
  row->transient = http == 408 || http == 409 || http == 429 || http >= 500 || type == "RESOURCE_EXHAUSTED" ||
                   type == "UNAVAILABLE" || type == "INTERNAL" || type == "DEADLINE_EXCEEDED";
  constexpr std::int64_t kAlreadyExists = 6, kDataLoss = 15;
  if (http == 501 || type == "ALREADY_EXISTS" || code_ == kAlreadyExists || code_ == kDataLoss) row->transient = false;
  if (row->error_type_json.empty()) row->error_type_json = "\"provider_error\"";
  if (row->error_code_json.empty()) row->error_code_json = row->error_type_json;
  if (row->error_message_json.empty()) row->error_message_json = "\"the vendor gave no reason\"";
}

void GoogleRowReader::judge_success(Row* row) {
  row->status = ResultStatus::succeeded;
  row->http_status = 200;
  first_.say(row);
  Usage& u = row->usage;
  if (u.any() || thoughts_ >= 0) {
    const auto tokens = [](std::int64_t n) { return std::max<std::int64_t>(0, n); };
    u.input_tokens = tokens(u.input_tokens) + tokens(tool_tokens_);
    u.output_tokens = tokens(u.output_tokens) + tokens(thoughts_);
    u.reasoning_tokens = thoughts_;
  }
  if (has_candidate_ || block_reason_.empty()) return;
  row->finish_reason_json = "\"content_filter\"";
  row->refusal_json = block_message_.empty() ? block_reason_ : block_message_;
}

}  // namespace

int http_status_of_rpc_code(std::int64_t code) {
  if (code <= 0) return 0;
  if (code < static_cast<std::int64_t>(kHttpStatus.size())) return kHttpStatus[static_cast<std::size_t>(code)];
  return code < 1000 ? static_cast<int>(code) : 0;
}

std::unique_ptr<RowReader> make_google_row_reader() { return std::make_unique<GoogleRowReader>(); }

}  // namespace br
