// Refetcher: answers that came late take the place of results that said they had not come, and damaged results are put in
// order again.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/engine/engine.h"
#include "core/jobs/gate.h"
#include "core/jobs/job_table.h"
#include "core/jobs/monitor.h"
#include "core/jobs/router_state.h"
#include "core/results/refetch.h"
#include "core/router/outbox.h"
#include "sys/mutex.h"
#include "sys/random.h"

namespace br {

class Refetcher {
 public:
  struct Parts {
    const Config* config;
    Random* random;
    Monitor* monitor;
    Gate* gate;
    RouterState* state;
    Engine* engine;
    JobTable* jobs;
    Outbox* outbox;
  };
  explicit Refetcher(const Parts& parts) : p_(parts) {}

  // Downloads the results of a job that is done once more, where some of them may still change into an answer; changed:
  // how many did. Those are handed out again.
  Result<Wait> refetch(const std::string& job_id, std::int64_t timeout_ms, std::int64_t* changed);

 private:
  class Turn;
  Result<Gate::Pass> enter();
  Result<std::vector<RefetchPart>> plan(const Job& job);
  Result<bool> rebuild(const Job& job, const RemoteBatch& batch, const Provider& provider);
  void read_anew(const std::string& job_id);
  void link_audit_files(const Job& job);
  Result<std::int64_t> put_in_force(const std::string& job_id, const Refetched& refetched);

  const Parts p_;
  Mutex mutex_;
  // From the look at what is damaged or missing until the new files are in force, one thread is at work on a job.
  std::set<std::string, std::less<>> at_work_ GUARDED_BY(mutex_);
};

}  // namespace br
