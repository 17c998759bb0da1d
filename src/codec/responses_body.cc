// Bodies of OpenAI's responses, which become chats: one message for each item, the calls of one turn together.
#include "codec/body_translator.h"

namespace br {
namespace {

constexpr std::string_view kKept = "names what OpenAI keeps from before";
constexpr std::string_view kRecords = "is for OpenAI's own records, not for the model";

constexpr BodyField kResponsesFields[] = {
    {"model", Fate::elsewhere},
    {"input", Fate::own},
    {"instructions", Fate::copied, "system_prompt"},
    {"max_output_tokens", Fate::generation, "max_tokens"},
    {"temperature", Fate::generation, "temperature"},
    {"top_p", Fate::generation, "top_p"},
    {"tools", Fate::own},
    {"tool_choice", Fate::own},
    {"parallel_tool_calls", Fate::own},
    {"reasoning", Fate::own},
    {"text", Fate::own},
    {"stream", Fate::never, " false ", "asks for a stream; a batch cannot stream"},
    {"background", Fate::never, " false ", "asks for an answer that is fetched otherwise"},
    {"previous_response_id", Fate::never, "", kKept},
    {"conversation", Fate::never, "", kKept},
    {"prompt", Fate::never, "", kKept},
    {"context_management", Fate::left, "", "is a service of OpenAI's"},
    {"include", Fate::left, " [] "},
    {"truncation", Fate::left, " \"disabled\" "},
    {"top_logprobs", Fate::left, " 0 "},
    {"max_tool_calls", Fate::left},
    {"user", Fate::left, "", kRecords},
    {"safety_identifier", Fate::left, "", kRecords},
    {"metadata", Fate::left, " {} ", kRecords},
    {"store", Fate::left, " false ", kRecords},
    {"prompt_cache_key", Fate::left, "", kRecords},
    {"prompt_cache_retention", Fate::left, "", kRecords},
    {"service_tier", Fate::left, " \"auto\" \"default\" ", "is a tier of the vendor's"},
};

// The text of a content that is nothing but one; empty for any other.
std::string_view only_text(std::string_view content) {
  if (is_json_string(content)) return content;
  const auto parts = json_elements(content);
  return parts.size() == 1 && json_text(json_member(parts[0], "type")).ends_with("text") ? json_member(parts[0], "text")
                                                                                         : std::string_view();
}

// Whether the item belongs to the turn of the assistant before it.
bool goes_on(std::string_view item) {
  return json_text(json_member(item, "type")) == "function_call" || json_text(json_member(item, "role")) == "assistant";
}

class ResponsesTranslator : public BodyTranslator {
 public:
  using BodyTranslator::BodyTranslator;

 private:
  std::span<const BodyField> fields() const override { return kResponsesFields; }
  bool take(std::string_view name, std::string_view value) override;
  bool input(std::string_view value);
  bool item(std::string_view value, std::string_view next);
  bool message(std::string_view value, std::string_view next);
  bool call(std::string_view value);
  bool result(std::string_view value);
  void next_message();
  // What the assistant says and which tools it calls before anybody answers is one message.
  void begin_turn(std::string_view value);
  void end_turn();
  void begin_part();
  bool reasoning(std::string_view value);
  bool text(std::string_view value);

  bool any_message_ = false, in_turn_ = false, any_part_ = false;
};

bool ResponsesTranslator::take(std::string_view name, std::string_view value) {
  if (name == "input") return input(value);
  if (name == "tools") return tools(value);
  if (name == "tool_choice") return tool_choice(value);
  if (name == "reasoning") return reasoning(value);
  if (name == "text") return text(value);
  if (value != "true") serial_calls(value);  // parallel_tool_calls
  return true;
}

bool ResponsesTranslator::input(std::string_view value) {
  out_.field("messages", value);
  out_.own("[");
  if (is_json_string(value)) {
    out_.own("{\"role\":\"user\",\"content\":").from(value).own("}]");
    return true;
  }
  if (!expect(value, '[', "a string or an array of items")) return false;
  const auto items = json_elements(value);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!item(items[i], i + 1 < items.size() ? items[i + 1] : std::string_view())) return false;
  }
  end_turn();
  out_.own("]");
  return true;
}

bool ResponsesTranslator::item(std::string_view value, std::string_view next) {
  if (!expect(value, '{', "an object")) return false;
  const std::string type = json_text(json_member(value, "type"));
  if (type.empty() || type == "message") return message(value, next);
  if (type == "function_call") return call(value);
  if (type == "function_call_output") return result(value);
  if (type == "reasoning") {
    warn(value, "what OpenAI reasoned before is its own and is not passed on");
    return true;
  }
  return refuse(value, "is an item of the type " + type +
                           "; a message, a function_call and a function_call_output can be translated; remove it");
}

void ResponsesTranslator::next_message() {
  end_turn();
  if (any_message_) out_.own(",");
  any_message_ = true;
}

void ResponsesTranslator::begin_turn(std::string_view value) {
  if (in_turn_) return;
  next_message();
  in_turn_ = true;
  any_part_ = false;
  out_.mark(value).own("{\"role\":\"assistant\",\"content\":[");
}

void ResponsesTranslator::end_turn() {
  if (in_turn_) out_.own("]}");
  in_turn_ = false;
}

void ResponsesTranslator::begin_part() {
  if (any_part_) out_.own(",");
  any_part_ = true;
}

bool ResponsesTranslator::message(std::string_view value, std::string_view next) {
  const std::string_view role = json_member(value, "role"), content = json_member(value, "content");
  for (const JsonSlice& member : json_members(value)) {
    const bool known = member.name == "type" || member.name == "role" || member.name == "content" ||
                       member.name == "id" || member.name == "status" || member.name == "phase";
    if (!known) return refuse(member.value, "is not known in a message; remove it");
  }
  if (role.empty() || content.empty()) return refuse(value, "is a message without role or content; add it");
  if (json_text(role) != "assistant") {
    next_message();
    out_.mark(value).own("{\"role\":").from(role).own(",\"content\":").from(content).own("}");
    return true;
  }
  const std::string_view text = only_text(content);
  if (!in_turn_ && !text.empty() && !goes_on(next)) {
    next_message();
    out_.mark(value).own("{\"role\":\"assistant\",\"content\":").from(text).own("}");
    return true;
  }
  begin_turn(value);
  if (is_json_string(content)) {
    begin_part();
    out_.mark(value).own("{\"type\":\"text\",\"text\":").from(content).own("}");
  }
  for (const std::string_view part : json_elements(content)) {
    begin_part();
    out_.from(part);
  }
  return true;
}

bool ResponsesTranslator::call(std::string_view value) {
  const std::string_view id = json_member(value, "call_id"), name = json_member(value, "name");
  const std::string_view arguments = json_member(value, "arguments");
  if (id.empty() || name.empty()) return refuse(value, "is a call without call_id or name; add it");
  begin_turn(value);
  begin_part();
  out_.mark(value).own("{\"type\":\"tool_use\",\"id\":").from(id).own(",\"name\":").from(name);
  if (!arguments.empty()) out_.own(",\"input\":").from(arguments);
  out_.own("}");
  return true;
}

bool ResponsesTranslator::result(std::string_view value) {
  const std::string_view id = json_member(value, "call_id"), output = json_member(value, "output");
  if (id.empty() || output.empty()) return refuse(value, "is a result without call_id or output; add it");
  next_message();
  out_.mark(value).own("{\"role\":\"tool\",\"tool_call_id\":").from(id).own(",\"content\":").from(output).own("}");
  return true;
}

bool ResponsesTranslator::reasoning(std::string_view value) {
  if (!expect(value, '{', "an object")) return false;
  for (const JsonSlice& member : json_members(value)) {
    if (member.name == "effort" ? !effort(member.value) : !left_out(member.value)) return false;
  }
  return true;
}

bool ResponsesTranslator::text(std::string_view value) {
  if (!expect(value, '{', "an object")) return false;
  for (const JsonSlice& member : json_members(value)) {
    if (member.name == "format") {
      out_.field("response_format", member.value);
      out_.from(member.value);
    } else if (!(member.name == "verbosity" && member.value == "\"medium\"") && !left_out(member.value)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::unique_ptr<BodyTranslator> make_responses_translator(const BodyTranslator::Place& place) {
  return std::make_unique<ResponsesTranslator>(place);
}

}  // namespace br
