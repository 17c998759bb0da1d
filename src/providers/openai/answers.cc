// The answers themselves: choices of chat completions, the output of responses, usage.
#include "providers/openai/row_reader.h"

namespace br {

std::string_view unified_finish(std::string_view token) {
  if (token == "\"stop\"") return token;
  if (token == "\"eos\"" || token == "\"completed\"") return "\"stop\"";
  if (token == "\"model_length\"" || token == "\"max_output_tokens\"" || token == "\"max_tokens\"")
    return "\"length\"";
  if (token == "\"function_call\"") return "\"tool_calls\"";
  return token;
}

// Why a response ended early takes the place of "incomplete".
void OpenAiRowReader::incomplete(JsonCursor* c) {
  if (!enter_object(c)) return;
  std::string_view key, reason;
  while (c->next_key(&key)) {
    if (inside(key) == "reason") string(c, &reason);
    else skip(c);
  }
  if (!reason.empty()) row_->finish_reason_json = unified_finish(reason);
}

void OpenAiRowReader::choices(JsonCursor* c) {
  if (c->peek() != Kind::array) return skip(c);
  has_answer_ = true;
  c->enter_array();
  bool first = true;
  while (c->next_element()) {
    if (c->peek() != Kind::object) skip(c);
    else if (first) choice(c);
    else further_choice(c);
    first = false;
  }
  row_->choices_json = choices_.token();
}

// The first choice stays what the row says; it stands in the list as well.
void OpenAiRowReader::further_choice(JsonCursor* c) {
  if (choices_.empty()) {
    choices_.add(*row_);
    // What was joined for the first one gives its place to the next.
    first_text_.assign(row_->text_json), first_thoughts_.assign(row_->reasoning_text_json);
    row_->text_json = first_text_, row_->reasoning_text_json = first_thoughts_;
  }
  const Row first = *row_;
  text_.clear(), thoughts_.clear();
  row_->text_json = row_->finish_reason_json = row_->tool_calls_json = {};
  row_->reasoning_text_json = row_->refusal_json = {};
  choice(c);
  choices_.add(*row_);
  *row_ = first;
}

void OpenAiRowReader::choice(JsonCursor* c) {
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "message") message(c);
    else if (name == "text") string(c, &row_->text_json);  // of text completions
    else if (name == "finish_reason") string(c, &row_->finish_reason_json);
    else skip(c);
  }
  row_->finish_reason_json = unified_finish(row_->finish_reason_json);
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

// Joins the "text" of the chunks of that type into one JSON string, and what was thought into another.
void OpenAiRowReader::text_chunks(JsonCursor* c, std::string_view type) {
  if (c->peek() != Kind::array) return skip(c);
  c->enter_array();
  while (c->next_element()) chunk(c, type);
  if (!text_.token().empty()) row_->text_json = text_.token();
  if (!thoughts_.token().empty()) row_->reasoning_text_json = thoughts_.token();
}

void OpenAiRowReader::chunk(JsonCursor* c, std::string_view type) {
  if (!enter_object(c)) return;
  std::string_view key, text, kind;
  while (c->next_key(&key)) {
    const std::string_view name = inside(key);
    if (name == "text") string(c, &text);
    else if (name == "type") string(c, &kind);
    else if (name == "refusal") string(c, &row_->refusal_json);
    else if (name == "thinking") thinking(c);
    else skip(c);
  }
  if (kind == type && !text.empty()) text_.add(text);
}

// The texts of a list of chunks, or a text itself.
void OpenAiRowReader::thinking(JsonCursor* c) {
  std::string_view token, key;
  if (c->peek() == Kind::string) {
    if (c->read_string(&token)) thoughts_.add(token);
    return;
  }
  if (!enter_array(c)) return;
  while (c->next_element()) {
    if (!enter_object(c)) continue;
    while (c->next_key(&key)) {
      token = {};
      if (inside(key) == "text") string(c, &token);
      else skip(c);
      if (!token.empty()) thoughts_.add(token);
    }
  }
}

void OpenAiRowReader::output(JsonCursor* c) {
  if (c->peek() != Kind::array) return skip(c);
  has_answer_ = true;
  c->enter_array();
  std::string_view item;
  while (c->next_element() && c->skip(&item)) {
    if (item.front() == '{') output_item(item);
  }
  if (!thoughts_.token().empty()) row_->reasoning_text_json = thoughts_.token();
  if (!blocks_.empty()) {
    blocks_.push_back(']');
    row_->thinking_blocks_json = blocks_;
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
    else if (inside(key) == "summary") thinking(&c);  // [{"type":"summary_text","text"}]
    else skip(&c);
  }
  if (type == "\"function_call\"") function_call(item);
  if (type == "\"reasoning\"") blocks_.append(blocks_.empty() ? "[" : ",").append(item);
}

// Responses hold their calls flat; they are given in the form of chat completions.
void OpenAiRowReader::function_call(std::string_view item) {
  JsonCursor c(item.data(), item.size());
  c.enter_object();
  std::string_view key, id, call_id, name = "\"\"", arguments = "\"{}\"";
  while (c.next_key(&key)) {
    if (inside(key) == "call_id") string(&c, &call_id);
    else if (inside(key) == "id") string(&c, &id);
    else if (inside(key) == "name") string(&c, &name);
    else if (inside(key) == "arguments") string(&c, &arguments);
    else skip(&c);
  }
  if (call_id.empty()) call_id = id.empty() ? std::string_view("\"\"") : id;
  tools_.append(tools_.empty() ? "[" : ",").append("{\"id\":").append(call_id);
  tools_.append(",\"type\":\"function\",\"function\":{\"name\":").append(name);
  tools_.append(",\"arguments\":").append(arguments).append("}}");
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
    else if (name == "total_tokens") number(c, &total_tokens_);
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
    else if (name == "cache_write_tokens") number(c, &row_->usage.cache_write_5m_tokens);
    else skip(c);
  }
}

}  // namespace br
