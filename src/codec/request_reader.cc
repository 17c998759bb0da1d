#include "codec/request_reader.h"

#include <array>

#include "codec/field_names.h"
#include "codec/generation_fields.h"
#include "codec/json_write.h"
#include "codec/message_reader.h"
#include "codec/native_reader.h"
#include "codec/utf8.h"

namespace br {

using Kind = JsonCursor::Kind;

namespace {
constexpr std::string_view kWhole = "a request";  // where a field stands, in messages
}

struct RequestReader::Impl : MessageReader {
  bool read_line(char* line, std::size_t size);
  bool read_field(std::size_t field);
  bool read_system();
  bool read_generation();
  bool read_effort();
  bool read_endpoint();
  bool take_model_of_kwargs();
  bool check_whole();
  bool check_body();
  bool check_input();
  bool other_form(std::string_view key, std::string_view where) override {
    return native = where == kWhole && is_native_field(key.substr(1, key.size() - 2));
  }
  bool read_native(char* line, std::size_t size);

  NativeReader native_reader;
  bool native = false;  // the line is a vendor's own
  std::string default_model, default_model_json;
  std::uint32_t given = 0;                     // bit i: the field i is there and not null
  std::array<std::uint32_t, 15> columns = {};  // where the value of each given field begins
};

namespace {

// In the order of kFields.
enum Field : std::size_t {
  kCustomId,
  kModel,
  kMessages,
  kSystemPrompt,
  kGeneration,
  kKwargs,
  kProvider,
  kEndpoint,
  kTools,
  kToolChoice,
  kResponseFormat,
  kReasoning,
  kSeed,
  kBody,
  kInput
};
constexpr std::array<std::string_view, 15> kFields = {
    "custom_id",       "model",     "messages", "system_prompt", "generation_config",
    "provider_kwargs", "provider",  "endpoint", "tools",         "tool_choice",
    "response_format", "reasoning", "seed",     "body",          "input"};

constexpr std::string_view kMessagesPath = "messages";  // chat at Anthropic, a path of its own elsewhere

}  // namespace

bool RequestReader::Impl::read_line(char* line, std::size_t size) {
  cursor = JsonCursor(line, size);
  scratch.clear();
  request->clear();
  native = false;
  begin_line();
  if (cursor.peek() != Kind::object) {
    const std::size_t at = cursor.offset();
    const Kind kind = cursor.peek();
    std::string_view token;
    if (!cursor.skip(&token)) return broken();  // a text that only begins like a value
    return wrong(
        at, "",
        "the line is " + std::string(kind_name(kind)) + "; a request is a JSON object; write {\"custom_id\":…}");
  }
  cursor.enter_object();
  std::uint32_t seen = 0;
  given = 0;
  std::string_view key;
  while (cursor.next_key(&key)) {
    std::size_t field = 0;
    if (!field_index(key, kFields, kWhole, &seen, &field)) return native && read_native(line, size);
    if (!read_field(field)) return false;
  }
  if (cursor.failed() || !cursor.finish()) return broken();
  if (cursor.saw_non_ascii() && !is_utf8({line, size}))
    return wrong(utf8_prefix({line, size}), "",
                 "the line is not valid UTF-8 from here on; JSON is UTF-8; save the file in that encoding");
  return check_whole();
}

bool RequestReader::Impl::read_native(char* line, std::size_t size) {
  native_reader.request = request;
  native_reader.issue = issue;
  if (!native_reader.read_line(line, size)) return false;
  settle_model(default_model, default_model_json);
  return true;
}

bool RequestReader::Impl::read_field(std::size_t field) {
  Request& r = *request;
  std::string_view token;
  if (cursor.peek() == Kind::null) return cursor.skip(&token) || broken();  // as if it were not there
  given |= 1U << field;
  columns[field] = column();
  switch (field) {
    case kCustomId:
      if (!read_string("custom_id", &r.custom_id_json)) return false;
      r.custom_id = unescape(r.custom_id_json);
      if (r.custom_id.empty())
        return wrong(cursor.offset_of(r.custom_id_json), "custom_id",
                     "custom_id is an empty string; every request needs a unique id; give it one");
      return true;
    case kModel:
      r.model_column = column();
      if (!read_string("model", &r.model_json)) return false;
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
      return read_value("provider_kwargs", &r.provider_kwargs_json, {Kind::object}, "an object");
    case kProvider:
      r.provider_column = column();
      if (!read_string("provider", &token)) return false;
      r.provider = unescape(token);
      return true;
    case kEndpoint:
      return read_endpoint();
    case kTools:
      r.tools_column = column();
      return read_value("tools", &r.tools_json, {Kind::array}, "an array");
    case kToolChoice:
      r.tool_choice_column = column();
      return read_value("tool_choice", &r.tool_choice_json, {Kind::string, Kind::object}, "a string or an object");
    case kResponseFormat:
      r.response_format_column = column();
      return read_value("response_format", &r.response_format_json, {Kind::object}, "an object");
    case kReasoning:
      r.reasoning_column = column();
      if (cursor.peek() == Kind::string) return read_effort();
      return read_value("reasoning", &r.reasoning_json, {Kind::object}, "a string or an object");
    case kSeed:
      r.seed_column = column();
      return read_number("seed", -9.3e18, 9.3e18, true, "a whole number", &r.seed_json);
    case kBody:
      return read_raw_body("body");
    case kInput:
      r.input_column = column();
      if (cursor.peek() == Kind::string) return read_string("input", &r.input_json);
      return read_strings("input", &r.input_json);
    default:
      return true;
  }
}

bool RequestReader::Impl::read_endpoint() {
  request->endpoint_column = column();
  std::string_view token;
  if (!read_string("endpoint", &token)) return false;
  const std::string_view name = unescape(token);
  request->endpoint = endpoint_of(name);
  if (request->endpoint != Endpoint::other) return true;
  request->path = name;
  if (path_tail(name) == kMessagesPath) request->endpoint = Endpoint::chat;
  return true;
}

bool RequestReader::Impl::read_system() {
  request->system_column = column();
  std::string_view token;
  if (cursor.peek() == Kind::string) {
    if (!read_string("system_prompt", &token)) return false;
    if (!is_empty_string(token)) add_system_prompt({token, {}});
    return true;
  }
  if (cursor.peek() != Kind::array)
    return wrong_type("system_prompt", "a string, or an array of strings and of text parts");
  request->system_is_list = true;
  cursor.enter_array();
  while (cursor.next_element()) {
    SystemText text;
    if (cursor.peek() == Kind::object ? !read_system_part("system_prompt", &text)
                                      : !read_string("system_prompt", &text.text_json))
      return false;
    if (!is_empty_string(text.text_json)) add_system_prompt(text);
  }
  return !cursor.failed() || broken();
}

bool RequestReader::Impl::read_generation() {
  request->generation_column = column();
  if (cursor.peek() != Kind::object) return wrong_type("generation_config", "an object");
  cursor.enter_object();
  std::uint32_t seen = 0;
  std::string_view key, null;
  while (cursor.next_key(&key)) {
    std::size_t index = 0;
    if (!field_index(key, kGenerationNames, "generation_config", &seen, &index)) return false;
    if (cursor.peek() == Kind::null) {
      if (!cursor.skip(&null)) return broken();
      continue;
    }
    const GenerationField& field = kGenerationFields[index];
    std::string_view* token = &(request->generation.*field.token);
    const bool good = field.range.empty()
                          ? read_strings(field.path, token)
                          : read_number(field.path, field.least, field.most, field.whole, field.range, token);
    if (!good) return false;
  }
  return !cursor.failed() || broken();
}

bool RequestReader::Impl::read_effort() {
  std::string_view& token = request->reasoning_json;
  if (!read_string("reasoning", &token)) return false;
  return !is_empty_string(token) || wrong(cursor.offset_of(token), "reasoning",
                                          "reasoning is an empty string; it names an effort; name one or "
                                          "leave it out");
}

// The model that is sent is the one that the requests of a batch share, and that is paid for.
bool RequestReader::Impl::take_model_of_kwargs() {
  Request& r = *request;
  if (r.provider_kwargs_json.empty()) return true;
  JsonCursor kwargs(r.provider_kwargs_json.data(), r.provider_kwargs_json.size());
  kwargs.enter_object();
  std::string_view key, value;
  while (kwargs.next_key(&key) && kwargs.skip(&value)) {
    if (unescape(key) != "model") continue;
    if (!value.starts_with('"') || is_empty_string(value))
      return wrong(cursor.offset_of(value), "provider_kwargs.model",
                   "provider_kwargs.model is no name of a model, and would be sent as the request's; name one or leave it out");
    r.model_json = value;
    r.model = unescape(value);
    r.model_column = static_cast<std::uint32_t>(cursor.offset_of(value) + 1);
  }
  return true;
}

bool RequestReader::Impl::check_whole() {
  const Request& r = *request;
  if (r.custom_id_json.empty())
    return wrong(0, "custom_id", "custom_id is missing; every request needs a unique id; add it");
  if (r.body_json.empty() && !take_model_of_kwargs()) return false;
  settle_model(default_model, default_model_json);
  if (!r.body_json.empty()) return check_body();
  if (r.endpoint == Endpoint::other)
    return wrong(r.endpoint_column - 1, "endpoint",
                 "the endpoint \"" + std::string(r.path) + "\" is not known; it is one of " +
                     join_names(kEndpointNames) + "; leave it out for chat, or give the request as body");
  if (r.model.empty()) return wrong(0, "model", "model is missing; the vendor needs one; add it");
  return check_input();
}

// Nothing is added to a raw body: a field beside it would be lost.
bool RequestReader::Impl::check_body() {
  constexpr std::uint32_t kBeside = 1U << kCustomId | 1U << kModel | 1U << kProvider | 1U << kEndpoint | 1U << kBody;
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    if ((given & ~kBeside & 1U << i) == 0) continue;
    const std::string name(kFields[i]);
    return wrong(columns[i] - 1, name,
                 "both body and " + name + " are given; a raw body is sent as it is; remove one of them");
  }
  return true;
}

bool RequestReader::Impl::check_input() {
  const Request& r = *request;
  const bool takes_input = r.endpoint == Endpoint::embeddings || r.endpoint == Endpoint::moderations;
  if (takes_input && r.input_json.empty())
    return wrong(0, "input", "input is missing; this endpoint reads it instead of messages; add it");
  if (!takes_input && !r.input_json.empty())
    return wrong(r.input_column - 1, "input", "input is given; only embeddings and moderations read it; use messages");
  if (!takes_input && r.messages.empty())
    return wrong(0, "messages", "messages is missing; a request asks something; add a user message");
  if (takes_input && !r.messages.empty())
    return wrong(r.messages_column - 1, "messages",
                 "messages are given; this endpoint reads input; move the text there");
  return true;
}

RequestReader::RequestReader() : impl_(std::make_unique<Impl>()) {}
RequestReader::~RequestReader() = default;

void RequestReader::set_default_model(std::string_view model) {
  impl_->default_model = model;
  impl_->default_model_json.clear();
  if (!model.empty()) append_json_string(model, &impl_->default_model_json);
}

bool RequestReader::read(char* line, std::size_t size, Request* request, Issue* issue) {
  impl_->request = request;
  impl_->issue = issue;
  const bool good = impl_->read_line(line, size);
  request->line = {line, size};
  return good;
}

}  // namespace br
