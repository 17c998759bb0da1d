/* The same work given again: it is gone on with, refused, taken, or paid for again, as the caller says. */
#include <string.h>

#include "support.h"
#include "support/emulator_c.h"

struct world {
  emulator *vendor;
  char *dir;
  br_router *router;
};

static struct world open_world(int polls) {
  struct world w = {.vendor = emulator_start(polls), .dir = make_directory()};
  w.router = open_router(w.dir, emulator_base_url(w.vendor));
  return w;
}

static void reopen(struct world *w) {
  br_router_free(w->router);
  w->router = open_router(w->dir, emulator_base_url(w->vendor));
}

static void end(struct world *w) {
  br_router_free(w->router);
  remove_directory(w->dir);
  emulator_stop(w->vendor);
}

/* One request, with one option (NULL: none) beside "continue". */
static br_status give(struct world *w, const char *output, const char *key, const char *value, br_job **job,
                      br_error **error) {
  br_batch *batch = batch_of(2);
  br_status status = BR_OK;
  assert_int_equal(br_batch_set(batch, "continue", "1", NULL), BR_OK);
  if (output != NULL) assert_int_equal(br_batch_set(batch, "output", output, NULL), BR_OK);
  if (key != NULL) assert_int_equal(br_batch_set(batch, key, value, NULL), BR_OK);
  status = br_submit(w->router, batch, NULL, NULL, NULL, job, error);
  br_batch_free(batch);
  return status;
}

/* A job that is done, acknowledged, and whose router was closed in order. */
static void finish_one(struct world *w, char *id, size_t size) {
  br_job *job = NULL;
  assert_int_equal(give(w, NULL, "finished", "refuse", &job, NULL), BR_OK);
  assert_int_equal(br_job_wait(job, -1, NULL), BR_OK);
  assert_int_equal(br_job_ack_all(job, NULL), BR_OK);
  strncpy(id, br_job_id(job), size - 1);
  br_job_free(job);
  reopen(w);
}

static void finished_work_is_refused_by_the_name_of_its_job(void **state) {
  (void)state;
  struct world w = open_world(1);
  char id[64] = "";
  br_job *job = NULL;
  br_error *error = NULL;
  finish_one(&w, id, sizeof id);
  assert_int_equal(give(&w, "/tmp/elsewhere", "finished", "refuse", &job, &error), BR_EALREADY);
  assert_null(job);
  assert_non_null(strstr(br_error_message(error), id));
  assert_int_equal(emulator_batches_created(w.vendor), 1);
  br_error_free(error);
  end(&w);
}

static void finished_work_is_taken_where_that_is_said(void **state) {
  (void)state;
  struct world w = open_world(1);
  char id[64] = "";
  br_job *job = NULL;
  finish_one(&w, id, sizeof id);
  assert_int_equal(give(&w, "/tmp/elsewhere", "finished", "take", &job, NULL), BR_EXISTS);
  assert_string_equal(br_job_id(job), id);
  assert_int_equal(br_job_is_done(job), 1);
  assert_string_equal(br_job_output(job), "/tmp/elsewhere");
  assert_int_equal(emulator_batches_created(w.vendor), 1);
  br_job_free(job);
  end(&w);
}

static void finished_work_is_paid_for_again_where_nothing_is_said(void **state) {
  (void)state;
  struct world w = open_world(1);
  char id[64] = "";
  br_job *job = NULL;
  br_batch *batch = br_batch_new("openai");
  br_error *error = NULL;
  finish_one(&w, id, sizeof id);
  assert_int_equal(give(&w, NULL, NULL, NULL, &job, NULL), BR_OK);
  assert_string_not_equal(br_job_id(job), id);
  br_job_free(job);
  assert_refused(br_batch_set(batch, "finished", "perhaps", &error), BR_ECONFIG, &error);
  br_batch_free(batch);
  end(&w);
}

static void unfinished_work_goes_on_and_remembers_the_newest_output(void **state) {
  (void)state;
  struct world w = open_world(50);
  br_job *first = NULL, *second = NULL, *other = NULL;
  assert_int_equal(give(&w, "/tmp/one", "finished", "refuse", &first, NULL), BR_OK);
  assert_int_equal(give(&w, "/tmp/two", "finished", "refuse", &second, NULL), BR_EXISTS);
  assert_string_equal(br_job_id(first), br_job_id(second));
  assert_string_equal(br_job_output(second), "/tmp/two");
  /* Without "finished" another output is another job. */
  assert_int_equal(give(&w, "/tmp/one", NULL, NULL, &other, NULL), BR_OK);
  assert_string_not_equal(br_job_id(first), br_job_id(other));
  br_job_free(other), br_job_free(second);
  reopen(&w);
  br_job_free(first);
  assert_int_equal(give(&w, NULL, "finished", "refuse", &second, NULL), BR_EXISTS);
  br_job_free(second);
  end(&w);
}

static const char kMixed[] =
    "{\"custom_id\":\"good\",\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}\n"
    "{\"custom_id\":\"bad\",\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
    "\"provider_kwargs\":{\"temperature\":9}}\n";

static br_status retry_with(struct world *w, br_job *job, const char *key, const char *value, br_job **again,
                            br_error **error) {
  br_batch *options = br_batch_new(NULL);
  assert_int_equal(br_batch_set(options, "output", "/tmp/more", NULL), BR_OK);
  if (key != NULL) assert_int_equal(br_batch_set(options, key, value, NULL), BR_OK);
  const br_status status = br_retry_with(w->router, job, options, NULL, NULL, NULL, again, error);
  br_batch_free(options);
  return status;
}

static void retry_given_twice_is_one_retry(void **state) {
  (void)state;
  struct world w = open_world(1);
  br_batch *batch = br_batch_new("openai");
  br_job *job = NULL, *first = NULL, *second = NULL;
  br_error *error = NULL;
  br_batch_add_jsonl(batch, kMixed, sizeof kMixed - 1, NULL);
  assert_ok(br_submit(w.router, batch, NULL, NULL, NULL, &job, &error), &error);
  assert_ok(br_job_wait(job, -1, &error), &error);
  assert_int_equal(br_job_count(job, BR_COUNT_ERRORED), 1);
  assert_int_equal(retry_with(&w, job, NULL, NULL, &first, &error), BR_OK);
  assert_string_equal(br_job_output(first), "/tmp/more");
  assert_int_equal(br_retry(w.router, job, NULL, NULL, NULL, &second, &error), BR_EXISTS);
  assert_string_equal(br_job_id(first), br_job_id(second));
  br_job_free(second);
  assert_ok(br_job_wait(first, -1, &error), &error);
  assert_ok(br_job_ack_all(first, &error), &error);
  assert_refused(retry_with(&w, job, "finished", "refuse", &second, &error), BR_EALREADY, &error);
  assert_int_equal(retry_with(&w, job, "finished", "take", &second, &error), BR_EXISTS);
  assert_string_equal(br_job_id(first), br_job_id(second));
  br_job_free(second);
  assert_int_equal(emulator_batches_created(w.vendor), 2);
  assert_int_equal(retry_with(&w, job, NULL, NULL, &second, &error), BR_OK);
  assert_string_not_equal(br_job_id(first), br_job_id(second));
  br_job_free(second), br_job_free(first), br_job_free(job), br_batch_free(batch);
  end(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(finished_work_is_refused_by_the_name_of_its_job),
                                     cmocka_unit_test(finished_work_is_taken_where_that_is_said),
                                     cmocka_unit_test(finished_work_is_paid_for_again_where_nothing_is_said),
                                     cmocka_unit_test(unfinished_work_goes_on_and_remembers_the_newest_output),
                                     cmocka_unit_test(retry_given_twice_is_one_retry)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
