// The protocol of one remote batch, one decision at a time: what is given up, and what a person decides.
#include "core/protocol/step.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "batchrouter.h"
#include "support/cmocka.h"
#include "support/step_events.h"

namespace {

void known_batch_not_found_blocks_and_keeps_its_answers(void**) {
  br::Decision now = {accepted_batch(br::Phase::running, br::State::in_progress), {}, {}};
  br::Error gone(br::Code::not_found, "no such batch");
  gone.http_status = 404;
  now = step(now, failed(br::Op::poll, gone), 5);
  assert_false(now.batch.blocked);
  now = step(now, failed(br::Op::poll, gone), 6 + kSettle);
  assert_true(now.batch.blocked);
  assert_int_equal(now.batch.phase, br::Phase::running);
  assert_int_equal(count(now, br::ActionKind::finish), 0);
}

void known_batch_not_found_by_another_account_blocks_at_once(void**) {
  br::Decision now = {accepted_batch(br::Phase::running, br::State::in_progress), {}, {}};
  now.batch.accounts = {"a"};
  now = step(now, failed(br::Op::poll, br::Error(br::Code::not_found, "no such batch")), 5, of_account("b"));
  assert_true(now.batch.blocked);
  assert_int_equal(now.batch.error->code, br::Code::auth);
}

// ---- what a person decides ----

void key_refused_in_a_poll_blocks_and_resume_polls_again(void**) {
  br::Decision now = {accepted_batch(br::Phase::running, br::State::in_progress), {}, {}};
  now = step(now, failed(br::Op::poll, br::Error(br::Code::auth, "no")), 5);
  assert_true(now.batch.blocked);
  assert_true(now.track.due_ms < 0);
  now = step(now, of_kind(br::EventKind::begin), 6);
  assert_false(now.batch.blocked);
  assert_true(calls(now, br::Op::poll));
}

void batch_failed_for_want_of_money_blocks_and_resume_sends_it_again(void**) {
  br::Decision now = {accepted_batch(br::Phase::running, br::State::in_progress), {}, {}};
  now.batch.input_file_id = "file-1";
  br::Event event = of_kind(br::EventKind::done);
  event.op = br::Op::poll;
  event.outcome.status = now.batch.status;
  event.outcome.status->state = br::State::failed;
  event.outcome.status->failure = br::Error(br::Code::quota, "no credit");
  now = step(now, event, 5);
  assert_true(now.batch.blocked);
  assert_int_equal(now.batch.phase, br::Phase::planned);
  assert_int_equal(count(now, br::ActionKind::finish), 0);
  now = step(now, of_kind(br::EventKind::begin), 6);
  assert_true(calls(now, br::Op::upload));
}

void batch_failed_for_want_of_money_that_is_not_to_be_sent_is_over(void**) {
  br::Decision now = {accepted_batch(br::Phase::running, br::State::in_progress), {}, {}};
  br::Event event = of_kind(br::EventKind::done);
  event.op = br::Op::poll;
  event.outcome.status = now.batch.status;
  event.outcome.status->state = br::State::failed;
  event.outcome.status->failure = br::Error(br::Code::quota, "no credit");
  br::StepRules attached;
  attached.attached = true;
  assert_int_equal(step(now, event, 5, attached).batch.phase, br::Phase::fetching);
  now.batch.cancel_wanted = true;
  now = step(now, event, 5);
  assert_int_equal(now.batch.phase, br::Phase::fetching);
  assert_false(now.batch.blocked);
}

// Nobody wants a cancelled one sent again, and of one that was made elsewhere there is nothing to send.
void batch_that_failed_for_a_full_queue_is_made_anew_only_where_it_may(void**) {
  for (const bool attached : {false, true}) {
    for (const bool cancelled : {false, true}) {
      br::StepRules rules;
      rules.attached = attached;
      br::Decision now = {accepted_batch(br::Phase::running, br::State::in_progress), {}, {}};
      now.batch.cancel_wanted = cancelled;
      br::Outcome outcome;
      outcome.status = now.batch.status;
      outcome.status->state = br::State::failed;
      outcome.status->quota_wait = true;
      now = step(now, done(br::Op::poll, outcome), 5, rules);
      const bool again = !attached && !cancelled;
      assert_int_equal(now.batch.phase, again ? br::Phase::planned : br::Phase::fetching);
      assert_int_equal(now.batch.status.id.empty(), again);
    }
  }
}

void batch_with_answers_that_failed_for_a_full_queue_is_not_paid_for_twice(void**) {
  br::Decision now = {accepted_batch(br::Phase::running, br::State::in_progress), {}, {}};
  br::Outcome outcome;
  outcome.status = now.batch.status;
  outcome.status->state = br::State::failed;
  outcome.status->quota_wait = true;
  outcome.status->output.id = "file_1";
  now = step(now, done(br::Op::poll, outcome), 5);
  assert_int_equal(now.batch.phase, br::Phase::fetching);
  assert_string_equal(now.batch.status.id.c_str(), "batch_1");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(batch_with_answers_that_failed_for_a_full_queue_is_not_paid_for_twice),
      cmocka_unit_test(batch_that_failed_for_a_full_queue_is_made_anew_only_where_it_may),
      cmocka_unit_test(known_batch_not_found_blocks_and_keeps_its_answers),
      cmocka_unit_test(known_batch_not_found_by_another_account_blocks_at_once),
      cmocka_unit_test(key_refused_in_a_poll_blocks_and_resume_polls_again),
      cmocka_unit_test(batch_failed_for_want_of_money_blocks_and_resume_sends_it_again),
      cmocka_unit_test(batch_failed_for_want_of_money_that_is_not_to_be_sent_is_over),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
