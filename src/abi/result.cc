#include <cstring>

#include "abi/guard.h"
#include "abi/result_handle.h"
#include "abi/usable.h"
#include "codec/json_read.h"

using br::Error;
using br::forked;
using br::guard;
using br::Result;

namespace {

using Field = br::ResultField;

// The handle is used by one thread at a time, so reading the line late is no race.
br_result* mutable_of(const br_result* result) { return const_cast<br_result*>(result); }

// Behind the texts of the fields.
enum ErrorText : std::size_t { kErrorType = br::kResultFields, kErrorCode, kErrorMessage };
constexpr std::size_t kRawRow = kErrorMessage + 1;

const char* lend(const std::string* text, size_t* length) {
  if (length != nullptr) *length = text->size();
  return text->c_str();
}

// The string that `find` gives the token of, decoded once. NULL where it is no string.
template <class Fn>
const char* decoded(const br_result* result, std::size_t which, size_t* length, Fn&& find) {
  if (length != nullptr) *length = 0;
  if (result == nullptr) return nullptr;
  return br::shield<const char*>(nullptr, [&]() -> const char* {
    br_result* r = mutable_of(result);
    if (const std::string* known = r->texts.get(which)) return lend(known, length);
    const std::string_view token = find(r);
    if (token.empty() || token.front() != '"') return nullptr;
    std::string made;
    br::append_unescaped(token, &made);
    return lend(r->texts.put(which, std::move(made)), length);
  });
}

const char* text_of(const br_result* result, Field field, size_t* length = nullptr) {
  return decoded(result, static_cast<std::size_t>(field), length, [&](br_result* r) { return r->fields.token(field); });
}

// An object or array as it stands in the line.
const char* raw_of(const br_result* result, Field field, size_t* length) {
  if (length != nullptr) *length = 0;
  if (result == nullptr) return nullptr;
  return br::shield<const char*>(nullptr, [&]() -> const char* {
    br_result* r = mutable_of(result);
    const auto which = static_cast<std::size_t>(field);
    if (const std::string* known = r->texts.get(which)) return lend(known, length);
    const std::string_view token = r->fields.token(field);
    if (token.empty() || (token.front() != '{' && token.front() != '[')) return nullptr;
    return lend(r->texts.put(which, std::string(token)), length);
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

const char* error_text(const br_result* result, ErrorText which, std::string_view name) {
  return decoded(result, which, nullptr, [&](br_result* r) { return error_member(r, name); });
}

}  // namespace

br_result::br_result(std::string_view text, std::shared_ptr<br::Router> owner, br::Delivered from)
    : router(std::move(owner)), origin(std::move(from)), size(text.size()), fields({line_at(), text.size()}) {
  std::memcpy(line_at(), text.data(), size);
  std::memset(line_at() + size, 0, br::kJsonPadding);
}

std::unique_ptr<br_result> br_result::make(std::string_view line, std::shared_ptr<br::Router> router,
                                           br::Delivered origin) {
  const Room room{line.size() + br::kJsonPadding};
  return std::unique_ptr<br_result>(new (room) br_result(line, std::move(router), std::move(origin)));
}

extern "C" {

void br_result_free(br_result* result) { delete result; }

br_status br_result_ack(br_result* result, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (result == nullptr) return br::null_argument("result");
    if (!result->is_handed_out()) return BR_OK;
    auto use = br::usable(result->router);
    BR_RETURN_IF_ERROR(use);
    (*use)->outbox().acknowledge(result->origin);
    return BR_OK;
  });
}

br_status br_result_return(br_result* result, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (result == nullptr) return br::null_argument("result");
    const std::unique_ptr<br_result> given(result);
    if (!given->is_handed_out()) return BR_OK;
    auto use = br::usable(given->router);
    BR_RETURN_IF_ERROR(use);
    br::Delivered origin = std::move(given->origin);
    origin.line = given->line();
    (*use)->outbox().give_back(std::move(origin));
    return BR_OK;
  });
}

br_status br_result_raw(const br_result* result, const char** row, size_t* length, br_error** err) {
  if (row != nullptr) *row = nullptr;
  if (length != nullptr) *length = 0;
  return guard(err, [&]() -> Result<br_status> {
    if (result == nullptr || row == nullptr) return br::null_argument("result or row");
    auto use = br::usable(result->router);
    BR_RETURN_IF_ERROR(use);
    br_result* r = mutable_of(result);
    const std::string* known = r->texts.get(kRawRow);
    if (known == nullptr) {
      size_t id_length = 0;
      const char* const batch_id = br_result_batch_id(result);
      if (batch_id == nullptr) return BR_OK;
      const char* const id = br_result_custom_id(result, &id_length);
      auto found = (*use)->files().raw_row(br_result_job_id(result), batch_id, {id, id_length});
      BR_RETURN_IF_ERROR(found);
      if (!*found) return BR_OK;
      known = r->texts.put(kRawRow, std::move(**found));
    }
    *row = lend(known, length);
    return BR_OK;
  });
}

const char* br_result_custom_id(const br_result* r, size_t* length) { return text_of(r, Field::custom_id, length); }

const char* br_result_status_name(int32_t status) {
  const bool known = status >= BR_RESULT_SUCCEEDED && status <= BR_RESULT_EXPIRED;
  return known ? br::result_status_name(static_cast<br::ResultStatus>(status)) : "unknown";
}

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
const char* br_result_error_type(const br_result* r) { return error_text(r, kErrorType, "type"); }
const char* br_result_error_code(const br_result* r) { return error_text(r, kErrorCode, "code"); }
const char* br_result_error_message(const br_result* r) { return error_text(r, kErrorMessage, "message"); }

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

int32_t br_result_redelivered(const br_result* r) { return r != nullptr && r->origin.redelivered ? 1 : 0; }

const char* br_result_json(const br_result* result, size_t* length) {
  if (length != nullptr) *length = result == nullptr ? 0 : result->size;
  return result == nullptr ? nullptr : result->line().data();
}

}  // extern "C"
