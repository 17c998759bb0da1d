#include "providers/provider.h"

#include <algorithm>

#include "codec/json_read.h"

namespace br {
namespace {

Error unsupported(std::string_view provider, std::string_view what) {
  return Error(Code::unsupported, "[" + std::string(provider) + "] " + std::string(what) + ": there is no such operation");
}

}  // namespace

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

Result<void> Provider::complete(Account*) const { return {}; }

std::string Provider::account_name(const Account&) const { return {}; }

std::string Provider::wire_id(std::string_view, std::uint64_t, std::string_view) const { return {}; }

Capability Provider::limits(const Account&) const { return capability(); }

bool Provider::wants_lines(const Account&, const RemoteBatch&) const { return false; }

Result<Page> Provider::read_page(const Account&, const RemoteBatch&, const HttpResponse&) const {
  return unsupported(name(), "reading a page of results");
}

Result<std::optional<HttpRequest>> Provider::token_request(const Account&, std::int64_t) const {
  return std::optional<HttpRequest>();
}

Result<Token> Provider::read_token(const Account&, std::int64_t, const HttpResponse&) const {
  return unsupported(name(), "reading an access token");
}

Result<void> Provider::sign(const Account&, std::int64_t, HttpRequest*) const { return {}; }

Result<std::vector<std::string>> Provider::local_command(const Account&, const RemoteBatch&, const std::string&,
                                                         const std::string&) const {
  return unsupported(name(), "running locally");
}

Result<Outcome> Provider::operate(Op, const RemoteBatch&, std::int64_t) const {
  return unsupported(name(), "working outside");
}

Result<void> Provider::fetch(const RemoteBatch&, const BytesSink&) const {
  return unsupported(name(), "fetching outside");
}

std::shared_ptr<const void> Provider::hold() const { return nullptr; }

RemoteStatus Provider::read_local_run(const RemoteBatch& batch, const LocalRun&) const { return batch.status; }

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
