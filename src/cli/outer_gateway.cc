#include "cli/outer_gateway.h"

#include <cstdlib>

#include "gateway/gateway.h"

namespace cli {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

void forget_variables(const std::string& url) {
  for (const auto& [name, value] : br::gateway::variables_of(url)) {
    if (variable(name.c_str()) == value) ::unsetenv(name.c_str());
  }
}

}  // namespace

std::string outer_gateway() {
  const std::string named = variable(kGatewayVariable);
  if (!named.empty()) {
    if (br::gateway::is_gateway(named)) return named;
    forget_variables(named);
    ::unsetenv(kGatewayVariable);
  }
  for (const auto& [name, path] : br::gateway::variables_of("")) {
    const std::string value = variable(name.c_str());
    if (!value.ends_with(path)) continue;
    const std::string url = value.substr(0, value.size() - path.size());
    if (br::gateway::is_gateway(url)) return url;
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> program_variables(const std::string& url) {
  auto out = br::gateway::variables_of(url);
  out.emplace_back(kGatewayVariable, url);
  return out;
}

}  // namespace cli
