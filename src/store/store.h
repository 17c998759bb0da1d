// Store: what survives a crash. Every save is one transaction, durable when the call returns.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/job.h"

namespace br {

Error no_such_job(std::string_view job_id);

// Any thread.
class Store {
 public:
  virtual ~Store() = default;
  // A new job with all its batches.
  virtual Result<void> insert(const Job& job) = 0;
  // The job's own fields, without its batches. Saves change what is there: of a job that was removed nothing comes back.
  virtual Result<void> save_job(const Job& job) = 0;
  // One batch, or several of one job in one transaction; of a removed job nothing is saved.
  virtual Result<void> save_batches(const std::vector<RemoteBatch>& batches) = 0;
  virtual Result<void> remove(std::string_view job_id) = 0;
  // Code::not_found; Code::store for one that is damaged: a record, or a batch that is not there.
  virtual Result<Job> load(std::string_view job_id) = 0;
  // The ids of every job that is not done, or whose results are not all acknowledged.
  virtual Result<std::vector<std::string>> unsettled_ids() = 0;
  // Newest first; an empty provider means all, limit <= 0 means all.
  virtual Result<std::vector<Job>> list(std::string_view provider, std::int64_t limit) = 0;
  virtual Result<std::int64_t> count() = 0;
  virtual Result<std::vector<std::string>> ids() = 0;  // of all jobs, in their order
  // The job that the vendor's batch of that id belongs to; empty if there is none.
  virtual Result<std::string> owner_of(std::string_view batch_id) = 0;
};

}  // namespace br
