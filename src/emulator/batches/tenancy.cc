#include "emulator/batches/tenancy.h"

#include <vector>

namespace br::emulator {
namespace {

std::vector<std::string> split_blanks(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    const size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const size_t end = std::min(line.find_first_of(" \t\r"), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

// The id of the access key in "AWS4-HMAC-SHA256 Credential=ID/DATE/...".
std::string_view aws_key_id(std::string_view authorization) {
  constexpr std::string_view kMark = "Credential=";
  const size_t at = authorization.find(kMark);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = authorization.substr(at + kMark.size());
  return rest.substr(0, rest.find('/'));
}

std::string_view key_of(const RequestHead& head) {
  for (const char* name : {"x-api-key", "api-key", "x-goog-api-key"}) {
    if (const std::string_view key = head.header(name); !key.empty()) return key;
  }
  if (const std::string* const key = head.query_value("key"); key != nullptr) return *key;
  if (const std::string_view key = bearer_key(head); !key.empty()) return key;
  return aws_key_id(head.header("authorization"));
}

}  // namespace

std::string_view bearer_key(const RequestHead& head) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = head.header("authorization");
  const bool bearer = given.size() >= kScheme.size() && equal_ignoring_case(given.substr(0, kScheme.size()), kScheme);
  return bearer ? given.substr(kScheme.size()) : std::string_view();
}

bool Tenancy::add(std::string_view line, std::string& error) {
  const std::vector<std::string> words = split_blanks(line);
  if (words.size() == 1 && words[0] == "apart") {
    apart_ = true;
    return true;
  }
  if (words.size() >= 3 && words[0] == "project") {
    for (size_t i = 2; i < words.size(); ++i) projects_[words[i]] = words[1];
    return true;
  }
  if (words.size() >= 2 && words[0] == "stranger") {
    strangers_.insert(words.begin() + 1, words.end());
    return true;
  }
  error = "tenant '" + std::string(line) + "' is unknown, write: project NAME KEY..., stranger KEY... or apart";
  return false;
}

Tenant Tenancy::of(const RequestHead& head) const {
  Tenant tenant;
  tenant.key = std::string(key_of(head));
  // Vertex names the project in the path, and its tokens change by the hour.
  if (tenant.key.empty() || (!head.segments.empty() && head.segments[0] == "vertex")) return tenant;
  tenant.stranger = strangers_.count(tenant.key) > 0;
  const auto named = projects_.find(tenant.key);
  if (named != projects_.end()) {
    tenant.project = named->second;
  } else if (apart_ && !tenant.stranger) {
    tenant.project = "key " + tenant.key;
  }
  return tenant;
}

}  // namespace br::emulator
