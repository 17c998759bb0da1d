#include <algorithm>
#include <cctype>

#include "abi/capture_handles.h"
#include "abi/guard.h"
#include "abi/text.h"

using br::Error;
using br::guard;
using br::Result;

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_header_name(std::string_view name) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || kOthers.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view value) {
  constexpr unsigned char kSpace = 0x20, kDelete = 0x7f;
  return std::all_of(value.begin(), value.end(),
                     [](unsigned char c) { return (c >= kSpace && c != kDelete) || c == '\t'; });
}

Error bad_option(const std::string& option, const std::string& values) {
  return Error(br::Code::config, option + ": not a value it takes", "give one of " + values);
}

Result<void> set_option(br_exchange* exchange, const std::string& option, const std::string& value) {
  br::HttpCall& call = exchange->call;
  if (option == "provider") {
    BR_RETURN_IF_ERROR(br::check_utf8("provider", value));
    call.provider = value;
  } else if (option == "cache") {
    if (value != "hit" && value != "once" && value != "off") return bad_option(option, "hit, once, off");
    call.cache = br::cache_use(value);
    exchange->cache_is_set = true;
  } else if (option == "repeated") {
    if (value != "0" && value != "1") return bad_option(option, "0, 1");
    call.repeated = value == "1";
  } else if (option == "credential") {
    if (value != "caller" && value != "configured") return bad_option(option, "caller, configured");
    call.configured_key = value == "configured";
  } else {
    return Error(br::Code::config, "there is no option \"" + option + "\" of a call",
                 "the options are provider, cache, repeated and credential");
  }
  return {};
}

}  // namespace

extern "C" {

br_exchange* br_exchange_new(const char* method, const char* url) {
  if (method == nullptr || url == nullptr) return nullptr;
  return br::shield<br_exchange*>(nullptr, [&]() -> br_exchange* {
    if (!br::check_utf8("method", method) || !br::check_utf8("url", url)) return nullptr;
    auto exchange = std::make_unique<br_exchange>();
    exchange->call.method = method;
    exchange->call.url = url;
    return exchange.release();
  });
}

void br_exchange_free(br_exchange* exchange) { delete exchange; }

br_status br_exchange_add_header(br_exchange* exchange, const char* name, const char* value, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (exchange == nullptr || name == nullptr || value == nullptr) return br::null_argument("exchange, name or value");
    if (!is_header_name(name) || !is_header_value(value))
      return Error(br::Code::invalid_argument, "that is no HTTP header",
                   "a name is a token, and a value has no control characters");
    exchange->call.headers.emplace_back(lower(name), value);
    return BR_OK;
  });
}

br_status br_exchange_set_body(br_exchange* exchange, const char* data, size_t length, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (exchange == nullptr || (data == nullptr && length > 0)) return br::null_argument("exchange or data");
    BR_RETURN_IF_ERROR(br::check_size(length, "length"));
    exchange->call.body.assign(data == nullptr ? "" : data, length);
    return BR_OK;
  });
}

br_status br_exchange_set(br_exchange* exchange, const char* option, const char* value, br_error** err) {
  return guard(err, [&]() -> Result<br_status> {
    if (exchange == nullptr || option == nullptr || value == nullptr)
      return br::null_argument("exchange, option or value");
    BR_RETURN_IF_ERROR(set_option(exchange, option, value));
    return BR_OK;
  });
}

}  // extern "C"
