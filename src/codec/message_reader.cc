#include "codec/message_reader.h"

#include <array>

namespace br {
namespace {

constexpr std::array<std::string_view, 3> kMessageFields = {"role", "content", "provider_kwargs"};
// What a message's provider_kwargs may not replace: the message's own fields, in the words of every vendor.
constexpr std::array<std::string_view, 3> kOwnFields = {"role", "content", "parts"};
constexpr std::array<std::string_view, 5> kPartFields = {"type", "text", "source_type", "media_type", "data"};

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
    return wrong(start, "messages", "messages is empty; a request asks something; add a user message");
  return true;
}

bool MessageReader::read_message() {
  if (cursor.peek() != Kind::object) return wrong_type("messages", "an array of objects with role and content");
  const std::size_t start = cursor.offset();
  cursor.enter_object();
  Message message;
  message.first_part = static_cast<std::uint32_t>(request->parts.size());
  std::uint32_t seen = 0;
  std::string_view key;
  while (cursor.next_key(&key)) {
    std::size_t field = 0;
    if (!field_index(key, kMessageFields, "a message", &seen, &field)) return false;
    const bool good = field == 0   ? read_role(&message)
                      : field == 1 ? read_content(&message)
                                   : read_kwargs(&message);
    if (!good) return false;
  }
  if (cursor.failed()) return broken();
  if ((seen & 1U) == 0)
    return wrong(start, "role", "the message has no role; a role is user or assistant; add \"role\"");
  if ((seen & 2U) == 0)
    return wrong(start, "content", "the message has no content; a message says something; add \"content\"");
  message.part_count = static_cast<std::uint32_t>(request->parts.size()) - message.first_part;
  request->messages.push_back(message);
  return true;
}

bool MessageReader::read_role(Message* message) {
  std::string_view token;
  if (!read_string("role", &token)) return false;
  const std::string_view role = unescape(token);
  if (role == "user" || role == "assistant") {
    message->role = role == "user" ? Role::user : Role::assistant;
    return true;
  }
  const std::size_t at = cursor.offset_of(token);
  if (role == "system" || role == "developer")
    return wrong(at, "role",
                 "the role \"" + std::string(role) +
                     "\" is not one of a message; the unified format has a field of its own for it; use "
                     "system_prompt");
  return wrong(at, "role",
               "the role \"" + std::string(role) + "\" is not known; a role is user or assistant; use one of them");
}

bool MessageReader::read_content(Message* message) {
  const Kind kind = cursor.peek();
  if (kind == Kind::string) {
    Part part;
    part.column = column();
    message->plain_string = true;
    if (!read_string("content", &part.text_json)) return false;
    request->parts.push_back(part);
    return true;
  }
  if (kind != Kind::array) return wrong_type("content", "a string or an array of parts");
  const std::size_t start = cursor.offset();
  const std::size_t before = request->parts.size();
  cursor.enter_array();
  while (cursor.next_element()) {
    if (!read_part()) return false;
  }
  if (cursor.failed()) return broken();
  if (request->parts.size() == before)
    return wrong(start, "content", "content is an empty array; a message says something; add a part");
  return true;
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

bool MessageReader::read_part() {
  if (cursor.peek() != Kind::object) return wrong_type("content", "an array of objects with a type");
  const std::size_t start = cursor.offset();
  Part part;
  part.column = column();
  cursor.enter_object();
  std::uint32_t seen = 0;
  std::string_view key, type;
  while (cursor.next_key(&key)) {
    std::size_t field = 0;
    if (!field_index(key, kPartFields, "a content part", &seen, &field)) return false;
    if (!read_part_field(field, &part, &type)) return false;
  }
  if (cursor.failed()) return broken();
  if (type.empty())
    return wrong(start, "type", "the content part has no type; it is text, image, document or audio; add \"type\"");
  if (type != "text" && part.source == Source::none && !default_source(&part, start)) return false;
  if (!check_part(part, type, start)) return false;
  part.kind = type == "text"       ? PartKind::text
              : type == "image"    ? PartKind::image
              : type == "document" ? PartKind::document
                                   : PartKind::audio;
  request->parts.push_back(part);
  return true;
}

bool MessageReader::read_part_field(std::size_t field, Part* part, std::string_view* type) {
  std::string_view token;
  if (cursor.peek() == Kind::null) return cursor.skip(&token) || broken();
  if (!read_string(kPartFields[field], &token)) return false;
  const std::string_view value = field == 0 || field == 2 ? unescape(token) : std::string_view();
  const std::size_t at = cursor.offset_of(token);
  switch (field) {
    case 0:
      *type = value;
      if (value == "text" || value == "image" || value == "document" || value == "audio") return true;
      return wrong(at, "type",
                   "the part type \"" + std::string(value) +
                       "\" is not known; it is text, image, document or audio; use one of them");
    case 1:
      part->text_json = token;
      return true;
    case 2:
      part->source = value == "url"        ? Source::url
                     : value == "base64"   ? Source::base64
                     : value == "file_uri" ? Source::file_uri
                                           : Source::none;
      if (part->source != Source::none) return true;
      return wrong(at, "source_type",
                   "the source_type \"" + std::string(value) +
                       "\" is not known; it is url, base64 or file_uri; use one of them");
    case 3:
      if (!is_empty_string(token)) part->media_type_json = token;
      return true;
    default:
      part->data_json = token;
      return true;
  }
}

// The source that a part without source_type has is base64. An address is no base64, and would fail at the vendor.
bool MessageReader::default_source(Part* part, std::size_t offset) {
  const std::string_view data = is_empty_string(part->data_json) ? "" : part->data_json.substr(1);
  if (data.starts_with("http://") || data.starts_with("https://") || data.starts_with("gs://") ||
      data.starts_with("s3://"))
    return wrong(offset, "source_type",
                 "the part has no source_type, which means base64, and its data is an address; add \"source_type\": "
                 "\"url\" or \"file_uri\"");
  part->source = Source::base64;
  return true;
}

bool MessageReader::check_part(const Part& part, std::string_view type, std::size_t offset) {
  if (type == "text") {
    if (part.text_json.empty())
      return wrong(offset, "text", "the text part has no text; a text part carries one; add \"text\"");
    if (!part.data_json.empty() || part.source != Source::none)
      return wrong(offset, "data", "the text part has a source; only image, document and audio have; remove it");
    return true;
  }
  const std::string name(type);
  if (!part.text_json.empty())
    return wrong(offset, "text", "the " + name + " part has a text; text stands in a part of its own; move it");
  if (is_empty_string(part.data_json))
    return wrong(offset, "data", "the " + name + " part has no data; it holds the URL, base64 text or URI; add it");
  return true;
}

}  // namespace br
