// What goes wrong on the way to the vendor, or back: waited for, tried again, or left to a person.
#include "core/protocol/step.h"

#include <algorithm>
#include <cstring>

#include "support/cmocka.h"
#include "support/step_events.h"

namespace {

br::Error blocking_error() {
  br::Error error(br::Code::network, "it points to https://login.example.com");
  error.blocking = error.not_executed = true;
  return error;
}

void what_a_person_must_mend_blocks_and_ends_nothing(void**) {
  const br::Decision upload = step({batch_in(br::Phase::planned), {}, {}}, failed(br::Op::upload, blocking_error()), 5);
  assert_true(upload.batch.blocked && upload.batch.phase == br::Phase::planned);
  const br::Decision create = step({batch_in(br::Phase::creating), {}, {}}, failed(br::Op::create, blocking_error()), 5);
  assert_true(create.batch.blocked && create.batch.phase == br::Phase::uploaded);
  const br::RemoteBatch running = accepted_batch(br::Phase::running, br::State::in_progress);
  const br::Decision poll = step({running, {}, {}}, failed(br::Op::poll, blocking_error()), 5);
  assert_true(poll.batch.blocked && poll.batch.phase == br::Phase::running);
  const br::RemoteBatch ended = accepted_batch(br::Phase::fetching, br::State::completed);
  br::Event fetch = of_kind(br::EventKind::fetch_failed);
  fetch.error = blocking_error();
  const br::Decision download = step({ended, {}, {}}, fetch, 5);
  assert_true(download.batch.blocked && download.batch.phase == br::Phase::fetching);
  for (const br::Decision* decision : {&upload, &create, &poll, &download})
    assert_int_equal(count(*decision, br::ActionKind::finish), 0);
}

void setting_that_is_missing_here_blocks_and_ends_nothing(void**) {
  const br::Error error(br::Code::config, "there is no account id");
  const br::Decision upload = step({batch_in(br::Phase::planned), {}, {}}, failed(br::Op::upload, error), 5);
  const br::RemoteBatch running = accepted_batch(br::Phase::running, br::State::in_progress);
  const br::Decision poll = step({running, {}, {}}, failed(br::Op::poll, error), 5);
  for (const br::Decision* decision : {&upload, &poll}) {
    assert_true(decision->batch.blocked);
    assert_int_equal(count(*decision, br::ActionKind::finish), 0);
  }
}

br::Error exhausted(const char* vendor_code) {
  br::Error error(br::Code::network, "429");
  error.http_status = 429;
  error.transient = error.not_executed = true;
  error.vendor_code = vendor_code;
  return error;
}

void resource_exhausted_is_a_full_queue_while_batches_of_ours_run(void**) {
  br::Event event = failed(br::Op::create, exhausted("RESOURCE_EXHAUSTED"));
  event.others_run = true;
  br::Decision now{batch_in(br::Phase::creating), {}, {}};
  for (int i = 1; i <= 20; ++i) {
    now = step(now, event, 5);
    assert_int_equal(now.batch.queue_waits, i);
    assert_false(now.batch.blocked);
    now.batch.phase = br::Phase::creating;
  }
}

void resource_exhausted_with_nothing_of_ours_running_is_retried_as_usual(void**) {
  const br::StepRules rules;
  br::Decision now{batch_in(br::Phase::creating), {}, {}};
  for (int i = 0; i < rules.retry.max_attempts; ++i) {
    assert_false(now.batch.blocked);
    now.batch.phase = br::Phase::creating;
    now = step(now, failed(br::Op::create, exhausted("RESOURCE_EXHAUSTED")), 5);
    assert_int_equal(now.batch.queue_waits, 0);
  }
  assert_true(now.batch.blocked);
}

void any_other_429_is_waited_for_only_once_the_retries_are_used_up(void**) {
  const br::StepRules rules;
  br::Event event = failed(br::Op::create, exhausted("rate_limit_error"));
  event.others_run = true;
  br::Decision now{batch_in(br::Phase::creating), {}, {}};
  for (int i = 0; i < rules.retry.max_attempts; ++i) {
    assert_int_equal(now.batch.queue_waits, 0);
    now.batch.phase = br::Phase::creating;
    now = step(now, event, 5);
  }
  assert_int_equal(now.batch.queue_waits, 1);
  assert_false(now.batch.blocked);
}

void want_of_a_descriptor_never_blocks(void**) {
  br::Error error(br::Code::io, "too many open files");
  error.transient = error.not_executed = true;
  br::Decision now{batch_in(br::Phase::planned), {}, {}};
  for (int i = 0; i < 100; ++i) {
    now = step(now, failed(br::Op::upload, error), 5);
    assert_false(now.batch.blocked);
    assert_int_equal(now.track.due, br::Due::upload);
  }
}

br::Event polled_at(br::State state, std::int64_t expires_ms, std::int64_t answered) {
  br::Outcome outcome;
  outcome.status.emplace();
  outcome.status->id = "batch_1";
  outcome.status->state = state;
  outcome.status->state_known = true;
  outcome.status->expires_ms = expires_ms;
  outcome.status->counts_known = true;
  outcome.status->counts.total = 900;
  outcome.status->counts.succeeded = answered;
  return done(br::Op::poll, std::move(outcome));
}

bool warns(const br::Decision& decision, const char* text) {
  return std::any_of(decision.actions.begin(), decision.actions.end(), [text](const br::Action& action) {
    return action.text.find(text) != std::string::npos;
  });
}

void overdue_batch_is_told_once_with_its_reason_and_asked_on(void**) {
  constexpr std::int64_t kExpires = 1'000'000, kLate = kExpires + 3'600'000;
  br::Decision now{accepted_batch(br::Phase::running, br::State::in_progress), {}, {}};
  now = step(now, polled_at(br::State::in_progress, kExpires, 0), kExpires + 1);
  assert_false(now.batch.error.has_value());
  now = step(now, polled_at(br::State::in_progress, kExpires, 0), kLate);
  assert_true(warns(now, "overdue"));
  assert_true(now.batch.error.has_value() && now.batch.error->message.find("1970-01-01") != std::string::npos);
  assert_int_equal(now.track.due, br::Due::poll);
  now = step(now, polled_at(br::State::in_progress, kExpires, 0), kLate + 60'000);
  assert_false(warns(now, "overdue"));
  now = step(now, polled_at(br::State::completed, kExpires, 900), kLate + 120'000);
  assert_true(warns(now, "overdue batch has ended"));
  assert_false(now.batch.error.has_value());
}

br::Error busy(std::int64_t retry_after_ms) {
  br::Error error(br::Code::network, "HTTP 503: busy now");
  error.transient = error.not_executed = true;
  error.retry_after_ms = retry_after_ms;
  return error;
}

void long_wait_before_acceptance_is_told_once_and_its_end_too(void**) {
  br::Decision now = step({batch_in(br::Phase::planned), {}, {}}, failed(br::Op::upload, busy(3'600'000)), 0);
  assert_true(warns(now, "no call before 1970-01-01T01:00:00"));
  assert_non_null(strstr(now.batch.error->message.c_str(), "busy now"));
  now = step(now, failed(br::Op::upload, busy(3'600'000)), 3'600'000);
  assert_false(warns(now, "it is tried again"));
  assert_non_null(strstr(now.batch.error->message.c_str(), "1970-01-01T02:00:00"));
  now = step(now, done(br::Op::upload), 7'200'000);
  assert_true(warns(now, "the vendor answers again"));
  assert_false(now.batch.error.has_value());
}

void short_failure_before_acceptance_is_not_told_until_it_comes_again(void**) {
  br::Decision now = step({batch_in(br::Phase::planned), {}, {}}, failed(br::Op::upload, busy(0)), 0);
  assert_false(warns(now, "it is tried again"));
  assert_false(now.batch.error.has_value());
  now = step(now, failed(br::Op::upload, busy(0)), 10);
  assert_true(warns(now, "busy now; it is tried again"));
}

void full_queue_is_told_once_it_lasts_and_when_there_is_room(void**) {
  br::Error full(br::Code::limit, "too many enqueued tokens");
  full.transient = full.not_executed = true;
  br::Decision now{batch_in(br::Phase::creating), {}, {}};
  bool told = false;
  for (int i = 0; i < 5; ++i) {
    now = step(now, failed(br::Op::create, full), i);
    assert_false(told && warns(now, "waits for room"));
    told = told || warns(now, "waits for room");
    now.batch.phase = br::Phase::creating;
  }
  assert_true(told);
  br::Outcome outcome;
  outcome.status = listed_status("batch_1", "br-a-0", 5);
  now = step(now, done(br::Op::create, outcome), 10);
  assert_true(warns(now, "has room again"));
  assert_false(now.batch.error.has_value());
}

void reason_of_an_earlier_process_is_gone_once_the_vendor_answers(void**) {
  br::Decision now{accepted_batch(br::Phase::running, br::State::in_progress), {}, {}};
  now.batch.error = busy(0);
  now = step(now, polled_at(br::State::in_progress, -1, 0), 5);
  assert_false(now.batch.error.has_value());
  assert_int_equal(count(now, br::ActionKind::save), 1);
}

void numbers_of_answers_are_saved_once_a_minute(void**) {
  br::Decision now{accepted_batch(br::Phase::running, br::State::in_progress), {}, {}};
  now.batch.status.state_known = true;
  const std::int64_t began = 10'000'000;
  now = step(now, polled_at(br::State::in_progress, -1, 20), began);
  assert_int_equal(count(now, br::ActionKind::save), 1);
  now = step(now, polled_at(br::State::in_progress, -1, 40), began + 1'000);
  assert_int_equal(count(now, br::ActionKind::save), 0);
  assert_true(now.track.counts_unsaved);  // closing the router saves them
  now = step(now, polled_at(br::State::in_progress, -1, 60), began + 61'000);
  assert_int_equal(count(now, br::ActionKind::save), 1);
  assert_false(now.track.counts_unsaved);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_a_person_must_mend_blocks_and_ends_nothing),
      cmocka_unit_test(setting_that_is_missing_here_blocks_and_ends_nothing),
      cmocka_unit_test(resource_exhausted_is_a_full_queue_while_batches_of_ours_run),
      cmocka_unit_test(resource_exhausted_with_nothing_of_ours_running_is_retried_as_usual),
      cmocka_unit_test(any_other_429_is_waited_for_only_once_the_retries_are_used_up),
      cmocka_unit_test(want_of_a_descriptor_never_blocks),
      cmocka_unit_test(overdue_batch_is_told_once_with_its_reason_and_asked_on),
      cmocka_unit_test(long_wait_before_acceptance_is_told_once_and_its_end_too),
      cmocka_unit_test(short_failure_before_acceptance_is_not_told_until_it_comes_again),
      cmocka_unit_test(full_queue_is_told_once_it_lasts_and_when_there_is_room),
      cmocka_unit_test(reason_of_an_earlier_process_is_gone_once_the_vendor_answers),
      cmocka_unit_test(numbers_of_answers_are_saved_once_a_minute),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
