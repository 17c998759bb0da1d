/* Job handles: shared by threads, blocked, woken; what an event tells is there to be seen. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "support.h"
#include "support/emulator_c.h"

struct world {
  emulator *vendor;
  char *dir;
  br_router *router;
};

static struct world open_world(int polls, const char *fault) {
  struct world w = {.vendor = emulator_start(polls), .dir = make_directory()};
  if (fault != NULL) emulator_add_fault(w.vendor, fault);
  w.router = open_router(w.dir, emulator_base_url(w.vendor));
  return w;
}

static void end(struct world *w) {
  br_router_free(w->router);
  remove_directory(w->dir);
  emulator_stop(w->vendor);
}

enum { kThreads = 4, kRounds = 300 };

struct shared {
  br_job *job;
  pthread_barrier_t start;
  atomic_int wrong, done;
};

#define EXPECT(condition) \
  if (!(condition)) atomic_store(&s->wrong, __LINE__)

static void *read_everything(void *argument) {
  struct shared *s = argument;
  pthread_barrier_wait(&s->start);
  const char *id = br_job_id(s->job), *first_json = br_job_json(s->job, NULL);
  while (s->done == 0) {
    size_t length = 0;
    const char *json = br_job_json(s->job, &length);
    EXPECT(json != NULL && strlen(json) == length && json[length - 1] == '}');
    EXPECT(strcmp(br_job_provider(s->job), "openai") == 0);
    EXPECT(br_job_count(s->job, BR_COUNT_TOTAL) == 2);
    EXPECT(br_job_state(s->job) > 0);
    EXPECT(br_job_error_message(s->job) == NULL);
    const char *batch = br_job_batch_id(s->job, 0);
    EXPECT(batch == NULL || batch[0] != '\0');
  }
  /* What was lent at the beginning is good until the handle is freed. */
  EXPECT(id == br_job_id(s->job) && first_json[0] == '{');
  return NULL;
}

static void *update_always(void *argument) {
  struct shared *s = argument;
  pthread_barrier_wait(&s->start);
  for (int i = 0; i < kRounds; i++) EXPECT(br_job_update(s->job, NULL) == BR_OK);
  return NULL;
}

static void *wait_until_done(void *argument) {
  struct shared *s = argument;
  pthread_barrier_wait(&s->start);
  EXPECT(br_job_wait(s->job, -1, NULL) == BR_OK);
  EXPECT(br_job_is_done(s->job) == 1);
  return NULL;
}

static void *refresh_until_done(void *argument) {
  struct shared *s = argument;
  pthread_barrier_wait(&s->start);
  while (br_job_is_done(s->job) == 0) EXPECT(br_job_refresh(s->job, 10000, NULL) == BR_OK);
  return NULL;
}

static void job_handle_shared_by_threads_stays_whole(void **state) {
  (void)state;
  void *(*const work[kThreads])(void *) = {read_everything, update_always, wait_until_done, refresh_until_done};
  struct world w = open_world(20, NULL);
  struct shared s = {.job = submit(w.router, 2)};
  pthread_t threads[kThreads];
  pthread_barrier_init(&s.start, NULL, kThreads);
  for (int i = 0; i < kThreads; i++) pthread_create(&threads[i], NULL, work[i], &s);
  for (int i = 1; i < kThreads; i++) pthread_join(threads[i], NULL);
  s.done = 1;
  pthread_join(threads[0], NULL);
  if (s.wrong != 0) fail_msg("what line %d expects does not hold", s.wrong);
  pthread_barrier_destroy(&s.start);
  br_job_free(s.job);
  end(&w);
}

static void texts_of_a_job_outlive_its_snapshots(void **state) {
  (void)state;
  struct world w = open_world(1, NULL);
  br_job *job = submit(w.router, 1);
  size_t length = 0;
  const char *json = br_job_json(job, &length), *provider = br_job_provider(job);
  assert_int_equal(br_job_wait(job, -1, NULL), BR_OK);
  for (int i = 0; i < 100; i++) assert_int_equal(br_job_update(job, NULL), BR_OK);
  assert_int_equal(strlen(json), length);
  assert_string_equal(provider, "openai");
  assert_non_null(strstr(br_job_json(job, NULL), "\"status\":\"completed\""));
  br_job_free(job);
  end(&w);
}

/* Every way to wait for results of a job whose key the vendor refuses. */
static void blocked_job_gives_its_reason_instead_of_results(void **state) {
  (void)state;
  struct world w = open_world(1, "* * status status=401 count=0");
  br_job *job = submit(w.router, 2);
  br_result *results[2] = {NULL, NULL};
  br_error *error = NULL;
  size_t count = 7;
  assert_refused(br_next_result(w.router, job, -1, results, &error), BR_EAUTH, &error);
  assert_int_equal(br_job_update(job, NULL), BR_OK);
  assert_int_equal(br_job_is_blocked(job), 1);
  assert_int_equal(br_job_error_code(job), BR_EAUTH);
  assert_refused(br_next_results(w.router, job, -1, results, 2, &count, &error), BR_EAUTH, &error);
  assert_int_equal(count, 0);
  assert_refused(br_next_result(w.router, NULL, -1, results, &error), BR_EAUTH, &error);
  assert_null(results[0]);
  assert_int_equal(br_job_wait(job, -1, NULL), BR_OK);
  br_job_free(job);
  end(&w);
}

static void blocked_job_goes_on_after_resume(void **state) {
  (void)state;
  struct world w = open_world(1, "POST /v1/files status status=401 count=1");
  br_job *job = submit(w.router, 1);
  br_result *result = NULL;
  br_error *error = NULL;
  assert_refused(br_next_result(w.router, job, -1, &result, &error), BR_EAUTH, &error);
  assert_ok(br_resume(w.router, job, &error), &error);
  assert_ok(br_next_result(w.router, job, -1, &result, &error), &error);
  assert_string_equal(br_result_custom_id(result, NULL), "r0");
  br_result_free(result);
  br_job_free(job);
  end(&w);
}

/* The vendor never answers, so only the wakeup can end these. */
static void wakeup_ends_what_waits_for_the_network(void **state) {
  (void)state;
  struct world w = open_world(1000000, NULL);
  br_job *jobs[1] = {submit(w.router, 1)};
  br_error *errors[1], *error = NULL;
  int32_t cancelled[1] = {7};
  assert_ok(br_job_wait_submitted(jobs[0], -1, &error), &error);
  emulator_add_fault(w.vendor, "* * hang count=0");
  br_router_wakeup(w.router);
  assert_int_equal(br_job_refresh(jobs[0], -1, &error), BR_AGAIN);
  br_router_wakeup(w.router);
  assert_int_equal(br_refresh_many(w.router, jobs, 1, -1, errors, &error), BR_AGAIN);
  assert_null(errors[0]);
  br_router_wakeup(w.router);
  assert_int_equal(br_cancel(jobs[0], -1, cancelled, &error), BR_AGAIN);
  assert_int_equal(cancelled[0], 0);
  br_router_wakeup(w.router);
  assert_int_equal(br_cancel_many(w.router, jobs, 1, -1, cancelled, errors, &error), BR_AGAIN);
  assert_null(error);
  br_job_free(jobs[0]);
  end(&w);
}

static void handles_of_another_router_are_refused(void **state) {
  (void)state;
  struct world w = open_world(1, NULL), other = open_world(1, NULL);
  br_job *jobs[1] = {submit(w.router, 1)}, *made = NULL;
  br_result *result = NULL;
  br_error *error = NULL;
  assert_refused(br_next_result(other.router, jobs[0], 0, &result, &error), BR_EINVAL, &error);
  assert_refused(br_resume(other.router, jobs[0], &error), BR_EINVAL, &error);
  assert_refused(br_retry(other.router, jobs[0], NULL, NULL, NULL, &made, &error), BR_EINVAL, &error);
  assert_refused(br_wait_many(other.router, jobs, 1, 0, &error), BR_EINVAL, &error);
  assert_refused(br_refresh_many(other.router, jobs, 1, 0, NULL, &error), BR_EINVAL, &error);
  assert_refused(br_cancel_many(other.router, jobs, 1, 0, NULL, NULL, &error), BR_EINVAL, &error);
  br_job_free(jobs[0]);
  end(&other);
  end(&w);
}

static void on_done(void *user_data, br_job *job) {
  (void)job;
  ++*(int *)user_data;
}

/* A job may end before br_submit has returned, or long before somebody asks to be told. */
static void done_of_a_job_that_has_ended_already_runs(void **state) {
  (void)state;
  struct world w = open_world(1, NULL);
  br_batch *batch = batch_of(1);
  br_job *job = NULL;
  br_error *error = NULL;
  int done = 0;
  assert_ok(br_batch_set(batch, "continue", "1", &error), &error);
  assert_ok(br_submit(w.router, batch, NULL, NULL, NULL, &job, &error), &error);
  assert_ok(br_job_wait(job, -1, &error), &error);
  assert_int_equal(br_submit(w.router, batch, on_done, &done, NULL, NULL, &error), BR_EXISTS);
  while (done == 0) assert_int_equal(br_poll(w.router, -1, NULL), BR_OK);
  assert_int_equal(done, 1);
  br_job_free(job);
  br_batch_free(batch);
  end(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(job_handle_shared_by_threads_stays_whole),
      cmocka_unit_test(texts_of_a_job_outlive_its_snapshots),
      cmocka_unit_test(blocked_job_gives_its_reason_instead_of_results),
      cmocka_unit_test(blocked_job_goes_on_after_resume),
      cmocka_unit_test(wakeup_ends_what_waits_for_the_network),
      cmocka_unit_test(handles_of_another_router_are_refused),
      cmocka_unit_test(done_of_a_job_that_has_ended_already_runs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
