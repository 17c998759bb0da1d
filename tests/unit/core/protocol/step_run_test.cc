// What a person wants of a batch: a look, an end, or that it is this one.
#include "core/protocol/step.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "batchrouter.h"
#include "support/cmocka.h"
#include "support/step_events.h"

namespace {

void absent_for_somebody_who_only_asks_is_kept_and_not_sent(void**) {
  br::Decision now = searching(5 + kSettle);
  now.batch.absent_since_ms = now.track.absent_since_ms = 5;
  now.track.only_asked = true;
  now = step(now, listing({}), 6 + kSettle);
  assert_false(calls(now, br::Op::create));
  assert_int_equal(now.track.due, br::Due::nothing);
  assert_int_equal(now.batch.phase, br::Phase::unknown);
  assert_int_equal(now.batch.absent_since_ms, 5);
  assert_int_equal(now.track.polls, 1);
  now.track.only_asked = false;
  now = step(now, of_kind(br::EventKind::begin), 7 + kSettle);
  assert_true(calls(now, br::Op::list));
  assert_true(calls(step(now, listing({}), 8 + kSettle), br::Op::create));
}

void nothing_that_is_due_is_sent_for_somebody_who_only_asks(void**) {
  for (const br::Due due : {br::Due::upload, br::Due::create}) {
    br::Decision now = {batch_in(br::Phase::planned), {}, {}};
    now.track.only_asked = true;
    now.track.due = due;
    assert_true(step(now, of_kind(br::EventKind::due), 5).actions.empty());
  }
}

void cancel_before_the_proof_kept_and_carried_out_at_the_proof(void**) {
  br::Decision now = {batch_in(br::Phase::unknown), {}, {}};
  now.batch.create_sent_ms = 1;
  now = step(now, of_kind(br::EventKind::cancel), 5);
  assert_true(now.batch.cancel_wanted);
  assert_true(calls(now, br::Op::list));
  assert_false(calls(now, br::Op::cancel));
  const br::Decision not_yet = step(now, listing({}), 6);
  assert_int_equal(not_yet.track.cancel, br::CancelAnswer::remembered);
  const br::Decision there = step(now, listing({listed_status("mine", "br-a-0", 1)}), 6);
  assert_true(calls(there, br::Op::cancel));
}

void adopted_by_a_person_runs_and_takes_rows_as_they_come(void**) {
  br::Event event = of_kind(br::EventKind::adopt);
  event.outcome.status.emplace().id = "batch_9";
  br::Decision now = searching();
  now.batch.blocked = true;
  now = step(now, event, 5);
  assert_int_equal(now.batch.phase, br::Phase::running);
  assert_string_equal(now.batch.status.id.c_str(), "batch_9");
  assert_true(now.batch.adopted_by_person);
  assert_false(now.batch.blocked);
}

void adopted_batch_with_another_marker_is_said(void**) {
  for (const char* marker : {"br-a-0", "br-other-0", ""}) {
    br::Decision now = {batch_in(br::Phase::running), {}, {}};
    now.batch.status.id = "batch_9";
    now.batch.adopted_by_person = true;
    br::Outcome outcome;
    outcome.status = listed_status("batch_9", marker, 1);
    outcome.status->vendor_state = "in_progress";
    for (int poll = 0; poll < 2; ++poll) {
      now = step(now, done(br::Op::poll, outcome), 5);
      const auto warned = std::count_if(now.actions.begin(), now.actions.end(), [](const br::Action& action) {
        return action.kind == br::ActionKind::notify && action.event == BR_EVENT_WARNING;
      });
      assert_int_equal(warned, poll == 0 && std::string_view(marker) == "br-other-0" ? 1 : 0);
    }
  }
}

void abandoned_in_doubt_ends_and_nothing_is_sent(void**) {
  const br::Decision now = step(searching(), of_kind(br::EventKind::abandon), 5);
  assert_int_equal(now.batch.phase, br::Phase::refused);
  assert_string_equal(now.batch.error->vendor_code.c_str(), "abandoned");
  assert_int_equal(count(now, br::ActionKind::finish), 1);
  assert_int_equal(count(now, br::ActionKind::call), 0);
  const br::Decision runs = {accepted_batch(br::Phase::running, br::State::in_progress), {}, {}};
  assert_int_equal(step(runs, of_kind(br::EventKind::abandon), 5).batch.phase, br::Phase::running);
}

void cancel_taken_not_asked_again_after_a_restart(void**) {
  br::RemoteBatch batch = accepted_batch(br::Phase::running, br::State::in_progress);
  batch.cancel_wanted = true;
  assert_true(calls(step({batch, {}, {}}, of_kind(br::EventKind::begin), 5), br::Op::cancel));
  batch.cancel_taken = true;
  assert_false(calls(step({batch, {}, {}}, of_kind(br::EventKind::begin), 5), br::Op::cancel));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(absent_for_somebody_who_only_asks_is_kept_and_not_sent),
      cmocka_unit_test(nothing_that_is_due_is_sent_for_somebody_who_only_asks),
      cmocka_unit_test(cancel_before_the_proof_kept_and_carried_out_at_the_proof),
      cmocka_unit_test(adopted_by_a_person_runs_and_takes_rows_as_they_come),
      cmocka_unit_test(adopted_batch_with_another_marker_is_said),
      cmocka_unit_test(abandoned_in_doubt_ends_and_nothing_is_sent),
      cmocka_unit_test(cancel_taken_not_asked_again_after_a_restart),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
