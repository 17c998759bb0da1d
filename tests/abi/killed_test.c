/* What the next process is told of results that a killed one had been handed. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"
#include "support/emulator_c.h"

enum { kUrl = 128 };

/* What the process does that is killed then. */
typedef int (*act)(br_router *router);

/* Hears the address of the vendor, acts, says so, and waits to be killed: nothing is closed. */
static void act_and_wait(const char *dir, int heard, int told, act action) {
  char url[kUrl];
  if (read(heard, url, sizeof url) != sizeof url) _exit(1);
  br_router *router = open_router(dir, url);
  if (!action(router) || write(told, "x", 1) != 1) _exit(1);
  for (;;) pause();
}

/* Starts a vendor, lets a process act with it, and kills that. */
static emulator *kill_after(const char *dir, act action) {
  int ask[2], ends[2];
  char byte, url[kUrl] = "";
  assert_int_equal(pipe(ask), 0);
  assert_int_equal(pipe(ends), 0);
  /* Before the vendor's threads are there: a child has none of them, but the locks that they held. */
  pid_t child = fork();
  if (child == 0) act_and_wait(dir, ask[0], ends[1], action);
  close(ask[0]);
  close(ends[1]);
  emulator *vendor = emulator_start(1);
  strncpy(url, emulator_base_url(vendor), sizeof url - 1);
  assert_int_equal(write(ask[1], url, sizeof url), sizeof url);
  assert_int_equal(read(ends[0], &byte, 1), 1);
  close(ask[1]);
  close(ends[0]);
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, NULL, 0), child);
  return vendor;
}

static int take_one(br_router *router) {
  br_result *result = NULL;
  return br_next_result(router, submit(router, 2), -1, &result, NULL) == BR_OK;
}

static void results_handed_to_a_killed_process_come_again_and_say_so(void **state) {
  (void)state;
  char *dir = make_directory();
  emulator *vendor = kill_after(dir, take_one);

  br_router *router = open_router(dir, emulator_base_url(vendor));
  br_result *result = NULL;
  for (int i = 0; i < 2; i++) {
    assert_int_equal(br_next_result(router, NULL, -1, &result, NULL), BR_OK);
    assert_int_equal(br_result_redelivered(result), 1);
    br_result_free(result);
  }
  assert_int_equal(br_next_result(router, NULL, -1, &result, NULL), BR_END);
  br_router_free(router);
  remove_directory(dir);
  emulator_stop(vendor);
}

static br_batch *same_batch(void) {
  static const char kLine[] =
      "{\"custom_id\":\"a\",\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}\n";
  br_batch *batch = br_batch_new("openai");
  br_batch_add_jsonl(batch, kLine, sizeof kLine - 1, NULL);
  br_batch_set(batch, "continue", "1", NULL);
  return batch;
}

static int run_to_the_end(br_router *router) {
  br_job *job = NULL;
  return br_submit(router, same_batch(), NULL, NULL, NULL, &job, NULL) == BR_OK && br_job_wait(job, -1, NULL) == BR_OK &&
         br_job_ack_all(job, NULL) == BR_OK;
}

/* Takes all its results, too. */
static br_status submit_again(br_router *router) {
  br_batch *batch = same_batch();
  br_job *job = NULL;
  const br_status status = br_submit(router, batch, NULL, NULL, NULL, &job, NULL);
  if (status == BR_EXISTS) assert_int_equal(br_job_is_done(job), 1);
  assert_int_equal(br_job_wait(job, -1, NULL), BR_OK);
  assert_int_equal(br_job_ack_all(job, NULL), BR_OK);
  br_job_free(job);
  br_batch_free(batch);
  return status;
}

/* The process that ran it was killed before it could tell: the same run again must not pay again. */
static void job_done_by_a_killed_process_is_gone_on_with_once(void **state) {
  (void)state;
  char *dir = make_directory();
  emulator *vendor = kill_after(dir, run_to_the_end);
  br_router *router = open_router(dir, emulator_base_url(vendor));
  assert_int_equal(submit_again(router), BR_EXISTS);
  assert_int_equal(emulator_batches_created(vendor), 1);
  assert_int_equal(submit_again(router), BR_OK);
  assert_int_equal(submit_again(router), BR_OK);
  br_router_free(router);
  router = open_router(dir, emulator_base_url(vendor));
  assert_int_equal(submit_again(router), BR_OK);
  br_router_free(router);
  remove_directory(dir);
  emulator_stop(vendor);
}

static int32_t write_nowhere(void *user_data, const char *data, size_t length) {
  (void)user_data, (void)data, (void)length;
  return 0;
}

/* Opens the only job, reads everything there is, and closes in order. */
static void look(const char *dir, const char *url) {
  br_router *router = open_router(dir, url);
  br_job_list *list = NULL;
  br_job *job = NULL;
  br_results *results = NULL;
  assert_int_equal(br_list(router, NULL, 0, &list, NULL), BR_OK);
  assert_int_equal(br_job_list_count(list), 1);
  assert_int_equal(br_job_open(router, br_job_id(br_job_list_get(list, 0)), &job, NULL), BR_OK);
  assert_non_null(strstr(br_job_json(job, NULL), "\"told\":false"));
  assert_int_equal(br_job_refresh(job, -1, NULL), BR_OK);
  assert_int_equal(br_resume(router, job, NULL), BR_OK);
  assert_int_equal(br_job_wait(job, -1, NULL), BR_OK);
  assert_int_equal(br_results_open(job, &results, NULL), BR_OK);
  assert_int_equal(br_results_write(results, write_nowhere, NULL, NULL, NULL, NULL), BR_OK);
  br_results_free(results);
  assert_int_equal(br_job_ack_all(job, NULL), BR_OK);
  br_job_free(job);
  br_job_list_free(list);
  assert_int_equal(br_router_close(router, -1, NULL), BR_OK);
  br_router_free(router);
}

static void looking_at_the_job_of_a_killed_process_does_not_count_as_telling(void **state) {
  (void)state;
  char *dir = make_directory();
  emulator *vendor = kill_after(dir, run_to_the_end);
  look(dir, emulator_base_url(vendor));
  br_config *config = br_config_new();
  br_router *refused = NULL, *router = open_router(dir, emulator_base_url(vendor));
  assert_int_equal(br_config_set(config, "state_dir", dir, NULL), BR_OK);
  assert_int_equal(br_router_new(config, &refused, NULL), BR_ELOCKED);
  br_router_free(router);
  look(dir, emulator_base_url(vendor));
  router = open_router(dir, emulator_base_url(vendor));
  assert_int_equal(submit_again(router), BR_EXISTS);
  assert_int_equal(emulator_batches_created(vendor), 1);
  br_router_free(router);
  /* It was closed in order by one that was at work on it. */
  router = open_router(dir, emulator_base_url(vendor));
  assert_int_equal(submit_again(router), BR_OK);
  br_router_free(router);
  br_config_free(config);
  remove_directory(dir);
  emulator_stop(vendor);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(results_handed_to_a_killed_process_come_again_and_say_so),
                                     cmocka_unit_test(job_done_by_a_killed_process_is_gone_on_with_once),
                                     cmocka_unit_test(
                                         looking_at_the_job_of_a_killed_process_does_not_count_as_telling)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
