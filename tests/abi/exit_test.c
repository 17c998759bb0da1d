/* A program may end at any time, with threads of its own and of the library running. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static br_router *router;
static br_job *job;

static void *poll_forever(void *unused) {
  (void)unused;
  while (br_poll(router, -1, NULL) >= 0) continue;
  return NULL;
}

static void *wait_forever(void *unused) {
  (void)unused;
  br_result *result = NULL;
  br_next_result(router, job, -1, &result, NULL);
  return NULL;
}

/* In a child, because ending the test program ends the test. */
static void run_and_exit(const char *dir) {
  pthread_t threads[2];
  alarm(20);
  router = open_router(dir, dead_url());
  job = submit(router, 1);
  pthread_create(&threads[0], NULL, poll_forever, NULL);
  pthread_create(&threads[1], NULL, wait_forever, NULL);
  exit(42);
}

static void exit_with_live_threads_ends_with_its_own_code(void **state) {
  (void)state;
  for (int round = 0; round < 20; round++) {
    char *dir = make_directory();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) run_and_exit(dir);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) fail_msg("the child died of signal %d", WTERMSIG(status));
    assert_int_equal(WEXITSTATUS(status), 42);
    /* What was submitted is there for the next process. */
    br_router *next = open_router(dir, dead_url());
    br_job_list *list = NULL;
    assert_int_equal(br_list(next, NULL, 0, &list, NULL), BR_OK);
    assert_int_equal(br_job_list_count(list), 1);
    br_job_list_free(list);
    br_router_free(next);
    remove_directory(dir);
  }
}

int main(void) {
  /* The library is used for the first time in the child: a process that forks afterwards has threads. */
  const struct CMUnitTest tests[] = {cmocka_unit_test(exit_with_live_threads_ends_with_its_own_code)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
