// Submission: takes batches in. What is given again goes on as the job that it is already; a new job is on disk when the
// call returns, and goes to the engine.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/jobs/event_queue.h"
#include "core/jobs/gate.h"
#include "core/jobs/job_table.h"
#include "core/jobs/worked_jobs.h"
#include "core/router/job_control.h"
#include "core/router/prepared_job.h"
#include "core/router/repeated_work.h"
#include "sys/mutex.h"

namespace br {

struct Submitted {
  std::string job_id;
  bool existed = false;
};

class Submission {
 public:
  struct Parts {
    const Config* config;
    Random* random;
    Monitor* monitor;
    Gate* gate;
    RouterState* state;
    EventQueue* events;
    Accounts* accounts;
    JobPreparer* preparer;
    RepeatedWork* repeats;
    JobTable* jobs;
    JobControl* control;
    WorkedJobs* worked;
  };
  explicit Submission(const Parts& parts) : p_(parts) {}

  Result<Submitted> submit(const BatchSpec& spec, DoneFn done);
  // All or none are valid; then each is recorded. errors: what is wrong with each.
  Result<std::vector<Submitted>> submit_many(const std::vector<const BatchSpec*>& specs,
                                             std::vector<std::optional<Error>>* errors);
  // A new job of the requests of that one that did not succeed, or the one that is there already. options: of a batch
  // without requests.
  Result<Submitted> retry(const std::string& job_id, const BatchSpec& options, DoneFn done);
  // A batch that was made elsewhere, as a job of its own. options: of a batch without requests.
  Result<Submitted> attach(const std::string& provider, const std::string& batch_id, const BatchSpec& options);

  std::int64_t requests() const { return requests_; }
  // Whether this thread is inside a submit of this router, in code of the caller's: it cannot be closed under its feet.
  bool is_inside() const;

 private:
  Result<Gate::Pass> enter();
  void tell_queued(const Job& job, const std::vector<std::string>& warnings);
  Result<Submitted> commit(PreparedJob prepared, DoneFn done);
  Result<Submitted> go_on_with(const std::string& job_id, const RepeatPolicy& policy, DoneFn done);
  Result<Submitted> attached_already(const std::string& job_id, const std::string& output);

  const Parts p_;
  std::atomic<std::int64_t> requests_{0};
  // Held from the look for the same work until its job is recorded, so that no two jobs become of one piece of work.
  Mutex committing_;
};

}  // namespace br
