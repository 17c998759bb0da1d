// Answers in the form of Bedrock's Converse API.
#include <algorithm>

#include "providers/bedrock/converse.h"
#include "providers/shared/unified_fields.h"
#include "providers/shared/wire.h"

namespace br {
namespace {

using Kind = JsonCursor::Kind;

void skip(JsonCursor* c) {
  std::string_view value;
  c->skip(&value);
}

void text_of(JsonCursor* c, std::string_view* token) {
  std::string_view value;
  const bool string = c->peek() == Kind::string;
  c->skip(&value);
  if (string) *token = value;
}

// Enters an object that is a field's value, and calls use(name) before each value of its own.
template <class Use>
void each_field(JsonCursor* c, Use use) {
  if (c->peek() != Kind::object) return skip(c);
  c->enter_object();
  std::string_view key;
  while (c->next_key(&key)) use(inside(key));
}

void count(JsonCursor* c, std::int64_t* value) {
  std::string_view token;
  c->skip(&token);
  std::int64_t number = 0;
  bool digits = !token.empty() && token.size() < 18;
  for (const char digit : token) {
    digits = digits && digit >= '0' && digit <= '9';
    if (digits) number = number * 10 + (digit - '0');
  }
  if (digits) *value = number;
}

std::string_view finish_reason(std::string_view stop) {
  static constexpr std::pair<std::string_view, std::string_view> kReasons[] = {
      {"\"end_turn\"", "\"stop\""},
      {"\"stop_sequence\"", "\"stop\""},
      {"\"tool_use\"", "\"tool_calls\""},
      {"\"max_tokens\"", "\"length\""},
      {"\"model_context_window_exceeded\"", "\"length\""},
      {"\"guardrail_intervened\"", "\"content_filter\""},
      {"\"content_filtered\"", "\"content_filter\""},
      {"\"malformed_model_output\"", "\"error\""},
      {"\"malformed_tool_use\"", "\"error\""}};
  for (const auto& [word, reason] : kReasons) {
    if (word == stop) return reason;
  }
  return stop;
}

}  // namespace

void ConverseAnswer::read(std::string_view output, Row* row) {
  text_.clear();
  thinking_.clear();
  tools_.clear();
  blocks_.clear();
  tool_count_ = 0;
  std::string_view stop;
  JsonCursor c(output.data(), output.size());
  each_field(&c, [&](std::string_view name) {
    if (name == "output") {
      each_field(&c, [&](std::string_view part) {
        if (part != "message") return skip(&c);
        each_field(&c, [&](std::string_view field) { field == "content" ? content(&c) : skip(&c); });
      });
    } else if (name == "stopReason") {
      text_of(&c, &stop);
    } else if (name == "usage") {
      usage(&c, &row->usage);
    } else {
      skip(&c);
    }
  });
  row->status = ResultStatus::succeeded;
  row->http_status = 200;
  row->response_json = output;
  row->text_json = text_.token();
  row->reasoning_text_json = thinking_.token();
  row->finish_reason_json = finish_reason(stop);
  if (!blocks_.empty()) {
    blocks_.push_back(']');
    row->thinking_blocks_json = blocks_;
  }
  if (tools_.empty()) return;
  tools_.push_back(']');
  row->tool_calls_json = tools_;
}

void ConverseAnswer::content(JsonCursor* c) {
  if (c->peek() != Kind::array) return skip(c);
  c->enter_array();
  while (c->next_element()) block(c);
}

void ConverseAnswer::block(JsonCursor* c) {
  each_field(c, [&](std::string_view name) {
    std::string_view text;
    if (name == "text") {
      text_of(c, &text);
      if (!text.empty()) text_.add(text);
    } else if (name == "toolUse") {
      tool_use(c);
    } else if (name == "reasoningContent") {
      reasoning(c);
    } else {
      skip(c);
    }
  });
}

// In the form of Anthropic's blocks: a signed text, or one that only the vendor reads.
void ConverseAnswer::reasoning(JsonCursor* c) {
  std::string_view text, signature, redacted;
  each_field(c, [&](std::string_view part) {
    if (part == "redactedContent") return text_of(c, &redacted);
    if (part != "reasoningText") return skip(c);
    each_field(c, [&](std::string_view field) {
      if (field == "text") text_of(c, &text);
      else if (field == "signature") text_of(c, &signature);
      else skip(c);
    });
  });
  if (c->failed()) return;
  if (!text.empty()) thinking_.add(text);
  if (!text.empty() && !signature.empty()) {
    blocks_.append(blocks_.empty() ? "[" : ",").append("{\"type\":\"thinking\",\"thinking\":").append(text);
    blocks_.append(",\"signature\":").append(signature).append("}");
  }
  if (!redacted.empty())
    blocks_.append(blocks_.empty() ? "[" : ",").append("{\"type\":\"redacted_thinking\",\"data\":").append(redacted).append("}");
}

void ConverseAnswer::tool_use(JsonCursor* c) {
  std::string_view id, name, input;
  each_field(c, [&](std::string_view field) {
    if (field == "toolUseId")
      text_of(c, &id);
    else if (field == "name")
      text_of(c, &name);
    else if (field == "input")
      c->skip(&input);
    else
      skip(c);
  });
  if (c->failed()) return;
  tools_.append(tools_.empty() ? "[" : ",");
  append_tool_call(id, name, input, tool_count_++, &tools_);
}

// What was read from a cache or written to it is not within the input tokens.
void ConverseAnswer::usage(JsonCursor* c, Usage* usage) {
  each_field(c, [&](std::string_view name) {
    if (name == "inputTokens")
      count(c, &usage->input_tokens);
    else if (name == "outputTokens")
      count(c, &usage->output_tokens);
    else if (name == "cacheReadInputTokens")
      count(c, &usage->cached_input_tokens);
    else if (name == "cacheWriteInputTokens")
      count(c, &usage->cache_write_5m_tokens);
    else
      skip(c);
  });
  if (usage->input_tokens < 0) return;
  usage->input_tokens += std::max<std::int64_t>(0, usage->cache_write_5m_tokens);
  usage->input_tokens += std::max<std::int64_t>(0, usage->cached_input_tokens);
}

}  // namespace br
