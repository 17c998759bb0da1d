#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/text.h"
#include "codec/json_cursor.h"
#include "codec/json_read.h"
#include "codec/json_write.h"
#include "codec/request_reader.h"

using br::Error;
using br::guard;
using br::Result;

namespace {

const char* source_name(int32_t source) {
  switch (source) {
    case BR_SOURCE_URL:
      return "url";
    case BR_SOURCE_BASE64:
      return "base64";
    case BR_SOURCE_FILE_URI:
      return "file_uri";
    default:
      return nullptr;
  }
}

std::string quoted(const char* text, size_t length) {
  std::string out;
  br::append_json_string({text, length}, &out);
  return out;
}

// A request that came as JSON goes to the vendor as it came.
Result<void> changeable(const br_request* request) {
  if (request->raw.empty()) return {};
  return Error(br::Code::invalid_argument, "the request was made from JSON and cannot be changed",
               "build it with br_request_new, or change the JSON");
}

Result<void> check_content(std::string_view what, std::string_view text) {
  return br::check_utf8(what, text, br::Code::input);
}

// Fields of an object in the order they were set; a later value takes an earlier one's place.
void put(std::vector<std::pair<std::string, std::string>>* fields, const char* name, std::string_view json) {
  for (auto& [key, value] : *fields) {
    if (key != name) continue;
    value = json;
    return;
  }
  fields->emplace_back(name, json);
}

Result<br_status> set_json(std::vector<std::pair<std::string, std::string>>* fields, const char* name,
                           const char* json, size_t length) {
  BR_RETURN_IF_ERROR(check_content("the name of a field", name));
  BR_RETURN_IF_ERROR(check_content(std::string("the value of ") + name, {json, length}));
  const auto parsed = br::Json::parse({json, length});
  if (parsed == nullptr)
    return Error(br::Code::invalid_argument, std::string("the value of ") + name + " is not JSON",
                 "strings need their quotes");
  put(fields, name, parsed->raw());
  return BR_OK;
}

Result<br_status> add_part(br_request* request, const char* type, const char* default_type, int32_t source,
                           const char* media_type, const char* data, size_t length) {
  if (request == nullptr || data == nullptr) return br::null_argument("request or data");
  BR_RETURN_IF_ERROR(br::check_size(length, "length"));
  BR_RETURN_IF_ERROR(changeable(request));
  if (source_name(source) == nullptr)
    return Error(br::Code::invalid_argument, "the source " + std::to_string(source) + " is not known",
                 "use BR_SOURCE_URL, BR_SOURCE_BASE64 or BR_SOURCE_FILE_URI");
  if (request->messages.empty())
    return Error(br::Code::invalid_argument, "there is no message to add to", "call br_request_add_message first");
  BR_RETURN_IF_ERROR(check_content("media_type", media_type == nullptr ? "" : media_type));
  BR_RETURN_IF_ERROR(check_content("data", {data, length}));
  std::string part;
  br::JsonWriter json(&part);
  json.begin_object().field("type", type).field("source_type", source_name(source));
  json.field("media_type", media_type == nullptr ? default_type : media_type);
  json.key("data").string({data, length}).end_object();
  request->messages.back().parts.push_back(std::move(part));
  return BR_OK;
}

void write_request(const br_request& r, std::string* out) {
  br::JsonWriter json(out);
  json.begin_object().field("custom_id", r.custom_id);
  if (!r.model.empty()) json.field("model", r.model);
  if (!r.messages.empty()) {
    json.key("messages").begin_array();
    for (const auto& message : r.messages) {
      json.begin_object().field("role", message.role == BR_ROLE_USER ? "user" : "assistant");
      json.key("content").begin_array();
      for (const std::string& part : message.parts) json.raw(part);
      json.end_array().end_object();
    }
    json.end_array();
  }
  if (r.system_is_list) {
    json.key("system_prompt").begin_array();
    for (const std::string& text : r.system) json.string(text);
    json.end_array();
  } else if (!r.system.empty()) {
    json.field("system_prompt", r.system.front());
  }
  if (!r.generation.empty()) {
    json.key("generation_config").begin_object();
    for (const auto& [name, value] : r.generation) json.key(name).raw(value);
    json.end_object();
  }
  for (const auto& [name, value] : r.fields) json.key(name).raw(value);
  json.end_object();
}

}  // namespace

extern "C" {

br_request* br_request_new(const char* custom_id, const char* model) {
  if (custom_id == nullptr || model == nullptr || !br::is_utf8(custom_id) || !br::is_utf8(model)) return nullptr;
  return br::shield<br_request*>(nullptr, [&] {
    auto request = std::make_unique<br_request>();
    request->custom_id = custom_id;
    request->model = model;
    return request.release();
  });
}

void br_request_free(br_request* request) { delete request; }

br_status br_request_from_json(const char* json, size_t length, br_request** request, br_error** err) {
  if (request != nullptr) *request = nullptr;
  return guard(err, [&]() -> Result<br_status> {
    if (json == nullptr || request == nullptr) return br::null_argument("json or request");
    BR_RETURN_IF_ERROR(br::check_size(length, "length"));
    std::string line(json, length);
    for (char& c : line) {
      if (c == '\n' || c == '\r') c = ' ';
    }
    auto made = std::make_unique<br_request>();
    made->raw = line;
    line.append(br::kJsonPadding, ' ');
    br::RequestReader reader;
    br::Request checked;
    br::Issue issue;
    if (!reader.read(line.data(), length, &checked, &issue)) {
      Error error(br::Code::input, "1:" + std::to_string(issue.column) + ": " + issue.message);
      error.issues.push_back(error.message);
      error.issue_total = 1;
      return error;
    }
    *request = made.release();
    return BR_OK;
  });
}

br_status br_request_set_system(br_request* request, const char* text, size_t length, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (request == nullptr || text == nullptr) return br::null_argument("request or text");
    BR_RETURN_IF_ERROR(br::check_size(length, "length"));
    BR_RETURN_IF_ERROR(changeable(request));
    BR_RETURN_IF_ERROR(check_content("the system prompt", {text, length}));
    request->system.assign(1, std::string(text, length));
    request->system_is_list = false;
    return BR_OK;
  });
}

br_status br_request_add_system(br_request* request, const char* text, size_t length, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (request == nullptr || text == nullptr) return br::null_argument("request or text");
    BR_RETURN_IF_ERROR(br::check_size(length, "length"));
    BR_RETURN_IF_ERROR(changeable(request));
    BR_RETURN_IF_ERROR(check_content("the system prompt", {text, length}));
    request->system.emplace_back(text, length);
    request->system_is_list = true;
    return BR_OK;
  });
}

br_status br_request_add_message(br_request* request, int32_t role, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (request == nullptr) return br::null_argument("request");
    BR_RETURN_IF_ERROR(changeable(request));
    if (role != BR_ROLE_USER && role != BR_ROLE_ASSISTANT)
      return Error(br::Code::invalid_argument, "the role " + std::to_string(role) + " is not known",
                   "use BR_ROLE_USER or BR_ROLE_ASSISTANT; a system prompt goes to br_request_set_system");
    request->messages.push_back({role, {}});
    return BR_OK;
  });
}

br_status br_request_add_text(br_request* request, const char* text, size_t length, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (request == nullptr || text == nullptr) return br::null_argument("request or text");
    BR_RETURN_IF_ERROR(br::check_size(length, "length"));
    BR_RETURN_IF_ERROR(changeable(request));
    if (request->messages.empty())
      return Error(br::Code::invalid_argument, "there is no message to add to", "call br_request_add_message first");
    BR_RETURN_IF_ERROR(check_content("text", {text, length}));
    request->messages.back().parts.push_back("{\"type\":\"text\",\"text\":" + quoted(text, length) + "}");
    return BR_OK;
  });
}

br_status br_request_add_image(br_request* request, int32_t source, const char* media_type, const char* data,
                               size_t length, br_error** err) {
  return guard(err, [&] { return add_part(request, "image", "image/jpeg", source, media_type, data, length); });
}

br_status br_request_add_document(br_request* request, int32_t source, const char* media_type, const char* data,
                                  size_t length, br_error** err) {
  return guard(err, [&] { return add_part(request, "document", "application/pdf", source, media_type, data, length); });
}

br_status br_request_add_audio(br_request* request, int32_t source, const char* media_type, const char* data,
                               size_t length, br_error** err) {
  return guard(err, [&] { return add_part(request, "audio", "audio/wav", source, media_type, data, length); });
}

br_status br_request_set_generation(br_request* request, const char* name, const char* json, size_t length,
                                    br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (request == nullptr || name == nullptr || json == nullptr) return br::null_argument("request, name or json");
    BR_RETURN_IF_ERROR(br::check_size(length, "length"));
    BR_RETURN_IF_ERROR(changeable(request));
    return set_json(&request->generation, name, json, length);
  });
}

br_status br_request_set_field(br_request* request, const char* name, const char* json, size_t length,
                               br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (request == nullptr || name == nullptr || json == nullptr) return br::null_argument("request, name or json");
    BR_RETURN_IF_ERROR(br::check_size(length, "length"));
    BR_RETURN_IF_ERROR(changeable(request));
    return set_json(&request->fields, name, json, length);
  });
}

const char* br_request_json(br_request* request, size_t* length) {
  if (length != nullptr) *length = 0;
  if (request == nullptr) return nullptr;
  return br::shield<const char*>(nullptr, [&] {
    request->json = request->raw;
    if (request->raw.empty()) write_request(*request, &request->json);
    if (length != nullptr) *length = request->json.size();
    return request->json.c_str();
  });
}

}  // extern "C"
