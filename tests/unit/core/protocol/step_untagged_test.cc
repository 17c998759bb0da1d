// Which batch answers one that a version before this one may have sent: its ids carry no tag, so others may have the same.
#include <cstring>
#include <vector>

#include "core/protocol/step.h"
#include "support/cmocka.h"

namespace {

br::RemoteStatus candidate(const char* id, br::State state) {
  br::RemoteStatus status;
  status.id = id;
  status.state = state;
  status.created_ms = 20;
  status.counts.total = 2;
  return status;
}

br::Decision step(const br::Decision& before, const br::Event& event) {
  br::StepRules rules;
  rules.match_by_shape = true;
  return br::step(rules, before.batch, before.track, event, 30, 1);
}

// Searched for, with these candidates in the vendor's list.
br::Decision listed(const char* tag, std::vector<br::RemoteStatus> candidates) {
  br::Decision now;
  now.batch.job_id = "job_a";
  now.batch.provider = "anthropic";
  now.batch.rows = 2;
  now.batch.phase = br::Phase::unknown;
  now.batch.create_sent_ms = now.batch.planned_ms = 10;
  now.batch.creates = 1;
  now.batch.id_tag = tag;
  now.track.search.under_way = true;
  br::Event event = {.kind = br::EventKind::done, .op = br::Op::list};
  event.outcome.listed = std::move(candidates);
  return step(now, event);
}

br::Decision listed_two(const char* tag) {
  return listed(tag, {candidate("one", br::State::completed), candidate("two", br::State::completed)});
}

br::Decision probed(const br::Decision& before, const char* id, br::RowProof proof, const char* owner = "",
                    br::State state = br::State::completed) {
  br::Event event = {.kind = br::EventKind::probed};
  event.outcome.status = candidate(id, state);
  event.outcome.owners = {owner};
  event.proof = proof;
  return step(before, event);
}

void assert_taken(const br::Decision& now, const char* id) {
  assert_int_equal(now.batch.phase, br::Phase::running);
  assert_string_equal(now.batch.status.id.c_str(), id);
}

void assert_left_to_a_person(const br::Decision& now, const char* what) {
  assert_true(now.batch.blocked);
  assert_int_equal(now.batch.phase, br::Phase::unknown);
  assert_non_null(std::strstr(now.batch.error->message.c_str(), what));
}

void a_tag_proves_by_itself(void**) { assert_taken(probed(listed_two("t1"), "one", br::RowProof::ours), "one"); }

void the_only_one_with_the_ids_taken(void**) {
  const br::Decision first = probed(listed_two(""), "one", br::RowProof::ours);
  assert_int_equal(first.batch.phase, br::Phase::unknown);
  assert_int_equal(first.actions.size(), 1);
  assert_int_equal(first.actions[0].kind, br::ActionKind::probe);
  assert_taken(probed(first, "two", br::RowProof::foreign), "one");
}

void several_with_the_ids_left_to_a_person(void**) {
  const br::Decision first = probed(listed_two(""), "one", br::RowProof::ours);
  assert_left_to_a_person(probed(first, "two", br::RowProof::ours), "one, two");
}

void another_that_still_runs_waited_for(void**) {
  const br::Decision first = probed(listed_two(""), "one", br::RowProof::ours);
  const br::Decision now = probed(first, "two", br::RowProof::none, "", br::State::in_progress);
  assert_int_equal(now.batch.phase, br::Phase::unknown);
  assert_false(now.batch.blocked);
  assert_int_equal(now.track.due, br::Due::list);
}

void one_of_another_job_is_not_ours_where_there_is_one_more(void**) {
  const br::Decision first = probed(listed_two(""), "one", br::RowProof::ours);
  assert_taken(probed(first, "two", br::RowProof::ours, "job_b"), "one");
}

void only_that_of_another_job_left_to_a_person(void**) {
  const br::Decision now = listed("", {candidate("one", br::State::completed)});
  assert_left_to_a_person(probed(now, "one", br::RowProof::ours, "job_b"), "job_b");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(a_tag_proves_by_itself),
                              cmocka_unit_test(the_only_one_with_the_ids_taken),
                              cmocka_unit_test(several_with_the_ids_left_to_a_person),
                              cmocka_unit_test(another_that_still_runs_waited_for),
                              cmocka_unit_test(one_of_another_job_is_not_ours_where_there_is_one_more),
                              cmocka_unit_test(only_that_of_another_job_left_to_a_person)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
