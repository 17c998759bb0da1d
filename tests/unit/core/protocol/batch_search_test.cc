// Looking for a batch that the vendor may have: what a list proves, and what it does not.
#include "core/protocol/step.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "batchrouter.h"
#include "support/cmocka.h"
#include "support/step_events.h"

namespace {

br::StepRules without_marker() {
  br::StepRules rules;
  rules.match_by_shape = true;
  return rules;
}

bool probes(const br::Decision& decision) { return count(decision, br::ActionKind::probe) == 1; }

br::Event probed(const char* id, br::State state, br::RowProof proof) {
  br::Event event = of_kind(br::EventKind::probed);
  event.outcome.status = listed_status(id, "", 1);
  event.outcome.status->state = state;
  event.proof = proof;
  return event;
}

void marker_in_the_list_adopted(void**) {
  const br::Decision now =
      step(searching(), listing({listed_status("other", "br-b-0", 1), listed_status("mine", "br-a-0", 1)}), 5);
  assert_int_equal(now.batch.phase, br::Phase::running);
  assert_string_equal(now.batch.status.id.c_str(), "mine");
  assert_false(calls(now, br::Op::create));
}

void marker_of_a_batch_that_is_over_is_looked_for_further_on(void**) {
  br::Event event = listing({listed_status("failed", "br-a-0", 1)});
  event.outcome.listed[0].state = br::State::failed;
  event.outcome.next_page = "more";
  br::Decision now = step(searching(), event, 5);
  assert_true(calls(now, br::Op::list));
  now = step(now, listing({listed_status("mine", "br-a-0", 2)}), 6);
  assert_string_equal(now.batch.status.id.c_str(), "mine");
}

void marker_of_a_batch_that_another_job_has_blocks(void**) {
  br::Event event = listing({listed_status("mine", "br-a-0", 1)});
  event.outcome.owners = {"job_b"};
  const br::Decision now = step(searching(), event, 5);
  assert_true(now.batch.blocked);
  assert_int_equal(now.batch.phase, br::Phase::unknown);
  assert_non_null(std::strstr(now.batch.error->message.c_str(), "job_b"));
}

void absent_in_one_list_not_sent_again(void**) {
  const br::Decision now = step(searching(5), listing({}), 6);
  assert_int_equal(now.batch.absent_since_ms, 6);
  assert_int_equal(now.track.due, br::Due::list);
  assert_false(calls(now, br::Op::create));
}

void absent_for_settle_ms_sent_again_once(void**) {
  br::Decision now = searching(5 + kSettle);
  now.batch.absent_since_ms = now.track.absent_since_ms = 5;
  now = step(now, listing({}), 6 + kSettle);
  assert_true(calls(now, br::Op::create));
  assert_int_equal(now.batch.attempt, 2);
  assert_int_equal(now.batch.creates, 2);
  assert_int_equal(now.batch.phase, br::Phase::creating);
}

// Its clock may have been an hour off.
void absent_in_the_list_of_an_earlier_process_not_sent_again(void**) {
  br::Decision now = searching(5 + kSettle);
  now.batch.absent_since_ms = 5;
  now = step(now, listing({}), 6 + kSettle);
  assert_false(calls(now, br::Op::create));
  assert_int_equal(now.track.due, br::Due::list);
  now = step(now, of_kind(br::EventKind::due), 6 + 2 * kSettle);
  now = step(now, listing({}), 7 + 2 * kSettle);
  assert_true(calls(now, br::Op::create));
}

void absent_after_the_last_attempt_blocks_and_resume_does_not_begin_again(void**) {
  br::Decision now = searching(5 + kSettle);
  now.batch.absent_since_ms = now.track.absent_since_ms = 5;
  now.batch.creates = 3;
  now = step(now, listing({}), 6 + kSettle);
  assert_true(now.batch.blocked);
  assert_int_equal(now.batch.error->code, br::Code::unknown_outcome);
  now = step(now, of_kind(br::EventKind::begin), 7 + kSettle);
  assert_true(calls(now, br::Op::list));
  now = step(now, listing({}), 8 + kSettle);
  assert_true(now.batch.blocked);
  assert_false(calls(now, br::Op::create));
}

void absent_under_another_account_proves_nothing(void**) {
  br::Decision now = searching(5 + kSettle);
  now.batch.absent_since_ms = now.track.absent_since_ms = 5;
  now.batch.accounts = {"a"};
  const br::Decision other = step(now, listing({}), 6 + kSettle, of_account("b"));
  assert_true(other.batch.blocked);
  assert_int_equal(other.batch.error->code, br::Code::auth);
  assert_false(calls(other, br::Op::create));
  assert_true(calls(step(now, listing({}), 6 + kSettle, of_account("a")), br::Op::create));
}

void found_under_another_account_makes_it_its_own(void**) {
  br::Decision now = searching(5);
  now.batch.accounts = {"a"};
  now = step(now, listing({listed_status("mine", "br-a-0", 1)}), 6, of_account("b"));
  assert_int_equal(now.batch.phase, br::Phase::running);
  assert_int_equal(now.batch.accounts.size(), 2);
  assert_string_equal(now.batch.keys.front().c_str(), "key of b");
}

void list_with_an_unreadable_entry_proves_nothing(void**) {
  br::Decision now = searching(5 + kSettle);
  now.batch.absent_since_ms = now.track.absent_since_ms = 5;
  br::Event event = listing({});
  event.outcome.unreadable = 1;
  for (int i = 0; i < 7; ++i) {
    now = step(now, event, 6 + kSettle);
    assert_int_equal(now.track.due, br::Due::list);
    assert_false(calls(now, br::Op::create));
    now = step(now, of_kind(br::EventKind::due), 7 + kSettle);
  }
  now = step(now, event, 8 + kSettle);
  assert_true(now.batch.blocked);
  assert_int_equal(now.batch.creates, 1);
}

void list_whose_pages_come_again_proves_nothing(void**) {
  br::Decision now = searching(5 + kSettle);
  now.batch.absent_since_ms = now.track.absent_since_ms = 5;
  br::Event event = listing({listed_status("old", "theirs", -1)});
  for (const char* cursor : {"one", "two", "one"}) {
    event.outcome.next_page = cursor;
    now = step(now, event, 6 + kSettle);
  }
  assert_int_equal(now.track.due, br::Due::list);
  assert_false(calls(now, br::Op::create));
}

// Three hundred of somebody's batches that are older than ours can be, the newest first or last.
std::vector<br::RemoteStatus> older_ones(bool newest_first) {
  std::vector<br::RemoteStatus> listed;
  for (int i = 0; i < 300; ++i) {
    listed.push_back(listed_status(std::to_string(i).c_str(), "theirs", 1 + (newest_first ? 300 - i : i)));
  }
  return listed;
}

void list_that_shows_the_newest_first_read_to_the_older_ones(void**) {
  const br::Decision now = searching(10 * kSettle);
  br::Event event = listing(older_ones(true), 10 * kSettle);
  event.outcome.next_page = "more";
  assert_int_equal(step(now, event, 10 * kSettle).batch.absent_since_ms, 10 * kSettle);
  br::Event without_time = event;
  without_time.outcome.vendor_now_ms = -1;
  assert_true(calls(step(now, without_time, 10 * kSettle), br::Op::list));
  event.outcome.listed.pop_back();  // too few to be no chance
  assert_true(calls(step(now, event, 10 * kSettle), br::Op::list));
  event.outcome.listed = older_ones(false);
  assert_true(calls(step(now, event, 10 * kSettle), br::Op::list));
}

void page_that_brings_nothing_new_is_no_end_of_the_list(void**) {
  br::Decision now = searching(5 + kSettle);
  now.batch.absent_since_ms = now.track.absent_since_ms = 5;
  br::Event event = listing({listed_status("other", "theirs", 1)});
  event.outcome.next_page = "more";
  now = step(now, event, 6 + kSettle);
  event.outcome.next_page.clear();
  now = step(now, event, 6 + kSettle);
  assert_int_equal(now.track.due, br::Due::list);
  assert_false(calls(now, br::Op::create));
}

void listed_batch_that_names_nobody_is_asked_itself(void**) {
  br::Decision now = searching(5 + kSettle);
  now.batch.absent_since_ms = now.track.absent_since_ms = 5;
  now = step(now, listing({listed_status("mine", "", 6 + kSettle)}), 7 + kSettle);
  assert_true(probes(now));
  br::Event event = probed("mine", br::State::in_progress, br::RowProof::none);
  event.outcome.status->marker = "br-a-0";
  assert_int_equal(step(now, event, 8 + kSettle).batch.phase, br::Phase::running);
  event.outcome.status->marker = "theirs";
  assert_true(calls(step(now, event, 8 + kSettle), br::Op::create));
}

void unreadable_entry_hides_no_candidate(void**) {
  br::Event event = listing({listed_status("one", "", 20)});
  event.outcome.unreadable = 1;
  br::Decision now = searching(10);
  now.batch.id_tag = "t1";
  now = step(now, event, 30, without_marker());
  assert_int_equal(step(now, probed("one", br::State::completed, br::RowProof::ours), 31, without_marker()).batch.phase,
                   br::Phase::running);
  now = step(now, probed("one", br::State::completed, br::RowProof::foreign), 31, without_marker());
  assert_int_equal(now.batch.absent_since_ms, -1);
}

void batch_that_was_over_is_looked_for_before_it_is_made_anew(void**) {
  br::Decision now = {accepted_batch(br::Phase::running, br::State::in_progress), {}, {}};
  now.track.inherited = true;
  br::Outcome outcome;
  outcome.status = now.batch.status;
  outcome.status->state = br::State::failed;
  outcome.status->quota_wait = true;
  now = step(now, done(br::Op::poll, outcome), 5);
  assert_int_equal(now.track.due, br::Due::upload);
  now = step(now, of_kind(br::EventKind::due), 6);
  assert_true(calls(now, br::Op::list));
  assert_false(calls(now, br::Op::upload));
}

void refresh_while_a_list_is_read_does_not_begin_another(void**) {
  br::Decision now = searching(5);
  now.track.search.pages = 1;
  now = step(now, of_kind(br::EventKind::refresh), 6);
  assert_false(calls(now, br::Op::list));
  assert_int_equal(now.track.search.pages, 1);
}

void look_alike_read_before_it_is_taken(void**) {
  br::Decision now = step(searching(10), listing({listed_status("one", "", 20), listed_status("two", "", 20)}), 30, without_marker());
  assert_true(probes(now));
  assert_int_equal(now.batch.phase, br::Phase::unknown);
  now = step(now, probed("one", br::State::completed, br::RowProof::foreign), 31, without_marker());
  assert_true(probes(now));
  assert_string_equal(now.batch.not_ours.front().c_str(), "one");
  now = step(now, probed("two", br::State::completed, br::RowProof::ours), 32, without_marker());
  assert_int_equal(now.batch.phase, br::Phase::running);
  assert_string_equal(now.batch.status.id.c_str(), "two");
}

void look_alike_that_still_runs_nothing_is_sent(void**) {
  br::Decision now = searching(10 + kSettle);
  now.batch.absent_since_ms = now.track.absent_since_ms = 10;
  now = step(now, listing({listed_status("one", "", 20)}), 30 + kSettle, without_marker());
  now = step(now, probed("one", br::State::in_progress, br::RowProof::none), 31 + kSettle, without_marker());
  assert_int_equal(now.track.due, br::Due::list);
  assert_int_equal(now.batch.absent_since_ms, -1);
  assert_false(calls(now, br::Op::create));
}

void look_alikes_of_others_count_as_absent(void**) {
  br::Decision now = step(searching(10), listing({listed_status("one", "", 20)}), 30, without_marker());
  now = step(now, probed("one", br::State::completed, br::RowProof::foreign), 31, without_marker());
  assert_int_equal(now.batch.absent_since_ms, 31);
}

void our_clock_is_wrong_batch_looked_for_by_the_vendors_clock(void**) {
  constexpr std::int64_t kHour = 3'600'000;
  br::Event event = listing({listed_status("mine", "", 8 * kHour), listed_status("older", "", 7 * kHour)});
  event.outcome.vendor_now_ms = 8 * kHour + 60'000;
  // Ten by our clock, eight by the vendor's.
  const br::Decision now = step(searching(10 * kHour), event, 10 * kHour + 60'000, without_marker());
  assert_int_equal(now.track.search.candidates.size(), 1);
  assert_string_equal(now.track.search.candidates.front().id.c_str(), "mine");
}

// It was made at eight by both clocks; then the vendor's was set an hour ahead.
void vendors_clock_is_ahead_excludes_no_batch(void**) {
  constexpr std::int64_t kHour = 3'600'000;
  br::Event event = listing({listed_status("mine", "", 8 * kHour)});
  event.outcome.vendor_now_ms = 9 * kHour + 60'000;
  const br::Decision now = step(searching(8 * kHour), event, 8 * kHour + 60'000, without_marker());
  assert_int_equal(now.track.search.candidates.size(), 1);
}

void adopted_by_likeness_before_proven_first(void**) {
  br::RemoteBatch batch = accepted_batch(br::Phase::fetching, br::State::completed);
  batch.matched_by_shape = true;
  const br::Decision now = step({batch, {}, {}}, of_kind(br::EventKind::begin), 5, without_marker());
  assert_int_equal(now.batch.phase, br::Phase::unknown);
  assert_false(now.batch.matched_by_shape);
  assert_true(calls(now, br::Op::list));
}

// ---- what an earlier process planned ----

void planned_by_an_earlier_process_looked_for_before_it_is_sent(void**) {
  br::Decision now = step(inherited(br::Phase::planned), of_kind(br::EventKind::begin), 5);
  assert_true(calls(now, br::Op::list));
  assert_false(calls(now, br::Op::upload));
  const br::Decision there = step(now, listing({listed_status("mine", "br-a-0", 1)}), 6);
  assert_int_equal(there.batch.phase, br::Phase::running);
  const br::Decision not_there = step(now, listing({}), 6);
  assert_true(calls(not_there, br::Op::upload));
  assert_true(calls(step(step(inherited(br::Phase::uploaded), of_kind(br::EventKind::begin), 5), listing({}), 6), br::Op::create));
}

void planned_by_an_earlier_process_files_of_its_name_looked_for_first(void**) {
  br::StepRules rules;
  rules.find_upload = true;
  br::Decision now = step(inherited(br::Phase::planned), of_kind(br::EventKind::begin), 5, rules);
  assert_true(calls(now, br::Op::find_upload));
  br::Outcome files;
  files.uploads = {"file_7"};
  now = step(now, done(br::Op::find_upload, files), 6, rules);
  assert_true(calls(now, br::Op::list));
  br::RemoteStatus status = listed_status("mine", "", 1);
  status.input_file_id = "file_7";
  assert_int_equal(step(now, listing({status}), 7, rules).batch.phase, br::Phase::running);
}

void planned_by_an_earlier_process_with_another_key_not_sent(void**) {
  br::Decision now = inherited(br::Phase::planned);
  now.batch.accounts = {"a"};
  now = step(step(now, of_kind(br::EventKind::begin), 5, of_account("b")), listing({}), 6, of_account("b"));
  assert_true(now.batch.blocked);
  assert_int_equal(now.batch.error->code, br::Code::auth);
}

void key_that_was_refused_names_no_account(void**) {
  br::Decision now = inherited(br::Phase::planned);
  now.batch.accounts = {"a"};
  br::Error refused(br::Code::auth, "no");
  refused.http_status = 401;
  now = step(step(now, of_kind(br::EventKind::begin), 5, of_account("a")), failed(br::Op::list, refused), 6, of_account("a"));
  assert_true(now.batch.blocked);
  now = step(step(now, of_kind(br::EventKind::begin), 7, of_account("b")), listing({}), 8, of_account("b"));
  assert_true(calls(now, br::Op::upload));
  br::Outcome outcome;
  outcome.input_file_id = "file_1";
  now = step(now, done(br::Op::upload, outcome), 9, of_account("b"));
  assert_string_equal(now.batch.accounts.front().c_str(), "b");
}

void planned_by_an_earlier_process_beside_a_running_look_alike_blocks(void**) {
  br::Decision now = step(inherited(br::Phase::planned), of_kind(br::EventKind::begin), 5, without_marker());
  now = step(now, listing({listed_status("one", "", 20)}), 30, without_marker());
  now = step(now, probed("one", br::State::in_progress, br::RowProof::none), 31, without_marker());
  assert_true(now.batch.blocked);
  assert_int_equal(now.batch.error->code, br::Code::unknown_outcome);
  assert_false(calls(now, br::Op::upload));
}

void planned_by_this_process_sent_without_a_look(void**) {
  assert_true(calls(step({batch_in(br::Phase::planned), {}, {}}, of_kind(br::EventKind::begin), 5), br::Op::upload));
}

// ---- 404 for what was accepted ----

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(marker_in_the_list_adopted),
      cmocka_unit_test(marker_of_a_batch_that_is_over_is_looked_for_further_on),
      cmocka_unit_test(marker_of_a_batch_that_another_job_has_blocks),
      cmocka_unit_test(absent_in_one_list_not_sent_again),
      cmocka_unit_test(absent_for_settle_ms_sent_again_once),
      cmocka_unit_test(absent_in_the_list_of_an_earlier_process_not_sent_again),
      cmocka_unit_test(absent_after_the_last_attempt_blocks_and_resume_does_not_begin_again),
      cmocka_unit_test(absent_under_another_account_proves_nothing),
      cmocka_unit_test(found_under_another_account_makes_it_its_own),
      cmocka_unit_test(list_with_an_unreadable_entry_proves_nothing),
      cmocka_unit_test(list_whose_pages_come_again_proves_nothing),
      cmocka_unit_test(list_that_shows_the_newest_first_read_to_the_older_ones),
      cmocka_unit_test(page_that_brings_nothing_new_is_no_end_of_the_list),
      cmocka_unit_test(listed_batch_that_names_nobody_is_asked_itself),
      cmocka_unit_test(unreadable_entry_hides_no_candidate),
      cmocka_unit_test(batch_that_was_over_is_looked_for_before_it_is_made_anew),
      cmocka_unit_test(refresh_while_a_list_is_read_does_not_begin_another),
      cmocka_unit_test(look_alike_read_before_it_is_taken),
      cmocka_unit_test(look_alike_that_still_runs_nothing_is_sent),
      cmocka_unit_test(look_alikes_of_others_count_as_absent),
      cmocka_unit_test(our_clock_is_wrong_batch_looked_for_by_the_vendors_clock),
      cmocka_unit_test(vendors_clock_is_ahead_excludes_no_batch),
      cmocka_unit_test(adopted_by_likeness_before_proven_first),
      cmocka_unit_test(planned_by_an_earlier_process_looked_for_before_it_is_sent),
      cmocka_unit_test(planned_by_an_earlier_process_files_of_its_name_looked_for_first),
      cmocka_unit_test(planned_by_an_earlier_process_with_another_key_not_sent),
      cmocka_unit_test(key_that_was_refused_names_no_account),
      cmocka_unit_test(planned_by_an_earlier_process_beside_a_running_look_alike_blocks),
      cmocka_unit_test(planned_by_this_process_sent_without_a_look),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
