/* Many batches at once, and what follows a job: validating together, waiting, cancelling, sending again, input order. */
#include <stdio.h>
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

static void end(struct world *w) {
  br_router_free(w->router);
  remove_directory(w->dir);
  emulator_stop(w->vendor);
}

static br_batch *batch_of_text(const char *text) {
  br_batch *batch = br_batch_new("openai");
  assert_int_equal(br_batch_add_jsonl(batch, text, strlen(text), NULL), BR_OK);
  return batch;
}

enum { kMany = 5 };

static void run_many_all_done_in_input_order(void **state) {
  (void)state;
  struct world w = open_world(1);
  br_batch *batches[kMany];
  br_job *jobs[kMany];
  br_error *error = NULL;
  for (int i = 0; i < kMany; i++) batches[i] = batch_of(i + 1);
  assert_ok(br_run(w.router, batches, kMany, -1, jobs, NULL, &error), &error);
  for (int i = 0; i < kMany; i++) {
    assert_int_equal(br_job_is_done(jobs[i]), 1);
    assert_int_equal(br_job_count(jobs[i], BR_COUNT_SUCCEEDED), i + 1);
    br_job_free(jobs[i]);
    br_batch_free(batches[i]);
  }
  assert_int_equal(emulator_batches_created(w.vendor), kMany);
  end(&w);
}

static void submit_many_one_wrong_nothing_is_sent(void **state) {
  (void)state;
  struct world w = open_world(1);
  br_batch *batches[2] = {batch_of(3), batch_of_text("{\"custom_id\":\"a\",\"model\":\"m\"}")};
  br_job *jobs[2];
  br_error *errors[2], *error = NULL;
  assert_int_equal(br_submit_many(w.router, batches, 2, jobs, errors, &error), BR_EINPUT);
  assert_null(jobs[0]);
  assert_null(errors[0]);
  assert_int_equal(br_error_code(errors[1]), BR_EINPUT);
  assert_non_null(strstr(br_error_message(error), "1 of 2"));
  br_error_free(errors[1]);
  br_error_free(error);
  br_job_list *list = NULL;
  assert_int_equal(br_list(w.router, NULL, 0, &list, NULL), BR_OK);
  assert_int_equal(br_job_list_count(list), 0);
  br_job_list_free(list);
  assert_int_equal(emulator_batches_created(w.vendor), 0);
  for (int i = 0; i < 2; i++) br_batch_free(batches[i]);
  end(&w);
}

static void submit_many_missing_providers_are_named_together(void **state) {
  (void)state;
  struct world w = open_world(1);
  br_batch *batches[2] = {br_batch_new("nobody"), br_batch_new("somebody")};
  static const char line[] =
      "{\"custom_id\":\"a\",\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
  br_job *jobs[2];
  br_error *error = NULL;
  for (int i = 0; i < 2; i++) br_batch_add_jsonl(batches[i], line, strlen(line), NULL);
  assert_int_equal(br_submit_many(w.router, batches, 2, jobs, NULL, &error), BR_ENOPROVIDER);
  assert_non_null(strstr(br_error_message(error), "\"nobody\""));
  assert_non_null(strstr(br_error_message(error), "\"somebody\""));
  br_error_free(error);
  for (int i = 0; i < 2; i++) br_batch_free(batches[i]);
  end(&w);
}

static void submit_many_id_scope_all_refuses_the_same_id_twice(void **state) {
  (void)state;
  struct world w = open_world(1);
  br_config *config = config_for(w.dir, emulator_base_url(w.vendor));
  br_error *error = NULL;
  assert_ok(br_config_set(config, "id_scope", "all", &error), &error);
  br_router_free(w.router);
  assert_ok(br_router_new(config, &w.router, &error), &error);
  br_config_free(config);
  br_batch *batches[2] = {batch_of(2), batch_of(2)};
  br_job *jobs[2];
  assert_int_equal(br_submit_many(w.router, batches, 2, jobs, NULL, &error), BR_EINPUT);
  assert_int_equal(br_error_issue_total(error), 2);
  assert_non_null(strstr(br_error_issue(error, 0), "batch 2, line 1"));
  br_error_free(error);
  for (int i = 0; i < 2; i++) br_batch_free(batches[i]);
  end(&w);
}

static void wait_many_time_runs_out_names_the_unfinished(void **state) {
  (void)state;
  struct world w = open_world(1000000);
  br_batch *batches[2] = {batch_of(1), batch_of(2)};
  br_job *jobs[2];
  br_error *error = NULL;
  assert_ok(br_submit_many(w.router, batches, 2, jobs, NULL, &error), &error);
  assert_int_equal(br_wait_many(w.router, jobs, 2, 1, &error), BR_ETIMEOUT);
  assert_int_equal(br_error_issue_count(error), 2);
  assert_string_equal(br_error_issue(error, 0), br_job_id(jobs[0]));
  br_error_free(error);
  for (int i = 0; i < 2; i++) assert_ok(br_job_wait_submitted(jobs[i], -1, &error), &error);
  int32_t cancelled[2] = {0, 0};
  assert_ok(br_cancel_many(w.router, jobs, 2, 10000, cancelled, NULL, &error), &error);
  assert_int_equal(cancelled[0] + cancelled[1], 2);
  for (int i = 0; i < 2; i++) br_job_free(jobs[i]), br_batch_free(batches[i]);
  end(&w);
}

/* One of two batches gives the vendor's refusal; the other goes on. */
static void add_refusal(struct world *w, const char *method, br_job *job, const char *rest) {
  char fault[256];
  snprintf(fault, sizeof fault, "%s /v1/batches/%s%s status status=403 count=0", method, br_job_batch_id(job, 0), rest);
  emulator_add_fault(w->vendor, fault);
}

static void refresh_and_cancel_many_tell_which_failed(void **state) {
  (void)state;
  struct world w = open_world(1000000);
  br_batch *batches[2] = {batch_of(1), batch_of(2)};
  br_job *jobs[2];
  br_error *errors[2], *error = NULL;
  assert_ok(br_submit_many(w.router, batches, 2, jobs, NULL, &error), &error);
  for (int i = 0; i < 2; i++) assert_ok(br_job_wait_submitted(jobs[i], -1, &error), &error);
  add_refusal(&w, "POST", jobs[0], "/cancel");
  int32_t cancelled[2] = {7, 7};
  assert_refused(br_cancel_many(w.router, jobs, 2, -1, cancelled, errors, &error), BR_EPARTIAL, &error);
  assert_int_equal(br_error_code(errors[0]), BR_EAUTH);
  assert_null(errors[1]);
  assert_int_equal(cancelled[0], 0);
  assert_int_equal(cancelled[1], 1);
  br_error_free(errors[0]);
  add_refusal(&w, "GET", jobs[0], "");
  /* Blocked by a poll of the router's own: a question that was under way before the refusal is over. */
  assert_ok(br_job_wait(jobs[0], -1, &error), &error);
  assert_refused(br_refresh_many(w.router, jobs, 2, -1, errors, &error), BR_EPARTIAL, &error);
  assert_int_equal(br_error_code(errors[0]), BR_EAUTH);
  assert_null(errors[1]);
  assert_int_equal(br_job_is_blocked(jobs[0]), 1);
  br_error_free(errors[0]);
  for (int i = 0; i < 2; i++) br_job_free(jobs[i]), br_batch_free(batches[i]);
  end(&w);
}

static void run_one_blocked_the_others_are_done(void **state) {
  (void)state;
  struct world w = open_world(1);
  emulator_add_fault(w.vendor, "POST /v1/files status status=401 count=1");
  br_batch *batches[3] = {batch_of(1), batch_of(2), batch_of(3)};
  br_job *jobs[3];
  br_error *error = NULL;
  int blocked = 0, done = 0;
  assert_ok(br_run(w.router, batches, 3, -1, jobs, NULL, &error), &error);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(br_job_count(jobs[i], BR_COUNT_TOTAL), i + 1);
    blocked += br_job_is_blocked(jobs[i]) && br_job_error_code(jobs[i]) == BR_EAUTH;
    done += br_job_is_done(jobs[i]);
    br_job_free(jobs[i]), br_batch_free(batches[i]);
  }
  assert_int_equal(blocked, 1);
  assert_int_equal(done, 2);
  end(&w);
}

/* Two good requests and one whose temperature the vendor refuses by a row of its own. */
static const char kMixed[] =
    "{\"custom_id\":\"first\",\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}\n"
    "{\"custom_id\":\"bad\",\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"b\"}],"
    "\"provider_kwargs\":{\"temperature\":9}}\n"
    "{\"custom_id\":\"last\",\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"c\"}]}\n";

static int32_t keep(void *user_data, const char *data, size_t length) {
  strncat(user_data, data, length);
  return 0;
}

static int32_t close_router(void *router, const char *data, size_t length) {
  (void)data, (void)length;
  return br_router_close(router, -1, NULL) == BR_OK ? 0 : 1;
}

static void retry_sends_only_what_failed(void **state) {
  (void)state;
  struct world w = open_world(1);
  br_batch *batch = batch_of_text(kMixed);
  br_job *job = NULL, *again = NULL;
  br_error *error = NULL;
  assert_ok(br_submit(w.router, batch, NULL, NULL, NULL, &job, &error), &error);
  assert_ok(br_job_wait(job, -1, &error), &error);
  assert_int_equal(br_job_count(job, BR_COUNT_ERRORED), 1);
  char lines[1024] = "";
  int64_t rows = 0;
  assert_ok(br_job_write_failed(job, keep, lines, &rows, &error), &error);
  assert_int_equal(rows, 1);
  assert_non_null(strstr(lines, "\"bad\""));
  assert_null(strstr(lines, "\"first\""));
  assert_ok(br_retry(w.router, job, NULL, NULL, NULL, &again, &error), &error);
  assert_string_equal(br_job_parent(again), br_job_id(job));
  assert_int_equal(br_job_attempt(again), 2);
  assert_ok(br_job_wait(again, -1, &error), &error);
  assert_int_equal(br_job_count(again, BR_COUNT_TOTAL), 1);
  br_result *result = NULL;
  assert_ok(br_next_result(w.router, again, -1, &result, &error), &error);
  assert_string_equal(br_result_custom_id(result, NULL), "bad");
  br_result_free(result);
  /* The function that is given the lines may do anything. */
  assert_ok(br_job_write_failed(job, close_router, w.router, &rows, &error), &error);
  br_job_free(again), br_job_free(job), br_batch_free(batch);
  end(&w);
}

static void retry_nothing_failed_is_not_found(void **state) {
  (void)state;
  struct world w = open_world(1);
  br_job *job = submit(w.router, 2), *again = NULL;
  br_error *error = NULL;
  assert_ok(br_job_wait(job, -1, &error), &error);
  assert_refused(br_retry(w.router, job, NULL, NULL, NULL, &again, &error), BR_ENOTFOUND, &error);
  assert_null(again);
  br_job_free(job);
  end(&w);
}

static void results_input_order_follows_the_requests(void **state) {
  (void)state;
  enum { kRequests = 200 };
  struct world w = open_world(1);
  br_job *job = submit(w.router, kRequests);
  br_results *results = NULL;
  br_result *all[kRequests];
  size_t count = 0;
  br_error *error = NULL;
  assert_ok(br_job_wait(job, -1, &error), &error);
  assert_ok(br_results_open(job, &results, &error), &error);
  assert_ok(br_results_set_order(results, BR_ORDER_INPUT, &error), &error);
  assert_ok(br_results_next(results, all, kRequests, &count, &error), &error);
  assert_int_equal(count, kRequests);
  br_batch *batch = batch_of(kRequests);
  for (int i = 0; i < kRequests; i++) {
    char want[32];
    snprintf(want, sizeof want, "r%d", i);
    assert_string_equal(br_result_custom_id(all[i], NULL), want);
    br_result_free(all[i]);
  }
  br_batch_free(batch), br_results_free(results), br_job_free(job);
  end(&w);
}

static void removed_provider_takes_no_requests(void **state) {
  (void)state;
  struct world w = open_world(1);
  br_error *error = NULL;
  assert_int_equal(br_router_has_provider(w.router, "openai"), 1);
  assert_ok(br_router_remove_provider(w.router, "openai", &error), &error);
  assert_int_equal(br_router_has_provider(w.router, "openai"), 0);
  br_batch *batch = batch_of(1);
  assert_refused(br_submit(w.router, batch, NULL, NULL, NULL, NULL, &error), BR_ENOPROVIDER, &error);
  assert_refused(br_router_remove_provider(w.router, "openai", &error), BR_EALREADY, &error);
  assert_ok(br_router_add_provider(w.router, "openai", &error), &error);
  assert_refused(br_router_add_provider(w.router, "openai", &error), BR_EALREADY, &error);
  assert_ok(br_submit(w.router, batch, NULL, NULL, NULL, NULL, &error), &error);
  br_batch_free(batch);
  end(&w);
}

static void plan_over_the_budget_nothing_is_sent(void **state) {
  (void)state;
  struct world w = open_world(1);
  br_batch *batch = batch_of_text(
      "{\"custom_id\":\"a\",\"model\":\"gpt-4o-mini\",\"generation_config\":{\"max_tokens\":1000000},\"messages\":"
      "[{\"role\":\"user\",\"content\":\"x\"}]}");
  br_plan *plan = NULL;
  br_error *error = NULL;
  assert_ok(br_plan_new(NULL, batch, &plan, &error), &error);
  assert_true(br_plan_sync_usd(plan) > 0.59 && br_plan_sync_usd(plan) < 0.61);
  assert_true(br_plan_batch_usd(plan) > 0.29 && br_plan_batch_usd(plan) < 0.31);
  br_plan_free(plan);
  assert_ok(br_batch_set(batch, "max_cost_usd", "0.10", &error), &error);
  assert_refused(br_submit(w.router, batch, NULL, NULL, NULL, NULL, &error), BR_EBUDGET, &error);
  assert_int_equal(emulator_batches_created(w.vendor), 0);
  br_batch_free(batch);
  end(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(run_many_all_done_in_input_order),
      cmocka_unit_test(submit_many_one_wrong_nothing_is_sent),
      cmocka_unit_test(submit_many_missing_providers_are_named_together),
      cmocka_unit_test(submit_many_id_scope_all_refuses_the_same_id_twice),
      cmocka_unit_test(wait_many_time_runs_out_names_the_unfinished),
      cmocka_unit_test(refresh_and_cancel_many_tell_which_failed),
      cmocka_unit_test(run_one_blocked_the_others_are_done),
      cmocka_unit_test(retry_sends_only_what_failed),
      cmocka_unit_test(retry_nothing_failed_is_not_found),
      cmocka_unit_test(results_input_order_follows_the_requests),
      cmocka_unit_test(removed_provider_takes_no_requests),
      cmocka_unit_test(plan_over_the_budget_nothing_is_sent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
