// CanaryQuota: which requests of a job go first: so many of each kind, in the order of the requests. A kind is what a
// vendor may refuse for its form: one model, endpoint and path of one provider and account.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "model/request.h"

namespace br {

struct RequestKind {
  std::string_view provider, account, model, path;
  Endpoint endpoint = Endpoint::chat;
  // Distinct kinds have distinct texts.
  std::string text() const;
};

class CanaryQuota {
 public:
  // size: of each kind; 0: nothing goes first.
  explicit CanaryQuota(std::int64_t size) : size_(size) {}
  bool on() const { return size_ > 0; }

  // Whether the next request of the kind is one of the first; it is counted. least: what the vendor takes in a batch,
  // to which the size is raised.
  bool take(const std::string& kind, std::int64_t least);
  // Where it is known before that there are `total` requests of the kind: the vendor would not take fewer than `least`
  // of them in a batch behind the canary, so that these belong to it.
  void expect(const std::string& kind, std::int64_t total, std::int64_t least);

 private:
  struct Count {
    std::int64_t taken = 0;
    bool whole = false;  // every request of the kind
  };
  std::int64_t size_;
  std::map<std::string, Count, std::less<>> counts_;
};

}  // namespace br
