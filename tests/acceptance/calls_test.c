/* One batch, per-call overrides, a batch that is refused, results while they come. */
#include <stdio.h>
#include <string.h>

#include "abi/support.h"
#include "acceptance/desk.h"

int64_t made_since(const desk *self) { return vendors_ledger(self->at, "creates") - self->creates; }
int64_t uploaded_since(const desk *self) { return vendors_ledger(self->at, "uploads") - self->uploads; }

br_batch *rows_of(const char *provider, const char *prefix, int rows) {
  br_batch *batch = br_batch_new(provider);
  const char *model = strcmp(provider, "anthropic") == 0 ? "claude-haiku-4-5" : "gpt-4o-mini";
  for (int row = 0; row < rows; row++) {
    char line[256];
    int length = snprintf(line, sizeof line,
                          "{\"custom_id\":\"%s-%d\",\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":"
                          "\"Question %d of %s\"}],\"generation_config\":{\"max_tokens\":32}}\n",
                          prefix, row, model, row, prefix);
    assert_int_equal(br_batch_add_jsonl(batch, line, (size_t)length, NULL), BR_OK);
  }
  return batch;
}

typedef struct counts {
  int done, destroyed;
} counts;

static void on_done(void *user_data, br_job *job) {
  counts *self = user_data;
  assert_int_equal(self->destroyed, 0);
  assert_int_equal(br_job_is_done(job), 1);
  assert_int_equal(br_job_state(job), BR_STATE_COMPLETED);
  self->done++;
}

static void on_destroy(void *user_data) { ((counts *)user_data)->destroyed++; }

void a_single_batch_is_run_and_tells_when_it_is_done(void **state) {
  desk *self = *state;
  br_router *router = open_at(self->at, self->state_dir);
  br_batch *batch = rows_of("openai", "single", 5);
  br_job *job = NULL;
  br_result *result = NULL;
  br_error *error = NULL;
  counts seen = {0, 0};
  int rows = 0;
  assert_ok(br_submit(router, batch, on_done, &seen, on_destroy, &job, &error), &error);
  br_batch_free(batch);
  assert_ok(br_job_wait_submitted(job, kPatience, &error), &error);
  vendors_advance(self->at, 60000);
  assert_ok(br_job_wait(job, kPatience, &error), &error);
  assert_int_equal(seen.done, 0); /* callbacks run in br_poll alone */
  while (seen.destroyed == 0) assert_int_equal(br_poll(router, kPatience, &error), BR_OK);
  assert_int_equal(seen.done, 1);
  while (br_next_result(router, job, kPatience, &result, &error) == BR_OK) {
    rows += answers(result);
    assert_int_equal(br_result_ack(result, NULL), BR_OK);
    br_result_free(result);
  }
  assert_null(error);
  assert_int_equal(rows, 5);
  br_job_free(job);
  br_router_free(router);
  assert_int_equal(seen.destroyed, 1);
}

/* The router looks once an hour; one of two batches wants to be looked at all the time. */
void a_batch_overrides_the_routers_polling(void **state) {
  desk *self = *state;
  br_config *config = config_of(self->at, self->state_dir);
  br_error *error = NULL;
  br_job *jobs[2];
  br_batch *batches[] = {rows_of("openai", "patient", 2), rows_of("openai", "eager", 2)};
  set(config, "poll.interval_ms", "3600000");
  set(config, "poll.max_interval_ms", "3600000");
  br_router *router = open_with(config);
  assert_ok(br_batch_set(batches[1], "poll.interval_ms", "10", &error), &error);
  assert_ok(br_batch_set(batches[1], "poll.max_interval_ms", "50", &error), &error);
  assert_ok(br_submit_many(router, batches, 2, jobs, NULL, &error), &error);
  assert_ok(br_job_wait_submitted(jobs[0], kPatience, &error), &error);
  assert_ok(br_job_wait_submitted(jobs[1], kPatience, &error), &error);
  vendors_advance(self->at, 60000);
  assert_ok(br_job_wait(jobs[1], kPatience, &error), &error);
  assert_int_equal(br_job_is_done(jobs[1]), 1);
  assert_int_equal(br_wait_many(router, jobs, 2, 20, &error), BR_ETIMEOUT);
  assert_int_equal(br_error_issue_total(error), 1);
  assert_non_null(strstr(br_error_issue(error, 0), br_job_id(jobs[0])));
  br_error_free(error);
  assert_ok(br_job_refresh(jobs[0], kPatience, &error), &error);
  assert_ok(br_job_wait(jobs[0], kPatience, &error), &error);
  assert_int_equal(br_job_is_done(jobs[0]), 1);
  free_jobs(jobs, 2);
  free_batches(batches, 2);
  br_router_free(router);
  br_config_free(config);
}

void a_call_overrides_the_routers_timeout(void **state) {
  desk *self = *state;
  br_config *config = config_of(self->at, self->state_dir);
  br_error *error = NULL;
  br_job *jobs[2];
  br_batch *batches[] = {rows_of("groq", "one", 2), rows_of("together", "two", 2)};
  set(config, "timeout_ms", "30");
  br_router *router = open_with(config);
  assert_int_equal(br_run(router, batches, 2, -2, jobs, NULL, &error), BR_ETIMEOUT);
  assert_int_equal(br_error_issue_total(error), 2);
  br_error_free(error);
  assert_non_null(jobs[0]);
  assert_non_null(jobs[1]);
  assert_ok(br_job_wait_submitted(jobs[0], kPatience, &error), &error);
  assert_ok(br_job_wait_submitted(jobs[1], kPatience, &error), &error);
  vendors_advance(self->at, 60000);
  assert_ok(br_wait_many(router, jobs, 2, kPatience, &error), &error);
  assert_int_equal(made_since(self), 2);
  free_jobs(jobs, 2);
  free_batches(batches, 2);
  br_router_free(router);
  br_config_free(config);
}

static void expect_refused_rows(br_job *job, int rows) {
  br_results *cursor = NULL;
  br_result *result = NULL;
  br_error *error = NULL;
  size_t got = 0;
  assert_ok(br_results_open(job, &cursor, &error), &error);
  while (br_results_next(cursor, &result, 1, &got, &error) == BR_OK) {
    assert_int_equal(br_result_status(result), BR_RESULT_ERRORED);
    assert_string_equal(br_result_error_type(result), "not_submitted");
    br_result_free(result);
    rows--;
  }
  assert_int_equal(rows, 0);
  br_results_free(cursor);
}

void a_batch_that_the_vendor_refuses_hurts_no_other(void **state) {
  desk *self = *state;
  br_router *router = open_at(self->at, self->state_dir);
  br_error *error = NULL;
  br_job *jobs[2], *retry = NULL;
  br_batch *batches[] = {rows_of("together", "refused", 3), rows_of("anthropic", "taken", 3)};
  vendors_fault(self->at, "POST /together/v1/batches status status=400 code=bad_batch message=\"no such luck\"");
  assert_ok(br_submit_many(router, batches, 2, jobs, NULL, &error), &error);
  assert_refused(br_job_wait_submitted(jobs[0], kPatience, &error), BR_EPROVIDER, &error);
  assert_ok(br_job_wait_submitted(jobs[1], kPatience, &error), &error);
  assert_ok(br_job_wait(jobs[0], kPatience, &error), &error);
  assert_int_equal(br_job_state(jobs[0]), BR_STATE_FAILED);
  assert_int_equal(br_job_error_code(jobs[0]), BR_EPROVIDER);
  assert_non_null(strstr(br_job_error_message(jobs[0]), "no such luck"));
  expect_refused_rows(jobs[0], 3);
  assert_int_equal(made_since(self), 1);
  assert_ok(br_retry(router, jobs[0], NULL, NULL, NULL, &retry, &error), &error);
  assert_ok(br_job_wait_submitted(retry, kPatience, &error), &error);
  vendors_advance(self->at, 60000);
  assert_ok(br_job_wait(retry, kPatience, &error), &error);
  assert_ok(br_job_wait(jobs[1], kPatience, &error), &error);
  assert_int_equal(br_job_count(retry, BR_COUNT_SUCCEEDED), 3);
  assert_int_equal(br_job_count(jobs[1], BR_COUNT_SUCCEEDED), 3);
  assert_int_equal(made_since(self), 2);
  br_job_free(retry);
  free_jobs(jobs, 2);
  free_batches(batches, 2);
  br_router_free(router);
}

void a_running_batch_is_read_as_its_results_come(void **state) {
  desk *self = *state;
  br_router *router = open_at(self->at, self->state_dir);
  br_batch *batch = rows_of("google", "follow", 6);
  br_results *cursor = NULL;
  br_result *result = NULL;
  br_job *job = NULL;
  br_error *error = NULL;
  size_t got = 0;
  int rows = 0;
  assert_ok(br_submit(router, batch, NULL, NULL, NULL, &job, &error), &error);
  assert_ok(br_job_wait_submitted(job, kPatience, &error), &error);
  assert_refused(br_results_open(job, &cursor, &error), BR_ENOTCOMPLETE, &error);
  assert_ok(br_results_follow(job, kPatience, &cursor, &error), &error);
  vendors_advance(self->at, 60000);
  br_status status;
  while ((status = br_results_next(cursor, &result, 1, &got, &error)) == BR_OK) {
    rows += answers(result);
    br_result_free(result);
  }
  assert_ok(status, &error);
  assert_int_equal(status, BR_END);
  assert_int_equal(rows, 6);
  br_results_free(cursor);
  br_job_free(job);
  br_batch_free(batch);
  br_router_free(router);
}

/* A poll that was asked before is under way, and its answer is late: it tells nothing of now. */
void a_refresh_tells_what_was_so_after_it_was_asked(void **state) {
  desk *self = *state;
  br_router *router = open_at(self->at, self->state_dir);
  br_batch *batch = rows_of("openai", "late", 4);
  br_job *job = NULL;
  br_error *error = NULL;
  int64_t faults = vendors_ledger(self->at, "faults");
  vendors_fault(self->at, "GET /v1/batches/* delay ms=700");
  assert_ok(br_submit(router, batch, NULL, NULL, NULL, &job, &error), &error);
  vendors_wait(self->at, "faults", faults + 1);
  vendors_advance(self->at, 30000);
  assert_ok(br_job_refresh(job, kPatience, &error), &error);
  assert_int_equal(br_job_state(job), BR_STATE_IN_PROGRESS);
  assert_int_equal(br_job_count(job, BR_COUNT_SUCCEEDED), 2);
  br_job_free(job);
  br_batch_free(batch);
  br_router_free(router);
}
