#include "net/url.h"

#include <algorithm>
#include <cctype>

namespace br {
namespace {

Error bad_url(std::string_view text, const char* why, const char* fix) {
  // What follows a question mark may be a secret of the caller's.
  const std::string shown(text.substr(0, std::min(text.find('?'), text.size())));
  return Error(Code::config, "the address \"" + shown + "\" is not usable: " + why, fix);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool split_authority(std::string_view authority, Url* url) {
  std::size_t colon = authority.rfind(':');
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return false;
    colon = close + 1 < authority.size() ? close + 1 : std::string_view::npos;
    if (colon != std::string_view::npos && authority[colon] != ':') return false;
  }
  url->host = lower(authority.substr(0, colon));
  if (colon == std::string_view::npos) {
    url->port = url->scheme == "https" ? "443" : "80";
  } else {
    url->port = std::string(authority.substr(colon + 1));
    if (!all_digits(url->port) || url->port.size() > 5) return false;
  }
  return !url->host.empty();
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '\\')
      return bad_url("…", "it holds a blank, a backslash or a control character", "remove it");
  }
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return bad_url(text, "there is no scheme", "write https://host/path");
  Url url;
  url.scheme = lower(text.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https")
    return bad_url(text, "its scheme is neither https nor http", "write https://host/path");
  std::string_view rest = text.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (authority.find('@') != std::string_view::npos)
    return bad_url("…", "it holds a user or password", "give the key in the environment");
  if (!split_authority(authority, &url)) return bad_url(text, "its host or port is wrong", "write https://host/path");
  url.path = std::string(rest.substr(end));
  if (url.path.find('#') != std::string::npos) return bad_url(text, "it holds a fragment", "remove what follows the #");
  return url;
}

bool is_loopback(const Url& url) {
  if (url.host == "localhost" || url.host == "[::1]") return true;
  if (!url.host.starts_with("127.")) return false;
  return std::all_of(url.host.begin(), url.host.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

Result<std::string> check_base_url(std::string_view text) {
  auto url = parse_url(text);
  BR_RETURN_IF_ERROR(url);
  if (url->path.find('?') != std::string::npos)
    return bad_url(text, "a base URL has no query", "remove what follows the question mark");
  if (url->scheme == "http" && !is_loopback(*url))
    return bad_url(text, "plain http would show the key to the network; it is allowed to loopback addresses only",
                   "use https");
  std::string base(text);
  while (!base.empty() && base.back() == '/') base.pop_back();
  return base;
}

Result<bool> guard_destination(std::span<const std::string> own_urls, HttpRequest* request) {
  auto target = parse_url(request->url);
  if (!target) return Error(Code::protocol, "the vendor gave an address that is none", "report it to the vendor");
  for (const std::string& own : own_urls) {
    const auto base = parse_url(own);
    if (!base || target->origin() != base->origin()) continue;
    if (target->scheme == "https" || is_loopback(*target)) return true;
    return bad_url(request->url, "plain http is allowed to loopback addresses only", "use https");
  }
  if (target->scheme != "https")
    return Error(Code::protocol,
                 "the vendor pointed to " + target->origin() + ", which is neither its own address nor https",
                 "check the base URL; nothing was fetched and no key was sent");
  std::erase_if(request->headers, [](const Header& header) { return header.secret; });
  return false;
}

std::string url_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15U]);
    }
  }
  return out;
}

}  // namespace br
