#include "gateway/reply.h"

#include <fmt/format.h>

#include <array>
#include <boost/beast/http/status.hpp>
#include <iterator>

#include "gateway/json.h"
#include "gateway/text.h"

namespace br::gateway {
namespace {

std::string_view google_status(int status) {
  switch (status) {
    case 400:
      return "INVALID_ARGUMENT";
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
      return status < 500 ? "FAILED_PRECONDITION" : "INTERNAL";
  }
}

std::string error_body(std::string_view provider, int status, std::string_view type, std::string_view message) {
  const std::string text = json::quoted(message);
  const std::string kind = json::quoted(type);
  if (provider == "anthropic")
    return fmt::format(R"({{"type":"error","error":{{"type":{},"message":{}}}}})", kind, text);
  if (provider == "google") {
    return fmt::format(R"({{"error":{{"code":{},"message":{},"status":"{}","details":[{{"reason":{}}}]}}}})", status,
                       text, google_status(status), kind);
  }
  if (provider == "mistral") {
    return fmt::format(R"({{"object":"error","message":{},"type":{},"param":null,"code":null}})", text, kind);
  }
  return fmt::format(R"({{"error":{{"message":{},"type":{},"param":null,"code":null}}}})", text, kind);
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

Reply error_reply(std::string_view provider, int status, std::string_view type, std::string_view message) {
  Reply reply;
  reply.status = status;
  reply.body = error_body(provider, status, type, message);
  reply.with("content-type", "application/json");
  return reply;
}

std::string head_text(int status, std::string_view reason, const Headers& headers, bool close) {
  std::string text = fmt::format("HTTP/1.1 {} {}\r\n", status, reason);
  for (const auto& [name, value] : headers) fmt::format_to(std::back_inserter(text), "{}: {}\r\n", name, value);
  if (close) text += "connection: close\r\n";
  return text += "\r\n";
}

std::string reply_head(const Reply& reply, bool close) {
  Headers headers = reply.headers;
  if (!has_no_body(reply.status)) headers.emplace_back("content-length", std::to_string(reply.body.size()));
  const auto reason =
      boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(static_cast<unsigned>(reply.status)));
  return head_text(reply.status, {reason.data(), reason.size()}, headers, close);
}

bool is_hop_header(std::string_view name, std::string_view connection) {
  constexpr std::array<std::string_view, 9> kHop = {
      "connection", "keep-alive",        "proxy-connection", "proxy-authenticate", "proxy-authorization", "te",
      "trailer",    "transfer-encoding", "upgrade"};
  for (const std::string_view hop : kHop) {
    if (equal_ignoring_case(name, hop)) return true;
  }
  bool named = false;
  each_item(connection, [&](std::string_view item) { named = named || equal_ignoring_case(item, name); });
  return named;
}

std::string chunk(std::string_view piece) {
  return piece.empty() ? std::string() : fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
}

}  // namespace br::gateway
