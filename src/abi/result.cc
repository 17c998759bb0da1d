#include "abi/guard.h"
#include "abi/handles.h"
#include "abi/usable.h"

using br::Error;
using br::forked;
using br::guard;
using br::Result;

namespace {

using Field = br::ResultField;

// The handle is used by one thread at a time, so reading the line late is no race.
br_result* mutable_of(const br_result* result) { return const_cast<br_result*>(result); }

// Decodes the token that `find` gives into *text once. NULL where it is no string.
template <class Fn>
const char* decoded(std::optional<std::string>* text, size_t* length, Fn&& find) {
  if (!*text) {
    const std::string_view token = find();
    if (token.empty() || token.front() != '"') return nullptr;
    std::string made;
    br::append_unescaped(token, &made);
    *text = std::move(made);
  }
  if (length != nullptr) *length = (*text)->size();
  return (*text)->c_str();
}

const char* text_of(const br_result* result, Field field, size_t* length = nullptr) {
  if (length != nullptr) *length = 0;
  if (result == nullptr) return nullptr;
  return br::shield<const char*>(nullptr, [&] {
    br_result* r = mutable_of(result);
    return decoded(&r->texts[static_cast<std::size_t>(field)], length, [&] { return r->fields.token(field); });
  });
}

// An object or array as it stands in the line.
const char* raw_of(const br_result* result, Field field, size_t* length) {
  if (length != nullptr) *length = 0;
  if (result == nullptr) return nullptr;
  return br::shield<const char*>(nullptr, [&]() -> const char* {
    br_result* r = mutable_of(result);
    std::optional<std::string>& text = r->texts[static_cast<std::size_t>(field)];
    if (!text) {
      const std::string_view token = r->fields.token(field);
      if (token.empty() || (token.front() != '{' && token.front() != '[')) return nullptr;
      text = std::string(token);
    }
    if (length != nullptr) *length = text->size();
    return text->c_str();
  });
}

bool has_succeeded(const br_result* result) {
  return mutable_of(result)->fields.status() == br::ResultStatus::succeeded;
}

std::string_view error_member(const br_result* result, std::string_view name) {
  // It is the last field: a success has none, and its response need not be passed to know that.
  if (has_succeeded(result)) return {};
  return br::ResultFields::member(mutable_of(result)->fields.token(Field::error), name);
}

const char* error_text(const br_result* result, std::optional<std::string> br_result::*text, std::string_view name) {
  if (result == nullptr) return nullptr;
  return br::shield<const char*>(nullptr, [&] {
    return decoded(&(mutable_of(result)->*text), nullptr, [&] { return error_member(result, name); });
  });
}

}  // namespace

std::string_view br_result::pad(std::string* line) {
  const std::size_t size = line->size();
  line->append(br::kJsonPadding, '\0');
  return std::string_view(*line).substr(0, size);
}

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

const char* br_result_custom_id(const br_result* r, size_t* length) { return text_of(r, Field::custom_id, length); }

int32_t br_result_status(const br_result* result) {
  if (result == nullptr) return 0;
  return br::shield<int32_t>(BR_RESULT_ERRORED, [&]() -> int32_t {
    switch (mutable_of(result)->fields.status()) {
      case br::ResultStatus::succeeded:
        return BR_RESULT_SUCCEEDED;
      case br::ResultStatus::cancelled:
        return BR_RESULT_CANCELLED;
      case br::ResultStatus::expired:
        return BR_RESULT_EXPIRED;
      default:
        return BR_RESULT_ERRORED;
    }
  });
}

const char* br_result_job_id(const br_result* r) { return text_of(r, Field::job_id); }
const char* br_result_batch_id(const br_result* r) { return text_of(r, Field::batch_id); }
const char* br_result_text(const br_result* r, size_t* length) { return text_of(r, Field::text, length); }
const char* br_result_model(const br_result* r) { return text_of(r, Field::model); }
const char* br_result_finish_reason(const br_result* r) { return text_of(r, Field::finish_reason); }
const char* br_result_tool_calls(const br_result* r, size_t* length) { return raw_of(r, Field::tool_calls, length); }
const char* br_result_response(const br_result* r, size_t* length) { return raw_of(r, Field::response, length); }
const char* br_result_error_type(const br_result* r) { return error_text(r, &br_result::error_type, "type"); }
const char* br_result_error_code(const br_result* r) { return error_text(r, &br_result::error_code, "code"); }
const char* br_result_error_message(const br_result* r) { return error_text(r, &br_result::error_message, "message"); }

int32_t br_result_http_status(const br_result* r) {
  if (r == nullptr) return 0;
  return br::shield<int32_t>(0, [&] {
    if (has_succeeded(r)) return 200;
    return static_cast<int32_t>(br::token_integer(error_member(r, "http_status")).value_or(0));
  });
}
int32_t br_result_is_transient(const br_result* r) {
  if (r == nullptr) return 0;
  return br::shield<int32_t>(0, [&] { return error_member(r, "transient") == "true" ? 1 : 0; });
}

int64_t br_result_tokens(const br_result* r, int32_t which) {
  static constexpr const char* kNames[] = {"input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens"};
  if (r == nullptr || which < 0 || which > BR_TOKENS_REASONING) return -1;
  return br::shield<int64_t>(-1, [&] {
    const std::string_view usage = mutable_of(r)->fields.token(Field::usage);
    return br::token_integer(br::ResultFields::member(usage, kNames[which])).value_or(-1);
  });
}

int32_t br_result_redelivered(const br_result* r) { return r != nullptr && r->item.redelivered ? 1 : 0; }

const char* br_result_json(const br_result* result, size_t* length) {
  if (length != nullptr) *length = result == nullptr ? 0 : result->size;
  return result == nullptr ? nullptr : result->item.line.c_str();
}

}  // extern "C"
