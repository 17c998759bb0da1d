// KeyRing: keys and settings of accounts that are known in memory alone: those of programs whose calls are captured.
// They reach no file. An account is a slot of its provider, as "openai@k3f…".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sys/mutex.h"

namespace br {

// Any thread.
class KeyRing {
 public:
  using Settings = std::vector<std::pair<std::string, std::string>>;  // by property name, without "<provider>."
  // false: that account is here already.
  bool add(std::string_view provider, std::string_view slot, const Settings& settings) {
    const MutexLock lock(&mutex_);
    return accounts_.try_emplace({std::string(provider), std::string(slot)}, settings).second;
  }
  bool has(std::string_view provider, std::string_view slot) const {
    const MutexLock lock(&mutex_);
    return accounts_.contains({std::string(provider), std::string(slot)});
  }
  // Empty: there is none.
  std::string get(std::string_view provider, std::string_view slot, std::string_view name) const {
    const MutexLock lock(&mutex_);
    const auto found = accounts_.find({std::string(provider), std::string(slot)});
    if (found == accounts_.end()) return {};
    for (const auto& [key, value] : found->second) {
      if (key == name) return value;
    }
    return {};
  }

 private:
  mutable Mutex mutex_;
  std::map<std::pair<std::string, std::string>, Settings> accounts_ GUARDED_BY(mutex_);
};

}  // namespace br
