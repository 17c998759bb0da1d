#include "abi/guard.h"
#include "abi/handles.h"

using br::Error;
using br::guard;
using br::Result;

namespace {

Error forked() { return Error(br::Code::forked, "the router was opened before fork()"); }

// The handle is used by one thread at a time, so reading the line late is no race.
const br::Json& json_of(const br_result* result) {
  auto* mutable_result = const_cast<br_result*>(result);
  if (mutable_result->json == nullptr) mutable_result->json = br::Json::parse(result->item.line);
  static const auto* missing = new br::Json();
  return mutable_result->json == nullptr ? *missing : *mutable_result->json;
}

const char* string_of(const br::Json& json, size_t* length = nullptr) {
  if (length != nullptr) *length = json.string().size();
  return json.is_string() ? json.string().data() : nullptr;
}

template <class Fn>
const char* text(const br_result* result, Fn&& fn) {
  if (result == nullptr) return nullptr;
  return br::shield<const char*>(nullptr, [&] { return fn(json_of(result)); });
}

const char* raw_of(const br::Json& json, size_t* length) {
  if (length != nullptr) *length = 0;
  if (!json.is_object() && !json.is_array()) return nullptr;
  if (length != nullptr) *length = json.raw().size();
  return json.raw().c_str();
}

}  // namespace

extern "C" {

void br_result_free(br_result* result) { delete result; }

br_status br_result_ack(br_result* result, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (result == nullptr) return br::null_argument("result");
    if (result->router == nullptr) return BR_OK;
    if (result->router->is_forked()) return forked();
    auto use = result->router->use();
    if (!use) return std::move(use.error());
    result->router->acknowledge(result->item);
    return BR_OK;
  });
}

const char* br_result_custom_id(const br_result* result, size_t* length) {
  if (length != nullptr) *length = 0;
  return text(result, [&](const br::Json& j) { return string_of(j["custom_id"], length); });
}

int32_t br_result_status(const br_result* result) {
  if (result == nullptr) return 0;
  return br::shield<int32_t>(BR_RESULT_ERRORED, [&]() -> int32_t {
    const std::string_view status = json_of(result)["status"].string();
    if (status == "succeeded") return BR_RESULT_SUCCEEDED;
    if (status == "cancelled") return BR_RESULT_CANCELLED;
    return status == "expired" ? BR_RESULT_EXPIRED : BR_RESULT_ERRORED;
  });
}

const char* br_result_job_id(const br_result* r) {
  return text(r, [](const br::Json& j) { return string_of(j["job_id"]); });
}
const char* br_result_batch_id(const br_result* r) {
  return text(r, [](const br::Json& j) { return string_of(j["batch_id"]); });
}
const char* br_result_text(const br_result* r, size_t* length) {
  if (length != nullptr) *length = 0;
  return text(r, [&](const br::Json& j) { return string_of(j["text"], length); });
}
const char* br_result_model(const br_result* r) {
  return text(r, [](const br::Json& j) { return string_of(j["model"]); });
}
const char* br_result_finish_reason(const br_result* r) {
  return text(r, [](const br::Json& j) { return string_of(j["finish_reason"]); });
}
const char* br_result_tool_calls(const br_result* r, size_t* length) {
  if (length != nullptr) *length = 0;
  return text(r, [&](const br::Json& j) { return raw_of(j["tool_calls"], length); });
}
const char* br_result_response(const br_result* r, size_t* length) {
  if (length != nullptr) *length = 0;
  return text(r, [&](const br::Json& j) { return raw_of(j["response"], length); });
}
const char* br_result_error_type(const br_result* r) {
  return text(r, [](const br::Json& j) { return string_of(j["error"]["type"]); });
}
const char* br_result_error_code(const br_result* r) {
  return text(r, [](const br::Json& j) { return string_of(j["error"]["code"]); });
}
const char* br_result_error_message(const br_result* r) {
  return text(r, [](const br::Json& j) { return string_of(j["error"]["message"]); });
}

int32_t br_result_http_status(const br_result* r) {
  if (r == nullptr) return 0;
  return br::shield<int32_t>(0, [&] {
    const br::Json& error = json_of(r)["error"];
    if (!error.is_object()) return 200;
    return static_cast<int32_t>(error["http_status"].integer().value_or(0));
  });
}
int32_t br_result_is_transient(const br_result* r) {
  if (r == nullptr) return 0;
  return br::shield<int32_t>(0, [&] { return json_of(r)["error"]["transient"].boolean() ? 1 : 0; });
}

int64_t br_result_tokens(const br_result* r, int32_t which) {
  static constexpr const char* kNames[] = {"input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens"};
  if (r == nullptr || which < 0 || which > BR_TOKENS_REASONING) return -1;
  return br::shield<int64_t>(-1, [&] { return json_of(r)["usage"][kNames[which]].integer().value_or(-1); });
}

int32_t br_result_redelivered(const br_result* r) { return r != nullptr && r->item.redelivered ? 1 : 0; }

const char* br_result_json(const br_result* result, size_t* length) {
  if (length != nullptr) *length = result == nullptr ? 0 : result->item.line.size();
  return result == nullptr ? nullptr : result->item.line.c_str();
}

}  // extern "C"
