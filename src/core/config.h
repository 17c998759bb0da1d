// Config: string properties, checked against the property table.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/key_ring.h"
#include "core/property_table.h"
#include "model/error.h"
#include "providers/provider.h"

namespace br {

class Config {
 public:
  // Code::config also for a property that is set for batches alone.
  Result<void> set(std::string_view key, std::string_view value);
  // The value in force. The key must be in the table.
  const std::string& get(std::string_view key) const;
  bool is_set(std::string_view key) const { return values_.find(key) != values_.end(); }
  std::int64_t integer(std::string_view key) const;
  bool boolean(std::string_view key) const { return get(key) == "1"; }
  // Accounts beside the configured ones. Copies of this configuration share it.
  void use_key_ring(std::shared_ptr<KeyRing> keys) { keys_ = std::move(keys); }
  KeyRing* key_ring() const { return keys_.get(); }  // nullptr: there is none

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::shared_ptr<KeyRing> keys_;
};

// The value as it is kept. Code::config for what is no property or a value that it does not take.
Result<std::string> check_property(std::string_view key, std::string_view value);

// The values in force of a property of the core that variables of the environment may give: the configured one, else
// that of each variable, each once.
std::vector<std::string> values_in_force(const Config& config, std::string_view key);

// A provider's settings in force: configuration, then environment, then defaults. base_url overrides when not empty.
// slot: one of several keys of the provider; its properties are "<provider>@<slot>.<name>", its variables end in _SLOT.
// Code::auth when it needs a key and there is none; Code::config for a bad base URL.
Result<Account> resolve_account(const Config& config, const Provider& provider, std::string_view base_url,
                                std::string_view slot = {});

// The settings that turning requests into lines depends on: no key, and no check of anything.
Account provider_settings(const Config& config, const Provider& provider, std::string_view slot = {});

}  // namespace br
