// PartCopy: the request files of one batch of a retry, from the same bytes of batches whose results are here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/results/id_file.h"
#include "model/error.h"
#include "model/job.h"
#include "store/spool.h"
#include "sys/file.h"

namespace br {

// Some requests of one batch, by the hashes of their ids under one seed, sorted.
struct RequestSet {
  std::vector<std::uint64_t> ids;
  std::uint64_t seed = 0;
  bool has(std::string_view custom_id) const;
};

// One line of a request file, and the line of the ids file that belongs to it. Valid during the call.
using EachRequest = std::function<Result<void>(const IdEntry& entry, std::string_view id_line, std::string_view line)>;

// Calls each() for the requests of the set, in their order. path: the batch's request file, or that of its requests as
// they were given. Code::store where the file and that of the ids do not belong together.
Result<void> for_each_request(const Spool& spool, const RemoteBatch& batch, const std::string& path,
                              const RequestSet& set, const EachRequest& each);

// The requests as they were given are still those.
Result<void> check_unified(FileSystem* files, const std::string& path, const RemoteBatch& batch);

class PartCopy {
 public:
  // to: names job, part, provider and the tag in the ids; rows, bytes and checksums are filled in.
  PartCopy(const Spool* spool, RemoteBatch* to) : spool_(spool), to_(to) {}
  // Behind what is there. The request file is checked before a byte of it is taken.
  Result<void> add(const RemoteBatch& from, const RequestSet& set);
  // On the disk when this returns, but for the requests as they were given, which nothing depends on.
  Result<void> finish();

 private:
  Result<void> begin();
  Result<void> add_requests(const RemoteBatch& from, const RequestSet& set);
  Result<void> add_unified(const RemoteBatch& from, const RequestSet& set);
  Result<void> drop_unified();

  const Spool* const spool_;
  RemoteBatch* const to_;
  std::unique_ptr<BufferedFile> requests_, ids_, unified_;
  bool keeps_unified_ = true;  // every batch that was added kept its requests as they were given
  IdSum sum_;
};

}  // namespace br
