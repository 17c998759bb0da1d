#include "emulator/google/errors.h"

#include "emulator/base/json.h"

namespace br::emulator {
namespace {

const char* status_name(int status) {
  switch (status) {
    case 400:
      return "INVALID_ARGUMENT";
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 409:
      return "ALREADY_EXISTS";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 503:
      return "UNAVAILABLE";
    case 504:
      return "DEADLINE_EXCEEDED";
    default:
      return status >= 500 ? "INTERNAL" : "FAILED_PRECONDITION";
  }
}

}  // namespace

Reply google_refusal(const ApiError& error) {
  json::Writer out;
  out.begin_object().key("error").begin_object().field("code", int64_t{error.status}).field("message", error.message);
  out.field("status", status_name(error.status));
  const std::string_view rpc = "type.googleapis.com/google.rpc.";
  if (!error.code.empty()) {
    out.key("details").begin_array().begin_object();
    if (error.code == "rate_limit_exceeded") {
      out.field("@type", std::string(rpc) + "RetryInfo").field("retryDelay", "1s");
    } else {
      out.field("@type", std::string(rpc) + (error.status == 429 ? "QuotaFailure" : "ErrorInfo"));
      out.field("reason", error.code);
    }
    out.end_object().end_array();
  }
  Reply reply;
  reply.content_type = "application/json; charset=UTF-8";
  reply.body = out.end_object().end_object().str();
  reply.status = error.status;
  return reply;
}

}  // namespace br::emulator
