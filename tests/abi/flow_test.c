/* Results come while their file is still being downloaded; after a restart every job goes on. */
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

/* The vendor sends a few rows a tick: the first ones must be here long before the last. */
static void results_flow_while_their_file_downloads(void **state) {
  (void)state;
  enum { kRequests = 200 };
  struct world w = open_world(1, "GET /v1/files/*/content slow bytes_per_s=200000");
  br_job *job = submit(w.router, kRequests);
  br_result *result = NULL;
  br_error *error = NULL;
  assert_ok(br_next_result(w.router, job, -1, &result, &error), &error);
  assert_non_null(br_result_text(result, NULL));
  br_result_free(result);
  assert_int_equal(br_job_update(job, NULL), BR_OK);
  assert_int_equal(br_job_is_done(job), 0);
  int rows = 1, before_the_end = 1;
  while (br_next_result(w.router, job, -1, &result, &error) == BR_OK) {
    br_result_free(result);
    rows++;
    assert_int_equal(br_job_update(job, NULL), BR_OK);
    before_the_end += br_job_is_done(job) == 0;
  }
  assert_int_equal(rows, kRequests);
  assert_true(before_the_end > kRequests / 4);
  br_job_free(job);
  end(&w);
}

enum { kJobs = 40 };

/* All are accepted when it returns: a create call that the end of the router cuts off would have to be looked for. */
static void submit_many_small(br_router *router) {
  br_job *jobs[kJobs];
  for (int i = 0; i < kJobs; i++) jobs[i] = submit(router, 1);
  for (int i = 0; i < kJobs; i++) {
    assert_int_equal(br_job_wait_submitted(jobs[i], -1, NULL), BR_OK);
    br_job_free(jobs[i]);
  }
}

static void restart_with_many_jobs_every_one_is_delivered(void **state) {
  (void)state;
  struct world w = open_world(3, NULL);
  submit_many_small(w.router);
  br_router_free(w.router);
  w.router = open_router(w.dir, emulator_base_url(w.vendor));
  br_result *block[16];
  size_t count = 0, all = 0;
  br_error *error = NULL;
  br_status status;
  while ((status = br_next_results(w.router, NULL, -1, block, 16, &count, &error)) == BR_OK) {
    for (size_t i = 0; i < count; i++) br_result_free(block[i]);
    all += count;
  }
  assert_int_equal(status, BR_END);
  assert_int_equal(all, kJobs);
  assert_int_equal(emulator_batches_created(w.vendor), kJobs);
  end(&w);
}

/* Nobody has to wait for the router to have read all of its jobs. */
static void restart_any_job_can_be_named_at_once(void **state) {
  (void)state;
  struct world w = open_world(1000000, NULL);
  submit_many_small(w.router);
  br_job_list *list = NULL;
  br_error *error = NULL;
  assert_int_equal(br_list(w.router, NULL, 0, &list, NULL), BR_OK);
  assert_int_equal(br_job_list_count(list), kJobs);
  br_router_free(w.router);
  br_result *result = NULL;
  for (size_t i = 0; i < kJobs; i += 20) {
    br_job *job = NULL;
    w.router = open_router(w.dir, emulator_base_url(w.vendor));
    assert_ok(br_job_open(w.router, br_job_id(br_job_list_get(list, i)), &job, &error), &error);
    assert_ok(br_job_wait_submitted(job, -1, &error), &error);
    assert_ok(br_job_refresh(job, -1, &error), &error);
    assert_int_equal(br_next_result(w.router, NULL, 0, &result, &error), BR_AGAIN);
    int32_t cancelled = 0;
    assert_ok(br_cancel(job, -1, &cancelled, &error), &error);
    assert_int_equal(cancelled, 1);
    br_job_free(job);
    br_router_free(w.router);
  }
  w.router = NULL;
  br_job_list_free(list);
  end(&w);
}

static void restart_without_resume_goes_on_when_told(void **state) {
  (void)state;
  struct world w = open_world(1, NULL);
  br_router_free(w.router);
  br_config *config = config_for(w.dir, emulator_base_url(w.vendor));
  br_error *error = NULL;
  assert_ok(br_config_set(config, "resume.auto", "0", &error), &error);
  assert_ok(br_router_new(config, &w.router, &error), &error);
  submit_many_small(w.router);
  br_router_free(w.router);
  assert_ok(br_router_new(config, &w.router, &error), &error);
  br_config_free(config);
  assert_ok(br_resume(w.router, NULL, &error), &error);
  br_result *result = NULL;
  int all = 0;
  while (br_next_result(w.router, NULL, -1, &result, &error) == BR_OK) br_result_free(result), all++;
  assert_int_equal(all, kJobs);
  end(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_flow_while_their_file_downloads),
      cmocka_unit_test(restart_with_many_jobs_every_one_is_delivered),
      cmocka_unit_test(restart_any_job_can_be_named_at_once),
      cmocka_unit_test(restart_without_resume_goes_on_when_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
