/* Batches of a provider in C: how they run, fail, are cancelled and survive a restart. */
#define _GNU_SOURCE /* strdup */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "diner.h"

static br_error *error;

/* ---- batches ---- */

static void batch_runs_on_the_threads_that_wait(void **state) {
  struct stage *stage = *state;
  stage->vendor.running_polls = 2;
  br_job *job = order(stage, 3);
  struct pollfd doorbell = {.fd = br_router_fd(stage->router), .events = POLLIN};
  assert_int_equal(poll(&doorbell, 1, 20000), 1);
  assert_int_equal(stage->vendor.submits, 0); /* nobody waits yet */
  assert_int_equal(take_answers(stage->router, job), 3);
  assert_int_equal(stage->vendor.submits, 1);
  assert_int_equal(stage->vendor.fetches, 1);
  assert_ok(br_job_update(job, &error), &error);
  assert_int_equal(br_job_state(job), BR_STATE_COMPLETED);
  assert_string_equal(br_job_batch_id(job, 0), "batch-0");
  assert_int_equal(br_job_count(job, BR_COUNT_SUCCEEDED), 3);
  br_job_free(job);
}

static void note_done(void *user_data, br_job *job) { *(int *)user_data = br_job_is_done(job); }

static void poll_alone_brings_a_batch_home(void **state) {
  struct stage *stage = *state;
  int done = 0;
  br_batch *batch = diner_batch(2);
  assert_ok(br_submit(stage->router, batch, note_done, &done, NULL, NULL, &error), &error);
  br_batch_free(batch);
  while (!done) assert_int_equal(br_poll(stage->router, 20000, NULL), BR_OK);
  assert_int_equal(stage->vendor.submits, 1);
}

static void transient_refusal_is_tried_again(void **state) {
  struct stage *stage = *state;
  stage->vendor.refuse_submits = 2;
  stage->vendor.refusal_transient = 1;
  br_job *job = order(stage, 2);
  assert_int_equal(take_answers(stage->router, job), 2);
  assert_int_equal(stage->vendor.submits, 3);
  assert_int_equal(stage->vendor.lists, 0);
  br_job_free(job);
}

static void errors_are(br_router *router, br_job *job, const char *code, const char *message, int count) {
  br_result *result = NULL;
  int seen = 0;
  while (br_next_result(router, job, 20000, &result, NULL) == BR_OK) {
    assert_int_equal(br_result_status(result), BR_RESULT_ERRORED);
    assert_string_equal(br_result_error_code(result), code);
    assert_string_equal(br_result_error_message(result), message);
    br_result_free(result);
    seen++;
  }
  assert_int_equal(seen, count);
}

static void permanent_refusal_ends_the_job(void **state) {
  struct stage *stage = *state;
  stage->vendor.refuse_submits = 100;
  br_job *job = order(stage, 2);
  wait_done(job);
  assert_int_equal(stage->vendor.submits, 1);
  assert_int_equal(br_job_state(job), BR_STATE_FAILED);
  errors_are(stage->router, job, "bad_day", "[diner] no batches today", 2);
  br_job_free(job);
}

static void failed_batch_gives_its_reason_to_every_request(void **state) {
  struct stage *stage = *state;
  stage->vendor.fail_batches = 1;
  br_job *job = order(stage, 2);
  wait_done(job);
  assert_int_equal(br_job_state(job), BR_STATE_FAILED);
  errors_are(stage->router, job, "batch_failed", "[diner] the kitchen burnt down", 2);
  br_job_free(job);
}

static void request_that_it_cannot_take_is_named_and_nothing_sent(void **state) {
  struct stage *stage = *state;
  br_batch *batch = diner_batch(14);
  assert_int_equal(br_submit(stage->router, batch, NULL, NULL, NULL, NULL, &error), BR_EINPUT);
  assert_int_equal(br_error_issue_count(error), 1);
  assert_non_null(strstr(br_error_issue(error, 0), "unlucky"));
  br_error_free(error);
  br_batch_free(batch);
  static const char kOther[] =
      "{\"custom_id\":\"a\",\"model\":\"llama\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
  batch = br_batch_new("diner");
  assert_ok(br_batch_add_jsonl(batch, kOther, sizeof kOther - 1, &error), &error);
  assert_int_equal(br_submit(stage->router, batch, NULL, NULL, NULL, NULL, &error), BR_EINPUT);
  assert_non_null(strstr(br_error_issue(error, 0), "model"));
  br_error_free(error);
  error = NULL;
  br_batch_free(batch);
  assert_int_equal(stage->vendor.submits, 0);
}

static void cancel_reaches_it(void **state) {
  struct stage *stage = *state;
  int32_t cancelled = 0;
  stage->vendor.running_polls = 1000000;
  br_job *job = order(stage, 2);
  assert_ok(br_job_wait_submitted(job, 20000, &error), &error);
  assert_ok(br_cancel(job, 20000, &cancelled, &error), &error);
  assert_int_equal(cancelled, 1);
  assert_int_equal(stage->vendor.cancels, 1);
  wait_done(job);
  assert_int_equal(br_job_state(job), BR_STATE_CANCELLED);
  br_job_free(job);
}

static void cancel_without_a_function_is_unsupported(void **state) {
  struct stage *stage = *state;
  br_provider_vtbl table = table_of();
  struct vendor other = {.thread = pthread_self(), .running_polls = 1000000, .state = BR_STATE_COMPLETED};
  table.name = "bistro";
  table.cancel = NULL;
  register_table(&other, table);
  br_batch *batch = br_batch_new("bistro");
  static const char kLine[] =
      "{\"custom_id\":\"a\",\"model\":\"gpt\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
  assert_ok(br_batch_add_jsonl(batch, kLine, sizeof kLine - 1, &error), &error);
  br_job *job = NULL;
  assert_ok(br_submit(stage->router, batch, NULL, NULL, NULL, &job, &error), &error);
  assert_ok(br_job_wait_submitted(job, 20000, &error), &error);
  assert_refused(br_cancel(job, 20000, NULL, &error), BR_EUNSUPPORTED, &error);
  br_job_free(job);
  br_batch_free(batch);
  br_router_close(stage->router, 0, NULL);
  assert_ok(br_registry_unregister("bistro", &error), &error);
  assert_int_equal(other.destroyed, 1);
  free(other.ids[0]);
  free(other.markers[0]);
  free(other.paths[0]);
}

static void batch_made_elsewhere_can_be_listed_and_attached(void **state) {
  struct stage *stage = *state;
  br_job *job = order(stage, 2);
  assert_int_equal(take_answers(stage->router, job), 2);
  br_job_free(job);
  br_job_list *list = NULL;
  assert_ok(br_list_remote(stage->router, "diner", 0, 20000, &list, &error), &error);
  assert_int_equal(br_job_list_count(list), 1);
  assert_string_equal(br_job_batch_id(br_job_list_get(list, 0), 0), "batch-0");
  br_job_list_free(list);
  assert_int_equal(br_attach(stage->router, "diner", "batch-0", &job, &error), BR_EXISTS);
  br_job_free(job);
  char *elsewhere = make_directory();
  br_router *other = open_diner(elsewhere);
  assert_ok(br_attach(other, "diner", "batch-0", &job, &error), &error);
  assert_int_equal(take_answers(other, job), 2);
  /* It ended while nobody looked: its time is the vendor's, and ours are apart. */
  assert_ok(br_job_update(job, &error), &error);
  assert_int_equal(br_job_time(job, BR_TIME_COMPLETED), 1000);
  assert_true(br_job_time(job, BR_TIME_RECORDED) > 1000);
  assert_true(br_job_time(job, BR_TIME_DONE) >= br_job_time(job, BR_TIME_RECORDED));
  assert_ok(br_list(other, NULL, 0, &list, &error), &error);
  assert_int_equal(br_job_time(br_job_list_get(list, 0), BR_TIME_COMPLETED), 1000);
  br_job_list_free(list);
  br_job_free(job);
  br_router_free(other);
  remove_directory(elsewhere);
}

/* ---- restarts ---- */

static void restart_goes_on_where_it_was(void **state) {
  struct stage *stage = *state;
  stage->vendor.running_polls = 3;
  br_job *job = order(stage, 2);
  assert_ok(br_job_wait_submitted(job, 20000, &error), &error);
  char *id = strdup(br_job_id(job));
  br_job_free(job);
  br_router_free(stage->router);
  stage->router = open_diner(stage->directory);
  assert_ok(br_job_open(stage->router, id, &job, &error), &error);
  assert_int_equal(take_answers(stage->router, job), 2);
  assert_int_equal(stage->vendor.submits, 1);
  br_job_free(job);
  free(id);
}

static void submit_that_nobody_made_is_looked_for_once_and_made(void **state) {
  struct stage *stage = *state;
  br_job_free(order(stage, 2));
  struct pollfd doorbell = {.fd = br_router_fd(stage->router), .events = POLLIN};
  assert_int_equal(poll(&doorbell, 1, 20000), 1); /* the call waits */
  br_router_free(stage->router);
  assert_int_equal(stage->vendor.submits, 0);
  stage->router = open_diner(stage->directory);
  assert_int_equal(take_answers(stage->router, NULL), 2);
  assert_int_equal(stage->vendor.submits, 1);
  assert_int_equal(stage->vendor.lists, 1); /* what an earlier process planned may have been made */
}

static void lost_answer_is_found_by_its_marker(void **state) {
  struct stage *stage = *state;
  stage->vendor.lose_answers = 1;
  br_job *job = order(stage, 2);
  assert_int_equal(take_answers(stage->router, job), 2);
  assert_int_equal(stage->vendor.submits, 1);
  assert_int_equal(stage->vendor.lists, 1);
  br_job_free(job);
}

static void lost_answer_without_a_list_stays_possibly_submitted(void **state) {
  struct stage *stage = *state;
  assert_ok(br_registry_unregister("diner", &error), &error);
  stage->vendor.closed = stage->vendor.destroyed = 0;
  br_provider_vtbl table = table_of();
  table.list = NULL;
  register_table(&stage->vendor, table);
  stage->vendor.lose_answers = 1;
  br_job *job = order(stage, 2);
  assert_ok(br_job_wait(job, 20000, &error), &error);
  assert_int_equal(br_job_is_blocked(job), 1);
  assert_int_equal(br_job_submission(job), BR_POSSIBLY_SUBMITTED);
  assert_int_equal(stage->vendor.submits, 1);
  br_job_free(job);
}

static void missing_provider_blocks_until_it_is_there(void **state) {
  struct stage *stage = *state;
  br_job_free(order(stage, 2));
  br_router_free(stage->router);
  assert_ok(br_registry_unregister("diner", &error), &error);
  assert_int_equal(stage->vendor.destroyed, 1);
  stage->router = open_diner(stage->directory);
  br_job_list *list = NULL;
  assert_ok(br_list(stage->router, "diner", 0, &list, &error), &error);
  br_job *job = br_job_list_get(list, 0);
  assert_ok(br_job_wait(job, 20000, &error), &error);
  assert_int_equal(br_job_is_blocked(job), 1);
  assert_int_equal(br_job_error_code(job), BR_ENOPROVIDER);
  stage->vendor.closed = stage->vendor.destroyed = 0;
  register_table(&stage->vendor, table_of());
  assert_ok(br_resume(stage->router, job, &error), &error);
  assert_int_equal(take_answers(stage->router, job), 2);
  br_job_list_free(list);
}

static void job_under_way_keeps_an_unregistered_provider_alive(void **state) {
  struct stage *stage = *state;
  stage->vendor.running_polls = 2;
  br_job *job = order(stage, 2);
  assert_ok(br_registry_unregister("diner", &error), &error);
  assert_int_equal(stage->vendor.destroyed, 0);
  assert_int_equal(take_answers(stage->router, job), 2);
  while (stage->vendor.destroyed == 0) (void)br_poll(stage->router, 20000, NULL);
  assert_int_equal(stage->vendor.closed, 1);
  br_job_free(job);
}

/* ---- calls out of calls ---- */

static void look_around(void *argument) {
  struct stage *stage = argument;
  br_job_list *list = NULL;
  assert_non_null(br_stats_json(stage->router, NULL));
  assert_ok(br_list(stage->router, NULL, 0, &list, &error), &error);
  assert_int_equal(br_job_list_count(list), 1);
  br_job_list_free(list);
  (void)br_poll(stage->router, 0, NULL);
}

static void functions_may_call_the_library(void **state) {
  struct stage *stage = *state;
  stage->vendor.in_poll = look_around;
  stage->vendor.argument = stage;
  br_job *job = order(stage, 1);
  assert_int_equal(take_answers(stage->router, job), 1);
  br_job_free(job);
}

static void free_router(void *argument) {
  struct stage *stage = argument;
  br_router_free(stage->router);
  stage->router = NULL;
}

static void functions_may_free_the_router(void **state) {
  struct stage *stage = *state;
  stage->vendor.in_poll = free_router;
  stage->vendor.argument = stage;
  br_job *job = order(stage, 1);
  br_result *result = NULL;
  assert_refused(br_next_result(stage->router, job, 20000, &result, &error), BR_ECLOSED, &error);
  br_job_free(job);
}

static void run_and_many_serve_it_too(void **state) {
  struct stage *stage = *state;
  br_batch *batches[2] = {diner_batch(1), diner_batch(2)};
  br_job *jobs[2] = {NULL, NULL};
  assert_ok(br_run(stage->router, batches, 2, 20000, jobs, NULL, &error), &error);
  assert_int_equal(br_job_is_done(jobs[0]) + br_job_is_done(jobs[1]), 2);
  br_job_free(jobs[0]);
  br_job_free(jobs[1]);
  stage->vendor.in_poll = free_router;
  stage->vendor.argument = stage;
  assert_refused(br_run(stage->router, batches, 1, 20000, jobs, NULL, &error), BR_ECLOSED, &error);
  br_job_free(jobs[0]);
  br_batch_free(batches[0]);
  br_batch_free(batches[1]);
}

/* ---- what a provider does wrong ---- */

static void id_that_is_none_is_looked_for(void **state) {
  struct stage *stage = *state;
  stage->vendor.odd_ids = 1;
  br_job *job = order(stage, 2);
  assert_int_equal(take_answers(stage->router, job), 2);
  assert_int_equal(stage->vendor.submits, 1);
  assert_int_equal(stage->vendor.lists, 1);
  br_job_free(job);
}

static void batch_with_an_id_is_not_refused(void **state) {
  struct stage *stage = *state;
  stage->vendor.half_refused = 1;
  br_job *job = order(stage, 2);
  assert_int_equal(take_answers(stage->router, job), 2);
  assert_int_equal(stage->vendor.submits, 1);
  br_job_free(job);
}

static void garbage_becomes_typed_results(void **state) {
  struct stage *stage = *state;
  stage->vendor.garbage =
      "\xff\xfe{\n[1,2]\n{\"custom_id\":7}\n{\"custom_id\":\"who\",\"text\":\"x\"}\n{\"custom_id\":\"r0\",\"text\":7}";
  br_job *job = order(stage, 2);
  wait_done(job);
  br_result *result = NULL;
  int seen = 0, errored = 0;
  while (br_next_result(stage->router, job, 20000, &result, NULL) == BR_OK) {
    seen++;
    errored += br_result_status(result) == BR_RESULT_ERRORED && br_result_error_type(result) != NULL;
    br_result_free(result);
  }
  assert_int_equal(seen, 2);
  assert_in_range(errored, 1, 2);
  br_job_free(job);
}

static void close_here(void *argument) {
  struct stage *stage = argument;
  assert_refused(br_router_close(stage->router, 0, &error), BR_EINVAL, &error);
}

static void submit_is_not_closed_from_within(void **state) {
  struct stage *stage = *state;
  stage->vendor.in_prepare = close_here;
  stage->vendor.argument = stage;
  br_job *job = order(stage, 1);
  assert_int_equal(take_answers(stage->router, job), 1);
  br_job_free(job);
}

struct both {
  struct stage *stage;
  br_job *job;
  br_status waited;
  sem_t polled, go_on;
};

static void tell_and_close(void *argument) {
  struct both *both = argument;
  sem_post(&both->polled);
  (void)br_router_close(both->stage->router, -1, NULL);
}

static void *wait_alone(void *argument) {
  struct both *both = argument;
  both->stage->vendor.thread = pthread_self();
  both->waited = br_job_wait(both->job, 20000, NULL);
  return NULL;
}

static void two_may_close_at_once_one_of_them_in_a_call(void **state) {
  struct both both = {.stage = *state};
  pthread_t other;
  sem_init(&both.polled, 0, 0);
  both.stage->vendor.in_poll = tell_and_close;
  both.stage->vendor.argument = &both;
  both.job = order(both.stage, 1);
  assert_int_equal(pthread_create(&other, NULL, wait_alone, &both), 0);
  sem_wait(&both.polled);
  assert_ok(br_router_close(both.stage->router, -1, &error), &error);
  pthread_join(other, NULL);
  assert_int_equal(both.waited, BR_ECLOSED);
  br_job_free(both.job);
  sem_destroy(&both.polled);
}

static void hang(void *argument) {
  struct both *both = argument;
  sem_post(&both->polled);
  sem_wait(&both->go_on);
}

static void call_that_does_not_return_holds_nobody_up(void **state) {
  struct both both = {.stage = *state};
  struct stage *stage = both.stage;
  pthread_t other;
  sem_init(&both.polled, 0, 0);
  sem_init(&both.go_on, 0, 0);
  stage->vendor.in_poll = hang;
  stage->vendor.argument = &both;
  both.job = order(stage, 2);
  assert_int_equal(pthread_create(&other, NULL, wait_alone, &both), 0);
  sem_wait(&both.polled);
  br_router_free(stage->router);
  stage->router = open_diner(stage->directory);
  sem_post(&both.go_on); /* its answer comes too late, and to nobody */
  pthread_join(other, NULL);
  assert_int_equal(both.waited, BR_ECLOSED);
  br_job_free(both.job);
  stage->vendor.in_poll = NULL;
  stage->vendor.thread = pthread_self();
  assert_int_equal(take_answers(stage->router, NULL), 2);
  assert_int_equal(stage->vendor.submits, 1);
  sem_destroy(&both.polled);
  sem_destroy(&both.go_on);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      ON_STAGE(call_that_does_not_return_holds_nobody_up),
      ON_STAGE(run_and_many_serve_it_too),
      ON_STAGE(id_that_is_none_is_looked_for),
      ON_STAGE(batch_with_an_id_is_not_refused),
      ON_STAGE(garbage_becomes_typed_results),
      ON_STAGE(submit_is_not_closed_from_within),
      ON_STAGE(two_may_close_at_once_one_of_them_in_a_call),
      ON_STAGE(batch_runs_on_the_threads_that_wait),
      ON_STAGE(poll_alone_brings_a_batch_home),
      ON_STAGE(transient_refusal_is_tried_again),
      ON_STAGE(permanent_refusal_ends_the_job),
      ON_STAGE(failed_batch_gives_its_reason_to_every_request),
      ON_STAGE(request_that_it_cannot_take_is_named_and_nothing_sent),
      ON_STAGE(cancel_reaches_it),
      ON_STAGE(cancel_without_a_function_is_unsupported),
      ON_STAGE(batch_made_elsewhere_can_be_listed_and_attached),
      ON_STAGE(restart_goes_on_where_it_was),
      ON_STAGE(submit_that_nobody_made_is_looked_for_once_and_made),
      ON_STAGE(lost_answer_is_found_by_its_marker),
      ON_STAGE(lost_answer_without_a_list_stays_possibly_submitted),
      ON_STAGE(missing_provider_blocks_until_it_is_there),
      ON_STAGE(job_under_way_keeps_an_unregistered_provider_alive),
      ON_STAGE(functions_may_call_the_library),
      ON_STAGE(functions_may_free_the_router),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
