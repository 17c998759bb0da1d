// What the waiting calls wait for.
#include "core/router/job_waits.h"

#include "support/cmocka.h"
#include "support/step_events.h"

namespace {

using br::Phase;

br::JobSnapshot snapshot_with(const std::vector<br::RemoteBatch>& batches) {
  br::JobSnapshot now;
  now.job.id = "job_a";
  now.job.batches = batches;
  return now;
}

void job_is_submitted_once_the_vendor_answered_for_each_batch(void**) {
  const br::RemoteBatch accepted = accepted_batch(Phase::running, br::State::in_progress);
  assert_false(br::is_submitted_or_refused(snapshot_with({accepted, batch_in(Phase::planned)})));
  assert_false(br::is_submitted_or_refused(snapshot_with({accepted, batch_in(Phase::creating)})));
  assert_true(br::is_submitted_or_refused(snapshot_with({accepted, batch_in(Phase::refused)})));
  assert_true(br::check_submitted(snapshot_with({accepted}).job).ok());
}

void held_batch_is_not_waited_for(void**) {
  br::RemoteBatch held = batch_in(Phase::planned);
  held.held = true;
  assert_true(br::is_submitted_or_refused(snapshot_with({accepted_batch(Phase::running, br::State::in_progress), held})));
}

void batch_in_doubt_is_waited_for_until_the_first_look(void**) {
  br::RemoteBatch unknown = batch_in(Phase::unknown);
  assert_false(br::is_submitted_or_refused(snapshot_with({unknown})));
  unknown.absent_since_ms = 5;
  assert_true(br::is_submitted_or_refused(snapshot_with({unknown})));
  assert_true(br::check_submitted(snapshot_with({unknown}).job).error().code == br::Code::unknown_outcome);
}

void refused_job_says_why(void**) {
  br::RemoteBatch refused = batch_in(Phase::refused);
  refused.error = br::Error(br::Code::provider, "no such model", "");
  const auto checked = br::check_submitted(snapshot_with({refused}).job);
  assert_true(!checked.ok() && checked.error().message == "no such model");
}

void job_is_waited_for_until_it_is_done_or_blocked(void**) {
  br::JobSnapshot now = snapshot_with({batch_in(Phase::running)});
  assert_false(br::is_done_or_blocked(now));
  now.job.batches[0].blocked = true;
  assert_true(br::is_done_or_blocked(now));
  now.job.batches[0].blocked = false;
  now.job.done = true;
  assert_true(br::is_done_or_blocked(now));
}

void jobs_that_still_run_are_named(void**) {
  assert_string_equal(br::still_running_error({"job_a"}, 1).message.c_str(), "the job job_a is still running");
  const br::Error two = br::still_running_error({"job_a", "job_b"}, 3);
  assert_string_equal(two.message.c_str(), "2 of 3 jobs are still running: job_a job_b");
  assert_int_equal(two.issue_total, 2);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(job_is_submitted_once_the_vendor_answered_for_each_batch),
      cmocka_unit_test(held_batch_is_not_waited_for),
      cmocka_unit_test(batch_in_doubt_is_waited_for_until_the_first_look),
      cmocka_unit_test(refused_job_says_why),
      cmocka_unit_test(job_is_waited_for_until_it_is_done_or_blocked),
      cmocka_unit_test(jobs_that_still_run_are_named),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
