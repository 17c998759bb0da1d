#include "core/protocol/account_proof.h"

#include <algorithm>

#include "net/crypto.h"

namespace br {
namespace {

constexpr std::size_t kHashDigits = 32;

std::string hash(std::string_view salt, std::string_view text) {
  return hex(hmac_sha256(salt, text)).substr(0, kHashDigits);
}

bool add(const std::string& value, std::vector<std::string>* list) {
  if (value.empty() || std::find(list->begin(), list->end(), value) != list->end()) return false;
  list->push_back(value);
  return true;
}

}  // namespace

AccountProof account_proof(const Provider& provider, const Account& account, std::string_view salt) {
  AccountProof proof;
  std::string name = provider.dialect().account_name(account);
  if (name.empty())
    name = account.api_key + "\n" + account.organization + "\n" + account.project + "\n" + account.base_url;
  proof.account = hash(salt, account.provider + "\n" + name);
  // A second key that is sent to the same address, Bedrock's own beside the access key, opens the account as well.
  std::string keys = account.api_key;
  if (const std::string_view bearer = account.setting("bearer_token"); !bearer.empty()) keys.append("\n").append(bearer);
  if (!account.api_key.empty()) proof.key = hash(salt, "key\n" + keys);
  return proof;
}

bool is_own_account(const RemoteBatch& batch, const AccountProof& proof) {
  return batch.accounts.empty() || std::find(batch.accounts.begin(), batch.accounts.end(), proof.account) != batch.accounts.end();
}

bool learn_account(const AccountProof& proof, RemoteBatch* batch) {
  const bool account = add(proof.account, &batch->accounts);
  const bool key = add(proof.key, &batch->keys);
  return account || key;
}

}  // namespace br
