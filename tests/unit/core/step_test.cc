// The protocol of one remote batch, one decision at a time: what is paid for, what is asked again, what is given up.
#include "core/step.h"

#include <algorithm>

#include "batchrouter.h"
#include "support/cmocka.h"

namespace {

constexpr std::int64_t kSettle = 900'000;

br::Event done(br::Op op, br::Outcome outcome = {}) {
  return {br::EventKind::done, op, std::move(outcome), {}, {}};
}

br::Event failed(br::Op op, br::Error error) { return {br::EventKind::failed, op, {}, std::move(error), {}}; }

br::Event of_kind(br::EventKind kind) { return {kind, br::Op::poll, {}, {}, {}}; }

br::RemoteBatch batch_in(br::Phase phase) {
  br::RemoteBatch batch;
  batch.job_id = "job_a";
  batch.provider = "openai";
  batch.marker = "br-a-0";
  batch.rows = 2;
  batch.phase = phase;
  return batch;
}

br::RemoteBatch accepted_batch(br::Phase phase, br::State state) {
  br::RemoteBatch batch = batch_in(phase);
  batch.submitted_ms = 0;
  batch.status.id = "batch_1";
  batch.status.state = state;
  return batch;
}

br::RemoteStatus listed_status(const char* id, const char* marker, std::int64_t created_ms) {
  br::RemoteStatus status;
  status.id = id;
  status.marker = marker;
  status.created_ms = created_ms;
  status.counts.total = 2;
  return status;
}

br::Event listing(std::vector<br::RemoteStatus> statuses) {
  br::Outcome outcome;
  outcome.listed = std::move(statuses);
  return done(br::Op::list, std::move(outcome));
}

std::int64_t count(const br::Decision& decision, br::ActionKind kind) {
  return std::count_if(decision.actions.begin(), decision.actions.end(),
                       [kind](const br::Action& action) { return action.kind == kind; });
}

bool calls(const br::Decision& decision, br::Op op) {
  return std::any_of(decision.actions.begin(), decision.actions.end(), [op](const br::Action& action) {
    return action.kind == br::ActionKind::call && action.op == op;
  });
}

br::Decision step(const br::Decision& before, const br::Event& event, std::int64_t now, const br::StepRules& rules = {}) {
  return br::step(rules, before.batch, before.track, event, now, 1);
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

void marker_in_the_list_adopted(void**) {
  const br::Decision now = step({batch_in(br::Phase::unknown), {}, {}},
                                listing({listed_status("other", "br-b-0", 1), listed_status("mine", "br-a-0", 1)}), 5);
  assert_int_equal(now.batch.phase, br::Phase::running);
  assert_string_equal(now.batch.status.id.c_str(), "mine");
  assert_false(calls(now, br::Op::create));
}

void absent_in_one_list_not_sent_again(void**) {
  br::Decision now = {batch_in(br::Phase::unknown), {}, {}};
  now.track.listing_started_ms = 5;
  now = step(now, listing({}), 6);
  assert_int_equal(now.batch.absent_since_ms, 6);
  assert_int_equal(now.track.due, br::Due::list);
  assert_false(calls(now, br::Op::create));
}

void absent_for_settle_ms_sent_again_once(void**) {
  br::Decision now = {batch_in(br::Phase::unknown), {}, {}};
  now.batch.absent_since_ms = 5;
  now.track.listing_started_ms = 5 + kSettle;
  now = step(now, listing({}), 6 + kSettle);
  assert_true(calls(now, br::Op::create));
  assert_int_equal(now.batch.attempt, 2);
  assert_int_equal(now.batch.phase, br::Phase::creating);
}

void two_that_look_alike_block_and_nothing_is_sent(void**) {
  br::StepRules rules;
  rules.match_by_shape = true;
  br::Decision now = {batch_in(br::Phase::unknown), {}, {}};
  now.batch.create_sent_ms = 10;
  now = step(now, listing({listed_status("one", "", 20), listed_status("two", "", 20)}), 30, rules);
  assert_true(now.batch.blocked);
  assert_int_equal(now.batch.error->code, br::Code::unknown_outcome);
  assert_false(calls(now, br::Op::create));
}

void our_clock_is_wrong_batch_known_by_the_vendors_clock(void**) {
  constexpr std::int64_t kHour = 3'600'000;
  br::StepRules rules;
  rules.match_by_shape = true;
  br::Decision now = {batch_in(br::Phase::unknown), {}, {}};
  now.batch.create_sent_ms = 10 * kHour;  // ten by our clock, eight by the vendor's
  br::Event event = listing({listed_status("mine", "", 8 * kHour), listed_status("older", "", 7 * kHour)});
  event.outcome.vendor_now_ms = 8 * kHour + 60'000;
  now = step(now, event, 10 * kHour + 60'000, rules);
  assert_int_equal(now.batch.phase, br::Phase::running);
  assert_string_equal(now.batch.status.id.c_str(), "mine");
}

void adopted_batch_with_rows_of_others_disowned(void**) {
  br::RemoteBatch batch = accepted_batch(br::Phase::fetching, br::State::completed);
  batch.matched_by_shape = true;
  br::Event event = of_kind(br::EventKind::collected);
  event.report.unknown = 2;
  const br::Decision now = step({batch, {}, {}}, event, 5);
  assert_int_equal(now.batch.phase, br::Phase::unknown);
  assert_int_equal(now.batch.not_ours.size(), 1);
  assert_true(calls(now, br::Op::list));
}

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

void cancel_taken_not_asked_again_after_a_restart(void**) {
  br::RemoteBatch batch = accepted_batch(br::Phase::running, br::State::in_progress);
  batch.cancel_wanted = true;
  assert_true(calls(step({batch, {}, {}}, of_kind(br::EventKind::begin), 5), br::Op::cancel));
  batch.cancel_taken = true;
  assert_false(calls(step({batch, {}, {}}, of_kind(br::EventKind::begin), 5), br::Op::cancel));
}

void file_refused_eight_times_given_up_with_its_reason(void**) {
  br::Decision now = {accepted_batch(br::Phase::fetching, br::State::completed), {}, {}};
  br::Event event = of_kind(br::EventKind::fetch_failed);
  event.error = br::Error(br::Code::not_found, "no such file");
  for (int i = 0; i < 7; ++i) {
    now = step(now, event, 5);
    assert_int_equal(count(now, br::ActionKind::finish), 0);
    assert_false(now.batch.error.has_value());
  }
  now = step(now, event, 5);
  assert_int_equal(count(now, br::ActionKind::finish), 1);
  assert_string_equal(now.batch.error->message.c_str(), "no such file");
}

void rows_missing_from_a_completed_batch_fetched_again_at_most_three_times(void**) {
  br::Decision now = {accepted_batch(br::Phase::fetching, br::State::completed), {}, {}};
  br::Event event = of_kind(br::EventKind::collected);
  event.report.missing = 1;
  for (int i = 0; i < 2; ++i) {
    now = step(now, event, 5);
    assert_int_equal(now.track.due, br::Due::poll);
    assert_int_equal(count(now, br::ActionKind::finish), 0);
  }
  assert_int_equal(count(step(now, event, 5), br::ActionKind::finish), 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(create_intent_saved_before_the_call),
      cmocka_unit_test(create_without_a_clear_answer_looked_for_and_not_sent_again),
      cmocka_unit_test(create_that_did_nothing_sent_again_later),
      cmocka_unit_test(marker_in_the_list_adopted),
      cmocka_unit_test(absent_in_one_list_not_sent_again),
      cmocka_unit_test(absent_for_settle_ms_sent_again_once),
      cmocka_unit_test(two_that_look_alike_block_and_nothing_is_sent),
      cmocka_unit_test(our_clock_is_wrong_batch_known_by_the_vendors_clock),
      cmocka_unit_test(adopted_batch_with_rows_of_others_disowned),
      cmocka_unit_test(key_refused_in_a_poll_blocks_and_resume_polls_again),
      cmocka_unit_test(cancel_taken_not_asked_again_after_a_restart),
      cmocka_unit_test(batch_failed_for_want_of_money_blocks_and_resume_sends_it_again),
      cmocka_unit_test(batch_failed_for_want_of_money_that_is_not_to_be_sent_is_over),
      cmocka_unit_test(file_refused_eight_times_given_up_with_its_reason),
      cmocka_unit_test(rows_missing_from_a_completed_batch_fetched_again_at_most_three_times),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
