/* Closing wakes everybody who waits, is idempotent, and leaves a router that refuses politely. */
#include <pthread.h>
#include <stdatomic.h>

#include "support.h"

enum { kRounds = 20, kWaiters = 4 };

struct waiter {
  br_router *router;
  br_job *job;
  pthread_barrier_t *start;
  br_status status;
};

static void *wait_in_poll(void *argument) {
  struct waiter *w = argument;
  pthread_barrier_wait(w->start);
  do w->status = br_poll(w->router, -1, NULL);
  while (w->status == BR_OK);
  return NULL;
}

static void *wait_for_job_result(void *argument) {
  struct waiter *w = argument;
  br_result *result = NULL;
  pthread_barrier_wait(w->start);
  w->status = br_next_result(w->router, w->job, -1, &result, NULL);
  return result;
}

static void *wait_for_any_result(void *argument) {
  struct waiter *w = argument;
  br_result *result = NULL;
  pthread_barrier_wait(w->start);
  w->status = br_next_result(w->router, NULL, -1, &result, NULL);
  return result;
}

static void *wait_for_job(void *argument) {
  struct waiter *w = argument;
  pthread_barrier_wait(w->start);
  w->status = br_job_wait(w->job, -1, NULL);
  return NULL;
}

static void close_wakes_everybody_who_waits(void **state) {
  (void)state;
  void *(*const work[kWaiters])(void *) = {wait_in_poll, wait_for_job_result, wait_for_any_result, wait_for_job};
  for (int round = 0; round < kRounds; round++) {
    char *dir = make_directory();
    br_router *router = open_router(dir, dead_url());
    br_job *jobs[kWaiters];
    struct waiter waiters[kWaiters];
    pthread_t threads[kWaiters];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, kWaiters + 1);
    for (int i = 0; i < kWaiters; i++) {
      jobs[i] = submit(router, 1);
      waiters[i] = (struct waiter){router, jobs[i], &start, BR_OK};
      pthread_create(&threads[i], NULL, work[i], &waiters[i]);
    }
    pthread_barrier_wait(&start);
    assert_int_equal(br_router_close(router, 1000, NULL), BR_OK);
    for (int i = 0; i < kWaiters; i++) {
      void *result = NULL;
      pthread_join(threads[i], &result);
      assert_null(result);
      assert_int_equal(waiters[i].status, BR_ECLOSED);
      br_job_free(jobs[i]);
    }
    pthread_barrier_destroy(&start);
    br_router_free(router);
    remove_directory(dir);
  }
}

static void *close_it(void *argument) {
  struct waiter *w = argument;
  pthread_barrier_wait(w->start);
  w->status = br_router_close(w->router, 1000, NULL);
  return NULL;
}

static void close_from_many_threads_succeeds_in_each(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = submit(router, 1);
  struct waiter waiters[kWaiters];
  pthread_t threads[kWaiters];
  pthread_barrier_t start;
  pthread_barrier_init(&start, NULL, kWaiters);
  for (int i = 0; i < kWaiters; i++) {
    waiters[i] = (struct waiter){router, job, &start, BR_EINTERNAL};
    pthread_create(&threads[i], NULL, close_it, &waiters[i]);
  }
  for (int i = 0; i < kWaiters; i++) {
    pthread_join(threads[i], NULL);
    assert_int_equal(waiters[i].status, BR_OK);
  }
  pthread_barrier_destroy(&start);
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
}

static void closed_router_refuses_every_call(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = submit(router, 1), *other = NULL;
  br_batch *batch = batch_of(1);
  br_job_list *list = NULL;
  br_result *result = NULL;
  br_results *results = NULL;
  br_error *error = NULL;
  size_t count = 0;
  assert_true(br_router_fd(router) >= 0);
  assert_int_equal(br_router_close(router, 0, NULL), BR_OK);
  assert_int_equal(br_router_close(router, 0, NULL), BR_OK);
  assert_int_equal(br_router_fd(router), -1);
  br_router_wakeup(router);
#define CLOSED(call) assert_refused((call), BR_ECLOSED, &error)
  CLOSED(br_poll(router, -1, &error));
  CLOSED(br_submit(router, batch, NULL, NULL, NULL, &other, &error));
  CLOSED(br_job_open(router, br_job_id(job), &other, &error));
  CLOSED(br_attach(router, "openai", "batch_1", &other, &error));
  CLOSED(br_resume(router, NULL, &error));
  CLOSED(br_resume(router, job, &error));
  CLOSED(br_list_remote(router, "openai", 1, -1, &list, &error));
  CLOSED(br_list(router, NULL, 0, &list, &error));
  CLOSED(br_next_result(router, job, -1, &result, &error));
  CLOSED(br_next_results(router, NULL, -1, &result, 1, &count, &error));
  CLOSED(br_job_update(job, &error));
  CLOSED(br_job_refresh(job, -1, &error));
  CLOSED(br_job_wait(job, -1, &error));
  CLOSED(br_job_wait_submitted(job, -1, &error));
  CLOSED(br_job_ack_all(job, &error));
  CLOSED(br_job_refetch(job, -1, NULL, &error));
  CLOSED(br_job_adopt(job, 0, "batch_1", &error));
  CLOSED(br_job_abandon(job, &error));
  CLOSED(br_cancel(job, -1, NULL, &error));
  CLOSED(br_job_remove(job, &error));
  CLOSED(br_results_open(job, &results, &error));
  CLOSED(br_results_follow(job, -1, &results, &error));
  assert_non_null(br_job_json(job, NULL));
  br_job_free(job);
  br_batch_free(batch);
  br_router_free(router);
  remove_directory(dir);
}

static void wakeup_before_a_wait_ends_the_wait(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = submit(router, 1);
  br_result *result = NULL;
  while (br_poll(router, 0, NULL) == BR_OK) continue;
  br_router_wakeup(router);
  assert_int_equal(br_next_result(router, job, -1, &result, NULL), BR_AGAIN);
  br_router_wakeup(router);
  assert_int_equal(br_job_wait(job, -1, NULL), BR_AGAIN);
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
}

/* What it says on its own thread holds for one call. */
static void interrupt_since_a_count_ends_the_call_that_comes_later(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = submit(router, 1);
  const int64_t before = br_router_interrupt_count(router);
  br_router_interrupt(router);
  assert_int_equal(br_router_interrupt_count(router), before + 1);
  br_router_interrupt_since(router, before);
  assert_int_equal(br_job_wait(job, -1, NULL), BR_AGAIN);
  assert_int_equal(br_job_wait(job, 1, NULL), BR_ETIMEOUT);
  br_router_interrupt_since(router, before + 1);
  assert_int_equal(br_job_wait(job, 1, NULL), BR_ETIMEOUT);
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
}

static atomic_int interrupted_waits;

static void *wait_until_interrupted(void *argument) {
  struct waiter *w = argument;
  pthread_barrier_wait(w->start);
  w->status = br_job_wait(w->job, -1, NULL);
  atomic_fetch_add(&interrupted_waits, 1);
  return NULL;
}

static void interrupt_ends_those_who_wait_and_no_later_call(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = submit(router, 1);
  pthread_barrier_t start;
  pthread_barrier_init(&start, NULL, 2);
  struct waiter waiter = {router, job, &start, BR_OK};
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, wait_until_interrupted, &waiter), 0);
  pthread_barrier_wait(&start);
  /* Until it waits an interrupt passes it by. */
  while (atomic_load(&interrupted_waits) == 0) br_router_interrupt(router);
  pthread_join(thread, NULL);
  pthread_barrier_destroy(&start);
  assert_int_equal(waiter.status, BR_AGAIN);
  assert_int_equal(br_job_wait(job, 1, NULL), BR_ETIMEOUT);
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
}

static void timeout_of_any_length_is_taken(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = submit(router, 1);
  br_result *result = NULL;
  /* Longer than a clock can count: it waits, until it is woken. */
  br_router_wakeup(router);
  assert_int_equal(br_next_result(router, job, INT64_MAX, &result, NULL), BR_AGAIN);
  br_router_wakeup(router);
  assert_int_equal(br_job_wait(job, INT64_MAX, NULL), BR_AGAIN);
  assert_int_equal(br_job_wait(job, 0, NULL), BR_ETIMEOUT);
  assert_int_equal(br_next_result(router, job, 1, &result, NULL), BR_AGAIN);
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(close_wakes_everybody_who_waits),  cmocka_unit_test(close_from_many_threads_succeeds_in_each),
      cmocka_unit_test(closed_router_refuses_every_call), cmocka_unit_test(wakeup_before_a_wait_ends_the_wait),
      cmocka_unit_test(timeout_of_any_length_is_taken),
      cmocka_unit_test(interrupt_since_a_count_ends_the_call_that_comes_later),
      cmocka_unit_test(interrupt_ends_those_who_wait_and_no_later_call),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
