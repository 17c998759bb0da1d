#include "gateway/guard.h"

#include <algorithm>

#include "gateway/credential.h"
#include "gateway/pages.h"
#include "gateway/text.h"
#include "gateway/token.h"

namespace br::gateway {
namespace {

std::string_view value_of_cookie(std::string_view cookies) {
  while (!cookies.empty()) {
    const size_t end = cookies.find(';');
    const std::string_view pair = trimmed(cookies.substr(0, end));
    if (pair.starts_with(kTokenCookie) && pair.substr(kTokenCookie.size()).starts_with('='))
      return pair.substr(kTokenCookie.size() + 1);
    cookies.remove_prefix(end == std::string_view::npos ? cookies.size() : end + 1);
  }
  return {};
}

std::string_view value_in_query(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) return pair.substr(name.size() + 1);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
  }
  return {};
}

std::string_view bearer_of(const RequestHead& head) {
  const std::string_view value = head.header("authorization");
  return value.size() > 7 && equal_ignoring_case(value.substr(0, 7), "bearer ") ? trimmed(value.substr(7))
                                                                                : std::string_view();
}

std::string host_in_url(const std::string& host) {
  return host.find(':') != std::string::npos && !host.starts_with('[') ? "[" + host + "]" : lowered(host);
}

// A browser's own word on where a request comes from.
bool is_foreign_fetch(const RequestHead& head) {
  const std::string_view site = head.header("sec-fetch-site");
  return !site.empty() && site != "same-origin" && site != "none";
}

Reply refusal(std::string_view provider, int status, std::string_view type, std::string_view message) {
  return error_reply(provider, status, type, message).with("x-should-retry", "false");
}

}  // namespace

Guard::Guard(const Options& options, uint16_t port) : options_(options) {
  add_address(options.host, port);
  // Names that the operator gives may be another machine's, with a port of its own.
  for (const std::string& name : options.more_hosts) hosts_.push_back(host_in_url(name));
}

void Guard::add_address(const std::string& host, uint16_t port) {
  const std::string suffix = ":" + std::to_string(port);
  for (const std::string& name : {host, std::string("localhost"), std::string("127.0.0.1"), std::string("::1")}) {
    std::string own = host_in_url(name) + suffix;
    if (std::find(hosts_.begin(), hosts_.end(), own) == hosts_.end()) hosts_.push_back(std::move(own));
  }
}

bool Guard::is_own_host(std::string_view host) const {
  const std::string whole = lowered(host);
  const size_t colon = whole.rfind(':');
  const bool has_port = colon != std::string::npos && whole.find(']', colon) == std::string::npos;
  const std::string name = has_port ? whole.substr(0, colon) : whole;
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const std::string& own) { return own == whole || own == name; });
}

bool Guard::is_own_origin(std::string_view origin) const {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return is_own_host(origin.substr(scheme.size()));
  }
  return false;
}

std::optional<Reply> Guard::check_address(const RequestHead& head, const Route& route) const {
  const std::string* host = find_header(head.headers, "host");
  if (host == nullptr && head.version >= 11) return refusal(route.provider, 400, "bad_request", "there is no Host");
  if ((host != nullptr && !is_own_host(*host)) || (!route.host.empty() && !is_own_host(route.host))) {
    return refusal(route.provider, 421, "misdirected_request",
                   "the Host of this request is not this gateway; --host NAME names another one");
  }
  const std::string* origin = find_header(head.headers, "origin");
  if ((origin != nullptr && !is_own_origin(*origin)) || is_foreign_fetch(head)) {
    return refusal(route.provider, 403, "permission_denied", "pages of other sites may not use this gateway");
  }
  return std::nullopt;
}

std::optional<Reply> Guard::check_token(std::string_view given, std::string_view provider) const {
  if (given.empty()) {
    return refusal(provider, 401, "authentication_error", "this needs the gateway's token")
        .with("www-authenticate", "Bearer");
  }
  if (token_matches(given, options_.token)) return std::nullopt;
  return refusal(provider, 403, "permission_denied", "this is not the gateway's token");
}

std::optional<Reply> Guard::check_page(const RequestHead& head, const Route& route) const {
  if (head.method != "GET" && head.method != "HEAD") {
    return refusal({}, 405, "method_not_allowed", "own pages are for GET").with("allow", "GET, HEAD");
  }
  if (route.page == "/healthz") return std::nullopt;
  std::string_view given = bearer_of(head);
  if (given.empty()) given = value_of_cookie(head.header("cookie"));
  if (given.empty()) given = route.token;
  const std::string_view asked = route.page == "/" ? value_in_query(route.query, "token") : std::string_view();
  if (asked.empty()) return check_token(given, {});
  if (auto refused = check_token(asked, {})) return refused;
  // The token leaves the address line: what stands there is kept in histories.
  Reply moved;
  moved.status = 303;
  moved.with("location", "/");
  return moved.with("set-cookie", std::string(kTokenCookie) + "=" + options_.token +
                                      "; HttpOnly; SameSite=Strict; Path=/" +
                                      (options_.tls_cert.empty() ? "" : "; Secure"));
}

std::optional<Reply> Guard::check_call(const RequestHead& head, const Route& route) const {
  if (route.kind == Route::Kind::kUnknown) {
    return refusal({}, 404, "not_found",
                   "no vendor has this path; it is /PROVIDER and the vendor's own path, such as /openai/v1/models");
  }
  std::string_view given = head.header("x-batchrouter-token");
  if (given.empty()) given = route.token;
  if (options_.payer == Payer::kConfigured && given.empty()) {
    const Credential key = find_credential(head.headers, route.url);
    return check_token(key.value, route.provider);
  }
  // A token that was not needed but is wrong: somebody means another gateway.
  if (options_.token_for_all || options_.payer == Payer::kConfigured || !given.empty())
    return check_token(given, route.provider);
  return std::nullopt;
}

std::optional<Reply> Guard::check_length(const RequestHead& head, const Route& route) const {
  const uint64_t most = may_be_batched(head) ? options_.max_body_bytes : options_.max_upload_bytes;
  if (head.content_length.value_or(0) <= most) return std::nullopt;
  Reply reply = refusal(route.provider, 413, "request_too_large",
                        "the body is larger than the " + std::to_string(most) + " bytes that the gateway takes");
  reply.close = true;
  return reply;
}

std::optional<Reply> Guard::check(const RequestHead& head, const Route& route) const {
  if (route.kind == Route::Kind::kUnclean)
    return refusal({}, 400, "bad_request", "the path has characters or segments that a path here may not have");
  const bool own = route.kind == Route::Kind::kOwnPage;
  auto refused = check_address(head, route);
  if (!refused) refused = own ? check_page(head, route) : check_call(head, route);
  if (refused) return own ? with_page_headers(*std::move(refused)) : refused;
  if (head.method == "CONNECT" || head.method == "TRACE")
    return refusal(route.provider, 405, "method_not_allowed", "the gateway has no such method");
  return check_length(head, route);
}

bool may_be_batched(const RequestHead& head) {
  if (head.method != "POST" || !head.has_body()) return false;
  const std::string type = lowered(head.header("content-type"));
  const bool stream = type.starts_with("multipart/") || type.starts_with("audio/") || type.starts_with("image/") ||
                      type.starts_with("video/") || type.starts_with("application/octet-stream");
  return !stream;
}

}  // namespace br::gateway
