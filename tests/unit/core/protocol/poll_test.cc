// How often a remote batch is asked, by a clock that only the test moves.
#include "core/protocol/poll.h"

#include <algorithm>

#include "batchrouter.h"
#include "core/engine/engine.h"
#include "core/protocol/step.h"
#include "providers/registry.h"
#include "support/cmocka.h"

namespace {

constexpr std::int64_t kHour = 3'600'000;

br::Event answered(br::State state) {
  br::Event event;
  event.kind = br::EventKind::done;
  event.op = br::Op::poll;
  event.outcome.status.emplace();
  event.outcome.status->id = "batch_1";
  event.outcome.status->state = state;
  event.outcome.status->output.id = br::is_terminal(state) ? "file_1" : "";
  return event;
}

br::RemoteBatch running_batch() {
  br::RemoteBatch batch;
  batch.job_id = "job_a";
  batch.provider = "openai";
  batch.rows = 1;
  batch.phase = br::Phase::running;
  batch.status.id = "batch_1";
  batch.submitted_ms = 0;
  return batch;
}

bool has_call(const br::Decision& decision, br::Op op) {
  return std::any_of(decision.actions.begin(), decision.actions.end(), [op](const br::Action& action) {
    return action.kind == br::ActionKind::call && action.op == op;
  });
}

// Lives through `until_ms`, with a vendor that answers at once, and counts polls.
int polls_within(std::int64_t until_ms) {
  const br::StepRules rules;
  br::Decision now = br::step(rules, running_batch(), {}, answered(br::State::in_progress), 0, 1);
  int polls = 0;
  while (now.track.due_ms >= 0 && now.track.due_ms < until_ms) {
    const std::int64_t at = now.track.due_ms;
    now = br::step(rules, now.batch, now.track, {.kind = br::EventKind::due}, at, 1);
    assert_true(has_call(now, br::Op::poll));
    assert_true(now.track.due_ms < 0);  // nothing is due while the call is under way
    ++polls;
    now = br::step(rules, now.batch, now.track, answered(br::State::in_progress), at, 1);
    assert_true(now.track.due_ms > at);
  }
  return polls;
}

void polls_of_a_day_stay_within_their_budget(void**) {
  const int hour = polls_within(kHour), day = polls_within(24 * kHour);
  assert_in_range(hour, 12, 115);
  assert_in_range(day, 288, 400);
}

void ended_batch_leaves_nothing_due(void**) {
  const br::StepRules rules;
  const br::Decision ended = br::step(rules, running_batch(), {}, answered(br::State::completed), kHour, 1);
  assert_true(ended.track.due_ms < 0);
  assert_true(ended.batch.phase == br::Phase::fetching);
}

// Five of eight rows were answered before the cancel took hold, and no file is named.
br::Event cancelled_without_a_file(bool no_more_files) {
  br::Event event = answered(br::State::cancelled);
  br::RemoteStatus& status = *event.outcome.status;
  status.output.id.clear();
  status.counts_known = true;
  status.counts.total = 8;
  status.counts.succeeded = 5;
  status.no_more_files = no_more_files;
  return event;
}

bool has_fetch(const br::Decision& decision) {
  return std::any_of(decision.actions.begin(), decision.actions.end(),
                     [](const br::Action& action) { return action.kind == br::ActionKind::fetch; });
}

void file_that_the_counters_promise_is_waited_for(void**) {
  const br::StepRules rules;
  const br::Decision late = br::step(rules, running_batch(), {}, cancelled_without_a_file(false), kHour, 1);
  assert_false(has_fetch(late));
  assert_true(late.track.due == br::Due::poll);
}

void file_that_the_vendor_will_never_name_is_not_waited_for(void**) {
  const br::StepRules rules;
  const br::Decision ended = br::step(rules, running_batch(), {}, cancelled_without_a_file(true), kHour, 1);
  assert_true(has_fetch(ended));
  assert_true(ended.track.due_ms < 0);
  br::Event nothing;
  nothing.kind = br::EventKind::collected;
  nothing.report.missing = 8;
  const br::Decision done = br::step(rules, ended.batch, ended.track, nothing, kHour, 1);
  assert_true(done.track.due_ms < 0);  // the missing rows are asked for once
  assert_int_equal(done.batch.fetches, 1);
}

void wait_grows_from_the_interval_to_the_longest(void**) {
  const br::PollRule rule{1000, 5000};
  assert_int_equal(br::poll_delay_ms(rule, 0), 1000);
  assert_int_equal(br::poll_delay_ms(rule, 60'000), 3000);
  assert_int_equal(br::poll_delay_ms(rule, 24 * kHour), 5000);
  const br::PollRule odd{10'000, 5000};
  assert_int_equal(br::poll_delay_ms(odd, 24 * kHour), 10'000);
}

// A process that wanted a cancel may have died before the vendor had answered.
void wanted_cancel_found_after_a_restart_is_asked_again(void**) {
  const br::StepRules rules;
  br::RemoteBatch batch = running_batch();
  batch.cancel_wanted = true;
  const br::Decision begun = br::step(rules, batch, {}, {}, kHour, 1);
  assert_true(has_call(begun, br::Op::cancel));
  assert_true(has_call(begun, br::Op::poll));
  const br::Decision again = br::step(rules, begun.batch, begun.track, {}, kHour, 1);
  assert_false(has_call(again, br::Op::cancel));
  batch.cancel_wanted = false;
  assert_false(has_call(br::step(rules, batch, {}, {}, kHour, 1), br::Op::cancel));
}

void cancel_the_vendor_took_is_not_asked_again_after_a_restart(void**) {
  const br::StepRules rules;
  br::RemoteBatch batch = running_batch();
  batch.cancel_wanted = true;
  br::Event taken;
  taken.kind = br::EventKind::done;
  taken.op = br::Op::cancel;
  const br::Decision answered = br::step(rules, batch, {}, taken, kHour, 1);
  assert_true(answered.batch.cancel_taken);
  const br::Decision begun = br::step(rules, answered.batch, {}, {}, kHour, 1);
  assert_false(has_call(begun, br::Op::cancel));
  assert_true(has_call(begun, br::Op::poll));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(polls_of_a_day_stay_within_their_budget),
      cmocka_unit_test(ended_batch_leaves_nothing_due),
      cmocka_unit_test(file_that_the_counters_promise_is_waited_for),
      cmocka_unit_test(file_that_the_vendor_will_never_name_is_not_waited_for),
      cmocka_unit_test(wait_grows_from_the_interval_to_the_longest),
      cmocka_unit_test(wanted_cancel_found_after_a_restart_is_asked_again),
      cmocka_unit_test(cancel_the_vendor_took_is_not_asked_again_after_a_restart),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
