// The rest of a job is sent once every canary has passed, and never once one has not.
#include "core/protocol/canary.h"

#include "core/protocol/step.h"
#include "support/cmocka.h"
#include "support/step_events.h"

namespace {

using br::CanaryVerdict;
using br::Phase;

br::Job job_with(Phase canary, const char* refusal) {
  br::Job job;
  job.batches = {batch_in(canary), batch_in(Phase::planned), batch_in(Phase::planned)};
  job.batches[0].canary = true;
  job.batches[0].canary_refusal = refusal;
  br::hold_for_canaries(&job);
  return job;
}

CanaryVerdict verdict_of(const br::Job& job) {
  std::optional<br::Error> why;
  return br::judge_canaries(job, &why);
}

void batches_beside_a_canary_are_held(void**) {
  const br::Job job = job_with(Phase::planned, "");
  assert_false(job.batches[0].held);
  assert_true(job.batches[1].held && job.batches[2].held);
  br::Job plain;
  plain.batches = {batch_in(Phase::planned), batch_in(Phase::planned)};
  br::hold_for_canaries(&plain);
  assert_false(plain.batches[0].held || plain.batches[1].held);
  assert_true(verdict_of(plain) == CanaryVerdict::none);
}

void verdict_waits_for_every_canary(void**) {
  for (const Phase phase : {Phase::planned, Phase::creating, Phase::unknown, Phase::running, Phase::fetching, Phase::refused})
    assert_true(verdict_of(job_with(phase, "")) == CanaryVerdict::open);
  assert_true(verdict_of(job_with(Phase::collected, "")) == CanaryVerdict::passed);
  br::Job two = job_with(Phase::collected, "");
  two.batches.push_back(batch_in(Phase::running));
  two.batches.back().canary = true;
  assert_true(verdict_of(two) == CanaryVerdict::open);
}

void refusal_names_the_canary_and_its_reason(void**) {
  std::optional<br::Error> why;
  assert_true(br::judge_canaries(job_with(Phase::collected, "no field x"), &why) == CanaryVerdict::refused);
  assert_true(why && why->message.find("no field x") != std::string::npos);
  assert_string_equal(why->vendor_code.c_str(), "canary_refused");
  assert_false(why->transient);
}

void job_with_a_blocked_canary_is_blocked(void**) {
  br::Job job = job_with(Phase::planned, "");
  assert_false(br::is_blocked(job));
  job.batches[0].blocked = true;
  assert_true(br::is_blocked(job));
}

br::Decision held() {
  br::Decision now = {batch_in(Phase::planned), {}, {}};
  now.batch.held = true;
  return now;
}

void held_batch_is_not_begun(void**) {
  assert_true(step(held(), of_kind(br::EventKind::begin), 5).actions.empty());
  br::Decision inherited = held();
  inherited.track.inherited = true;
  assert_true(step(inherited, of_kind(br::EventKind::begin), 5).actions.empty());
  assert_true(step(held(), of_kind(br::EventKind::refresh), 5).actions.empty());
}

void released_batch_is_saved_before_it_is_sent(void**) {
  const br::Decision now = step(held(), of_kind(br::EventKind::release), 5);
  assert_false(now.batch.held);
  assert_true(now.actions.front().kind == br::ActionKind::save);
  assert_true(calls(now, br::Op::upload));
}

void released_batch_of_an_earlier_process_is_looked_for_first(void**) {
  br::Decision now = held();
  now.track.inherited = true;
  now = step(now, of_kind(br::EventKind::release), 5);
  assert_false(calls(now, br::Op::upload) || calls(now, br::Op::create));
}

void withheld_batch_is_refused_with_the_reason(void**) {
  br::Event event = of_kind(br::EventKind::withhold);
  event.error = br::Error(br::Code::provider, "not sent", "");
  const br::Decision now = step(held(), event, 5);
  assert_int_equal(now.batch.phase, Phase::refused);
  assert_string_equal(now.batch.error->message.c_str(), "not sent");
  assert_int_equal(count(now, br::ActionKind::finish), 1);
  assert_false(calls(now, br::Op::upload) || calls(now, br::Op::create));
}

void batch_that_is_not_held_hears_of_no_verdict(void**) {
  const br::Decision running = {batch_in(Phase::running), {}, {}};
  assert_true(step(running, of_kind(br::EventKind::release), 5).actions.empty());
  assert_true(step(running, of_kind(br::EventKind::withhold), 5).actions.empty());
}

// A person's word comes first; the verdict that follows it must not end the batch a second time.
void abandoned_while_held_hears_of_no_verdict(void**) {
  br::Decision now = step(held(), of_kind(br::EventKind::abandon), 5);
  assert_int_equal(now.batch.phase, Phase::refused);
  assert_false(now.batch.held);
  now.batch.held = true;  // as a version before this one left it
  assert_true(step(now, of_kind(br::EventKind::withhold), 6).actions.empty());
  assert_true(step(now, of_kind(br::EventKind::release), 6).actions.empty());
}

void cancelled_while_held_never_sent(void**) {
  const br::Decision now = step(held(), of_kind(br::EventKind::cancel), 5);
  assert_int_equal(now.batch.phase, Phase::refused);
  assert_true(br::state_of(now.batch) == br::State::cancelled);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(batches_beside_a_canary_are_held),
      cmocka_unit_test(verdict_waits_for_every_canary),
      cmocka_unit_test(refusal_names_the_canary_and_its_reason),
      cmocka_unit_test(job_with_a_blocked_canary_is_blocked),
      cmocka_unit_test(held_batch_is_not_begun),
      cmocka_unit_test(released_batch_is_saved_before_it_is_sent),
      cmocka_unit_test(released_batch_of_an_earlier_process_is_looked_for_first),
      cmocka_unit_test(withheld_batch_is_refused_with_the_reason),
      cmocka_unit_test(batch_that_is_not_held_hears_of_no_verdict),
      cmocka_unit_test(abandoned_while_held_hears_of_no_verdict),
      cmocka_unit_test(cancelled_while_held_never_sent),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
