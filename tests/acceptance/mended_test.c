/* The life after: the key is mended, what was not acknowledged comes again, what was cancelled is asked again, and the
 * vendors' own lists know every batch. */
#include <stdio.h>
#include <string.h>

#include "abi/support.h"
#include "acceptance/life.h"

static int is_unread(int index) { return index == 1; }

/* The rows of batch 1 come again and say so; those of the mended vendor come for the first time; nothing else does. */
void the_next_life_ends_what_was_blocked_and_unread(void **state) {
  life *self = *state;
  br_error *error = NULL;
  br_result *result = NULL;
  br_status status;
  int again = 0, first = 0;
  open_life(self, "good");
  for (int i = 0; i < kTwenty; i++) assert_ok(br_job_open(self->router, self->ids[i], &self->jobs[i], &error), &error);
  assert_ok(br_resume(self->router, NULL, &error), &error);
  vendors_wait(self->at, "creates", kTwenty);
  vendors_advance(self->at, kLatency);
  while ((status = br_next_result(self->router, NULL, kWait, &result, &error)) == BR_OK) {
    int index, row;
    place_of(br_result_custom_id(result, NULL), &index, &row);
    assert_true(is_unread(index) || is_failing(index));
    assert_int_equal(br_result_redelivered(result), is_unread(index));
    assert_int_equal(self->seen[index][row]++, is_unread(index));
    *(is_unread(index) ? &again : &first) += 1;
    assert_int_equal(br_result_ack(result, NULL), BR_OK);
    br_result_free(result);
  }
  assert_ok(status, &error);
  assert_int_equal(status, BR_END);
  assert_int_equal(again, size_of(1));
  assert_int_equal(first, rows_where(is_failing, 1));
  assert_ok(br_wait_many(self->router, self->jobs, kTwenty, kWait, &error), &error);
  for (int i = 0; i < kTwenty; i++) assert_int_equal(br_job_is_done(self->jobs[i]), 1);
  assert_int_equal(vendors_ledger(self->at, "creates"), kTwenty);
  assert_int_equal(vendors_ledger(self->at, "requests_twice_paid"), 0);
}

static void count_done(void *user_data, br_job *job) {
  assert_int_equal(br_job_is_done(job), 1);
  *(int *)user_data += 1;
}

static int count_lines(void *user_data, const char *data, size_t length) {
  for (size_t i = 0; i < length; i++) *(int64_t *)user_data += data[i] == '\n';
  return 0;
}

/* What Google had answered of a cancelled batch is lost and billed: asking again would be paid twice. */
static int can_be_asked_again(int index) { return is_cancelled(index) && strcmp(provider_of(index), "google") != 0; }

static br_job *ask_again(life *self, int index, int *done) {
  br_job *old = self->jobs[index], *retry = NULL;
  br_error *error = NULL;
  int64_t rows = 0, lines = 0;
  int64_t missing = size_of(index) - br_job_count(old, BR_COUNT_SUCCEEDED);
  assert_ok(br_job_write_failed(old, count_lines, &lines, &rows, &error), &error);
  assert_int_equal(rows, missing);
  assert_int_equal(lines, missing);
  assert_ok(br_retry(self->router, old, count_done, done, NULL, &retry, &error), &error);
  assert_string_equal(br_job_parent(retry), br_job_id(old));
  assert_int_equal(br_job_attempt(retry), 2);
  assert_int_equal(br_job_count(retry, BR_COUNT_TOTAL), missing);
  return retry;
}

void what_was_cancelled_is_asked_again_and_paid_once(void **state) {
  life *self = *state;
  br_job *retries[kTwenty] = {NULL}, *none = NULL;
  br_error *error = NULL;
  int count = 0, done = 0;
  int64_t billed = vendors_ledger(self->at, "requests_billed"), missing = 0;
  for (int i = 0; i < kTwenty; i++)
    if (can_be_asked_again(i)) retries[count++] = ask_again(self, i, &done);
  assert_refused(br_retry(self->router, self->jobs[4], NULL, NULL, NULL, &none, &error), BR_ENOTFOUND, &error);
  vendors_wait(self->at, "creates", kTwenty + count);
  vendors_advance(self->at, kLatency);
  while (done < count) assert_true(br_poll(self->router, kWait, &error) == BR_OK);
  for (int i = 0; i < count; i++) {
    assert_ok(br_job_wait(retries[i], kWait, &error), &error);
    assert_int_equal(br_job_state(retries[i]), BR_STATE_COMPLETED);
    missing += br_job_count(retries[i], BR_COUNT_SUCCEEDED);
    assert_ok(br_job_ack_all(retries[i], &error), &error);
  }
  assert_int_equal(vendors_ledger(self->at, "requests_billed"), billed + missing);
  assert_int_equal(vendors_ledger(self->at, "requests_twice_paid"), 0);
  assert_int_equal(vendors_ledger(self->at, "batches_twice_paid"), 0);
  free_jobs(retries, count);
}

static size_t count_local(life *self, const char *provider, int64_t limit) {
  br_job_list *list = NULL;
  br_error *error = NULL;
  assert_ok(br_list(self->router, provider, limit, &list, &error), &error);
  size_t count = br_job_list_count(list);
  for (size_t i = 1; i < count; i++)
    assert_true(br_job_time(br_job_list_get(list, i - 1), BR_TIME_RECORDED) >=
                br_job_time(br_job_list_get(list, i), BR_TIME_RECORDED));
  assert_null(br_job_list_get(list, count));
  br_job_list_free(list);
  return count;
}

void local_and_remote_lists_show_every_batch(void **state) {
  life *self = *state;
  size_t all = 0;
  assert_int_equal(count_local(self, NULL, 3), 3);
  assert_int_equal(count_local(self, "groq", 0), kFailing);
  for (int v = 0; v < kVendorsUsed; v++) {
    br_job_list *list = NULL;
    br_error *error = NULL;
    assert_ok(br_list_remote(self->router, vendor_names[v], 0, kWait, &list, &error), &error);
    assert_int_equal(br_job_list_count(list), count_local(self, vendor_names[v], 0));
    all += br_job_list_count(list);
    for (size_t i = 0; i < br_job_list_count(list); i++) {
      assert_string_equal(br_job_id(br_job_list_get(list, i)), "");
      assert_non_null(br_job_batch_id(br_job_list_get(list, i), 0));
      assert_int_equal(br_state_is_terminal(br_job_state(br_job_list_get(list, i))), 1);
    }
    br_job_list_free(list);
  }
  assert_int_equal(all, count_local(self, NULL, 0));
  assert_int_equal(all, vendors_ledger(self->at, "creates"));
}

/* A router on another state directory knows nothing of the batch but the vendor's name and id. */
void a_batch_made_elsewhere_is_worked_on(void **state) {
  life *self = *state;
  char *elsewhere = make_directory();
  br_router *router = open_at(self->at, elsewhere);
  int64_t made = vendors_ledger(self->at, "creates");
  for (int i = 12; i < 18; i++) {
    br_job *job = NULL, *again = NULL, *none = NULL;
    br_result *result = NULL;
    br_error *error = NULL;
    const char *id = br_job_batch_id(self->jobs[i], 0);
    int rows = 0;
    assert_ok(br_attach(router, provider_of(i), id, &job, &error), &error);
    assert_int_equal(br_attach(router, provider_of(i), id, &again, &error), BR_EXISTS);
    assert_string_equal(br_job_id(again), br_job_id(job));
    assert_ok(br_job_refresh(job, kWait, &error), &error);
    while (br_next_result(router, job, kWait, &result, &error) == BR_OK) {
      int index, row;
      place_of(br_result_custom_id(result, NULL), &index, &row);
      assert_int_equal(index, i);
      rows += answers(result);
      br_result_free(result);
    }
    assert_null(error);
    assert_int_equal(rows, size_of(i));
    assert_refused(br_retry(router, job, NULL, NULL, NULL, &none, &error), BR_EUNSUPPORTED, &error);
    br_job_free(job);
    br_job_free(again);
  }
  assert_int_equal(vendors_ledger(self->at, "creates"), made);
  br_router_free(router);
  remove_directory(elsewhere);
}
