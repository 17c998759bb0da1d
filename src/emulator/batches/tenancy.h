#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "emulator/http/exchange.h"

namespace br::emulator {

// Whose something is, or who calls: told by the key of a request.
struct Tenant {
  std::string project;    // empty: that of all keys which nobody gave to a project
  bool stranger = false;  // another program in the same account
  std::string key;        // as it was sent; of AWS the id of the access key
};

// The key of an `Authorization: Bearer` header; empty if there is none.
std::string_view bearer_key(const RequestHead& head);

// Which keys belong together. Every key that is not named is the client's own, in the project without a name.
class Tenancy {
 public:
  // "project NAME KEY...", "stranger KEY..." or "apart"; docs/emulator.md explains them. False, with `error`, if it is
  // none of these.
  bool add(std::string_view line, std::string& error);
  void clear() { *this = Tenancy(); }
  Tenant of(const RequestHead& head) const;

 private:
  std::map<std::string, std::string, std::less<>> projects_;  // by key
  std::set<std::string, std::less<>> strangers_;              // keys
  bool apart_ = false;                                        // every other key has a project of its own
};

// In what order lists come while a fault has its way with them.
enum class ListOrder { kNewestFirst, kOldestFirst, kMixed };

// Strangers that are made along with a batch.
struct LookAlikes {
  int64_t copies = 0;
  bool same_ids = false;  // the client's own ids; else r1, r2, ...
  bool instead = false;   // the client's batch is not made at all
};

// The request that is at work.
struct Call {
  Tenant tenant;
  ListOrder order = ListOrder::kNewestFirst;
  LookAlikes look_alikes;
};

// Puts a call in force for as long as it lives.
class CallScope {
 public:
  CallScope(Call& in_force, Call call) : in_force_(in_force), before_(std::exchange(in_force, std::move(call))) {}
  ~CallScope() { in_force_ = std::move(before_); }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  Call& in_force_;
  Call before_;
};

}  // namespace br::emulator
