// RetryRounds: what failed for a passing reason is asked again, in jobs of their own, one after the other; the results of
// all of them are those of the first.
//
// The rounds are found again by the library, as retries of the job before: a program that was killed goes on with them,
// and nothing is paid twice. The first job is acknowledged last.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/failures.h"
#include "cli/follow.h"
#include "cli/session.h"

namespace cli {

class RetryRounds {
 public:
  // first: done. rounds: how many there may be.
  RetryRounds(Session* session, br_job* first, std::int64_t rounds);

  // Waits for all of them. End::done: no round is left, or nothing that another one might answer.
  End run();
  // The job that the wait ended with.
  br_job* last() const { return jobs_.empty() ? first_ : jobs_.back().get(); }
  bool empty() const { return jobs_.empty(); }

  // Each request of the first job once, with its newest result. What did not succeed is in failures() then.
  void write(const std::string& path, std::int64_t* rows);
  const Failures& failures() const { return failures_; }
  // All results are taken.
  void acknowledge();

 private:
  using Visit = std::function<void(const br_result* result)>;
  bool begin_next();
  br_job* job_at(std::size_t index) const { return index == 0 ? first_ : jobs_[index - 1].get(); }
  void write_as_they_came(const Visit& put);
  void write_in_order(const Visit& put);

  Session* const session_;
  br_job* const first_;
  std::int64_t left_;
  std::int64_t deadline_ms_;
  std::vector<Job> jobs_;
  Failures failures_;
};

}  // namespace cli
