#include "core/protocol/canary.h"

#include <algorithm>

namespace br {

void hold_for_canaries(Job* job) {
  const bool any = std::any_of(job->batches.begin(), job->batches.end(), [](const RemoteBatch& b) { return b.canary; });
  for (RemoteBatch& batch : job->batches) batch.held = any && !batch.canary;
}

CanaryVerdict judge_canaries(const Job& job, std::optional<Error>* why) {
  if (std::none_of(job.batches.begin(), job.batches.end(), [](const RemoteBatch& b) { return b.held; }))
    return CanaryVerdict::none;
  const RemoteBatch* refused = nullptr;
  for (const RemoteBatch& batch : job.batches) {
    if (!batch.canary) continue;
    if (batch.phase != Phase::collected) return CanaryVerdict::open;
    if (!batch.canary_refusal.empty() && refused == nullptr) refused = &batch;
  }
  if (refused == nullptr) return CanaryVerdict::passed;
  Error error(Code::provider,
              "not sent: the canary of " + refused->provider + " " + refused->model + " did not pass: " +
                  refused->canary_refusal,
              "correct the requests and run the file again");
  error.provider = refused->provider;
  error.vendor_code = "canary_refused";
  *why = std::move(error);
  return CanaryVerdict::refused;
}

}  // namespace br
