#include "core/engine/address_trust.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/protocol/account_proof.h"

namespace br {

Result<void> check_address(const Config& config, const Provider& provider, const RemoteBatch& batch,
                           const Account& account) {
  if (account.api_key.empty()) return {};
  const std::string key = account_proof(provider, account, batch.key_salt).key;
  if (std::find(batch.keys.begin(), batch.keys.end(), key) != batch.keys.end()) return {};
  const auto own = resolve_account(config, provider, {}, batch.account);
  std::vector<std::string> trusted;
  if (own) trusted = own->own_urls();
  for (const std::string& url : account.own_urls()) {
    if (std::find(trusted.begin(), trusted.end(), url) != trusted.end()) continue;
    Error error(Code::auth,
                "[" + account.provider + "] the job " + batch.job_id + " remembers the address " + url +
                    ", and the key in force is not known to be the job's: it is not sent there",
                "if that address is right, say so with --base-url " + url + "; else set the job's own key");
    error.provider = account.provider;
    return error;
  }
  return {};
}

Result<void> check_program(const Config& config, const Config& job_config, const Provider& provider,
                           const RemoteBatch& batch) {
  for (const Property& property : provider.properties()) {
    const std::string name = batch.provider + "." + property.name;
    if (!property.program || job_config.get(name) == config.get(name)) continue;
    Error error(Code::auth,
                "[" + batch.provider + "] the job " + batch.job_id + " remembers the program \"" + job_config.get(name) +
                    "\", and it is not known to be yours: it is not started",
                "if it is, say so with --set " + name + "='" + job_config.get(name) + "'");
    error.provider = batch.provider;
    return error;
  }
  return {};
}

}  // namespace br
