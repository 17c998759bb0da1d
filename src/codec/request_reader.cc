#include "codec/request_reader.h"

#include <array>
#include <charconv>
#include <deque>

#include "codec/field_names.h"
#include "codec/json_cursor.h"
#include "codec/json_read.h"
#include "codec/utf8.h"

namespace br {

using Kind = JsonCursor::Kind;

namespace {

std::string_view found_name(Kind kind) {
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

bool is_empty_string(std::string_view token) { return token.size() <= 2; }

}  // namespace

struct RequestReader::Impl {
  Request* request = nullptr;
  Issue* issue = nullptr;
  JsonCursor cursor{nullptr, 0};
  std::deque<std::string> scratch;  // unescaped texts of the current line; addresses stay

  bool wrong(std::size_t offset, std::string_view field, std::string message) {
    issue->column = static_cast<std::uint32_t>(offset + 1);
    issue->custom_id = std::string(request->custom_id);
    issue->field = field;
    issue->message = std::move(message);
    return false;
  }
  bool broken() {
    return wrong(cursor.offset(), "", std::string("the line is not valid JSON: ") + cursor.error() +
                                          "; correct it, one JSON object a line");
  }
  bool wrong_type(std::string_view field, std::string_view want) {
    const Kind kind = cursor.peek();
    if (kind == Kind::invalid) {
      std::string_view token;
      cursor.skip(&token);
      return broken();
    }
    return wrong(cursor.offset(), field, std::string(field) + " is " + std::string(found_name(kind)) + "; it must be " +
                                             std::string(want) + "; change or remove it");
  }
  std::uint32_t column() const { return static_cast<std::uint32_t>(cursor.offset() + 1); }

  std::string_view unescape(std::string_view token) {
    const std::string_view plain = token.substr(1, token.size() - 2);
    if (plain.find('\\') == std::string_view::npos) return plain;
    append_unescaped(token, &scratch.emplace_back());
    return scratch.back();
  }
  // null reads as absent: true with an empty token.
  bool take_null() {
    std::string_view token;
    return cursor.peek() == Kind::null && cursor.skip(&token);
  }
  bool take_string(std::string_view field, std::string_view* token) {
    if (cursor.peek() != Kind::string) return wrong_type(field, "a string");
    return cursor.read_string(token) || broken();
  }
  bool take_value(std::string_view field, std::string_view* token, std::initializer_list<Kind> kinds,
                  std::string_view want) {
    const Kind kind = cursor.peek();
    for (const Kind allowed : kinds) {
      if (kind == allowed) return cursor.skip(token) || broken();
    }
    return wrong_type(field, want);
  }
  // Looks a field name up and refuses unknown and repeated ones. names: at most 32.
  bool field_index(std::string_view key, std::span<const std::string_view> names, std::string_view where,
                   std::uint32_t* seen, std::size_t* index) {
    const std::string_view name = key.substr(1, key.size() - 2);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (name != names[i]) continue;
      if (*seen >> i & 1U)
        return wrong(cursor.offset_of(key), name, "the field \"" + std::string(name) + "\" stands twice in " +
                                                      std::string(where) + "; remove one");
      *seen |= 1U << i;
      *index = i;
      return true;
    }
    return wrong(cursor.offset_of(key), name, unknown_field(name, names, where));
  }

  bool read_line(char* line, std::size_t size);
  bool read_field(std::size_t field);
  bool read_system();
  bool read_messages();
  bool read_message();
  bool read_role(Message* message);
  bool read_content(Message* message);
  bool read_part();
  bool read_part_field(std::size_t field, Part* part, std::string_view* type);
  bool check_part(const Part& part, std::string_view type, std::size_t offset);
  bool read_generation();
  bool read_number(std::string_view field, double least, double most, bool whole, std::string_view range,
                   std::string_view* token);
  bool read_strings(std::string_view field, std::string_view* token);
  bool read_body();
  bool read_endpoint();
  bool check_whole();
};

namespace {

// In the order of kFields.
enum Field : std::size_t {
  kCustomId, kModel, kMessages, kSystemPrompt, kGeneration, kKwargs, kProvider, kEndpoint, kTools, kToolChoice,
  kResponseFormat, kReasoning, kSeed, kBody, kInput
};
constexpr std::array<std::string_view, 15> kFields = {
    "custom_id", "model", "messages", "system_prompt", "generation_config", "provider_kwargs", "provider", "endpoint",
    "tools", "tool_choice", "response_format", "reasoning", "seed", "body", "input"};
constexpr std::array<std::string_view, 2> kMessageFields = {"role", "content"};
constexpr std::array<std::string_view, 5> kPartFields = {"type", "text", "source_type", "media_type", "data"};
constexpr std::array<std::string_view, 7> kGenerationFields = {
    "max_tokens", "temperature", "top_p", "top_k", "stop_sequences", "presence_penalty", "frequency_penalty"};
constexpr std::array<std::string_view, 5> kEndpoints = {"chat", "responses", "embeddings", "completions",
                                                        "moderations"};

}  // namespace

bool RequestReader::Impl::read_line(char* line, std::size_t size) {
  cursor = JsonCursor(line, size);
  scratch.clear();
  request->clear();
  if (cursor.peek() != Kind::object) {
    if (cursor.peek() == Kind::invalid) {
      std::string_view token;
      cursor.skip(&token);
      return broken();
    }
    const std::size_t at = cursor.offset();
    const Kind kind = cursor.peek();
    std::string_view token;
    if (!cursor.skip(&token)) return broken();  // a text that only begins like a value
    return wrong(at, "", "the line is " + std::string(found_name(kind)) +
                             "; a request is a JSON object; write {\"custom_id\":…}");
  }
  cursor.enter_object();
  std::uint32_t seen = 0;
  std::string_view key;
  while (cursor.next_key(&key)) {
    std::size_t field = 0;
    if (!field_index(key, kFields, "a request", &seen, &field)) return false;
    if (!read_field(field)) return false;
  }
  if (cursor.failed() || !cursor.finish()) return broken();
  if (cursor.saw_non_ascii() && !is_utf8({line, size}))
    return wrong(0, "", "the line is not valid UTF-8; JSON is UTF-8; save the file in that encoding");
  return check_whole();
}

bool RequestReader::Impl::read_field(std::size_t field) {
  if (take_null()) return true;
  Request& r = *request;
  std::string_view token;
  switch (field) {
    case kCustomId:
      if (!take_string("custom_id", &r.custom_id_json)) return false;
      r.custom_id = unescape(r.custom_id_json);
      if (r.custom_id.empty())
        return wrong(cursor.offset_of(r.custom_id_json), "custom_id",
                     "custom_id is an empty string; every request needs a unique id; give it one");
      return true;
    case kModel:
      r.model_column = column();
      if (!take_string("model", &r.model_json)) return false;
      r.model = unescape(r.model_json);
      if (r.model.empty())
        return wrong(r.model_column - 1, "model", "model is an empty string; the vendor needs one; name the model");
      return true;
    case kMessages:
      return read_messages();
    case kSystemPrompt:
      return read_system();
    case kGeneration:
      return read_generation();
    case kKwargs:
      return take_value("provider_kwargs", &r.provider_kwargs_json, {Kind::object}, "an object");
    case kProvider:
      if (!take_string("provider", &token)) return false;
      r.provider = unescape(token);
      return true;
    case kEndpoint:
      return read_endpoint();
    case kTools:
      r.tools_column = column();
      return take_value("tools", &r.tools_json, {Kind::array}, "an array");
    case kToolChoice:
      r.tool_choice_column = column();
      return take_value("tool_choice", &r.tool_choice_json, {Kind::string, Kind::object}, "a string or an object");
    case kResponseFormat:
      r.response_format_column = column();
      return take_value("response_format", &r.response_format_json, {Kind::object}, "an object");
    case kReasoning:
      r.reasoning_column = column();
      return take_value("reasoning", &r.reasoning_json, {Kind::string, Kind::object}, "a string or an object");
    case kSeed:
      r.seed_column = column();
      return read_number("seed", -9.3e18, 9.3e18, true, "a whole number", &r.seed_json);
    case kBody:
      return read_body();
    case kInput:
      if (cursor.peek() == Kind::string) return take_string("input", &r.input_json);
      return read_strings("input", &r.input_json);
    default:
      return true;
  }
}

bool RequestReader::Impl::read_endpoint() {
  std::string_view token;
  if (!take_string("endpoint", &token)) return false;
  const std::string_view name = unescape(token);
  for (std::size_t i = 0; i < kEndpoints.size(); ++i) {
    if (name == kEndpoints[i]) {
      request->endpoint = static_cast<Endpoint>(i);
      return true;
    }
  }
  return wrong(cursor.offset_of(token), "endpoint",
               "the endpoint \"" + std::string(name) + "\" is not known; it is one of " + join_names(kEndpoints) +
                   "; leave it out for chat");
}

bool RequestReader::Impl::read_system() {
  request->system_column = column();
  std::string_view token;
  if (cursor.peek() == Kind::string) {
    if (!take_string("system_prompt", &token)) return false;
    if (!is_empty_string(token)) request->system_json.push_back(token);
    return true;
  }
  if (cursor.peek() != Kind::array) return wrong_type("system_prompt", "a string or an array of strings");
  request->system_is_list = true;
  cursor.enter_array();
  while (cursor.next_element()) {
    if (!take_string("system_prompt", &token)) return false;
    request->system_json.push_back(token);
  }
  return !cursor.failed() || broken();
}

bool RequestReader::Impl::read_messages() {
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

bool RequestReader::Impl::read_message() {
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
    if (!(field == 0 ? read_role(&message) : read_content(&message))) return false;
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

bool RequestReader::Impl::read_role(Message* message) {
  std::string_view token;
  if (!take_string("role", &token)) return false;
  const std::string_view role = unescape(token);
  if (role == "user" || role == "assistant") {
    message->role = role == "user" ? Role::user : Role::assistant;
    return true;
  }
  const std::size_t at = cursor.offset_of(token);
  if (role == "system" || role == "developer")
    return wrong(at, "role", "the role \"" + std::string(role) +
                                 "\" is not one of a message; the unified format has a field of its own for it; use "
                                 "system_prompt");
  return wrong(at, "role", "the role \"" + std::string(role) + "\" is not known; a role is user or assistant; use one of them");
}

bool RequestReader::Impl::read_content(Message* message) {
  const Kind kind = cursor.peek();
  if (kind == Kind::string) {
    Part part;
    part.column = column();
    message->plain_string = true;
    if (!take_string("content", &part.text_json)) return false;
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

bool RequestReader::Impl::read_part() {
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
  if (!check_part(part, type, start)) return false;
  part.kind = type == "text" ? PartKind::text : type == "image" ? PartKind::image
              : type == "document" ? PartKind::document : PartKind::audio;
  request->parts.push_back(part);
  return true;
}

bool RequestReader::Impl::read_part_field(std::size_t field, Part* part, std::string_view* type) {
  if (take_null()) return true;
  std::string_view token;
  if (!take_string(kPartFields[field], &token)) return false;
  const std::string_view value = field == 0 || field == 2 ? unescape(token) : std::string_view();
  const std::size_t at = cursor.offset_of(token);
  switch (field) {
    case 0:
      *type = value;
      if (value == "text" || value == "image" || value == "document" || value == "audio") return true;
      return wrong(at, "type", "the part type \"" + std::string(value) +
                                   "\" is not known; it is text, image, document or audio; use one of them");
    case 1:
      part->text_json = token;
      return true;
    case 2:
      part->source = value == "url" ? Source::url : value == "base64" ? Source::base64
                     : value == "file_uri" ? Source::file_uri : Source::none;
      if (part->source != Source::none) return true;
      return wrong(at, "source_type", "the source_type \"" + std::string(value) +
                                          "\" is not known; it is url, base64 or file_uri; use one of them");
    case 3:
      if (!is_empty_string(token)) part->media_type_json = token;
      return true;
    default:
      part->data_json = token;
      return true;
  }
}

bool RequestReader::Impl::check_part(const Part& part, std::string_view type, std::size_t offset) {
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
  if (part.source == Source::none)
    return wrong(offset, "source_type",
                 "the " + name + " part has no source_type; it is url, base64 or file_uri; add it");
  if (is_empty_string(part.data_json))
    return wrong(offset, "data", "the " + name + " part has no data; it holds the URL, base64 text or URI; add it");
  return true;
}

bool RequestReader::Impl::read_number(std::string_view field, double least, double most, bool whole,
                                      std::string_view range, std::string_view* token) {
  if (cursor.peek() != Kind::number) return wrong_type(field, range);
  if (!cursor.read_number(token)) return broken();
  double value = 0;
  const auto result = std::from_chars(token->data(), token->data() + token->size(), value);
  const bool fraction = whole && token->find_first_of(".eE") != std::string_view::npos;
  if (result.ec != std::errc() || fraction || !(value >= least && value <= most))
    return wrong(cursor.offset_of(*token), field, std::string(field) + " is " + std::string(*token) + "; it must be " +
                                                      std::string(range) + "; correct it");
  return true;
}

bool RequestReader::Impl::read_strings(std::string_view field, std::string_view* token) {
  if (cursor.peek() != Kind::array) return wrong_type(field, "an array of strings");
  const std::size_t start = cursor.offset();
  cursor.enter_array();
  std::string_view item;
  std::size_t count = 0;
  while (cursor.next_element()) {
    if (!take_string(field, &item)) return false;
    ++count;
  }
  if (cursor.failed()) return broken();
  if (count == 0 && field == "input")
    return wrong(start, field, "input is an empty array; there is nothing to embed; add a text");
  if (count > 0) *token = cursor.slice_from(start);
  return true;
}

bool RequestReader::Impl::read_generation() {
  request->generation_column = column();
  if (cursor.peek() != Kind::object) return wrong_type("generation_config", "an object");
  cursor.enter_object();
  Generation& g = request->generation;
  std::uint32_t seen = 0;
  std::string_view key;
  constexpr double kMany = 1e15;
  while (cursor.next_key(&key)) {
    std::size_t field = 0;
    if (!field_index(key, kGenerationFields, "generation_config", &seen, &field)) return false;
    if (take_null()) continue;
    const std::string name = "generation_config." + std::string(kGenerationFields[field]);
    bool good = false;
    switch (field) {
      case 0:
        good = read_number(name, 1, kMany, true, "a whole number of at least 1", &g.max_tokens);
        break;
      case 1:
        good = read_number(name, 0, 2, false, "a number from 0 to 2", &g.temperature);
        break;
      case 2:
        good = read_number(name, 0, 1, false, "a number from 0 to 1", &g.top_p);
        break;
      case 3:
        good = read_number(name, 1, kMany, true, "a whole number of at least 1", &g.top_k);
        break;
      case 4:
        good = read_strings(name, &g.stop_sequences_json);
        break;
      case 5:
        good = read_number(name, -2, 2, false, "a number from -2 to 2", &g.presence_penalty);
        break;
      default:
        good = read_number(name, -2, 2, false, "a number from -2 to 2", &g.frequency_penalty);
    }
    if (!good) return false;
  }
  return !cursor.failed() || broken();
}

// A raw vendor body; its model tells which remote batch it belongs to.
bool RequestReader::Impl::read_body() {
  if (cursor.peek() != Kind::object) return wrong_type("body", "an object");
  if (!cursor.skip(&request->body_json)) return broken();
  JsonCursor body(request->body_json.data(), request->body_json.size());
  body.enter_object();
  std::string_view key, token;
  while (body.next_key(&key)) {
    if (key == "\"model\"" && body.peek() == Kind::string && request->model.empty()) {
      body.read_string(&request->model_json);
      request->model = unescape(request->model_json);
    } else {
      body.skip(&token);
    }
  }
  return true;
}

bool RequestReader::Impl::check_whole() {
  const Request& r = *request;
  if (r.custom_id_json.empty())
    return wrong(0, "custom_id", "custom_id is missing; every request needs a unique id; add it");
  if (!r.body_json.empty()) {
    if (!r.messages.empty())
      return wrong(r.messages_column - 1, "messages", "both body and messages are given; a raw body is sent as it is; remove one");
    return true;
  }
  if (r.model.empty()) return wrong(0, "model", "model is missing; the vendor needs one; add it");
  const bool takes_input = r.endpoint == Endpoint::embeddings || r.endpoint == Endpoint::moderations;
  if (takes_input && r.input_json.empty())
    return wrong(0, "input", "input is missing; this endpoint reads it instead of messages; add it");
  if (!takes_input && !r.input_json.empty())
    return wrong(0, "input", "input is given; only embeddings and moderations read it; use messages");
  if (!takes_input && r.messages.empty())
    return wrong(0, "messages", "messages is missing; a request asks something; add a user message");
  if (takes_input && !r.messages.empty())
    return wrong(r.messages_column - 1, "messages", "messages are given; this endpoint reads input; move the text there");
  return true;
}

RequestReader::RequestReader() : impl_(std::make_unique<Impl>()) {}
RequestReader::~RequestReader() = default;

bool RequestReader::read(char* line, std::size_t size, Request* request, Issue* issue) {
  impl_->request = request;
  impl_->issue = issue;
  const bool good = impl_->read_line(line, size);
  request->line = {line, size};
  return good;
}

}  // namespace br
