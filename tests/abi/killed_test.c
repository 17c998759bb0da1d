/* What the next process is told of results that a killed one had been handed. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"
#include "support/emulator_c.h"

enum { kUrl = 128 };

/* Hears the address of the vendor, runs a job, is handed one result, says so, and waits to be killed: nothing is
 * acknowledged, nothing is closed. */
static void take_one_and_wait(const char *dir, int heard, int told) {
  char url[kUrl];
  if (read(heard, url, sizeof url) != sizeof url) _exit(1);
  br_router *router = open_router(dir, url);
  br_job *job = submit(router, 2);
  br_result *result = NULL;
  if (br_next_result(router, job, -1, &result, NULL) != BR_OK || write(told, "x", 1) != 1) _exit(1);
  for (;;) pause();
}

static void results_handed_to_a_killed_process_come_again_and_say_so(void **state) {
  (void)state;
  char *dir = make_directory();
  int ask[2], ends[2];
  char byte, url[kUrl] = "";
  assert_int_equal(pipe(ask), 0);
  assert_int_equal(pipe(ends), 0);
  /* Before the vendor's threads are there: a child has none of them, but the locks that they held. */
  pid_t child = fork();
  if (child == 0) take_one_and_wait(dir, ask[0], ends[1]);
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

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(results_handed_to_a_killed_process_come_again_and_say_so)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
