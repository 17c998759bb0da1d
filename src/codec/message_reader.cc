#include "codec/message_reader.h"

#include "codec/message_fields.h"

namespace br {
namespace {

// What a message's provider_kwargs may not replace: the message's own fields, in the words of every vendor.
constexpr std::array<std::string_view, 3> kOwnFields = {"role", "content", "parts"};

}  // namespace

using Kind = JsonCursor::Kind;

bool MessageReader::read_messages() {
  request->messages_column = column();
  if (cursor.peek() != Kind::array) return wrong_type("messages", "an array of messages");
  const std::size_t start = cursor.offset();
  cursor.enter_array();
  while (cursor.next_element()) {
    if (!read_message()) return false;
  }
  if (cursor.failed()) return broken();
  if (request->messages.empty())
    return wrong(start, "messages",
                 request->system.size() > prompt_texts_
                     ? "messages holds system messages alone; a request asks something; add a user message"
                     : "messages is empty; a request asks something; add a user message");
  return !request->has_tool_turns || check_tool_turns();
}

bool MessageReader::read_message() {
  if (cursor.peek() != Kind::object) return wrong_type("messages", "an array of objects with role and content");
  const std::size_t start = cursor.offset();
  cursor.enter_object();
  Message message;
  message.first_part = static_cast<std::uint32_t>(request->parts.size());
  message.column = static_cast<std::uint32_t>(start + 1);
  Extras extras;
  std::uint32_t seen = 0;
  std::string_view key;
  while (cursor.next_key(&key)) {
    std::size_t field = 0;
    if (!field_index(key, kMessageFields, "a message", &seen, &field, kNamedMessageFields)) return false;
    if (field == kMessageRole) {
      if (!read_role(&message)) return false;
    } else if (field == kMessageKwargs) {
      if (!read_kwargs(&message)) return false;
    } else if (field == kMessageContent && cursor.peek() != Kind::null) {
      if (!read_content("content", &message.plain_string)) return false;
    } else {
      if (!cursor.skip(&extras.values[field])) return broken();
      extras.null_content = extras.null_content || field == kMessageContent;
      if (extras.values[field] == "null" && field != kMessageContent) extras.values[field] = {};
    }
  }
  if (cursor.failed()) return broken();
  message.part_count = static_cast<std::uint32_t>(request->parts.size()) - message.first_part;
  constexpr std::uint32_t kOrdinary = 1U << kMessageRole | 1U << kMessageContent;
  const bool speaks = message.role == Role::user || message.role == Role::assistant;
  if ((seen & ~(1U << kMessageKwargs)) != kOrdinary || extras.null_content || !speaks || request->has_tool_turns)
    return finish_message(extras, start, seen, &message);
  request->messages.push_back(message);
  return true;
}

bool MessageReader::check_given(std::uint32_t seen, std::size_t start) {
  if ((seen & 1U << kMessageRole) == 0)
    return wrong(start, "role", "the message has no role; a role is user or assistant; add \"role\"");
  if ((seen & 1U << kMessageContent) == 0)
    return wrong(start, "content", "the message has no content; a message says something; add \"content\"");
  return true;
}

bool MessageReader::read_role(Message* message) {
  struct Word {
    std::string_view word;
    Role role;
  };
  static constexpr Word kRoles[] = {{"user", Role::user},
                                    {"assistant", Role::assistant},
                                    {"tool", Role::tool},
                                    {"system", Role::system},
                                    {"developer", Role::developer}};
  std::string_view token;
  if (!read_string("role", &token)) return false;
  const std::string_view role = unescape(token);
  for (const Word& known : kRoles) {
    if (role != known.word) continue;
    message->role = known.role;
    return true;
  }
  return wrong(cursor.offset_of(token), "role",
               "the role \"" + std::string(role) +
                   "\" is not known; a role is user or assistant, tool, system or developer; use one of them");
}

void MessageReader::add_system_prompt(const SystemText& text) {
  const auto at = request->system.begin() + static_cast<std::ptrdiff_t>(prompt_texts_++);
  request->system.insert(at, text);
}

bool MessageReader::read_kwargs(Message* message) {
  std::string_view key, value;
  if (cursor.peek() == Kind::null) return cursor.skip(&value) || broken();
  if (cursor.peek() != Kind::object) return wrong_type("provider_kwargs", "an object");
  const std::size_t start = cursor.offset();
  cursor.enter_object();
  bool any = false;
  while (cursor.next_key(&key)) {
    const std::string_view name = unescape(key);
    for (const std::string_view own : kOwnFields) {
      if (name == own)
        return wrong(cursor.offset_of(key), "provider_kwargs",
                     "provider_kwargs of a message holds " + std::string(own) +
                         ", which the message has already; change the message itself");
    }
    if (!cursor.skip(&value)) return broken();
    any = true;
  }
  if (cursor.failed()) return broken();
  if (any) message->kwargs_json = cursor.slice_from(start);
  return true;
}

bool MessageReader::read_system_part(std::string_view field, SystemText* text) {
  const std::size_t before = request->parts.size(), start = cursor.offset();
  if (!read_part()) return false;
  const Part part = request->parts.back();
  request->parts.resize(before);
  if (part.kind != PartKind::text)
    return wrong(start, field, std::string(field) + " holds a part that is no text; it takes texts only; change it");
  *text = {part.text_json, part.cache_json};
  return true;
}

}  // namespace br
