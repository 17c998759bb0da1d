// A request without a row gets the result that says what became of its batch, and whether it may be tried again.
#include "core/results/rest_reason.h"

#include <string>

#include "support/cmocka.h"
#include "support/step_events.h"

namespace {

using br::Phase;
using br::RemoteBatch;
using br::rest_reason;
using br::RestReason;
using br::ResultStatus;
using br::State;

br::Error error_of(const char* vendor_code) {
  br::Error error(br::Code::provider, "why");
  error.vendor_code = vendor_code;
  error.http_status = 410;
  return error;
}

void expect(const RestReason& reason, ResultStatus status, const char* type, const char* code, bool transient) {
  assert_true(reason.status == status);
  assert_string_equal(reason.type.c_str(), type);
  assert_string_equal(reason.code.c_str(), code);
  assert_true(reason.transient == transient);
}

void ended_batch_says_how_it_ended(void**) {
  const auto of = [](State state) { return rest_reason(accepted_batch(Phase::fetching, state)); };
  expect(of(State::cancelled), ResultStatus::cancelled, "cancelled", "batch_cancelled", false);
  expect(of(State::expired), ResultStatus::expired, "expired", "batch_expired", true);
  expect(of(State::completed), ResultStatus::errored, "missing", "missing", true);
}

void failed_batch_says_what_the_vendor_said(void**) {
  RemoteBatch batch = accepted_batch(Phase::fetching, State::failed);
  batch.status.failure = error_of("token_limit");
  expect(rest_reason(batch), ResultStatus::errored, "batch_failed", "token_limit", false);
  batch.status.failure = error_of("");
  batch.status.failure->transient = true;
  expect(rest_reason(batch), ResultStatus::errored, "batch_failed", "batch_failed", true);
  batch.status.failure.reset();
  expect(rest_reason(batch), ResultStatus::errored, "missing", "missing", true);
}

// Nothing of it was paid for.
void refused_batch_was_not_submitted(void**) {
  RemoteBatch batch = batch_in(Phase::refused);
  batch.error = error_of("bad_model");
  const RestReason reason = rest_reason(batch);
  expect(reason, ResultStatus::errored, "not_submitted", "bad_model", false);
  assert_string_equal(reason.message.c_str(), "why");
  assert_int_equal(reason.http_status, 410);
}

// The vendor may have answered it all the same: it is not to be sent again by itself.
void abandoned_batch_is_no_failure_of_the_vendor(void**) {
  RemoteBatch batch = batch_in(Phase::refused);
  batch.error = error_of("abandoned");
  expect(rest_reason(batch), ResultStatus::errored, "abandoned", "abandoned", false);
  batch = accepted_batch(Phase::fetching, State::completed);
  batch.error = error_of("abandoned");
  expect(rest_reason(batch), ResultStatus::errored, "abandoned", "abandoned", false);
}

void results_that_the_vendor_does_not_give_are_gone(void**) {
  RemoteBatch batch = accepted_batch(Phase::fetching, State::completed);
  batch.error = error_of("");
  batch.refused_fetches = br::kMaxRefusedFetches - 1;
  expect(rest_reason(batch), ResultStatus::errored, "missing", "missing", true);
  batch.refused_fetches = br::kMaxRefusedFetches;
  expect(rest_reason(batch), ResultStatus::errored, "results_gone", "results_gone", false);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(ended_batch_says_how_it_ended),
      cmocka_unit_test(failed_batch_says_what_the_vendor_said),
      cmocka_unit_test(refused_batch_was_not_submitted),
      cmocka_unit_test(abandoned_batch_is_no_failure_of_the_vendor),
      cmocka_unit_test(results_that_the_vendor_does_not_give_are_gone),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
