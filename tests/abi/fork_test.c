/* A forked child may free what it inherited and nothing else; its parent notices nothing. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

/* Ends the child with the line that was wrong: cmocka belongs to the parent. */
#define FORKED(call) \
  if ((call) != BR_EFORKED) _exit(__LINE__ % 200 + 1)

static void use_in_child(br_router *router, br_job *job) {
  br_batch *batch = br_batch_new("openai");
  br_job *other = NULL;
  br_job_list *list = NULL;
  br_result *result = NULL;
  br_results *results = NULL;
  br_error *error = NULL;
  size_t count = 0;
  alarm(20);
  FORKED(br_poll(router, -1, NULL));
  FORKED(br_router_close(router, -1, NULL));
  FORKED(br_submit(router, batch, NULL, NULL, NULL, &other, NULL));
  FORKED(br_job_open(router, br_job_id(job), &other, NULL));
  FORKED(br_attach(router, "openai", "batch_1", &other, NULL));
  FORKED(br_resume(router, job, NULL));
  FORKED(br_list_remote(router, "openai", 1, -1, &list, NULL));
  FORKED(br_list(router, NULL, 0, &list, NULL));
  FORKED(br_next_result(router, job, -1, &result, NULL));
  FORKED(br_next_results(router, NULL, -1, &result, 1, &count, NULL));
  FORKED(br_job_update(job, NULL));
  FORKED(br_job_refresh(job, -1, NULL));
  FORKED(br_job_wait(job, -1, NULL));
  FORKED(br_job_wait_submitted(job, -1, NULL));
  FORKED(br_job_ack_all(job, NULL));
  FORKED(br_job_refetch(job, -1, NULL, NULL));
  FORKED(br_job_adopt(job, 0, "batch_1", NULL));
  FORKED(br_job_abandon(job, NULL));
  FORKED(br_cancel(job, -1, NULL, NULL));
  FORKED(br_job_remove(job, NULL));
  FORKED(br_results_open(job, &results, &error));
  FORKED(br_results_follow(job, -1, &results, &error));
  FORKED(br_error_code(error));
  if (br_router_fd(router) != -1) _exit(201);
  if (br_stats_json(router, NULL) != NULL) _exit(202);
  br_router_wakeup(router);
  br_router_interrupt(router);
  br_router_interrupt_since(router, 1);
  if (br_router_interrupt_count(router) != 0) _exit(203);
  br_error_free(error);
  br_batch_free(batch);
  br_job_free(job);
  br_router_free(router);
  _exit(0);
}

static void assert_child_is_fine(br_router *router, br_job *job) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) use_in_child(router, job);
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  if (WIFSIGNALED(status)) fail_msg("the child died of signal %d", WTERMSIG(status));
  if (WEXITSTATUS(status) != 0)
    fail_msg("the child stopped at the line whose number mod 200 is %d", WEXITSTATUS(status) - 1);
}

static void child_is_refused_and_parent_goes_on(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = submit(router, 2);
  assert_child_is_fine(router, job);
  br_error *error = NULL;
  assert_ok(br_job_update(job, &error), &error);
  br_job *second = submit(router, 1);
  assert_int_equal(br_job_count(second, BR_COUNT_TOTAL), 1);
  br_job_free(second);
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
}

static void *poll_until_closed(void *router) {
  while (br_poll(router, -1, NULL) != BR_ECLOSED) continue;
  return NULL;
}

static void child_of_a_parent_that_waits_can_free(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = submit(router, 1);
  pthread_t poller;
  pthread_create(&poller, NULL, poll_until_closed, router);
  for (int i = 0; i < 20; i++) assert_child_is_fine(router, job);
  assert_int_equal(br_router_close(router, 1000, NULL), BR_OK);
  pthread_join(poller, NULL);
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
}

static void child_can_open_a_router_of_its_own(void **state) {
#ifdef __SANITIZE_THREAD__
  print_message("SKIPPED: ThreadSanitizer takes a thread that a forked child starts for one of its parent's\n");
  skip();
#endif
  (void)state;
  char *dir = make_directory(), *child_dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    alarm(20);
    br_config *config = config_for(child_dir, dead_url());
    br_router *own = NULL;
    br_batch *batch = batch_of(1);
    if (br_router_new(config, &own, NULL) != BR_OK) _exit(1);
    if (br_submit(own, batch, NULL, NULL, NULL, NULL, NULL) != BR_OK) _exit(2);
    br_router_free(own);
    br_router_free(router);
    _exit(0);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  br_router_free(router);
  remove_directory(child_dir);
  remove_directory(dir);
}

/* A program that is started keeps neither the lock of the state directory nor anything else of the router. */
static void started_program_inherits_nothing(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job_free(submit(router, 1));
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    execlp("sleep", "sleep", "60", (char *)NULL);
    _exit(127);
  }
  br_router_free(router);
  router = open_router(dir, dead_url());
  kill(child, SIGKILL);
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status));
  br_router_free(router);
  remove_directory(dir);
}

/* A child that has not come to its exec yet, or never does, holds nothing that its parent gave up. */
static void child_that_lives_on_does_not_keep_the_lock(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    alarm(60);
    for (;;) pause();
  }
  br_router_free(router);
  router = open_router(dir, dead_url());
  kill(child, SIGKILL);
  assert_int_equal(waitpid(child, NULL, 0), child);
  br_router_free(router);
  remove_directory(dir);
}

static void exec_with_a_live_router_loses_nothing(void **state) {
  (void)state;
  char *dir = make_directory();
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    alarm(20);
    br_job_free(submit(open_router(dir, dead_url()), 1));
    execlp("true", "true", (char *)NULL);
    _exit(127);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  br_router *router = open_router(dir, dead_url());
  br_job_list *list = NULL;
  assert_int_equal(br_list(router, NULL, 0, &list, NULL), BR_OK);
  assert_int_equal(br_job_list_count(list), 1);
  br_job_list_free(list);
  br_router_free(router);
  remove_directory(dir);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(child_is_refused_and_parent_goes_on),
      cmocka_unit_test(child_of_a_parent_that_waits_can_free),
      cmocka_unit_test(child_can_open_a_router_of_its_own),
      cmocka_unit_test(started_program_inherits_nothing),
      cmocka_unit_test(child_that_lives_on_does_not_keep_the_lock),
      cmocka_unit_test(exec_with_a_live_router_loses_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
