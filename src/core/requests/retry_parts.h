// RetryParts: which batches the requests of a retry become: where they go behind a canary, the first of each model and
// endpoint in batches of their own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "codec/request_reader.h"
#include "core/requests/canary_quota.h"
#include "core/requests/part_copy.h"
#include "model/capability.h"
#include "model/error.h"
#include "model/job.h"
#include "store/spool.h"

namespace br {

// The size of the canary that a retry of this job needs; 0: none. configured: what is said now. Without a word, a job
// whose canary has passed needs none; one whose canary was refused, or was not answered, needs as large a one as it
// had.
std::int64_t canary_of_retry(const Job& parent, std::int64_t configured);

// Some requests of one batch of the parent.
struct RetrySlice {
  const RemoteBatch* from = nullptr;
  RequestSet set;
  std::int64_t bytes = 0;
  std::uint64_t first = 0, last = 0;  // their numbers in the job
};

struct RetryPart {
  RemoteBatch batch;  // as that of the parent, planned anew; its job and part are not set
  std::vector<RetrySlice> slices;
};

class RetryParts {
 public:
  RetryParts(const Spool* spool, std::int64_t canary) : spool_(spool), quota_(canary) {}
  // The batches of the parent come in their order, canaries first: so that those of one kind keep the order of the
  // input. `from` stays where it is.
  Result<void> add(const RemoteBatch& from, RequestSet set);
  std::vector<RetryPart> plan();

 private:
  struct Kind {
    std::string text, model, path;
    Endpoint endpoint = Endpoint::chat;
    std::int64_t least = 0, total = 0;
    std::size_t part = 0;  // the canary that is being filled, by its number plus one; 0: none
  };
  struct Item {
    std::uint64_t id = 0, number = 0;
    std::int64_t bytes = 0;
    std::size_t kind = 0;
  };
  struct Source {
    const RemoteBatch* from = nullptr;
    std::uint64_t seed = 0;
    std::vector<Item> items;
  };
  std::size_t kind_of(const RemoteBatch& from, const Capability& limits, std::string_view line);
  void divide(const Source& source);
  void put_canary(Kind* kind, RetrySlice slice);

  const Spool* const spool_;
  CanaryQuota quota_;
  RequestReader reader_;
  Request request_;
  std::string scratch_;
  std::vector<Kind> kinds_;
  std::map<std::string, std::size_t, std::less<>> kind_numbers_;
  std::vector<Source> sources_;
  std::vector<RetryPart> parts_;
};

}  // namespace br
