#include "providers/dialect.h"

namespace br {

std::string_view Account::setting(std::string_view name) const {
  for (const auto& [key, value] : settings) {
    if (key == name) return value;
  }
  return {};
}

std::vector<std::string> Account::own_urls() const {
  std::vector<std::string> urls = {base_url};
  for (const auto& [key, value] : settings) {
    if (key.ends_with("_url") && !value.empty()) urls.push_back(value);
  }
  return urls;
}

Capability Dialect::limits(const Account&) const { return capability(); }

Result<void> Dialect::complete(Account*) const { return {}; }

std::string Dialect::account_name(const Account&) const { return {}; }

std::string Dialect::wire_id(std::string_view, std::uint64_t, std::string_view) const { return {}; }

}  // namespace br
