#include "codec/field_reader.h"

#include <charconv>
#include <system_error>
#include <utility>

#include "codec/field_names.h"
#include "codec/json_read.h"

namespace br {

std::string_view kind_name(JsonCursor::Kind kind) {
  using Kind = JsonCursor::Kind;
  switch (kind) {
    case Kind::object:
      return "an object";
    case Kind::array:
      return "an array";
    case Kind::string:
      return "a string";
    case Kind::number:
      return "a number";
    case Kind::boolean:
      return "true or false";
    case Kind::null:
      return "null";
    case Kind::invalid:
      break;
  }
  return "no JSON value";
}

bool FieldReader::wrong(std::size_t offset, std::string_view field, std::string message) {
  issue->column = static_cast<std::uint32_t>(offset + 1);
  issue->custom_id = std::string(request->custom_id);
  issue->field = field;
  issue->message = std::move(message);
  return false;
}

bool FieldReader::broken() {
  return wrong(cursor.offset(), "",
               std::string("the line is not valid JSON: ") + cursor.error() + "; correct it, one JSON object a line");
}

bool FieldReader::wrong_type(std::string_view field, std::string_view want) {
  const Kind kind = cursor.peek();
  const std::size_t at = cursor.offset();
  std::string_view token;
  if (!cursor.skip(&token)) return broken();  // what only begins like a value is a mistake of another kind
  return wrong(at, field,
               std::string(field) + " is " + std::string(kind_name(kind)) + "; it must be " + std::string(want) +
                   "; change or remove it");
}

std::string_view FieldReader::unescape(std::string_view token) {
  const std::string_view plain = token.substr(1, token.size() - 2);
  if (plain.find('\\') == std::string_view::npos) return plain;
  append_unescaped(token, &scratch.emplace_back());
  return scratch.back();
}

bool FieldReader::read_value(std::string_view field, std::string_view* token, std::initializer_list<Kind> kinds,
                             std::string_view want) {
  const Kind kind = cursor.peek();
  for (const Kind allowed : kinds) {
    if (kind == allowed) return cursor.skip(token) || broken();
  }
  return wrong_type(field, want);
}

bool FieldReader::read_raw_body(std::string_view field) {
  if (cursor.peek() != Kind::object) return wrong_type(field, "an object");
  const std::size_t start = cursor.offset();
  cursor.enter_object();
  std::string_view key, token;
  while (cursor.next_key(&key)) {
    const bool named = key == "\"model\"" || (key.find('\\') != std::string_view::npos && unescape(key) == "model");
    const bool model = named && cursor.peek() == Kind::string;
    if (!(model ? cursor.read_string(&token) : cursor.skip())) return broken();
    if (!model || is_empty_string(token)) continue;
    request->body_model_json = token;
  }
  if (cursor.failed()) return broken();
  request->body_json = cursor.slice_from(start);
  return true;
}

void FieldReader::settle_model(std::string_view fallback, std::string_view fallback_json) {
  Request& r = *request;
  if (!r.body_model_json.empty()) r.body_model = unescape(r.body_model_json);
  if (!r.model.empty()) return;
  const bool named = !r.body_model.empty();
  r.model = named ? r.body_model : fallback;
  r.model_json = named ? r.body_model_json : fallback_json;
}

bool FieldReader::twice(std::string_view key, std::string_view where) {
  const std::string name(key.substr(1, key.size() - 2));
  return wrong(cursor.offset_of(key), name,
               "the field \"" + name + "\" stands twice in " + std::string(where) + "; remove one");
}

bool FieldReader::unknown(std::string_view key, std::span<const std::string_view> names, std::string_view where) {
  const std::string_view name = key.substr(1, key.size() - 2);
  return wrong(cursor.offset_of(key), name, unknown_field(name, names, where));
}

bool FieldReader::read_number(std::string_view field, double least, double most, bool whole, std::string_view range,
                              std::string_view* token) {
  if (cursor.peek() != Kind::number) return wrong_type(field, range);
  if (!cursor.read_number(token)) return broken();
  double value = 0;
  const auto result = std::from_chars(token->data(), token->data() + token->size(), value);
  const bool fraction = whole && token->find_first_of(".eE") != std::string_view::npos;
  if (result.ec != std::errc() || fraction || !(value >= least && value <= most))
    return wrong(
        cursor.offset_of(*token), field,
        std::string(field) + " is " + std::string(*token) + "; it must be " + std::string(range) + "; correct it");
  return true;
}

bool FieldReader::read_strings(std::string_view field, std::string_view* token) {
  if (cursor.peek() != Kind::array) return wrong_type(field, "an array of strings");
  const std::size_t start = cursor.offset();
  cursor.enter_array();
  std::string_view item;
  std::size_t count = 0;
  while (cursor.next_element()) {
    if (!read_string(field, &item)) return false;
    ++count;
  }
  if (cursor.failed()) return broken();
  if (count == 0 && field == "input")
    return wrong(start, field, "input is an empty array; there is nothing to embed; add a text");
  if (count > 0) *token = cursor.slice_from(start);
  return true;
}

}  // namespace br
