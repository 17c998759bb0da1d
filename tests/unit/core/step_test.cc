// The protocol of one remote batch, one decision at a time: what is paid for, what is asked again, what is given up.
#include "core/step.h"

#include <algorithm>
#include <cstring>

#include "batchrouter.h"
#include "support/cmocka.h"
#include "support/step_events.h"

namespace {

constexpr std::int64_t kSettle = 900'000;

br::Event done(br::Op op, br::Outcome outcome = {}) {
  return {br::EventKind::done, op, std::move(outcome), {}, {}};
}

br::RemoteStatus listed_status(const char* id, const char* marker, std::int64_t created_ms) {
  br::RemoteStatus status;
  status.id = id;
  status.marker = marker;
  status.created_ms = created_ms;
  status.counts.total = 2;
  return status;
}

// One page of the list by a vendor whose clock is ours.
br::Event listing(std::vector<br::RemoteStatus> statuses, std::int64_t vendor_now_ms = -1) {
  br::Outcome outcome;
  outcome.vendor_now_ms = vendor_now_ms;
  outcome.listed = std::move(statuses);
  return done(br::Op::list, std::move(outcome));
}

bool calls(const br::Decision& decision, br::Op op) {
  return std::any_of(decision.actions.begin(), decision.actions.end(), [op](const br::Action& action) {
    return action.kind == br::ActionKind::call && action.op == op;
  });
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

// A batch that was possibly submitted, with the search for it under way since `started`.
br::Decision searching(std::int64_t started = 0) {
  br::Decision now = {batch_in(br::Phase::unknown), {}, {}};
  now.batch.create_sent_ms = now.batch.planned_ms = started;
  now.batch.creates = 1;
  now.track.search.under_way = true;
  now.track.search.started_ms = started;
  return now;
}

br::StepRules of_account(const char* account) {
  br::StepRules rules;
  rules.account = {account, std::string("key of ") + account};
  return rules;
}

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
  now.batch.absent_since_ms = 5;
  now = step(now, listing({}), 6 + kSettle);
  assert_true(calls(now, br::Op::create));
  assert_int_equal(now.batch.attempt, 2);
  assert_int_equal(now.batch.creates, 2);
  assert_int_equal(now.batch.phase, br::Phase::creating);
}

void absent_for_somebody_who_only_asks_is_kept_and_not_sent(void**) {
  br::Decision now = searching(5 + kSettle);
  now.batch.absent_since_ms = 5;
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

void absent_after_the_last_attempt_blocks_and_resume_does_not_begin_again(void**) {
  br::Decision now = searching(5 + kSettle);
  now.batch.absent_since_ms = 5;
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

void clear_refusal_not_counted_as_an_attempt(void**) {
  br::Error refused(br::Code::network, "busy");
  refused.not_executed = refused.transient = true;
  br::RemoteBatch batch = batch_in(br::Phase::creating);
  batch.creates = 1;
  assert_int_equal(step({batch, {}, {}}, failed(br::Op::create, refused), 5).batch.creates, 0);
  assert_int_equal(step({batch, {}, {}}, failed(br::Op::create, br::Error(br::Code::network, "reset")), 5).batch.creates, 1);
}

void absent_under_another_account_proves_nothing(void**) {
  br::Decision now = searching(5 + kSettle);
  now.batch.absent_since_ms = 5;
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
  now.batch.absent_since_ms = 5;
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
  now.batch.absent_since_ms = 5;
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
  now.batch.absent_since_ms = 5;
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
  now.batch.absent_since_ms = 5;
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
  now.batch.absent_since_ms = 10;
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

void adopted_by_likeness_before_proven_first(void**) {
  br::RemoteBatch batch = accepted_batch(br::Phase::fetching, br::State::completed);
  batch.matched_by_shape = true;
  const br::Decision now = step({batch, {}, {}}, of_kind(br::EventKind::begin), 5, without_marker());
  assert_int_equal(now.batch.phase, br::Phase::unknown);
  assert_false(now.batch.matched_by_shape);
  assert_true(calls(now, br::Op::list));
}

// ---- what an earlier process planned ----

br::Decision inherited(br::Phase phase) {
  br::Decision now = {batch_in(phase), {}, {}};
  now.batch.planned_ms = 0;
  now.track.inherited = true;
  return now;
}

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

void abandoned_in_doubt_ends_and_nothing_is_sent(void**) {
  const br::Decision now = step(searching(), of_kind(br::EventKind::abandon), 5);
  assert_int_equal(now.batch.phase, br::Phase::refused);
  assert_string_equal(now.batch.error->vendor_code.c_str(), "abandoned");
  assert_int_equal(count(now, br::ActionKind::finish), 1);
  assert_int_equal(count(now, br::ActionKind::call), 0);
  const br::Decision runs = {accepted_batch(br::Phase::running, br::State::in_progress), {}, {}};
  assert_int_equal(step(runs, of_kind(br::EventKind::abandon), 5).batch.phase, br::Phase::running);
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

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(create_intent_saved_before_the_call),
      cmocka_unit_test(create_without_a_clear_answer_looked_for_and_not_sent_again),
      cmocka_unit_test(create_that_did_nothing_sent_again_later),
      cmocka_unit_test(marker_in_the_list_adopted),
      cmocka_unit_test(marker_of_a_batch_that_is_over_is_looked_for_further_on),
      cmocka_unit_test(marker_of_a_batch_that_another_job_has_blocks),
      cmocka_unit_test(absent_in_one_list_not_sent_again),
      cmocka_unit_test(absent_for_settle_ms_sent_again_once),
      cmocka_unit_test(absent_for_somebody_who_only_asks_is_kept_and_not_sent),
      cmocka_unit_test(nothing_that_is_due_is_sent_for_somebody_who_only_asks),
      cmocka_unit_test(absent_after_the_last_attempt_blocks_and_resume_does_not_begin_again),
      cmocka_unit_test(clear_refusal_not_counted_as_an_attempt),
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
      cmocka_unit_test(adopted_by_likeness_before_proven_first),
      cmocka_unit_test(planned_by_an_earlier_process_looked_for_before_it_is_sent),
      cmocka_unit_test(planned_by_an_earlier_process_files_of_its_name_looked_for_first),
      cmocka_unit_test(planned_by_an_earlier_process_with_another_key_not_sent),
      cmocka_unit_test(key_that_was_refused_names_no_account),
      cmocka_unit_test(planned_by_an_earlier_process_beside_a_running_look_alike_blocks),
      cmocka_unit_test(planned_by_this_process_sent_without_a_look),
      cmocka_unit_test(known_batch_not_found_blocks_and_keeps_its_answers),
      cmocka_unit_test(known_batch_not_found_by_another_account_blocks_at_once),
      cmocka_unit_test(cancel_before_the_proof_kept_and_carried_out_at_the_proof),
      cmocka_unit_test(adopted_by_a_person_runs_and_takes_rows_as_they_come),
      cmocka_unit_test(abandoned_in_doubt_ends_and_nothing_is_sent),
      cmocka_unit_test(key_refused_in_a_poll_blocks_and_resume_polls_again),
      cmocka_unit_test(cancel_taken_not_asked_again_after_a_restart),
      cmocka_unit_test(batch_failed_for_want_of_money_blocks_and_resume_sends_it_again),
      cmocka_unit_test(batch_failed_for_want_of_money_that_is_not_to_be_sent_is_over),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
