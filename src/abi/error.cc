#include <string>

#include "abi/guard.h"
#include "abi/handles.h"

namespace {

const char* text_or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

static_assert(static_cast<br_status>(br::Code::budget) == BR_EBUDGET);
static_assert(static_cast<br_status>(br::Code::unknown_outcome) == BR_EUNKNOWN);
static_assert(static_cast<br_status>(br::Code::internal) == BR_EINTERNAL);

}  // namespace

extern "C" {

const char* br_status_name(br_status status) {
  switch (status) {
#define BR_NAME(code) \
  case code:          \
    return #code;
    BR_NAME(BR_OK) BR_NAME(BR_AGAIN) BR_NAME(BR_END) BR_NAME(BR_EXISTS) BR_NAME(BR_EINVAL) BR_NAME(BR_ECONFIG)
    BR_NAME(BR_EINPUT) BR_NAME(BR_EAUTH) BR_NAME(BR_ENETWORK) BR_NAME(BR_EPROVIDER) BR_NAME(BR_ENOTFOUND)
    BR_NAME(BR_ENOPROVIDER) BR_NAME(BR_ENOTCOMPLETE) BR_NAME(BR_ETIMEOUT) BR_NAME(BR_EQUOTA) BR_NAME(BR_ELIMIT)
    BR_NAME(BR_EUNKNOWN) BR_NAME(BR_ESTORE) BR_NAME(BR_ELOCKED) BR_NAME(BR_EIO) BR_NAME(BR_ENOMEM)
    BR_NAME(BR_ECLOSED) BR_NAME(BR_EFORKED) BR_NAME(BR_EUNSUPPORTED) BR_NAME(BR_EPROTOCOL) BR_NAME(BR_EINTERNAL)
    BR_NAME(BR_EPARTIAL) BR_NAME(BR_ECANCELLED) BR_NAME(BR_EALREADY) BR_NAME(BR_EBUDGET)
#undef BR_NAME
    default:
      return "BR_UNKNOWN_STATUS";
  }
}

void br_error_free(br_error* error) { delete error; }
br_status br_error_code(const br_error* e) { return e == nullptr ? BR_OK : static_cast<br_status>(e->error.code); }
const char* br_error_message(const br_error* e) { return e == nullptr ? nullptr : e->error.message.c_str(); }
const char* br_error_hint(const br_error* e) { return e == nullptr ? nullptr : text_or_null(e->error.hint); }
const char* br_error_provider(const br_error* e) { return e == nullptr ? nullptr : text_or_null(e->error.provider); }
const char* br_error_vendor_code(const br_error* e) {
  return e == nullptr ? nullptr : text_or_null(e->error.vendor_code);
}
const char* br_error_request_id(const br_error* e) {
  return e == nullptr ? nullptr : text_or_null(e->error.request_id);
}
int32_t br_error_http_status(const br_error* e) { return e == nullptr ? 0 : e->error.http_status; }
int32_t br_error_is_transient(const br_error* e) { return e != nullptr && e->error.transient ? 1 : 0; }
int64_t br_error_retry_after_ms(const br_error* e) { return e == nullptr ? -1 : e->error.retry_after_ms; }
size_t br_error_issue_count(const br_error* e) { return e == nullptr ? 0 : e->error.issues.size(); }
size_t br_error_issue_total(const br_error* e) { return e == nullptr ? 0 : e->error.issue_total; }
const char* br_error_issue(const br_error* e, size_t index) {
  return e == nullptr || index >= e->error.issues.size() ? nullptr : e->error.issues[index].c_str();
}

}  // extern "C"
