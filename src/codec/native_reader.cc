#include "codec/native_reader.h"

#include <algorithm>
#include <array>

#include "codec/field_names.h"
#include "codec/utf8.h"

namespace br {
namespace {

// In the order of NativeReader::Field. model and provider are ours and may stand in any line.
constexpr std::array<std::string_view, 12> kLineNames = {"custom_id", "key",      "recordId", "model",  "provider", "method",
                                                     "url",       "metadata", "body",     "params", "request",  "modelInput"};
constexpr std::size_t kFirstCarrier = 8;
constexpr std::array<std::string_view, 8> kNativeNames = {"key", "recordId", "method", "url",
                                                          "params", "request", "modelInput", "metadata"};

struct FormOfCarrier {
  LineForm form;
  std::string_view vendor;
  std::string_view fields;  // the whole line, for messages
};
constexpr std::array<FormOfCarrier, 4> kForms = {{
    {LineForm::openai, "OpenAI's", "custom_id, method, url and body"},
    {LineForm::anthropic, "Anthropic's", "custom_id and params"},
    {LineForm::gemini, "Gemini's", "key and request"},
    {LineForm::bedrock, "Bedrock's", "recordId and modelInput"},
}};

}  // namespace

bool is_native_field(std::string_view name) {
  return std::find(kNativeNames.begin(), kNativeNames.end(), name) != kNativeNames.end();
}

bool NativeReader::read_line(const char* line, std::size_t size) {
  cursor = JsonCursor(line, size);
  scratch.clear();
  request->clear();
  carrier_ = kFields;
  native_key_ = label_id_ = method_ = {};
  cursor.enter_object();
  std::uint32_t seen = 0;
  std::string_view key, value;
  while (cursor.next_key(&key)) {
    const std::string_view name = unescape(key);
    const auto field = static_cast<std::size_t>(std::find(kLineNames.begin(), kLineNames.end(), name) - kLineNames.begin());
    if (field < kFields && (seen >> field & 1U) != 0) return twice(key, "the line");
    seen |= field < kFields ? 1U << field : 0;
    if (native_key_.empty() && is_native_field(name)) native_key_ = key;
    if (cursor.peek() == Kind::null && field < kFields) {
      if (!cursor.skip(&value)) return broken();
    } else if (!read_field(field, key)) {
      return false;
    }
  }
  if (cursor.failed() || !cursor.finish()) return broken();
  if (cursor.saw_non_ascii() && !is_utf8({line, size}))
    return wrong(utf8_prefix({line, size}), "",
                 "the line is not valid UTF-8 from here on; JSON is UTF-8; save the file in that encoding");
  return check_form(native_key_) && check_fields();
}

bool NativeReader::read_field(std::size_t field, std::string_view key) {
  Request& r = *request;
  std::string_view value;
  switch (field) {
    case kCustomId:
    case kKey:
    case kRecordId:
      if (field == kCustomId) r.line_fields.emplace_back(key, std::string_view());  // its value is the id
      return read_id();
    case kModel:
      r.model_column = column();
      if (!read_string("model", &r.model_json)) return false;
      r.model = unescape(r.model_json);
      return true;
    case kProvider:
      r.provider_column = column();
      if (!read_string("provider", &value)) return false;
      r.provider = unescape(value);
      return true;
    case kMethod:
      return read_method();
    case kUrl:
      return read_url();
    case kMetadata:
      return read_metadata(key);
    case kBody:
    case kParams:
    case kRequest:
    case kModelInput:
      return read_carrier(field);
    default:
      if (!cursor.skip(&value)) return broken();
      r.line_fields.emplace_back(key, value);
      return true;
  }
}

bool NativeReader::read_id() {
  std::string_view token;
  if (!read_string("custom_id", &token)) return false;
  if (is_empty_string(token))
    return wrong(cursor.offset_of(token), "custom_id",
                 "the id is an empty string; every request needs a unique id; give it one");
  request->custom_id_json = token;
  request->custom_id = unescape(token);
  return true;
}

bool NativeReader::read_method() {
  std::string_view token;
  if (!read_string("method", &token)) return false;
  method_ = token;
  if (token == "\"POST\"") return true;
  return wrong(cursor.offset_of(token), "method",
               "the method is " + std::string(token) + "; vendors' batches take POST; write \"POST\"");
}

bool NativeReader::read_url() {
  request->endpoint_column = column();
  if (!read_string("url", &request->url_json)) return false;
  request->path = unescape(request->url_json);
  request->endpoint = endpoint_of(request->path);
  return true;
}

// {"request":…,"metadata":{"key":…}} is how Gemini has a request inside of a create call.
bool NativeReader::read_metadata(std::string_view key) {
  std::string_view value, name, token;
  if (!cursor.skip(&value)) return broken();
  JsonCursor inner(value.data(), value.size());
  bool only_key = inner.peek() == Kind::object && inner.enter_object();
  while (only_key && inner.next_key(&name)) {
    only_key = name == "\"key\"" && inner.peek() == Kind::string && inner.read_string(&token);
  }
  if (!only_key || is_empty_string(token)) {
    request->line_fields.emplace_back(key, value);
  } else if (request->custom_id_json.empty()) {
    request->custom_id_json = token;
    request->custom_id = unescape(token);
  }
  return true;
}

bool NativeReader::read_carrier(std::size_t field) {
  if (carrier_ != kFields)
    return wrong(cursor.offset(), kLineNames[field],
                 "both " + std::string(kLineNames[carrier_]) + " and " + std::string(kLineNames[field]) +
                     " are given; a line holds one body; remove one of them");
  carrier_ = field;
  request->form = kForms[field - kFirstCarrier].form;
  if (!read_raw_body(kLineNames[field])) return false;
  if (request->form == LineForm::gemini) read_gemini_body();
  return true;
}

// What is embedded stands in "content", what is answered in "contents". A label may be the id.
void NativeReader::read_gemini_body() {
  Request& r = *request;
  JsonCursor body(r.body_json.data(), r.body_json.size());
  body.enter_object();
  std::string_view key, value, labels;
  bool content = false, contents = false;
  while (body.next_key(&key) && body.skip(&value)) {
    content = content || key == "\"content\"";
    contents = contents || key == "\"contents\"";
    if (key == "\"labels\"" && value.starts_with('{')) labels = value;
  }
  if (content && !contents) r.endpoint = Endpoint::embeddings;
  if (labels.empty()) return;
  JsonCursor inner(labels.data(), labels.size());
  inner.enter_object();
  while (inner.next_key(&key) && inner.skip(&value)) {
    if (key == "\"custom_id\"" && value.size() > 2 && value.front() == '"') label_id_ = value;
  }
}

bool NativeReader::check_form(std::string_view first_key) {
  if (carrier_ == kFields) {
    const std::string_view name = first_key.substr(1, first_key.size() - 2);
    return wrong(cursor.offset_of(first_key), name,
                 "the field \"" + std::string(name) +
                     "\" stands in vendors' own batch lines, and there is no body, params, request or modelInput "
                     "beside it; remove it, or give the body");
  }
  Request& r = *request;
  if (r.custom_id_json.empty() && !label_id_.empty()) {
    r.custom_id_json = label_id_;
    r.custom_id = unescape(label_id_);
  }
  if (!r.custom_id_json.empty() || r.form == LineForm::gemini || r.form == LineForm::bedrock) return true;
  return wrong(0, "custom_id", "custom_id is missing; every request needs a unique id; add it");
}

// A field that the vendor's line does not have. Vertex AI gives such fields back beside the answer.
bool NativeReader::check_fields() {
  Request& r = *request;
  if (r.form == LineForm::gemini) {
    if (r.model_column > 0) r.line_fields.emplace_back("\"model\"", r.model_json);
    return true;
  }
  const FormOfCarrier& form = kForms[carrier_ - kFirstCarrier];
  for (const auto& [key, value] : r.line_fields) {
    if (value.empty() || value == "null") continue;
    const std::string name(key.substr(1, key.size() - 2));
    return wrong(cursor.offset_of(key), name,
                 "the field \"" + name + "\" is not one of " + std::string(form.vendor) + " batch line; it has " +
                     std::string(form.fields) + "; remove it");
  }
  r.line_fields.clear();
  if (!method_.empty()) r.line_fields.emplace_back("\"method\"", method_);
  if (!r.url_json.empty()) r.line_fields.emplace_back("\"url\"", r.url_json);
  return true;
}

}  // namespace br
