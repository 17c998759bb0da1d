/* One router, many threads, every call at once. Worth most under the thread sanitizer. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "support.h"

enum { kRounds = 25, kThreads = 6 };

struct shared {
  br_router *router;
  br_job *job;
  pthread_barrier_t start;
  atomic_int wrong; /* the line of an expectation that failed */
};

#define EXPECT(condition) \
  if (!(condition)) atomic_store(&s->wrong, __LINE__)

static void *submit_jobs(void *argument) {
  struct shared *s = argument;
  br_batch *batch = batch_of(3);
  pthread_barrier_wait(&s->start);
  for (int i = 0; i < kRounds; i++) {
    br_job *job = NULL;
    EXPECT(br_submit(s->router, batch, NULL, NULL, NULL, &job, NULL) == BR_OK);
    EXPECT(br_job_count(job, BR_COUNT_TOTAL) == 3);
    br_job_free(job);
  }
  br_batch_free(batch);
  return NULL;
}

static void *look_at_jobs(void *argument) {
  struct shared *s = argument;
  pthread_barrier_wait(&s->start);
  for (int i = 0; i < kRounds; i++) {
    br_job_list *list = NULL;
    EXPECT(br_list(s->router, NULL, 0, &list, NULL) == BR_OK);
    EXPECT(br_job_list_count(list) >= 1);
    for (size_t k = 0; k < br_job_list_count(list); k++) {
      br_job *job = br_job_list_get(list, k);
      EXPECT(strncmp(br_job_json(job, NULL), "{\"id\"", 5) == 0);
      EXPECT(br_job_update(job, NULL) == BR_OK);
    }
    br_job_list_free(list);
    /* The handle that the others read and wait on. */
    EXPECT(br_job_update(s->job, NULL) == BR_OK);
  }
  return NULL;
}

static void *take_results(void *argument) {
  struct shared *s = argument;
  pthread_barrier_wait(&s->start);
  for (int i = 0; i < kRounds; i++) {
    br_result *result = NULL;
    br_status status = br_next_result(s->router, i % 2 == 0 ? s->job : NULL, 1, &result, NULL);
    /* Cancelled jobs have results; the first job has none. */
    EXPECT(status == BR_AGAIN || (status == BR_OK && i % 2 == 1));
    EXPECT((result != NULL) == (status == BR_OK));
    EXPECT(br_job_json(s->job, NULL)[0] == '{' && br_job_provider(s->job)[0] == 'o');
    status = br_job_wait(s->job, 0, NULL);
    EXPECT(status == BR_ETIMEOUT || status == BR_AGAIN);
    br_result_free(result);
  }
  return NULL;
}

static void *run_callbacks(void *argument) {
  struct shared *s = argument;
  pthread_barrier_wait(&s->start);
  for (int i = 0; i < kRounds; i++) {
    EXPECT(br_poll(s->router, 1, NULL) >= 0);
    EXPECT(br_stats_json(s->router, NULL)[0] == '{');
    EXPECT(br_job_count(s->job, BR_COUNT_TOTAL) == 1 && br_job_is_done(s->job) == 0);
  }
  return NULL;
}

static void *wake_and_count(void *argument) {
  struct shared *s = argument;
  pthread_barrier_wait(&s->start);
  for (int i = 0; i < kRounds; i++) {
    br_router_wakeup(s->router);
    EXPECT(br_stats_json(s->router, NULL)[0] == '{');
    EXPECT(br_router_fd(s->router) >= 0);
  }
  return NULL;
}

static void *cancel_jobs(void *argument) {
  struct shared *s = argument;
  pthread_barrier_wait(&s->start);
  for (int i = 0; i < kRounds; i++) {
    br_job *job = submit(s->router, 1);
    br_status status = BR_AGAIN;
    while (status == BR_AGAIN) status = br_cancel(job, -1, NULL, NULL);
    EXPECT(status == BR_OK);
    br_job_free(job);
  }
  return NULL;
}

static void on_event(void *user_data, int32_t event, const char *job_id, const char *json) {
  (void)event, (void)job_id, (void)json;
  atomic_fetch_add((atomic_int *)user_data, 1);
}

static void one_router_serves_many_threads(void **state) {
  (void)state;
  void *(*const work[kThreads])(void *) = {submit_jobs,   look_at_jobs,   take_results,
                                           run_callbacks, wake_and_count, cancel_jobs};
  char *dir = make_directory();
  atomic_int events = 0;
  struct shared s = {0};
  br_config *config = config_for(dir, dead_url());
  assert_int_equal(br_config_set_event(config, on_event, &events, NULL, NULL), BR_OK);
  assert_int_equal(br_router_new(config, &s.router, NULL), BR_OK);
  br_config_free(config);
  s.job = submit(s.router, 1);
  pthread_t threads[kThreads];
  pthread_barrier_init(&s.start, NULL, kThreads);
  for (int i = 0; i < kThreads; i++) pthread_create(&threads[i], NULL, work[i], &s);
  for (int i = 0; i < kThreads; i++) pthread_join(threads[i], NULL);
  if (s.wrong != 0) fail_msg("what line %d expects does not hold", s.wrong);
  br_job_list *list = NULL;
  assert_int_equal(br_list(s.router, "openai", 0, &list, NULL), BR_OK);
  assert_int_equal(br_job_list_count(list), 1 + 2 * kRounds);
  br_job_list_free(list);
  while (br_poll(s.router, 0, NULL) == BR_OK) continue;
  assert_true(events > 0);
  pthread_barrier_destroy(&s.start);
  br_job_free(s.job);
  br_router_free(s.router);
  remove_directory(dir);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(one_router_serves_many_threads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
