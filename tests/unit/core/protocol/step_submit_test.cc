// A batch on its way to the vendor is paid for once: the intent stands before the call, and what is in doubt is not
// sent.
#include "core/protocol/step.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "batchrouter.h"
#include "support/cmocka.h"
#include "support/step_events.h"

namespace {

using br::ActionKind;
using br::CancelAnswer;
using br::Code;
using br::Decision;
using br::Due;
using br::Error;
using br::Op;
using br::Phase;

bool tells(const Decision& decision, std::int32_t event) {
  return std::any_of(decision.actions.begin(), decision.actions.end(), [event](const br::Action& action) {
    return action.kind == ActionKind::notify && action.event == event;
  });
}

// Whatever is called stands behind the last save.
bool is_saved_before_calls(const Decision& decision) {
  bool called = false;
  for (const br::Action& action : decision.actions) {
    if (action.kind == ActionKind::save && called) return false;
    called |= action.kind == ActionKind::call;
  }
  return true;
}

Decision creating() {
  Decision now = {batch_in(Phase::creating), {}, {}};
  now.batch.creates = 1;
  now.batch.create_sent_ms = 1;
  now.batch.accounts = {"known"};
  now.track.create_under_way = true;
  return now;
}

br::Event accepted(const char* id, br::State state = br::State::validating) {
  br::Outcome outcome;
  outcome.status.emplace();
  outcome.status->id = id;
  outcome.status->state = state;
  return done(Op::create, std::move(outcome));
}

// ---- uploading and creating ----

void planned_batch_is_uploaded_first(void**) {
  const Decision now = step({batch_in(Phase::planned), {}, {}}, of_kind(br::EventKind::begin), 5);
  assert_true(calls(now, Op::upload));
  assert_false(calls(now, Op::create));
  assert_int_equal(now.batch.phase, Phase::planned);
}

void create_intent_saved_before_the_call(void**) {
  br::Outcome outcome;
  outcome.input_file_id = "file_1";
  const br::Decision now = step({batch_in(br::Phase::planned), {}, {}}, done(br::Op::upload, outcome), 5);
  assert_int_equal(now.batch.phase, br::Phase::creating);
  assert_string_equal(now.batch.input_file_id.c_str(), "file_1");
  assert_int_equal(now.actions.size(), 2);
  assert_int_equal(now.actions[0].kind, br::ActionKind::save);
  assert_int_equal(now.actions[1].kind, br::ActionKind::call);
  assert_int_equal(now.actions[1].op, br::Op::create);
}

void create_without_a_clear_answer_looked_for_and_not_sent_again(void**) {
  const br::Error lost(br::Code::network, "connection reset");
  const br::Decision now = step({batch_in(br::Phase::creating), {}, {}}, failed(br::Op::create, lost), 5);
  assert_int_equal(now.batch.phase, br::Phase::unknown);
  assert_true(calls(now, br::Op::list));
  assert_false(calls(now, br::Op::create));
}

void create_that_did_nothing_sent_again_later(void**) {
  br::Error refused(br::Code::network, "could not connect");
  refused.not_executed = refused.transient = true;
  const br::Decision now = step({batch_in(br::Phase::creating), {}, {}}, failed(br::Op::create, refused), 5);
  assert_int_equal(now.batch.phase, br::Phase::uploaded);
  assert_int_equal(now.track.due, br::Due::create);
}

void clear_refusal_not_counted_as_an_attempt(void**) {
  br::Error refused(br::Code::network, "busy");
  refused.not_executed = refused.transient = true;
  br::RemoteBatch batch = batch_in(br::Phase::creating);
  batch.creates = 1;
  assert_int_equal(step({batch, {}, {}}, failed(br::Op::create, refused), 5).batch.creates, 0);
  const br::Error lost(br::Code::network, "reset");
  assert_int_equal(step({batch, {}, {}}, failed(br::Op::create, lost), 5).batch.creates, 1);
}

void create_call_is_counted_dated_and_belongs_to_the_account_in_force(void**) {
  const Decision now = step({batch_in(Phase::uploaded), {}, {}}, of_kind(br::EventKind::begin), 77, of_account("a"));
  assert_true(calls(now, Op::create));
  assert_true(is_saved_before_calls(now));
  assert_int_equal(now.batch.creates, 1);
  assert_int_equal(now.batch.create_sent_ms, 77);
  assert_false(now.batch.accounts.empty());
  assert_true(now.track.create_under_way);
}

void create_call_under_way_is_not_made_again(void**) {
  for (const br::EventKind kind : {br::EventKind::begin, br::EventKind::refresh}) {
    const Decision now = step(creating(), of_kind(kind), 5);
    assert_int_equal(now.batch.phase, Phase::creating);
    assert_int_equal(count(now, ActionKind::call), 0);
  }
}

void create_call_of_a_process_that_ended_is_looked_for(void**) {
  Decision now = creating();
  now.track = {};
  now = step(now, of_kind(br::EventKind::begin), 5);
  assert_int_equal(now.batch.phase, Phase::unknown);
  assert_true(calls(now, Op::list));
  assert_false(calls(now, Op::create));
  assert_true(tells(now, BR_EVENT_UNKNOWN));
}

void accepted_batch_runs_and_is_polled(void**) {
  Decision now = creating();
  now.batch.error = Error(Code::network, "before");
  now = step(now, accepted("batch_9"), 50);
  assert_int_equal(now.batch.phase, Phase::running);
  assert_string_equal(now.batch.status.id.c_str(), "batch_9");
  assert_int_equal(now.batch.submitted_ms, 50);
  assert_false(now.batch.error.has_value());
  assert_int_equal(now.track.due, Due::poll);
  assert_int_equal(count(now, ActionKind::save), 1);
  assert_true(tells(now, BR_EVENT_BATCH_SUBMITTED));
}

void cancel_wanted_before_the_vendor_answered_is_asked_with_the_answer(void**) {
  Decision now = creating();
  now.batch.cancel_wanted = true;
  assert_true(calls(step(now, accepted("batch_9"), 50), Op::cancel));
  now = step(now, accepted("batch_9", br::State::failed), 50);
  assert_false(calls(now, Op::cancel));
  assert_int_equal(now.track.cancel, CancelAnswer::already_ended);
}

// ---- answers that are none ----

void lost_answer_keeps_a_cancel_for_when_the_batch_is_found(void**) {
  Decision now = creating();
  now.batch.cancel_wanted = true;
  now.track.cancel = CancelAnswer::asked;
  now = step(now, failed(Op::create, Error(Code::network, "reset")), 5);
  assert_int_equal(now.track.cancel, CancelAnswer::remembered);
  assert_true(is_saved_before_calls(now));
}

void clear_refusal_of_the_requests_ends_the_batch(void**) {
  Error wrong(Code::provider, "the model does not exist");
  wrong.not_executed = true;
  wrong.http_status = 400;
  const Decision now = step(creating(), failed(Op::create, wrong), 5);
  assert_int_equal(now.batch.phase, Phase::refused);
  assert_int_equal(count(now, ActionKind::finish), 1);
  assert_int_equal(now.batch.creates, 0);
}

void key_or_money_that_is_missing_blocks_and_loses_nothing(void**) {
  for (const Code code : {Code::auth, Code::quota}) {
    Error error(code, "no");
    error.not_executed = true;
    Decision now = step(creating(), failed(Op::create, error), 5);
    assert_true(now.batch.blocked);
    assert_int_equal(now.batch.phase, Phase::uploaded);
    assert_int_equal(count(now, ActionKind::finish), 0);
    now = step(now, of_kind(br::EventKind::begin), 6);
    assert_true(calls(now, Op::create));
  }
}

void full_queue_is_waited_for_or_refused_as_the_rules_say(void**) {
  Error full(Code::limit, "queue is full");
  full.not_executed = full.transient = true;
  Decision now = step(creating(), failed(Op::create, full), 5);
  assert_int_equal(now.batch.phase, Phase::uploaded);
  assert_int_equal(now.batch.queue_waits, 1);
  assert_int_equal(now.track.due, Due::create);
  br::StepRules rules;
  rules.wait_when_queue_full = false;
  assert_int_equal(step(creating(), failed(Op::create, full), 5, rules).batch.phase, Phase::refused);
}

void transient_refusals_block_in_the_end(void**) {
  Error busy(Code::network, "busy");
  busy.not_executed = busy.transient = true;
  br::StepRules rules;
  rules.retry.max_attempts = 3;
  Decision now = creating();
  for (int i = 0; i < 3; ++i) {
    assert_false(now.batch.blocked);
    now = step(now, failed(Op::create, busy), 5, rules);
    now.batch.phase = Phase::creating;
    now.batch.creates = 1;
  }
  assert_true(now.batch.blocked);
}

// ---- the search for it ----

void search_that_fails_sends_nothing(void**) {
  Error wrong(Code::provider, "no such list");
  Decision now = step(searching(), failed(Op::list, wrong), 5);
  assert_true(now.batch.blocked);
  assert_int_equal(now.batch.phase, Phase::unknown);
  assert_false(calls(now, Op::create));
  Error busy(Code::network, "busy");
  busy.transient = true;
  now = step(searching(), failed(Op::list, busy), 5);
  assert_int_equal(now.track.due, Due::list);
  assert_false(now.track.search.under_way);
}

void search_under_way_is_not_begun_again(void**) {
  Decision now = searching();
  now.track.search.pages = 3;
  now = step(now, of_kind(br::EventKind::begin), 5);
  assert_int_equal(count(now, ActionKind::call), 0);
  assert_int_equal(now.track.search.pages, 3);
}

void absent_batch_that_may_not_be_sent_again_blocks(void**) {
  br::StepRules rules;
  rules.resend_when_absent = false;
  Decision now = step(searching(0), listing({}), 5, rules);
  assert_false(now.batch.blocked);
  now.track.search = {};
  now.track.search.under_way = true;
  now.track.search.started_ms = 6 + kSettle;
  now = step(now, listing({}), 7 + kSettle, rules);
  assert_true(now.batch.blocked);
  assert_int_equal(now.batch.error->code, Code::unknown_outcome);
  assert_false(calls(now, Op::create) || calls(now, Op::upload));
}

void cancelled_batch_that_was_proven_absent_is_over_and_not_sent(void**) {
  Decision now = step(searching(0), listing({}), 5);
  now.batch.cancel_wanted = true;
  now.track.search = {};
  now.track.search.under_way = true;
  now.track.search.started_ms = 6 + kSettle;
  now = step(now, listing({}), 7 + kSettle);
  assert_int_equal(now.batch.phase, Phase::refused);
  assert_int_equal(now.track.cancel, CancelAnswer::taken);
  assert_false(calls(now, Op::create));
}

// A vendor without a list: what an earlier process planned was, as far as anybody can know, never sent.
void planned_by_an_earlier_process_at_a_vendor_without_a_list_is_sent(void**) {
  br::StepRules rules;
  rules.can_list = false;
  const Decision now = step(inherited(Phase::uploaded), of_kind(br::EventKind::begin), 5, rules);
  assert_true(calls(now, Op::create));
  assert_false(now.track.inherited);
  Decision cancelled = inherited(Phase::uploaded);
  cancelled.batch.cancel_wanted = true;
  assert_int_equal(step(cancelled, of_kind(br::EventKind::begin), 5, rules).batch.phase, Phase::refused);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(planned_batch_is_uploaded_first),
      cmocka_unit_test(create_intent_saved_before_the_call),
      cmocka_unit_test(create_without_a_clear_answer_looked_for_and_not_sent_again),
      cmocka_unit_test(create_that_did_nothing_sent_again_later),
      cmocka_unit_test(clear_refusal_not_counted_as_an_attempt),
      cmocka_unit_test(create_call_is_counted_dated_and_belongs_to_the_account_in_force),
      cmocka_unit_test(create_call_under_way_is_not_made_again),
      cmocka_unit_test(create_call_of_a_process_that_ended_is_looked_for),
      cmocka_unit_test(accepted_batch_runs_and_is_polled),
      cmocka_unit_test(cancel_wanted_before_the_vendor_answered_is_asked_with_the_answer),
      cmocka_unit_test(lost_answer_keeps_a_cancel_for_when_the_batch_is_found),
      cmocka_unit_test(clear_refusal_of_the_requests_ends_the_batch),
      cmocka_unit_test(key_or_money_that_is_missing_blocks_and_loses_nothing),
      cmocka_unit_test(full_queue_is_waited_for_or_refused_as_the_rules_say),
      cmocka_unit_test(transient_refusals_block_in_the_end),
      cmocka_unit_test(search_that_fails_sends_nothing),
      cmocka_unit_test(search_under_way_is_not_begun_again),
      cmocka_unit_test(absent_batch_that_may_not_be_sent_again_blocks),
      cmocka_unit_test(cancelled_batch_that_was_proven_absent_is_over_and_not_sent),
      cmocka_unit_test(planned_by_an_earlier_process_at_a_vendor_without_a_list_is_sent),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
