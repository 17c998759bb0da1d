// Accounts: which providers a router takes work for, and whose account a batch belongs to.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "model/error.h"
#include "model/job.h"
#include "providers/provider.h"
#include "sys/mutex.h"
#include "sys/random.h"

namespace br {

class Accounts {
 public:
  Accounts(const Config* config, Random* random) : config_(config), random_(random) {}

  // Of the process's providers this router has all until they are removed from it. Code::already.
  Result<void> add_provider(const std::string& name);
  Result<void> remove_provider(const std::string& name);
  std::vector<std::string> providers();  // sorted
  // Code::no_provider where it was removed.
  Result<void> check_provider(const Provider& provider);

  // "openai" or "openai@team".
  Result<Account> named(const std::string& name);
  // Notes in the batch whose it will be, before it is sent. config: the router's, with the overrides of its job.
  void name_account(const Config& config, RemoteBatch* batch);
  // The key in force is one that is known to be the batch's own.
  bool has_known_key(const RemoteBatch& batch) const;

 private:
  const Config* const config_;
  Random* const random_;
  Mutex mutex_;
  std::set<std::string, std::less<>> removed_ GUARDED_BY(mutex_);
};

}  // namespace br
