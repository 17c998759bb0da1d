/* A program may end at any time, with threads of its own and of the library running. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"
#include "support/emulator_c.h"

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

static int handler_pipe[2];

/* A handler of the program's own, registered before the library was used: it runs when static objects of the library,
 * and of the libraries that it uses, are gone, and lasts until the parent has seen the router's thread go on. */
static void wait_for_the_parent(void) {
  char byte = 0;
  while (read(handler_pipe[0], &byte, 1) > 0) continue;
}

static void open_and_exit(const char *dir, int url_end) {
  char url[200] = "";
  alarm(60);
  atexit(wait_for_the_parent);
  close(handler_pipe[1]);
  if (read(url_end, url, sizeof url - 1) <= 0) _exit(9);
  br_config *config = config_for(dir, url);
  br_config_set(config, "poll.interval_ms", "5", NULL);
  br_config_set(config, "poll.max_interval_ms", "5", NULL);
  br_router *opened = NULL;
  if (br_router_new(config, &opened, NULL) != BR_OK) _exit(9);
  br_job *running = submit(opened, 3);
  br_job_refresh(running, -1, NULL);
  exit(42);
}

static void exit_with_a_slow_handler_ends_with_its_own_code(void **state) {
  (void)state;
  char *dir = make_directory();
  int url_pipe[2];
  assert_int_equal(pipe(url_pipe), 0);
  assert_int_equal(pipe(handler_pipe), 0);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) open_and_exit(dir, url_pipe[0]);
  emulator *vendor = emulator_start(40);
  const char *url = emulator_base_url(vendor);
  assert_true(write(url_pipe[1], url, strlen(url)) > 0);
  int status = 0;
  pid_t ended = 0;
  /* The batch ends at the fortieth look at it, which comes when exit() has begun. */
  while (emulator_requests_billed(vendor) < 3 && (ended = waitpid(child, &status, WNOHANG)) == 0) sched_yield();
  close(handler_pipe[1]);
  if (ended == 0) assert_int_equal(waitpid(child, &status, 0), child);
  if (WIFSIGNALED(status)) fail_msg("the child died of signal %d", WTERMSIG(status));
  assert_int_equal(WEXITSTATUS(status), 42);
  close(handler_pipe[0]), close(url_pipe[0]), close(url_pipe[1]);
  emulator_stop(vendor);
  remove_directory(dir);
}

int main(void) {
  /* The library is used for the first time in the child: a process that forks afterwards has threads. */
  const struct CMUnitTest tests[] = {cmocka_unit_test(exit_with_live_threads_ends_with_its_own_code),
                                     cmocka_unit_test(exit_with_a_slow_handler_ends_with_its_own_code)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
