// RepeatedWork: when the same requests are given again, which job they are already, and who has heard of that job's end.
// Nobody pays twice because a program was run twice.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/jobs/job_table.h"
#include "core/jobs/worked_jobs.h"
#include "core/requests/intake.h"
#include "model/error.h"
#include "model/job.h"
#include "store/store.h"

namespace br {

// What a submitter says of work that is here already.
struct RepeatPolicy {
  std::string output, finished;  // finished: "take", "refuse", "new" or nothing
  bool goes_on = false, again = false;
};
RepeatPolicy read_repeat_policy(const BatchSpec& spec);

class RepeatedWork {
 public:
  RepeatedWork(RouterState* state, JobTable* jobs, WorkedJobs* worked) : state_(state), jobs_(jobs), worked_(worked) {}

  // The job that is this work already, to go on with or to take the results of; empty: there is none. inputs: what it
  // is; of a retry also what it asks. Called with one lock held by all submitters until the new job is recorded.
  Result<std::string> find(const Job& job, const std::vector<std::string>& inputs, const RepeatPolicy& policy);

  // Whether somebody heard of the job's end, and whether its submitter refuses finished work.
  struct Told {
    bool told = false, refuses = false;
  };
  Told told(const Job& job) const;
  // The last thing that a router does which is closed in order: those who worked with it have heard of the jobs whose
  // results they took. After a kill none of it is done, and the same work goes on with those jobs.
  void tell_of_ends();

 private:
  Result<void> keep_older_inputs(const Job& job, const std::string& input, const RepeatPolicy& policy);
  std::vector<std::string> ancestors_of(const Job& job);
  Result<std::string> find_open(const Job& job, const std::vector<std::string>& inputs,
                                const std::vector<std::string>& ancestors, const RepeatPolicy& policy);
  Result<std::string> find_finished(const Job& job, const std::vector<std::string>& inputs,
                                    const std::vector<std::string>& ancestors, const RepeatPolicy& policy);

  RouterState* const state_;
  JobTable* const jobs_;
  WorkedJobs* const worked_;
};

}  // namespace br
