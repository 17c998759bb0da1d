// How each form says within a stream that the request failed.
#include <array>
#include <span>

#include "capture/stream/event_writer.h"
#include "capture/stream/stream.h"
#include "capture/stream/stream_forms.h"

namespace br {
namespace {

struct StatusName {
  int status;
  std::string_view name;
};

constexpr std::array<StatusName, 9> kAnthropicTypes = {{{400, "invalid_request_error"},
                                                        {401, "authentication_error"},
                                                        {402, "billing_error"},
                                                        {403, "permission_error"},
                                                        {404, "not_found_error"},
                                                        {413, "request_too_large"},
                                                        {429, "rate_limit_error"},
                                                        {504, "timeout_error"},
                                                        {529, "overloaded_error"}}};
constexpr std::array<StatusName, 9> kGoogleStatuses = {{{400, "INVALID_ARGUMENT"},
                                                        {401, "UNAUTHENTICATED"},
                                                        {403, "PERMISSION_DENIED"},
                                                        {404, "NOT_FOUND"},
                                                        {409, "ABORTED"},
                                                        {429, "RESOURCE_EXHAUSTED"},
                                                        {500, "INTERNAL"},
                                                        {503, "UNAVAILABLE"},
                                                        {504, "DEADLINE_EXCEEDED"}}};
constexpr std::array<StatusName, 4> kOpenAiTypes = {
    {{401, "authentication_error"}, {403, "permission_error"}, {404, "not_found_error"}, {429, "rate_limit_error"}}};

std::string_view name_of(std::span<const StatusName> names, int status, std::string_view below_500,
                         std::string_view from_500) {
  for (const StatusName& each : names) {
    if (each.status == status) return each.name;
  }
  return status < 500 ? below_500 : from_500;
}

// What the vendor answered, however it did.
struct ErrorBody {
  ErrorBody(int http_status, std::string_view text) : status(http_status), body(read_answer(text)), message(text) {
    if (message.empty()) message = "the vendor answered with status " + std::to_string(http_status);
  }
  bool has_error() const { return body != nullptr && has((*body)["error"]); }

  int status;
  std::shared_ptr<const Json> body;
  std::string message;  // of a body that is no JSON object
};

// {"error":…}, as OpenAI's clients read it; a body without that field is the error itself (Mistral).
void write_openai_error(const ErrorBody& error, JsonWriter* json) {
  json->key("error");
  if (error.has_error()) {
    json->raw((*error.body)["error"].raw());
  } else if (error.body != nullptr) {
    json->raw(error.body->raw());
  } else {
    json->begin_object().field("message", error.message);
    json->field("type", name_of(kOpenAiTypes, error.status, "invalid_request_error", "server_error"));
    json->key("param").null().key("code").null().end_object();
  }
}

void append_chat_error(const ErrorBody& error, std::string* out) {
  EventWriter events(out);
  JsonWriter& json = events.begin("").begin_object();
  write_openai_error(error, &json);
  if (error.has_error()) write_fields(*error.body, {{"error", ""}}, &json);
  json.end_object();
  events.end();
  events.begin("").raw("[DONE]");
  events.end();
}

// The description of the API has the fields in the event, and the vendor sends them in "error" too: clients read one of
// both.
void append_responses_error(const ErrorBody& error, std::string* out) {
  std::string json_text;
  JsonWriter inner(&json_text);
  inner.begin_object();
  write_openai_error(error, &inner);
  inner.end_object();
  const auto whole = Json::parse(json_text);
  const Json& fields = (*whole)["error"];
  EventWriter events(out);
  JsonWriter& json = events.begin("error").begin_object().field("type", "error").field("sequence_number", 0);
  for (const std::string_view name : {"code", "message", "param"}) {
    const bool only_words = name == "message" && fields.is_string();
    const Json& value = only_words ? fields : fields[name];
    json.key(name).raw(has(value) ? value.raw() : "null");
  }
  json.key("error").raw(fields.raw()).end_object();
  events.end();
}

void append_anthropic_error(const ErrorBody& error, std::string* out) {
  EventWriter events(out);
  JsonWriter& json = events.begin("error");
  if (error.has_error() && (*error.body)["type"].string() == "error") {
    json.raw(error.body->raw());
  } else {
    json.begin_object().field("type", "error").key("error");
    const std::string_view type = name_of(kAnthropicTypes, error.status, "invalid_request_error", "api_error");
    const Json* told = error.body == nullptr ? nullptr : error.has_error() ? &(*error.body)["error"] : error.body.get();
    if (told != nullptr && told->is_object())
      json.raw(told->raw());
    else
      json.begin_object().field("type", type).field("message", error.message).end_object();
    json.end_object();
  }
  events.end();
}

std::string google_error(const ErrorBody& error) {
  if (error.has_error() && (*error.body)["error"].is_object()) return std::string(error.body->raw());
  std::string text;
  JsonWriter json(&text);
  json.begin_object().key("error").begin_object().field("code", error.status).field("message", error.message);
  json.field("status", name_of(kGoogleStatuses, error.status, "INVALID_ARGUMENT", "INTERNAL"));
  json.end_object().end_object();
  return text;
}

}  // namespace

std::string stream_error(StreamForm form, int http_status, std::string_view error_body) {
  const ErrorBody error(http_status, error_body);
  std::string out;
  switch (form) {
    case StreamForm::openai_chat:
    case StreamForm::openai_completions:
      append_chat_error(error, &out);
      break;
    case StreamForm::openai_responses:
      append_responses_error(error, &out);
      break;
    case StreamForm::anthropic_messages:
      append_anthropic_error(error, &out);
      break;
    case StreamForm::gemini_sse:
      out.append("data: ").append(google_error(error)).append("\r\n\r\n");
      break;
    case StreamForm::gemini_array:
      out.append("[").append(google_error(error)).append("]");
      break;
  }
  return out;
}

}  // namespace br
