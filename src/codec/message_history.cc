// What conversations with tools have beside role and content, and whether every call of a tool has its one result.
#include <algorithm>

#include "codec/message_fields.h"
#include "codec/message_reader.h"

namespace br {
namespace {

bool is_text(std::string_view token) { return token.starts_with('"') && !is_empty_string(token); }

}  // namespace

using Kind = JsonCursor::Kind;

bool MessageReader::finish_message(const Extras& extras, std::size_t start, std::uint32_t seen, Message* message) {
  if ((seen & 1U << kMessageRole) == 0) return check_given(seen, start);
  if (!extras[kMessageFunctionCall].empty())
    return wrong(cursor.offset_of(extras[kMessageFunctionCall]), "function_call",
                 "function_call was replaced by tool_calls, [{\"id\",\"type\":\"function\",\"function\":{\"name\","
                 "\"arguments\"}}]; write that");
  const bool assistant = message->role == Role::assistant;
  for (const MessageField field : {kMessageToolCalls, kMessageThinking, kMessageReasoning, kMessageReasoningContent}) {
    if (!assistant && !extras[field].empty())
      return wrong(cursor.offset_of(extras[field]), kMessageFields[field],
                   std::string(kMessageFields[field]) + " belongs to a message of the assistant; move or remove it");
  }
  if (!extras[kMessageName].empty() && extras[kMessageName].front() != '"')
    return wrong(cursor.offset_of(extras[kMessageName]), "name", "name is no string; it says who speaks; correct it");
  message->name_json = extras[kMessageName];
  if (message->role == Role::tool && !extras[kMessageToolCallId].empty()) {
    if (!make_result(extras, start, message)) return false;
  } else if (!extras[kMessageToolCallId].empty()) {
    return wrong(cursor.offset_of(extras[kMessageToolCallId]), "tool_call_id",
                 "tool_call_id belongs to a message of the role tool; move or remove it");
  } else if (message->role == Role::tool && message->plain_string) {
    return wrong(start, "tool_call_id", "the tool's message has no tool_call_id; it says which call it answers; add it");
  }
  const std::string_view calls = extras[kMessageToolCalls], thinking = extras[kMessageThinking];
  const bool calls_tools = calls.find('{') != std::string_view::npos;
  // An empty text beside calls says nothing, and is refused by some.
  if (calls_tools && message->plain_string && is_empty_string(request->parts.back().text_json)) {
    request->parts.pop_back();
    message->plain_string = false;
  }
  if (is_text(extras[kMessageRefusal]) && request->parts.size() == message->first_part) {
    Part refusal;
    refusal.text_json = extras[kMessageRefusal];
    refusal.column = message->column;
    request->parts.push_back(refusal);
  }
  const std::string_view signature = thought_signature(extras[kMessageExtra]);
  if (!signature.empty() && request->parts.size() > message->first_part) request->parts.back().signature_json = signature;
  const std::size_t texts = request->parts.size();
  if (!thinking.empty() && !read_again(thinking, [&] { return read_thinking(thinking); })) return false;
  std::rotate(request->parts.begin() + message->first_part, request->parts.begin() + static_cast<std::ptrdiff_t>(texts),
              request->parts.end());
  if (!calls.empty() && !read_again(calls, [&] { return read_tool_calls(calls); })) return false;
  if (request->parts.size() - message->first_part != 1) message->plain_string = false;
  message->part_count = static_cast<std::uint32_t>(request->parts.size()) - message->first_part;
  if (message->part_count == 0 && extras.null_content)
    return read_again(extras[kMessageContent], [&] { return wrong_type("content", "a string or an array of parts"); });
  if (message->part_count == 0) return check_given(seen, start);
  message->reasoning_json = extras[kMessageReasoning].empty() ? extras[kMessageReasoningContent] : extras[kMessageReasoning];
  if (!is_text(message->reasoning_json)) message->reasoning_json = {};
  if (!extras[kMessageCache].empty() && !mark_cache(extras[kMessageCache], message)) return false;
  if (message->role == Role::system || message->role == Role::developer) {
    if (request->messages.empty()) return take_system(*message);
  }
  bool only_results = true;
  for (std::size_t i = message->first_part; i < request->parts.size(); i += 1 + request->parts[i].inner_count)
    only_results = only_results && request->parts[i].kind == PartKind::tool_result;
  if (message->role == Role::user && only_results) message->role = Role::tool;
  if (message->role == Role::tool && !only_results)
    return wrong(start, "tool_call_id", "the tool's message has no tool_call_id; it says which call it answers; add it");
  request->messages.push_back(*message);
  return true;
}

// {"role":"tool","tool_call_id","content"}: its content becomes that of one part.
bool MessageReader::make_result(const Extras& extras, std::size_t start, Message* message) {
  Part result;
  result.kind = PartKind::tool_result;
  result.column = message->column;
  result.id_json = extras[kMessageToolCallId];
  result.name_json = message->name_json;
  result.is_error = extras[kMessageIsError] == "true";
  message->name_json = {};
  request->has_tool_turns = true;
  if (!is_text(result.id_json))
    return wrong(start, "tool_call_id", "tool_call_id is empty or no string; it says which call it answers; correct it");
  if (message->plain_string) {
    result.text_json = request->parts.back().text_json;
    request->parts.back() = result;
    message->plain_string = false;
    return true;
  }
  result.inner_count = message->part_count;
  if (message->part_count == 0) result.text_json = "\"\"";
  request->parts.insert(request->parts.begin() + message->first_part, result);
  return true;
}

bool MessageReader::read_thinking(std::string_view blocks) {
  if (cursor.peek() != Kind::array) return wrong_type("thinking_blocks", "an array of a vendor's blocks");
  cursor.enter_array();
  while (cursor.next_element()) {
    Part part;
    part.kind = PartKind::thinking;
    part.column = column();
    if (cursor.peek() != Kind::object) return wrong_type("thinking_blocks", "an array of objects with a type");
    if (!cursor.skip(&part.data_json)) return broken();
    request->parts.push_back(part);
  }
  return !blocks.empty();
}

bool MessageReader::read_tool_calls(std::string_view calls) {
  if (cursor.peek() != Kind::array) return wrong_type("tool_calls", "an array of calls");
  cursor.enter_array();
  while (cursor.next_element()) {
    if (!read_tool_call()) return false;
  }
  return !calls.empty();
}

// {"id","type":"function","function":{"name","arguments"}}, or the function's fields beside the id.
bool MessageReader::read_tool_call() {
  if (cursor.peek() != Kind::object) return wrong_type("tool_calls", "an array of objects with id and function");
  Part part;
  part.kind = PartKind::tool_call;
  part.column = column();
  std::string_view call, type, function, extra, arguments;
  const std::size_t start = cursor.offset();
  if (!cursor.skip(&call)) return broken();
  pick(call, {{"id", &part.id_json}, {"type", &type}, {"function", &function}, {"extra_content", &extra},
              {"name", &part.name_json}, {"arguments", &arguments}});
  pick(function, {{"name", &part.name_json}, {"arguments", &arguments}});
  if (!type.empty() && type != "\"function\"")
    return wrong(start, "tool_calls", "the tool call is no function; only calls of functions are taken; change it");
  if (!is_text(part.id_json) || !is_text(part.name_json))
    return wrong(start, "tool_calls",
                 "the tool call has no id or no function.name; it is {\"id\",\"type\":\"function\",\"function\":"
                 "{\"name\",\"arguments\"}}; add them");
  part.signature_json = thought_signature(extra);
  request->has_tool_turns = true;
  if (!set_arguments(arguments, &part)) return false;
  request->parts.push_back(part);
  return true;
}

bool MessageReader::mark_cache(std::string_view cache, Message* message) {
  if (cache.front() != '{')
    return wrong(cursor.offset_of(cache), "cache_control",
                 "cache_control is no object; it is {\"type\":\"ephemeral\"}; correct it");
  std::size_t last = message->first_part;
  for (std::size_t i = last; i < request->parts.size(); i += 1 + request->parts[i].inner_count) last = i;
  request->parts[last].cache_json = cache;
  message->plain_string = false;
  return true;
}

// System and developer messages in front of all others are the system prompt.
bool MessageReader::take_system(const Message& message) {
  if (request->system_column == 0) request->system_column = message.column;
  for (std::size_t i = message.first_part; i < request->parts.size(); ++i) {
    const Part& part = request->parts[i];
    if (part.kind != PartKind::text)
      return wrong(part.column - 1, "content", "a system message holds a part that is no text; it takes texts only");
    if (!is_empty_string(part.text_json)) request->system.push_back({part.text_json, part.cache_json});
  }
  if (!message.plain_string) request->system_is_list = true;
  request->parts.resize(message.first_part);
  return true;
}

// Every vendor with tools refuses a result without its call, and a call without its result.
bool MessageReader::check_tool_turns() {
  std::vector<std::size_t> open;
  const auto unanswered = [&] {
    const Part& call = request->parts[open.front()];
    return wrong(call.column - 1, "tool_calls",
                 "the tool call " + std::string(call.id_json) +
                     " has no result in the messages right behind it; every call needs one; add "
                     "{\"role\":\"tool\",\"tool_call_id\":" + std::string(call.id_json) + ",\"content\":…}");
  };
  for (const Message& message : request->messages) {
    const bool answers = message.role == Role::tool || message.role == Role::user;
    if (!answers && !open.empty()) return unanswered();
    const std::size_t end = message.first_part + message.part_count;
    for (std::size_t i = message.first_part; i < end; i += 1 + request->parts[i].inner_count) {
      Part& part = request->parts[i];
      const bool assistant = message.role == Role::assistant;
      if ((part.kind == PartKind::tool_call || part.kind == PartKind::thinking) && !assistant)
        return wrong(part.column - 1, "content", "tool calls and thinking belong to a message of the assistant; move it");
      if (part.kind == PartKind::tool_call) open.push_back(i);
      if (part.kind != PartKind::tool_result) continue;
      const auto call = std::find_if(open.begin(), open.end(), [&](std::size_t at) {
        return unescape(request->parts[at].id_json) == unescape(part.id_json);
      });
      if (assistant || call == open.end())
        return wrong(part.column - 1, "tool_call_id",
                     "the tool result answers " + std::string(part.id_json) +
                         ", which no tool call of the assistant's message before it has as its id; correct or remove it");
      part.name_json = request->parts[*call].name_json;
      open.erase(call);
    }
    if (message.role == Role::user && !open.empty()) return unanswered();
  }
  return open.empty() || unanswered();
}

}  // namespace br
