/* Twenty batches over six vendors in the life of one router, one vendor refusing its key, half of them cancelled; then
 * the key is mended, and what was cancelled is asked again. */
#include <stdio.h>
#include <string.h>

#include "abi/support.h"
#include "acceptance/life.h"

/* All at once; ids in the order of the input. */
static void submit_twenty(life *self) {
  br_batch *batches[kTwenty];
  br_error *errors[kTwenty], *error = NULL;
  make_twenty(batches);
  assert_ok(br_submit_many(self->router, batches, kTwenty, self->jobs, errors, &error), &error);
  for (int i = 0; i < kTwenty; i++) {
    char name[16];
    snprintf(name, sizeof name, "batch-%02d", i);
    assert_null(errors[i]);
    assert_string_equal(br_job_name(self->jobs[i]), name);
    assert_string_equal(br_job_provider(self->jobs[i]), provider_of(i));
    assert_int_equal(br_job_count(self->jobs[i], BR_COUNT_TOTAL), size_of(i));
    for (int j = 0; j < i; j++) assert_string_not_equal(br_job_id(self->jobs[i]), br_job_id(self->jobs[j]));
  }
  free_batches(batches, kTwenty);
}

/* The vendor that refuses its key gives an error for each of its batches and hurts no other. */
static void expect_errors_of_one_vendor_only(life *self) {
  for (int i = 0; i < kTwenty; i++) {
    br_error *error = NULL;
    br_status status = br_job_wait_submitted(self->jobs[i], kWait, &error);
    if (!is_failing(i)) {
      assert_ok(status, &error);
      assert_int_equal(br_job_submission(self->jobs[i]), BR_SUBMITTED);
      assert_non_null(br_job_batch_id(self->jobs[i], 0));
      continue;
    }
    assert_refused(status, BR_EAUTH, &error);
    assert_int_equal(br_job_is_blocked(self->jobs[i]), 1);
    assert_int_equal(br_job_error_code(self->jobs[i]), BR_EAUTH);
    assert_non_null(br_job_error_message(self->jobs[i]));
    assert_int_equal(br_job_submission(self->jobs[i]), BR_NOT_SUBMITTED);
  }
}

static void expect_status_of_one_and_of_many(life *self) {
  br_error *errors[kTwenty], *error = NULL;
  vendors_advance(self->at, kLatency / 2);
  assert_ok(br_job_refresh(self->jobs[0], kWait, &error), &error);
  assert_int_equal(br_state_compat(br_job_state(self->jobs[0])), BR_STATE_IN_PROGRESS);
  assert_true(br_job_count(self->jobs[0], BR_COUNT_SUCCEEDED) > 0);
  assert_true(br_job_count(self->jobs[0], BR_COUNT_SUCCEEDED) < size_of(0));
  assert_ok(br_refresh_many(self->router, self->jobs, kTwenty, kWait, errors, &error), &error);
  for (int i = 0; i < kTwenty; i++) {
    int32_t state = br_state_compat(br_job_state(self->jobs[i]));
    assert_null(errors[i]);
    assert_int_equal(state, is_failing(i) ? BR_STATE_VALIDATING : BR_STATE_IN_PROGRESS);
    assert_int_equal(br_job_is_done(self->jobs[i]), 0);
  }
}

static void expect_timeout_that_names_the_unfinished(life *self) {
  br_error *error = NULL;
  br_status status = br_wait_many(self->router, self->jobs, kTwenty, 50, &error);
  assert_int_equal(status, BR_ETIMEOUT);
  assert_int_equal(br_error_issue_total(error), 17);
  for (size_t i = 0; i < 17; i++) assert_non_null(br_error_issue(error, i));
  for (int i = 0; i < kTwenty; i++)
    assert_int_equal(strstr(br_error_message(error), br_job_id(self->jobs[i])) != NULL, !is_failing(i));
  br_error_free(error);
}

static void cancel_half(life *self) {
  br_job *jobs[kCancelled];
  int32_t taken[kCancelled];
  br_error *errors[kCancelled], *error = NULL;
  for (int i = 0; i < kCancelled; i++) jobs[i] = self->jobs[cancelled[i]];
  /* One alone, and the others together with it: a second time it does no harm. */
  assert_ok(br_cancel(jobs[0], kWait, &taken[0], &error), &error);
  assert_int_equal(taken[0], 1);
  assert_ok(br_cancel_many(self->router, jobs + 1, kCancelled - 1, kWait, taken + 1, errors + 1, &error), &error);
  for (int i = 1; i < kCancelled; i++) {
    assert_null(errors[i]);
    assert_int_equal(taken[i], 1);
  }
}

/* Takes `count` results of any job, each for the first time. Those of batch 1 are not acknowledged. */
static void take(life *self, int count) {
  while (count > 0) {
    br_result *results[64];
    br_error *error = NULL;
    size_t got = 0;
    size_t room = count < 64 ? (size_t)count : 64;
    assert_int_equal(br_next_results(self->router, NULL, kWait, results, room, &got, &error), BR_OK);
    count -= (int)got;
    for (size_t i = 0; i < got; i++) {
      int index, row;
      place_of(br_result_custom_id(results[i], NULL), &index, &row);
      assert_string_equal(br_result_job_id(results[i]), br_job_id(self->jobs[index]));
      assert_string_equal(br_result_batch_id(results[i]), br_job_batch_id(self->jobs[index], 0));
      assert_int_equal(br_result_redelivered(results[i]), 0);
      assert_int_equal(self->seen[index][row]++, 0);
      if (br_result_status(results[i]) == BR_RESULT_SUCCEEDED) assert_true(answers(results[i]));
      if (index != 1) assert_int_equal(br_result_ack(results[i], NULL), BR_OK);
      br_result_free(results[i]);
    }
  }
}

/* Cancelled batches end first and are handed out while the others still run; then these. */
static void stream_mixed(life *self) {
  br_result *none = NULL;
  int first = rows_where(is_cancelled, 1);
  vendors_advance(self->at, kLatency / 10);
  take(self, first);
  assert_int_equal(br_next_result(self->router, NULL, 0, &none, NULL), BR_AGAIN);
  assert_null(none);
  vendors_advance(self->at, kLatency);
  take(self, total_size() - first - rows_where(is_failing, 1));
  /* What is left is blocked, and why is said. */
  br_error *error = NULL;
  assert_refused(br_next_result(self->router, NULL, kWait, &none, &error), BR_EAUTH, &error);
  assert_ok(br_wait_many(self->router, self->jobs, kTwenty, kWait, &error), &error);
}

/* Google gives nothing of a cancelled batch; the others what they had answered. */
static void expect_partial_results(life *self) {
  for (int i = 0; i < kTwenty; i++) {
    br_job *job = self->jobs[i];
    br_results *cursor = NULL;
    br_error *error = NULL;
    if (is_failing(i)) {
      assert_refused(br_results_open(job, &cursor, &error), BR_ENOTCOMPLETE, &error);
      continue;
    }
    int succeeded = read_in_order(job, i);
    assert_int_equal(br_job_is_done(job), 1);
    assert_int_equal(br_job_state(job), is_cancelled(i) ? BR_STATE_CANCELLED : BR_STATE_COMPLETED);
    assert_int_equal(br_job_count(job, BR_COUNT_SUCCEEDED), succeeded);
    assert_int_equal(br_job_count(job, BR_COUNT_CANCELLED), size_of(i) - succeeded);
    if (!is_cancelled(i)) assert_int_equal(succeeded, size_of(i));
    if (is_cancelled(i)) assert_true(succeeded < size_of(i));
    if (is_cancelled(i) && strcmp(provider_of(i), "google") != 0) assert_true(succeeded > 0);
  }
}

void twenty_batches_of_six_vendors_are_run_in_one_life(void **state) {
  life *self = *state;
  open_life(self, "refused");
  submit_twenty(self);
  expect_errors_of_one_vendor_only(self);
  expect_status_of_one_and_of_many(self);
  expect_timeout_that_names_the_unfinished(self);
  cancel_half(self);
  stream_mixed(self);
  expect_partial_results(self);
  assert_int_equal(vendors_ledger(self->at, "creates"), kTwenty - 3);
  assert_int_equal(vendors_ledger(self->at, "batches_twice_paid"), 0);
  close_life(self);
  assert_int_equal(self->done_events, kTwenty - 3);
  assert_true(self->blocked_events >= 3);
}
