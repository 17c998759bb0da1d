#include "providers/shared/http_error.h"

#include <algorithm>
#include <cstdlib>

#include "codec/json_read.h"
#include "codec/utf8.h"
#include "codec/words.h"
#include "providers/shared/refusal.h"
#include "providers/shared/wire.h"
#include "sys/clock.h"

namespace br {
namespace {

constexpr std::int64_t kMaxRetryAfterMs = 3'600'000;
constexpr std::size_t kMaxShownBody = 200;

std::int64_t retry_after_ms(const HttpResponse& response) {
  if (const auto ms = response.header("retry-after-ms"); !ms.empty()) {
    const long long value = std::strtoll(std::string(ms).c_str(), nullptr, 10);
    if (value > 0) return std::min<std::int64_t>(value, kMaxRetryAfterMs);
  }
  const std::string text(response.header("retry-after"));
  if (text.empty()) return -1;
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (end != text.c_str() && *end == '\0') {
    if (!(seconds > 0)) return -1;
    return static_cast<std::int64_t>(std::min(seconds * 1000, static_cast<double>(kMaxRetryAfterMs)));
  }
  const std::int64_t at = parse_http_date(text);
  const std::int64_t now = parse_http_date(std::string(response.header("date")));
  if (at < 0 || now < 0 || at <= now) return -1;
  return std::min(at - now, kMaxRetryAfterMs);
}

// {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.5s"} among Google's details.
std::int64_t retry_info_ms(const Json& error) {
  for (const Json& detail : error["details"].items()) {
    const std::string delay = detail["retryDelay"].string_or("");
    const double seconds = std::strtod(delay.c_str(), nullptr);
    if (seconds > 0) return static_cast<std::int64_t>(std::min(seconds * 1000, static_cast<double>(kMaxRetryAfterMs)));
  }
  return -1;
}

// What the vendor itself said; all empty when the body is not its own error object.
struct VendorError {
  std::string message, type, code;
  bool shaped = false;
  std::int64_t retry_after_ms = -1;
};

// The field "error"; or whichever field it is that holds an object with a message.
const Json& error_object(const Json& whole) {
  const Json& error = whole["error"];
  if (error.type() != Json::Type::missing || whole["message"].is_string()) return error;
  for (const auto& [name, value] : whole.fields()) {
    if (value["message"].is_string()) return value;
  }
  return error;
}

// A text, or the first one in what vendors wrap it in: {"detail":[{"msg":…}]}. Else the value as it stands.
std::string reason_in(const Json& value) {
  if (value.is_string()) return value.string_or("");
  if (value.is_array() && !value.items().empty()) return reason_in(value.items().front());
  for (const std::string_view name : {"message", "detail", "msg"}) {
    if (value[name].type() != Json::Type::missing) return reason_in(value[name]);
  }
  return std::string(value.raw());
}

VendorError read_body(const HttpResponse& response) {
  VendorError out;
  const auto json = Json::parse(response.body);
  if (json == nullptr) return out;
  // Google's upload and stream endpoints put the object into an array.
  const Json& whole = json->is_array() && !json->items().empty() ? json->items().front() : *json;
  if (!whole.is_object()) return out;
  const Json& error = error_object(whole);
  const Json& list = whole["errors"];
  const bool listed = !error.is_object() && list.is_array() && !list.items().empty() && list.items().front().is_object();
  const Json& inner = error.is_object() ? error : listed ? list.items().front() : whole;
  out.message = reason_in(inner["message"]);
  if (out.message.empty() && error.is_string()) out.message = error.string_or("");
  if (out.message.empty()) out.message = reason_in(whole["detail"]);
  out.type = inner["type"].string_or(inner["status"].string());
  out.code = inner["code"].is_string() ? inner["code"].string_or("") : "";
  if (out.code.empty()) out.code = out.type;
  out.retry_after_ms = retry_info_ms(error);
  out.shaped = error.is_object() || error.is_string() || !out.message.empty();
  return out;
}

void set_code(int status, const VendorError& vendor, Error* error) {
  if (is_billing_code(vendor.code) || is_billing_code(vendor.type) || status == 402) {
    error->code = Code::quota;
    error->hint = "add credit or raise the limit at the vendor, then resume";
  } else if (status == 401 || is_one_of(vendor.code, {"invalid_api_key"})) {
    error->code = Code::auth;
    error->hint = "check the API key and what it may do";
  } else if (status < 500 && vendor.shaped && is_queue_full(vendor.code, vendor.message)) {
    error->code = Code::limit;
    error->transient = true;
    error->hint = "the vendor's queue for this model is full; it is tried again when a slot may be free";
  } else if (status == 403) {
    error->code = Code::auth;
    error->hint = "check the API key and what it may do";
  } else if (status == 413) {
    error->code = Code::limit;
    error->hint = "the vendor takes less in one call; send smaller batches";
  } else if (status == 404) {
    error->code = Code::not_found;
  } else if (is_one_of(std::to_string(status), {"408", "409", "425", "429"}) || status >= 500) {
    error->code = Code::network;
    error->transient = true;
  } else {
    error->code = Code::provider;
  }
}

// What answered, or a setting on the way to it, has to be mended before any call succeeds.
void block(Error* error, std::string hint) {
  error->code = Code::network;
  error->blocking = true;
  error->transient = false;
  error->hint = std::move(hint);
}

// The target of a redirect. What follows a question mark may be a secret.
void block_for_redirect(const HttpResponse& response, Error* error) {
  std::string to(response.header("location"));
  to.resize(std::min(to.find('?'), to.size()));
  if (!to.empty()) error->message += "; it points to " + repair_utf8(to);
  block(error, "something else answers for the vendor, a gateway or a sign-in page; check the base URL");
}

// The bucket itself is missing. The name of an object in it may hold that word too.
bool is_about_a_bucket(std::string_view said) {
  for (const std::string_view words : {"bucket does not exist", "no such bucket", "bucket not found", "bucket was not found"}) {
    if (said.find(words) != std::string_view::npos) return true;
  }
  return false;
}

void judge_status(const HttpResponse& response, const VendorError& vendor, Error* error) {
  const int status = response.status;
  if (status >= 300 && status < 400) block_for_redirect(response, error);
  if (status == 407) block(error, "a proxy wants a user and a password: check https_proxy");
  if (status == 511) block(error, "the network wants somebody to sign in first");
  if (status == 404 && is_about_a_bucket(lower_case(vendor.message)))
    block(error, "make the bucket, or check its name and region in the settings; then resume");
}

// OpenSSL's and libcurl's words for what no trusted certificate would mend.
std::string tls_hint(std::string_view said) {
  const auto has = [said](std::string_view words) { return said.find(words) != std::string_view::npos; };
  if (has("wrong version number") || has("packet length too long") || has("http request"))
    return "what answers at this address and port does not speak TLS: check the address, https or http, and the port";
  if (has("no alternative certificate subject name") || has("does not match target host"))
    return "the certificate is another host's: check the address, and what answers for it";
  if (has("has expired") || has("not yet valid"))
    return "check the clock of this machine; else whoever runs the host has to renew its certificate";
  if (has("protocol version") || has("unsupported protocol") || has("no protocols available") || has("handshake failure"))
    return "the host, or a proxy in front of it, speaks a TLS that is not accepted here: ask whoever runs it";
  if (has("error setting certificate")) return "let http.ca_file, SSL_CERT_FILE or CURL_CA_BUNDLE name a PEM file that can be read";
  return "check the address; where a company's own authority signs, name its PEM file with --set http.ca_file=FILE or "
         "SSL_CERT_FILE, then resume";
}

Error transport_error(std::string_view prefix, const HttpResponse& response) {
  Error error(Code::network, std::string(prefix) + response.failure_text);
  switch (response.failure) {
    case Failure::not_connected:
      error.transient = error.not_executed = true;
      error.hint = "check the network and the base URL";
      break;
    case Failure::tls:
      error.not_executed = true;
      block(&error, tls_hint(response.failure_text));
      break;
    case Failure::proxy:
      error.not_executed = true;
      block(&error, "check https_proxy, its user and password, and whether it may reach the host; NO_PROXY leaves one out");
      break;
    case Failure::no_descriptors:
      error.code = Code::io;
      error.transient = error.not_executed = true;
      error.hint = "raise the limit of open files (ulimit -n)";
      break;
    case Failure::broken:
      error.transient = true;
      break;
    case Failure::local:
      error.code = Code::io;
      break;
    case Failure::too_large:
      error.code = Code::protocol;
      break;
    case Failure::none:
      break;
  }
  return error;
}

}  // namespace

bool is_billing_code(std::string_view code) {
  return is_one_of(
      code, {"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached", "billing_not_active",
             "insufficient_funds", "billing_error", "contract_spend_limit_reached", "enforced_spend_limit_reached"});
}

Error read_http_error(std::string_view provider, std::string_view what, const HttpResponse& response) {
  std::string prefix = "[" + std::string(provider) + "] " + std::string(what) + ": ";
  if (response.failure != Failure::none) {
    Error error = transport_error(prefix, response);
    error.provider = provider;
    return error;
  }
  const VendorError vendor = read_body(response);
  std::string said = vendor.shaped ? vendor.message : repair_utf8(response.body.substr(0, kMaxShownBody));
  std::replace_if(
      said.begin(), said.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  Error error(Code::provider, prefix + "HTTP " + std::to_string(response.status) + (said.empty() ? "" : ": " + said));
  error.provider = provider;
  error.http_status = response.status;
  error.vendor_code = vendor.code;
  error.request_id = response.header("x-request-id");
  if (error.request_id.empty()) error.request_id = response.header("request-id");
  error.retry_after_ms = std::max(retry_after_ms(response), vendor.retry_after_ms);
  set_code(response.status, vendor, &error);
  judge_status(response, vendor, &error);
  const int status = response.status;
  // A conflict may be with what the call itself did; a vendor that says that its queue is full has taken nothing.
  const bool queue_full = vendor.shaped && is_queue_full(vendor.code, vendor.message);
  error.not_executed = status >= 300 && status < 500 && status != 408 && (status != 409 || queue_full) && status != 425 &&
                       (status != 429 || vendor.shaped);
  return error;
}

Error protocol_error(std::string_view provider, std::string_view what, std::string_view why) {
  Error error(Code::protocol, "[" + std::string(provider) + "] " + std::string(what) + ": " + std::string(why),
              "if it stays so, check that the base URL is the vendor's API");
  error.provider = provider;
  error.transient = true;
  return error;
}

}  // namespace br
