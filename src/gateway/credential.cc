#include "gateway/credential.h"

#include <algorithm>
#include <array>

#include "gateway/text.h"

namespace br::gateway {
namespace {

constexpr std::array<std::string_view, 3> kKeyHeaders = {"x-api-key", "x-goog-api-key", "api-key"};
constexpr std::string_view kBearer = "bearer ";

// Where in the URL the value of the parameter `key` stands, with its length; npos: nowhere.
std::pair<size_t, size_t> key_parameter(std::string_view url) {
  size_t at = url.find('?');
  while (at != std::string_view::npos) {
    const size_t end = url.find('&', at + 1);
    if (url.substr(at + 1).starts_with("key=")) {
      const size_t from = at + 5;
      return {from, (end == std::string_view::npos ? url.size() : end) - from};
    }
    at = end;
  }
  return {std::string_view::npos, 0};
}

}  // namespace

Credential find_credential(const Headers& headers, std::string_view url) {
  for (const std::string_view name : kKeyHeaders) {
    const std::string* value = find_header(headers, name);
    if (value != nullptr && !value->empty()) return {std::string(name), *value};
  }
  const std::string* value = find_header(headers, "authorization");
  if (value != nullptr && value->size() > kBearer.size() &&
      equal_ignoring_case(value->substr(0, kBearer.size()), kBearer))
    return {"authorization", std::string(trimmed(std::string_view(*value).substr(kBearer.size())))};
  if (const auto [at, size] = key_parameter(url); at != std::string_view::npos && size > 0)
    return {"key", std::string(url.substr(at, size))};
  return {};
}

void remove_credential(Headers* headers, std::string* url) {
  std::erase_if(*headers, [](const auto& entry) {
    return equal_ignoring_case(entry.first, "authorization") ||
           std::any_of(kKeyHeaders.begin(), kKeyHeaders.end(),
                       [&](std::string_view name) { return equal_ignoring_case(entry.first, name); });
  });
  for (auto found = key_parameter(*url); found.first != std::string_view::npos; found = key_parameter(*url)) {
    const size_t from = found.first - 5;  // with the "?" or "&" before "key="
    const bool first = (*url)[from] == '?';
    url->erase(from, found.second + 5);
    if (first && from < url->size()) (*url)[from] = '?';
  }
}

void add_credential(std::string_view provider, const std::string& key, Headers* headers) {
  if (provider == "anthropic")
    headers->emplace_back("x-api-key", key);
  else if (provider == "google")
    headers->emplace_back("x-goog-api-key", key);
  else if (provider == "azure")
    headers->emplace_back("api-key", key);
  else
    headers->emplace_back("Authorization", "Bearer " + key);
}

}  // namespace br::gateway
