// Anthropic's messages: message_start, the blocks one after the other, message_delta with the end, message_stop.
#include <array>

#include "capture/stream/event_writer.h"
#include "capture/stream/stream_forms.h"
#include "codec/words.h"

namespace br {
namespace {

// Blocks whose input comes in pieces of its JSON text. Results of server tools, and what is new, stand whole in the
// start.
constexpr std::array<std::string_view, 3> kToolUses = {"tool_use", "server_tool_use", "mcp_tool_use"};
// Known at the end only, and told there.
constexpr std::array<std::string_view, 4> kEnd = {"stop_reason", "stop_sequence", "stop_details", "container"};
constexpr std::array<std::string_view, 2> kBesideTheEnd = {"context_management", "input_transformations"};

class MessageEvents {
 public:
  explicit MessageEvents(std::string* out) : events_(out) {}

  void start(const Json& answer);
  void block(const Json& block);
  void end(const Json& answer);

 private:
  JsonWriter& begin(std::string_view type) { return events_.begin(type).begin_object().field("type", type); }
  void end_event() {
    events_.json().end_object();
    events_.end();
  }
  JsonWriter& begin_block(std::string_view type) {
    JsonWriter& json = begin(type);
    return index_field("index", index_, &json);
  }
  void start_block(const Json& block, std::initializer_list<ChangedField> changed);
  void delta(std::string_view type, std::string_view field, std::string_view json);
  void text(const Json& block);
  void thinking(const Json& block);
  void tool_use(const Json& block);

  EventWriter events_;
  std::size_t index_ = 0;
};

// The usage as it is known before the answer: all of the prompt, and the first token.
std::string usage_at_start(const Json& usage) {
  std::string json;
  JsonWriter writer(&json);
  const bool none = usage["output_tokens"].raw() == "0";
  write_object(usage, {{"output_tokens", none ? "0" : "1"}}, &writer);
  return json;
}

void MessageEvents::start(const Json& answer) {
  const std::string usage = answer["usage"].is_object() ? usage_at_start(answer["usage"]) : "null";
  JsonWriter& json = begin("message_start").key("message");
  write_object(answer,
               {{"content", "[]"},
                {"stop_reason", "null"},
                {"stop_sequence", "null"},
                {"stop_details", "null"},
                {"usage", usage}},
               &json);
  end_event();
}

void MessageEvents::start_block(const Json& block, std::initializer_list<ChangedField> changed) {
  write_object(block, changed, &begin_block("content_block_start").key("content_block"));
  end_event();
}

void MessageEvents::delta(std::string_view type, std::string_view field, std::string_view json) {
  begin_block("content_block_delta").key("delta").begin_object().field("type", type).key(field).raw(json).end_object();
  end_event();
}

void MessageEvents::text(const Json& block) {
  const Json& citations = block["citations"];
  start_block(block, {{"text", "\"\""}, {"citations", citations.is_array() ? "[]" : citations.raw()}});
  if (!block["text"].string().empty()) delta("text_delta", "text", block["text"].raw());
  for (const Json& each : citations.items()) delta("citations_delta", "citation", each.raw());
}

void MessageEvents::thinking(const Json& block) {
  start_block(block, {{"thinking", "\"\""}, {"signature", "\"\""}});
  if (!block["thinking"].string().empty()) delta("thinking_delta", "thinking", block["thinking"].raw());
  if (!block["signature"].string().empty()) delta("signature_delta", "signature", block["signature"].raw());
}

void MessageEvents::tool_use(const Json& block) {
  start_block(block, {{"input", "{}"}});
  std::string input;
  append_json_string(block["input"].raw(), &input);
  delta("input_json_delta", "partial_json", input);
}

void MessageEvents::block(const Json& block) {
  const std::string_view type = block["type"].string();
  if (type == "text" && block["text"].is_string())
    text(block);
  else if (type == "thinking" && block["thinking"].is_string())
    thinking(block);
  else if (is_one_of(type, kToolUses) && block["input"].is_object())
    tool_use(block);
  else
    start_block(block, {});
  begin_block("content_block_stop");
  end_event();
  ++index_;
}

void MessageEvents::end(const Json& answer) {
  JsonWriter& json = begin("message_delta");
  json.key("delta").begin_object();
  for (const std::string_view name : kEnd) copy_field(answer, name, &json);
  json.end_object();
  copy_field(answer, "usage", &json);
  for (const std::string_view name : kBesideTheEnd) copy_field(answer, name, &json);
  end_event();
  begin("message_stop");
  end_event();
}

}  // namespace

bool stream_message(const Json& answer, std::string* out) {
  if (!answer["content"].is_array()) return false;
  MessageEvents events(out);
  events.start(answer);
  for (const Json& block : answer["content"].items()) events.block(block);
  events.end(answer);
  return true;
}

}  // namespace br
