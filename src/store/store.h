// Store: what survives a crash. Every save is one transaction, durable when the call returns.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/job.h"

namespace br {

// What is to be known of a job when the same work is given again.
struct Repeat {
  std::string input;     // jobs of one input ask the same (core/requests/input_digest.h); empty: no work can be the same
  bool told = false;     // somebody who was at work on it heard that it is done; until then the same work goes on with it
  bool refuses = false;  // its submitter refuses finished work that is given again: nobody pays when it is told too early
  std::string requests = {};  // of a retry: what its own requests are as an input; other jobs may ask the same
};

Error no_such_job(std::string_view job_id);

// Any thread.
// open: only those that are not settled or not told of.
enum class WhichJobs : std::uint8_t { all, open };

class Store {
 public:
  virtual ~Store() = default;
  // A new job with all its batches.
  // nullptr: nothing is known of what it asks, as of a job of a version that kept it not.
  virtual Result<void> insert(const Job& job, const Repeat* repeat) = 0;
  // The job's own fields, without its batches. Saves change what is there: of a job that was removed nothing comes back.
  virtual Result<void> save_job(const Job& job) = 0;
  // One batch, or several of one job in one transaction; of a removed job nothing is saved. The progress of their results
  // stays as it is.
  virtual Result<void> save_batches(const std::vector<RemoteBatch>& batches) = 0;
  // What the consumers of the job's results have done with them. One transaction.
  virtual Result<void> save_progress(std::string_view job_id, const std::vector<PartProgress>& progress) = 0;
  // Batches whose results files were replaced, each with its progress. One transaction.
  virtual Result<void> replace_results(const std::vector<RemoteBatch>& batches) = 0;
  virtual Result<void> remove(std::string_view job_id) = 0;
  // Code::not_found; Code::store for one that is damaged: a record, or a batch that is not there.
  virtual Result<Job> load(std::string_view job_id) = 0;
  // The ids of every job that is not done, or whose results are not all acknowledged.
  virtual Result<std::vector<std::string>> unsettled_ids() = 0;
  // Newest first; an empty provider means all, limit <= 0 means all.
  virtual Result<std::vector<Job>> list(std::string_view provider, std::int64_t limit) = 0;
  virtual Result<std::int64_t> count() = 0;
  virtual Result<std::vector<std::string>> ids() = 0;  // of all jobs, in their order
  // The job that the batch of that id of that vendor at that address belongs to; empty if there is none. Servers that
  // speak one vendor's API count their batches each on its own.
  virtual Result<std::string> owner_of(std::string_view provider, std::string_view base_url,
                                       std::string_view batch_id) = 0;
  // Nothing: the job was made by a version that did not keep it, or there is no such job.
  virtual Result<std::optional<Repeat>> repeat_of(std::string_view job_id) = 0;
  // For such a job.
  virtual Result<void> keep_repeat(std::string_view job_id, const Repeat& repeat) = 0;
  // Jobs that ask one of these (their input, or the requests of a retry), the newest first.
  virtual Result<std::vector<std::string>> jobs_asking(const std::vector<std::string>& inputs, WhichJobs which) = 0;
  // Jobs of which nothing is kept, the newest first.
  virtual Result<std::vector<std::string>> jobs_without_repeat() = 0;
  // Somebody heard that these are done. One transaction.
  virtual Result<void> tell(const std::vector<std::string>& job_ids) = 0;
};

}  // namespace br
