// JobPreparer: makes a job of a batch as its caller built it: its request files are written when it returns, and nothing
// is recorded yet.
#pragma once

#include <string>
#include <vector>

#include "core/config.h"
#include "core/jobs/router_state.h"
#include "core/requests/id_table.h"
#include "core/requests/intake.h"
#include "core/router/accounts.h"
#include "core/router/repeated_work.h"
#include "core/world.h"

namespace br {

struct PreparedJob {
  Job job;
  std::vector<std::string> warnings;
  JobTable::Address address = JobTable::Address::given;
  std::string input, requests;  // Repeat::input, Repeat::requests
  RepeatPolicy policy;
};

class JobPreparer {
 public:
  struct Parts {
    const Config* config;
    const World* world;
    RouterState* state;
    Accounts* accounts;
  };
  explicit JobPreparer(const Parts& parts) : p_(parts) {}

  // ids: where the ids of several batches are collected; nullptr: they are this batch's own. Nothing stays behind when it
  // fails. Functions of external providers run in it.
  Result<PreparedJob> prepare(const BatchSpec& spec, IdTable* ids);
  // The requests of `parent` that did not succeed, from the same bytes on disk.
  Result<PreparedJob> prepare_retry(const Job& parent, const RepeatPolicy& policy);
  // A batch that was made elsewhere: there are no request files.
  Result<PreparedJob> prepare_attached(const Account& account, const std::string& batch_id, const std::string& output);
  void discard(const PreparedJob& prepared);

 private:
  Job new_job();
  Result<Config> config_of(const BatchSpec& spec, Job* job) const;
  Result<void> write_requests(const Config& config, const BatchSpec& spec, IdTable* ids, PreparedJob* prepared);
  Result<void> address(const Config& config, const BatchSpec& spec, Job* job);
  Result<void> copy_requests(const Job& parent, PreparedJob* prepared);

  const Parts p_;
};

}  // namespace br
