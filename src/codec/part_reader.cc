#include "codec/part_reader.h"

#include "codec/json_read.h"
#include "codec/part_fields.h"

namespace br {

using Kind = JsonCursor::Kind;

bool PartReader::push(const Part& part) {
  request->parts.push_back(part);
  return true;
}

bool PartReader::read_content(std::string_view field, bool* plain) {
  const Kind kind = cursor.peek();
  if (kind == Kind::string) {
    Part part;
    part.column = column();
    *plain = true;
    return read_string(field, &part.text_json) && push(part);
  }
  if (kind != Kind::array) return wrong_type(field, "a string or an array of parts");
  const std::size_t start = cursor.offset();
  const std::size_t before = request->parts.size();
  cursor.enter_array();
  while (cursor.next_element()) {
    if (!read_part()) return false;
  }
  if (cursor.failed()) return broken();
  if (request->parts.size() == before)
    return wrong(start, field, "content is an empty array; a message says something; add a part");
  return true;
}

bool PartReader::read_part() {
  if (cursor.peek() != Kind::object) return wrong_type("content", "an array of objects with a type");
  const std::size_t start = cursor.offset();
  Part part;
  part.column = column();
  cursor.enter_object();
  std::uint32_t seen = 0;
  std::string_view key, type;
  while (cursor.next_key(&key)) {
    std::size_t field = 0;
    if (!field_index(key, kPartFields, "a content part", &seen, &field, kOwnPartFields)) return false;
    if (!read_part_field(field, &part, &type)) return false;
  }
  if (cursor.failed()) return broken();
  if (type.empty())
    return wrong(start, "type", "the content part has no type; it is text, image, document or audio; add \"type\"");
  constexpr std::uint32_t kOrdinary = part_fields({kPartType, kPartText, kPartSourceType, kPartMediaType, kPartData});
  if (type == "text" && (seen & ~kOrdinary) == 0) return check_part(part, type, start) && push(part);
  return read_form(type, seen, start, &part);
}

bool PartReader::read_part_field(std::size_t field, Part* part, std::string_view* type) {
  std::string_view token;
  if (field > kPartData) {
    if (!cursor.skip(&rare_[field])) return broken();
    if (rare_[field] == "null") rare_[field] = {};
    return true;
  }
  if (cursor.peek() == Kind::null) return cursor.skip(&token) || broken();
  if (!read_string(kPartFields[field], &token)) return false;
  switch (field) {
    case kPartType:
      *type = unescape(token);
      part->column = static_cast<std::uint32_t>(cursor.offset_of(token) + 1);
      return true;
    case kPartText:
      part->text_json = token;
      return true;
    case kPartSourceType: {
      const std::string_view value = unescape(token);
      part->source = value == "url"        ? Source::url
                     : value == "base64"   ? Source::base64
                     : value == "file_uri" ? Source::file_uri
                                           : Source::none;
      if (part->source != Source::none) return true;
      return wrong(cursor.offset_of(token), "source_type",
                   "the source_type \"" + std::string(value) +
                       "\" is not known; it is url, base64 or file_uri; use one of them");
    }
    case kPartMediaType:
      if (!is_empty_string(token)) part->media_type_json = token;
      return true;
    default:
      part->data_json = token;
      return true;
  }
}

// The source that a part without source_type has is base64. An address is no base64, and would fail at the vendor.
bool PartReader::default_source(Part* part, std::size_t offset) {
  const std::string_view data = is_empty_string(part->data_json) ? "" : part->data_json.substr(1);
  if (data.starts_with("http://") || data.starts_with("https://") || data.starts_with("gs://") ||
      data.starts_with("s3://"))
    return wrong(offset, "source_type",
                 "the part has no source_type, which means base64, and its data is an address; add \"source_type\": "
                 "\"url\" or \"file_uri\"");
  part->source = Source::base64;
  return true;
}

bool PartReader::check_part(const Part& part, std::string_view type, std::size_t offset) {
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

void PartReader::pick(std::string_view object,
                      std::initializer_list<std::pair<std::string_view, std::string_view*>> fields) {
  if (object.empty() || object.front() != '{') return;
  JsonCursor c = cursor.before(object);
  c.enter_object();
  std::string_view key, value;
  while (c.next_key(&key) && c.skip(&value)) {
    const std::string_view name = unescape(key);
    for (const auto& [wanted, token] : fields) {
      if (name == wanted && value != "null") *token = value;
    }
  }
}

// As OpenAI has them, a string that holds JSON, or an object itself. A string that holds none has no object.
bool PartReader::set_arguments(std::string_view token, Part* part) {
  if (token.empty()) {
    part->data_json = "{}";
    return true;
  }
  if (token.front() == '{') {
    part->data_json = token;
    return true;
  }
  if (token.front() != '"')
    return wrong(cursor.offset_of(token), "arguments",
                 "the arguments of the tool call are neither a string that holds JSON nor an object; give one");
  part->text_json = token;
  std::string& text = scratch.emplace_back();
  append_unescaped(token, &text);
  const std::size_t size = text.size();
  text.append(kJsonPadding, ' ');
  JsonCursor c(text.data(), size);
  if (size == 0) part->data_json = "{}";
  else if (c.peek() == Kind::object && c.skip() && c.finish()) part->data_json = std::string_view(text).substr(0, size);
  return true;
}

std::string_view PartReader::thought_signature(std::string_view extra_content) {
  std::string_view google, signature;
  pick(extra_content, {{"google", &google}});
  pick(google, {{"thought_signature", &signature}});
  return signature.starts_with('"') ? signature : std::string_view();
}

}  // namespace br
