// JobControl: what a caller can do with a job: wait for it, ask the vendor about it, cancel it, go on with it, decide
// what is in doubt, forget it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/engine.h"
#include "core/jobs/gate.h"
#include "core/jobs/job_table.h"
#include "core/jobs/monitor.h"
#include "core/jobs/router_state.h"
#include "core/router/outbox.h"
#include "model/error.h"

namespace br {

class JobControl {
 public:
  struct Parts {
    Monitor* monitor;
    Gate* gate;
    RouterState* state;
    Engine* engine;
    JobTable* jobs;
    Outbox* outbox;
  };
  explicit JobControl(const Parts& parts) : p_(parts) {}

  using JobTest = std::function<bool(const JobSnapshot&)>;
  // Waits until the test holds for each of the jobs.
  Result<Wait> wait(const std::vector<std::string>& job_ids, std::int64_t timeout_ms, const JobTest& holds);

  // Asks the vendors, and waits for answers that are younger than the call. errors: what went wrong with each. Wait::woken:
  // the vendors are asked all the same.
  Result<Wait> refresh(const std::vector<std::string>& job_ids, std::int64_t timeout_ms,
                       std::vector<std::optional<Error>>* errors);
  // taken: which of them the vendor cancels.
  Result<Wait> cancel(const std::vector<std::string>& job_ids, std::int64_t timeout_ms, std::vector<bool>* taken,
                      std::vector<std::optional<Error>>* errors);

  Result<void> resume(const std::string& job_id);  // empty: every unfinished job
  Result<void> remove(const std::string& job_id);
  // Code::already where the batch belongs to another job; false: it was the part's already.
  Result<bool> adopt(const std::string& job_id, std::int32_t part, const std::string& batch_id);
  // Code::invalid_argument where nothing of the job is in doubt.
  Result<void> abandon(const std::string& job_id);
  // Durable when it returns.
  Result<void> remember_output(const std::string& job_id, const std::string& output);

 private:
  Result<Gate::Pass> enter();
  Result<void> check() const;
  Result<std::vector<SnapshotRef>> find_all(const std::vector<std::string>& job_ids);

  const Parts p_;
};

// The vendor did not answer in time about `what`.
Error timeout_error(const std::string& what);

}  // namespace br
