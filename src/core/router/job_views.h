// JobViews: what is told of jobs to whoever asks: the newest snapshot and what this router adds to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/engine.h"
#include "core/engine/job_snapshot.h"
#include "core/jobs/gate.h"
#include "core/jobs/job_table.h"
#include "core/requests/prices.h"
#include "core/router/accounts.h"
#include "core/router/outbox.h"
#include "core/router/repeated_work.h"

namespace br {

struct JobView {
  SnapshotRef snapshot;
  const Job& job() const { return snapshot->job; }
  std::int64_t acked = 0, handed = 0;        // results
  bool told = false, refuses_repeat = false;  // Repeat's
  std::optional<Cost> cost;  // of what the answers used so far; nothing when a price is not known
};

class JobViews {
 public:
  struct Parts {
    Monitor* monitor;
    Gate* gate;
    RouterState* state;
    Engine* engine;
    JobTable* jobs;
    Outbox* outbox;
    const RepeatedWork* repeats;
    Accounts* accounts;
    const Prices* prices;
  };
  explicit JobViews(const Parts& parts) : p_(parts) {}

  Result<JobView> view(const std::string& job_id);
  // Newest first; an empty provider means all, limit <= 0 means all.
  Result<std::vector<JobView>> list(const std::string& provider, std::int64_t limit);
  // The newest batches at the vendor, each as a job of its own that is not kept here (no id). Waits.
  Result<std::vector<JobView>> list_remote(const std::string& provider, std::int64_t limit, std::int64_t timeout_ms);
  const Prices& prices() const { return *p_.prices; }

 private:
  JobView make(SnapshotRef snapshot);

  const Parts p_;
};

}  // namespace br
