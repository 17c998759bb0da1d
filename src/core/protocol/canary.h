// The canary of a job: a few requests of each model and endpoint are sent first, each as a batch of their own, and the
// other batches are held until all of these are collected. Pure: the records of the batches decide, so that every process
// that goes on with the job comes to the same verdict.
#pragma once

#include <cstdint>
#include <optional>

#include "model/error.h"
#include "model/job.h"

namespace br {

enum class CanaryVerdict : std::uint8_t {
  none,      // nothing is held
  open,      // a canary is not collected yet
  passed,    // the rest is sent
  refused,   // the rest is not sent
};

// Before the job is sent: where a batch of it is a canary, all others are held.
void hold_for_canaries(Job* job);

// *why: of a refusal, what the results of the held requests say.
CanaryVerdict judge_canaries(const Job& job, std::optional<Error>* why);

}  // namespace br
