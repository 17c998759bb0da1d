#include "net/curl_failure.h"

#include <cerrno>
#include <cstring>
#include <string_view>

#include "net/url.h"
#include "sys/descriptors.h"

namespace br {
namespace {

template <class T>
T info(const Exchange& exchange, CURLINFO what) {
  T value{};
  curl_easy_getinfo(exchange.easy.get(), what, &value);
  return value;
}

// libcurl's own sentence, which names more than its code does; empty where it has none.
std::string_view detail(const Exchange& exchange) { return exchange.detail.data(); }

std::string target(const Exchange& exchange) {
  const auto url = parse_url(exchange.request.url);
  return url ? url->host + ":" + url->port : "the address";
}

// The answer of a proxy to CONNECT; 0: there was none.
long proxy_status(const Exchange& exchange) { return info<long>(exchange, CURLINFO_HTTP_CONNECTCODE); }

bool refused_by_proxy(const Exchange& exchange) { return proxy_status(exchange) >= 300; }

std::string proxy_text(const Exchange& exchange) {
  const char* ip = info<char*>(exchange, CURLINFO_PRIMARY_IP);
  std::string proxy = "the proxy";
  if (ip != nullptr && *ip != '\0')
    proxy += " " + std::string(ip) + ":" + std::to_string(info<long>(exchange, CURLINFO_PRIMARY_PORT));
  std::string said = " answered " + std::to_string(proxy_status(exchange));
  if (proxy_status(exchange) == 407) said += " (it wants a user and a password)";
  return target(exchange) + ": " + proxy + said;
}

// A handshake that failed for what was said in it; else the connection was lost or cut.
bool is_tls_refusal(const Exchange& exchange) { return detail(exchange).find("error:") != std::string_view::npos; }

std::string connect_text(const Exchange& exchange) {
  std::string why = "connection refused";
  if (const long number = info<long>(exchange, CURLINFO_OS_ERRNO); number != 0 && number != ECONNREFUSED)
    why = std::strerror(static_cast<int>(number));
  const std::string to = target(exchange);
  // "Failed to connect to HOST port PORT …": of a proxy where one is in use.
  const std::string_view said = detail(exchange);
  constexpr std::string_view kBegin = "Failed to connect to ";
  const std::size_t end = said.find(" after ");
  if (!said.starts_with(kBegin) || end == std::string_view::npos) return to + ": " + why;
  std::string reached(said.substr(kBegin.size(), end - kBegin.size()));
  if (const std::size_t port = reached.find(" port "); port != std::string::npos) reached.replace(port, 6, ":");
  const bool direct = reached == to || "[" + reached.substr(0, reached.rfind(':')) + "]" == to.substr(0, to.rfind(':'));
  return to + ": " + (direct ? "" : "through the proxy " + reached + ": ") + why;
}

std::string timeout_text(const Exchange& exchange) {
  const std::string to = target(exchange);
  if (exchange.too_slow) return to + ": less than 1 KiB a second for as long as http.stall_timeout_ms";
  if (info<long>(exchange, CURLINFO_REQUEST_SIZE) == 0) return to + ": timed out, no connection was made";
  const std::string_view said = detail(exchange);
  if (said.starts_with("Operation too slow")) return to + ": timed out, no byte moved for http.stall_timeout_ms";
  return to + ": timed out, no whole answer within http.call_timeout_ms";
}

}  // namespace

long status_of(const Exchange& exchange) { return info<long>(exchange, CURLINFO_RESPONSE_CODE); }

Failure failure_of(const Exchange& exchange, CURLcode code) {
  if (exchange.too_large) return Failure::too_large;
  if (exchange.sink_refused) return Failure::local;
  if (code != CURLE_OK && refused_by_proxy(exchange))
    return proxy_status(exchange) >= 500 ? Failure::not_connected : Failure::proxy;
  switch (code) {
    case CURLE_OK:
      return Failure::none;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
      return Failure::not_connected;
    case CURLE_SSL_CONNECT_ERROR:
      return is_tls_refusal(exchange) ? Failure::tls : Failure::not_connected;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
      return Failure::tls;
    case CURLE_READ_ERROR:
    case CURLE_FILE_COULDNT_READ_FILE:
      return Failure::local;
    case CURLE_ABORTED_BY_CALLBACK:
      if (!exchange.too_slow) return Failure::local;
      [[fallthrough]];
    default:
      return info<long>(exchange, CURLINFO_REQUEST_SIZE) == 0 ? Failure::not_connected : Failure::broken;
  }
}

std::string failure_text(const Exchange& exchange, CURLcode code) {
  const std::string to = target(exchange), said(detail(exchange));
  if (exchange.too_large) return to + ": the answer is larger than such an answer may be";
  if (exchange.sink_refused) return "the answer could not be written";
  if (refused_by_proxy(exchange)) return proxy_text(exchange);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return to + ": the name of the host is unknown (it could not be resolved)";
    case CURLE_COULDNT_RESOLVE_PROXY:
      return to + ": the name of the proxy is unknown: " + said;
    case CURLE_COULDNT_CONNECT:
      return connect_text(exchange);
    case CURLE_OPERATION_TIMEDOUT:
      return timeout_text(exchange);
    case CURLE_ABORTED_BY_CALLBACK:
      if (exchange.too_slow) return timeout_text(exchange);
      [[fallthrough]];
    case CURLE_READ_ERROR:
    case CURLE_FILE_COULDNT_READ_FILE:
      return "the request file could not be read";
    default:
      return to + ": " + (said.empty() ? curl_easy_strerror(code) : said);
  }
}

bool failed_for_descriptors(const Exchange& exchange, CURLcode code) {
  if (code == CURLE_OK || info<long>(exchange, CURLINFO_REQUEST_SIZE) != 0) return false;
  return descriptors_are_short();
}

}  // namespace br
