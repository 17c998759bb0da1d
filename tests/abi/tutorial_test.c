/* The interface from the first line to the last, in the order in which a program uses it. Reads as a tutorial. */
#include <string.h>

#include "support.h"
#include "support/emulator_c.h"

static br_error *error;

/* A router has a directory for its state. Whoever opens the same directory later goes on where this one stopped. */
static br_router *open_tutorial_router(const char *state_dir, emulator *vendor) {
  br_config *config = br_config_new();
  assert_ok(br_config_set(config, "state_dir", state_dir, &error), &error);
  assert_ok(br_config_set(config, "openai.base_url", emulator_base_url(vendor), &error), &error);
  assert_ok(br_config_set(config, "openai.api_key", "tutorial-key", &error), &error);
  assert_ok(br_config_set(config, "poll.interval_ms", "1", &error), &error);
  br_router *router = NULL;
  assert_ok(br_router_new(config, &router, &error), &error);
  br_config_free(config); /* It was copied. */
  return router;
}

static void requests_become_results(void **state) {
  (void)state;
  emulator *vendor = emulator_start(2);
  char *dir = make_directory();
  br_router *router = open_tutorial_router(dir, vendor);

  /* A request, built piece by piece. */
  br_request *request = br_request_new("capital", "gpt-4o-mini");
  assert_ok(br_request_set_system(request, "Be brief.", 9, &error), &error);
  assert_ok(br_request_add_message(request, BR_ROLE_USER, &error), &error);
  assert_ok(br_request_add_text(request, "What is the capital of France?", 30, &error), &error);
  assert_ok(br_request_set_generation(request, "max_tokens", "64", 2, &error), &error);

  /* A batch takes copies of requests, and lines of JSON. */
  static const char line[] =
      "{\"custom_id\":\"sum\",\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"2+2?\"}]}\n";
  br_batch *batch = br_batch_new("openai");
  assert_ok(br_batch_add(batch, request, &error), &error);
  assert_ok(br_batch_add_jsonl(batch, line, strlen(line), &error), &error);
  br_request_free(request);
  assert_ok(br_validate(NULL, batch, &error), &error);

  /* When br_submit returns, the job survives whatever happens to this process. */
  br_job *job = NULL;
  assert_int_equal(br_submit(router, batch, NULL, NULL, NULL, &job, &error), BR_OK);
  br_batch_free(batch);
  assert_non_null(br_job_id(job));
  assert_int_equal(br_job_count(job, BR_COUNT_TOTAL), 2);

  /* Results come as they arrive, each exactly once. Acknowledged ones are never handed out again. */
  int capital = 0, sum = 0;
  br_result *result = NULL;
  while (br_next_result(router, job, -1, &result, &error) == BR_OK) {
    assert_int_equal(br_result_status(result), BR_RESULT_SUCCEEDED);
    assert_non_null(br_result_text(result, NULL));
    assert_string_equal(br_result_job_id(result), br_job_id(job));
    assert_true(br_result_tokens(result, BR_TOKENS_OUTPUT) >= 0);
    capital += strcmp(br_result_custom_id(result, NULL), "capital") == 0;
    sum += strcmp(br_result_custom_id(result, NULL), "sum") == 0;
    assert_ok(br_result_ack(result, &error), &error);
    br_result_free(result);
  }
  assert_null(error);
  assert_int_equal(capital, 1);
  assert_int_equal(sum, 1);

  /* The job's handle is a snapshot; br_job_wait waits for the end, which is recorded just after the last result, and
   * takes a new one. */
  assert_int_equal(br_job_wait(job, -1, &error), BR_OK);
  assert_int_equal(br_job_is_done(job), 1);
  assert_int_equal(br_job_state(job), BR_STATE_COMPLETED);
  assert_int_equal(br_job_count(job, BR_COUNT_SUCCEEDED), 2);
  assert_int_equal(emulator_batches_created(vendor), 1);
  assert_int_equal(emulator_requests_billed(vendor), 2);
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
  emulator_stop(vendor);
}

static void wrong_input_is_refused_before_anything_is_sent(void **state) {
  (void)state;
  emulator *vendor = emulator_start(1);
  char *dir = make_directory();
  br_router *router = open_tutorial_router(dir, vendor);
  static const char lines[] = "{\"custom_id\":\"\",\"model\":\"m\",\"messages\":[]}\nnot json\n";
  br_batch *batch = br_batch_new("openai");
  br_job *job = NULL;
  assert_ok(br_batch_add_jsonl(batch, lines, strlen(lines), &error), &error);
  assert_int_equal(br_submit(router, batch, NULL, NULL, NULL, &job, &error), BR_EINPUT);
  assert_null(job);
  assert_int_equal(br_error_issue_total(error), 2);
  assert_non_null(strstr(br_error_issue(error, 0), ":1:"));
  assert_non_null(strstr(br_error_issue(error, 1), ":2:"));
  br_error_free(error);
  error = NULL;
  br_batch_free(batch);
  br_router_free(router);
  remove_directory(dir);
  assert_int_equal(emulator_batches_created(vendor), 0);
  emulator_stop(vendor);
}

static void another_router_goes_on_where_the_first_stopped(void **state) {
  (void)state;
  emulator *vendor = emulator_start(3);
  char *dir = make_directory();
  br_router *first = open_tutorial_router(dir, vendor);
  br_job *job = submit(first, 3);
  assert_ok(br_job_wait_submitted(job, -1, &error), &error);
  br_router_free(first);

  br_router *second = open_tutorial_router(dir, vendor);
  br_job *again = NULL;
  br_result *results[8];
  size_t count = 0, all = 0;
  assert_ok(br_job_open(second, br_job_id(job), &again, &error), &error);
  while (br_next_results(second, again, -1, results, 8, &count, &error) == BR_OK) {
    for (size_t i = 0; i < count; i++) br_result_free(results[i]);
    all += count;
  }
  assert_int_equal(all, 3);
  assert_int_equal(emulator_batches_created(vendor), 1);
  assert_int_equal(emulator_requests_twice_paid(vendor), 0);
  br_job_free(again);
  br_job_free(job);
  br_router_free(second);
  remove_directory(dir);
  emulator_stop(vendor);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(requests_become_results),
      cmocka_unit_test(wrong_input_is_refused_before_anything_is_sent),
      cmocka_unit_test(another_router_goes_on_where_the_first_stopped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
