#include "core/results/rest_reason.h"

#include <optional>

namespace br {

RestReason rest_reason(const RemoteBatch& batch) {
  const State state = state_of(batch);
  if (batch.phase == Phase::fetching && batch.error && batch.error->vendor_code == "abandoned")
    return {ResultStatus::errored, "abandoned", "abandoned", batch.error->message, 0, false};
  if (batch.phase == Phase::fetching && batch.error && batch.refused_fetches >= kMaxRefusedFetches)
    return {ResultStatus::errored, "results_gone",
            batch.error->vendor_code.empty() ? "results_gone" : batch.error->vendor_code,
            "the vendor does not give the results: " + batch.error->message, batch.error->http_status, false};
  if (state == State::cancelled)
    return {ResultStatus::cancelled, "cancelled", "batch_cancelled", "the batch was cancelled before it was answered"};
  if (state == State::expired)
    return {ResultStatus::expired, "expired", "batch_expired", "the batch expired before it was answered", 0, true};
  const std::optional<Error>& why = batch.phase == Phase::refused ? batch.error : batch.status.failure;
  if (state == State::failed && why) {
    const bool abandoned = why->vendor_code == "abandoned";
    const char* type = abandoned ? "abandoned" : batch.phase == Phase::refused ? "not_submitted" : "batch_failed";
    return {ResultStatus::errored, type, why->vendor_code.empty() ? type : why->vendor_code, why->message,
            why->http_status, why->transient};
  }
  return {ResultStatus::errored, "missing", "missing", "the vendor returned no result row for this request", 0, true};
}

}  // namespace br
