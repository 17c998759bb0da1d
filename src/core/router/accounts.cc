#include "core/router/accounts.h"

#include <algorithm>
#include <utility>

#include "core/protocol/account_proof.h"
#include "core/route.h"
#include "providers/registry.h"

namespace br {
namespace {

Error no_such_provider(const std::string& name) {
  return Error(Code::no_provider, "there is no provider \"" + name + "\"", "this build has: " + provider_names());
}

}  // namespace

Result<void> Accounts::add_provider(const std::string& name) {
  if (find_provider(name) == nullptr) return no_such_provider(name);
  const MutexLock lock(&mutex_);
  if (removed_.erase(name) > 0) return {};
  return Error(Code::already, "the router has the provider \"" + name + "\" already", "");
}

Result<void> Accounts::remove_provider(const std::string& name) {
  if (find_provider(name) == nullptr) return no_such_provider(name);
  const MutexLock lock(&mutex_);
  if (removed_.emplace(name).second) return {};
  return Error(Code::already, "the router has no provider \"" + name + "\" any more", "");
}

Result<void> Accounts::check_provider(const Provider& provider) {
  const MutexLock lock(&mutex_);
  if (!removed_.contains(provider.name())) return {};
  return Error(Code::no_provider, "the provider \"" + std::string(provider.name()) + "\" was removed from this router",
               "add it with br_router_add_provider");
}

std::vector<std::string> Accounts::providers() {
  std::vector<std::string> names;
  for (const Provider* provider : all_providers()) {
    if (check_provider(*provider)) names.emplace_back(provider->name());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<Account> Accounts::named(const std::string& name) {
  const Destination destination = read_destination(name);
  const Provider* known = find_provider(destination.provider);
  if (known == nullptr) return no_such_provider(name);
  BR_RETURN_IF_ERROR(check_provider(*known));
  return resolve_account(*config_, *known, {}, destination.account);
}

void Accounts::name_account(const Config& config, RemoteBatch* batch) {
  constexpr std::size_t kSaltLength = 16;
  const Provider* provider = find_provider(batch->provider);
  if (provider == nullptr) return;
  auto account = resolve_account(config, *provider, batch->base_url, batch->account);
  if (!account) return;
  if (batch->key_salt.empty()) batch->key_salt = random_->id(kSaltLength);
  learn_account(account_proof(*provider, *account, batch->key_salt), batch);
}

bool Accounts::has_known_key(const RemoteBatch& batch) const {
  const Provider* provider = find_provider(batch.provider);
  if (provider == nullptr) return false;
  auto account = resolve_account(*config_, *provider, batch.base_url, batch.account);
  if (!account) return false;
  const std::string key = account_proof(*provider, *account, batch.key_salt).key;
  return key.empty() || std::find(batch.keys.begin(), batch.keys.end(), key) != batch.keys.end();
}

}  // namespace br
