#include "providers/provider.h"

#include <algorithm>

#include "codec/json_read.h"

namespace br {

std::vector<std::string> secrets_of(const Provider& provider, const Account& account) {
  std::vector<std::string> secrets = {account.token};
  const auto add = [&secrets](std::string_view value) {
    const auto json = value.starts_with('{') ? Json::parse(value) : nullptr;
    if (json == nullptr) return secrets.emplace_back(value), void();
    for (const std::string_view name : {"private_key", "private_key_id", "client_secret", "refresh_token"})
      secrets.push_back((*json)[name].string_or(""));
    // A line of a key in PEM tells as much of it as it is long.
    const std::string pem = (*json)["private_key"].string_or("");
    for (std::size_t at = 0; at < pem.size();) {
      const std::size_t end = std::min(pem.find('\n', at), pem.size());
      const std::string_view line = std::string_view(pem).substr(at, end - at);
      if (!line.empty() && line.front() != '-') secrets.emplace_back(line);
      at = end + 1;
    }
  };
  add(account.api_key);
  for (const Property& property : provider.properties()) {
    if (property.secret) add(account.setting(property.name));
  }
  return secrets;
}

}  // namespace br
