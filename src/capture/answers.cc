#include "capture/answers.h"

#include "codec/json_read.h"
#include "codec/json_write.h"
#include "codec/result_fields.h"
#include "codec/words.h"

namespace br {
namespace {

std::string text_of(std::string_view token) {
  std::string text;
  if (token.starts_with('"')) append_unescaped(token, &text);
  return text;
}

// The type that an error of this status has at the vendor.
std::string_view anthropic_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case kStatusTooLarge:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 529:
      return "overloaded_error";
    default:
      return status >= kStatusServerError ? "api_error" : "invalid_request_error";
  }
}

std::string_view gemini_status(int status) {
  switch (status) {
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 503:
      return "UNAVAILABLE";
    case 504:
      return "DEADLINE_EXCEEDED";
    default:
      return status >= kStatusServerError ? "INTERNAL" : "INVALID_ARGUMENT";
  }
}

// What a batch that was refused as a whole may be refused for: one of its calls.
bool may_be_one_call(int status) {
  return status == 0 || status == kStatusBadRequest || status == kStatusTooLarge || status == kStatusUnprocessable;
}

}  // namespace

std::string error_body(AnswerForm form, int status, std::string_view type, std::string_view code,
                       std::string_view message) {
  std::string out;
  JsonWriter json(&out);
  json.begin_object();
  switch (form) {
    case AnswerForm::anthropic:
      json.field("type", "error").key("error").begin_object();
      json.field("type", type.empty() ? anthropic_type(status) : type).field("message", message).end_object();
      break;
    case AnswerForm::gemini:
      json.key("error").begin_object().field("code", std::int64_t{status}).field("message", message);
      json.field("status", type.empty() ? gemini_status(status) : type).end_object();
      break;
    case AnswerForm::openai:
      json.key("error").begin_object().field("message", message);
      json.field("type", type.empty() ? (status >= kStatusServerError ? "server_error" : "invalid_request_error") : type);
      json.key("param").null().key("code");
      if (code.empty())
        json.null();
      else
        json.string(code);
      json.end_object();
  }
  json.end_object();
  return out;
}

CallOutcome read_outcome(AnswerForm form, std::string_view line, bool alone) {
  ResultFields fields(line);
  CallOutcome out;
  const ResultStatus status = fields.status();
  out.batch_id = text_of(fields.token(ResultField::batch_id));
  const std::string_view response = fields.token(ResultField::response);
  if (status == ResultStatus::succeeded) {
    out.status = kStatusOk;
    out.body = std::string(response);
    return out;
  }
  const std::string_view error = fields.token(ResultField::error);
  const std::string type = text_of(ResultFields::member(error, "type"));
  const std::string code = text_of(ResultFields::member(error, "code"));
  const std::string message = text_of(ResultFields::member(error, "message"));
  const bool transient = ResultFields::member(error, "transient") == "true";
  const int http = static_cast<int>(token_integer(ResultFields::member(error, "http_status")).value_or(0));
  if (status == ResultStatus::expired || type == "missing") {
    out.fate = CallFate::again;
    return out;
  }
  const bool whole = is_one_of(type, {"not_submitted", "batch_failed"});
  if (whole && !alone && may_be_one_call(http) && code != "model_not_found") {
    out.fate = CallFate::cut;
    return out;
  }
  // What the vendor may have answered, and is paid for, is not asked again by itself.
  const bool lost =
      status == ResultStatus::cancelled || is_one_of(type, {"malformed", "results_gone", "unidentified", "abandoned"});
  const bool no_model = code == "model_not_found" || (type == "not_found_error" && http == 0);
  out.status = no_model ? kStatusNotFound : lost ? kStatusBadGateway : http >= kStatusBadRequest ? http : transient ? kStatusServerError : kStatusBadRequest;
  // What the vendor said in the row is its own answer to that call.
  const bool own_words = !whole && response.starts_with('{') && !ResultFields::member(response, "error").empty();
  out.body = own_words ? std::string(response)
                       : error_body(form, out.status, whole || type == "provider_error" ? "" : type, code, message);
  return out;
}

}  // namespace br
