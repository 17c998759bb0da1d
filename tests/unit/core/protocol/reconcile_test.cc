// A batch of ours is known again in the vendor's list, and what the vendor said is not lost by what it says now.
#include "core/protocol/reconcile.h"

#include "support/cmocka.h"
#include "support/step_events.h"

namespace {

using br::is_ours;
using br::looks_like_ours;
using br::Matches;
using br::merge_status;
using br::RemoteBatch;
using br::RemoteStatus;
using br::State;

RemoteStatus status_of(const char* id, State state = State::in_progress) {
  RemoteStatus status;
  status.id = id;
  status.state = state;
  return status;
}

void batch_is_ours_by_its_marker_or_its_file(void**) {
  RemoteBatch batch = batch_in(br::Phase::unknown);
  batch.input_file_id = "file_1";
  RemoteStatus status = status_of("batch_1");
  assert_false(is_ours(batch, status, {}));
  status.marker = "br-b-0";
  assert_false(is_ours(batch, status, {}));
  status.marker = batch.marker;
  assert_true(is_ours(batch, status, {}));
  status.marker.clear();
  status.input_file_id = "file_1";
  assert_true(is_ours(batch, status, {}));
  status.input_file_id = "file_2";
  assert_false(is_ours(batch, status, {}));
  assert_true(is_ours(batch, status, {"file_2"}));
}

void nothing_known_on_either_side_is_no_match(void**) {
  RemoteBatch batch = batch_in(br::Phase::unknown);
  batch.marker.clear();
  assert_false(is_ours(batch, status_of("batch_1"), {""}));
}

void batch_that_proved_to_be_anothers_stays_that(void**) {
  RemoteBatch batch = batch_in(br::Phase::unknown);
  batch.not_ours = {"batch_1"};
  RemoteStatus status = status_of("batch_1");
  status.marker = batch.marker;
  assert_false(is_ours(batch, status, {}));
  assert_false(looks_like_ours(batch, status, 0));
}

void batch_looks_like_ours_by_time_size_and_model(void**) {
  RemoteBatch batch = batch_in(br::Phase::unknown);
  batch.model = "m";
  RemoteStatus status = status_of("batch_1");
  assert_true(looks_like_ours(batch, status, 1000));  // nothing was said
  status.created_ms = 999;
  assert_false(looks_like_ours(batch, status, 1000));
  status.created_ms = 1000;
  status.counts.total = batch.rows;
  status.model = "m";
  assert_true(looks_like_ours(batch, status, 1000));
  status.model = "n";
  assert_false(looks_like_ours(batch, status, 1000));
  status.model.clear();
  status.counts.total = batch.rows + 1;
  assert_false(looks_like_ours(batch, status, 1000));
}

void furthest_of_several_matches_is_kept(void**) {
  Matches matches;
  br::keep_match(status_of("batch_1", State::failed), &matches);
  br::keep_match(status_of("batch_2", State::in_progress), &matches);
  assert_string_equal(matches.best->id.c_str(), "batch_2");
  br::keep_match(status_of("batch_3", State::completed), &matches);
  br::keep_match(status_of("batch_4", State::completed), &matches);
  br::keep_match(status_of("batch_5", State::cancelled), &matches);
  assert_string_equal(matches.best->id.c_str(), "batch_3");
  assert_int_equal(matches.count, 5);
}

void batch_that_is_listed_twice_counts_once(void**) {
  Matches matches;
  br::keep_match(status_of("batch_1"), &matches);
  br::keep_match(status_of("batch_1"), &matches);
  assert_int_equal(matches.count, 1);
}

void what_was_said_before_stays_when_it_is_missing(void**) {
  RemoteStatus before = status_of("batch_1");
  before.output.id = "file_out";
  before.errors.url = "https://vendor.example/errors";
  before.counts.total = 7;
  before.counts_known = true;
  before.created_ms = 1;
  before.expires_ms = 3;
  before.model = "m";
  before.failure = br::Error(br::Code::quota, "full");
  RemoteStatus now = status_of("", State::completed);
  now.completed_ms = 2;
  const RemoteStatus merged = merge_status(before, now, false);
  assert_string_equal(merged.id.c_str(), "batch_1");
  assert_string_equal(merged.output.id.c_str(), "file_out");
  assert_string_equal(merged.errors.url.c_str(), "https://vendor.example/errors");
  assert_true(merged.counts.total == 7 && merged.counts_known);
  assert_true(merged.created_ms == 1 && merged.completed_ms == 2 && merged.expires_ms == 3);
  assert_true(merged.model == "m" && merged.failure.has_value());
  assert_true(merged.state == State::completed);
}

void what_is_said_now_counts(void**) {
  RemoteStatus before = status_of("batch_1"), now = status_of("batch_1");
  before.output.id = "old";
  now.output.id = "new";
  before.counts = {7, 1};
  now.counts = {7, 2};
  before.counts_known = now.counts_known = true;
  const RemoteStatus merged = merge_status(before, now, false);
  assert_string_equal(merged.output.id.c_str(), "new");
  assert_int_equal(merged.counts.succeeded, 2);
}

void batch_that_has_ended_stays_ended(void**) {
  const RemoteStatus before = status_of("batch_1", State::completed), now = status_of("batch_1", State::in_progress);
  assert_true(merge_status(before, now, true).state == State::completed);
  assert_true(merge_status(before, now, false).state == State::in_progress);
  assert_true(merge_status(before, status_of("batch_1", State::expired), true).state == State::expired);
}

void unknown_word_of_the_vendor_changes_no_state(void**) {
  RemoteStatus now = status_of("batch_1", State::in_progress);
  now.state_known = false;
  assert_true(merge_status(status_of("batch_1", State::validating), now, false).state == State::validating);
  assert_true(merge_status(status_of("batch_1", State::completed), now, false).state == State::in_progress);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(batch_is_ours_by_its_marker_or_its_file),
      cmocka_unit_test(nothing_known_on_either_side_is_no_match),
      cmocka_unit_test(batch_that_proved_to_be_anothers_stays_that),
      cmocka_unit_test(batch_looks_like_ours_by_time_size_and_model),
      cmocka_unit_test(furthest_of_several_matches_is_kept),
      cmocka_unit_test(batch_that_is_listed_twice_counts_once),
      cmocka_unit_test(what_was_said_before_stays_when_it_is_missing),
      cmocka_unit_test(what_is_said_now_counts),
      cmocka_unit_test(batch_that_has_ended_stays_ended),
      cmocka_unit_test(unknown_word_of_the_vendor_changes_no_state),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
