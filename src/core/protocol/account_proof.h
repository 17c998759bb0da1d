// Which account a call is made for, and with which key, as hashes that are kept with a batch.
#pragma once

#include <string>
#include <string_view>

#include "model/job.h"
#include "providers/provider.h"

namespace br {

struct AccountProof {
  std::string account;  // of what names the account; where nothing else does, of the key and what is sent beside it
  std::string key;      // of the key itself; empty where there is none
};

// salt: random, kept with the batch, so that nobody can try keys against a list of hashes.
AccountProof account_proof(const Provider& provider, const Account& account, std::string_view salt);

// Whether the batch is known to belong to the account. A batch of a version that kept none belongs to any.
bool is_own_account(const RemoteBatch& batch, const AccountProof& proof);
// The account and key have proven to be the batch's: the vendor answered about it. true: that was news.
bool learn_account(const AccountProof& proof, RemoteBatch* batch);

}  // namespace br
