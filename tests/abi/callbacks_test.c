/* destroy runs exactly once, after the last call of fn, also when the registering call fails; callbacks may do
 * anything. */
#include <string.h>

#include "support.h"

struct probe {
  int calls, destroyed, calls_after_destroy;
  br_router *free_this;
};

static int null_destroyed;

static void on_destroy(void *user_data) {
  if (user_data != NULL)
    ((struct probe *)user_data)->destroyed++;
  else
    null_destroyed++;
}

static void touch(struct probe *probe) {
  probe->calls++;
  if (probe->destroyed > 0) probe->calls_after_destroy++;
  if (probe->free_this != NULL) br_router_free(probe->free_this);
  probe->free_this = NULL;
}

static void on_log(void *user_data, int32_t level, const char *message) {
  assert_true(level >= BR_LOG_ERROR && level <= BR_LOG_DEBUG);
  assert_non_null(message);
  touch(user_data);
}

static void on_event(void *user_data, int32_t event, const char *job_id, const char *json) {
  assert_true(event > 0);
  assert_non_null(job_id);
  assert_int_equal(json[0], '{');
  touch(user_data);
}

static void on_done(void *user_data, br_job *job) {
  assert_non_null(br_job_id(job));
  touch(user_data);
}

static void config_free_destroys_each_callback_once(void **state) {
  (void)state;
  struct probe log = {0}, event = {0};
  br_config *config = br_config_new();
  assert_int_equal(br_config_set_log(config, BR_LOG_DEBUG, on_log, &log, on_destroy, NULL), BR_OK);
  assert_int_equal(br_config_set_event(config, on_event, &event, on_destroy, NULL), BR_OK);
  assert_int_equal(log.destroyed + event.destroyed, 0);
  br_config_free(config);
  assert_int_equal(log.destroyed, 1);
  assert_int_equal(event.destroyed, 1);
}

static void null_user_data_is_destroyed_once(void **state) {
  (void)state;
  null_destroyed = 0;
  br_config *config = br_config_new();
  assert_int_equal(br_config_set_event(config, on_event, NULL, on_destroy, NULL), BR_OK);
  assert_int_equal(null_destroyed, 0);
  br_config_free(config);
  assert_int_equal(null_destroyed, 1);
}

static void replaced_callback_is_destroyed_once(void **state) {
  (void)state;
  struct probe first = {0}, second = {0};
  br_config *config = br_config_new();
  assert_int_equal(br_config_set_log(config, BR_LOG_INFO, on_log, &first, on_destroy, NULL), BR_OK);
  assert_int_equal(br_config_set_log(config, BR_LOG_INFO, on_log, &second, on_destroy, NULL), BR_OK);
  assert_int_equal(first.destroyed, 1);
  assert_int_equal(second.destroyed, 0);
  br_config_free(config);
  assert_int_equal(first.destroyed, 1);
  assert_int_equal(second.destroyed, 1);
}

static void failed_registration_destroys_once(void **state) {
  (void)state;
  struct probe probe = {0};
  assert_int_equal(br_config_set_log(NULL, BR_LOG_INFO, on_log, &probe, on_destroy, NULL), BR_EINVAL);
  assert_int_equal(probe.destroyed, 1);
  assert_int_equal(br_config_set_event(NULL, on_event, &probe, on_destroy, NULL), BR_EINVAL);
  assert_int_equal(probe.destroyed, 2);
  br_batch *batch = batch_of(1);
  assert_int_equal(br_submit(NULL, batch, on_done, &probe, on_destroy, NULL, NULL), BR_EINVAL);
  assert_int_equal(probe.destroyed, 3);
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  assert_int_equal(br_submit(router, NULL, on_done, &probe, on_destroy, NULL, NULL), BR_EINVAL);
  assert_int_equal(probe.destroyed, 4);
  br_batch *empty = br_batch_new("openai");
  assert_int_equal(br_submit(router, empty, on_done, &probe, on_destroy, NULL, NULL), BR_EINPUT);
  assert_int_equal(probe.destroyed, 5);
  assert_int_equal(br_router_close(router, 0, NULL), BR_OK);
  assert_int_equal(br_submit(router, batch, on_done, &probe, on_destroy, NULL, NULL), BR_ECLOSED);
  assert_int_equal(probe.destroyed, 6);
  assert_int_equal(probe.calls, 0);
  br_batch_free(empty);
  br_batch_free(batch);
  br_router_free(router);
  remove_directory(dir);
}

static void router_keeps_callbacks_until_it_is_closed(void **state) {
  (void)state;
  char *dir = make_directory();
  struct probe log = {0}, event = {0}, done = {0};
  br_config *config = config_for(dir, dead_url());
  br_router *router = NULL;
  assert_int_equal(br_config_set_log(config, BR_LOG_DEBUG, on_log, &log, on_destroy, NULL), BR_OK);
  assert_int_equal(br_config_set_event(config, on_event, &event, on_destroy, NULL), BR_OK);
  assert_int_equal(br_router_new(config, &router, NULL), BR_OK);
  br_config_free(config);
  assert_int_equal(log.destroyed + event.destroyed, 0);
  br_batch *batch = batch_of(1);
  assert_int_equal(br_submit(router, batch, on_done, &done, on_destroy, NULL, NULL), BR_OK);
  br_batch_free(batch);
  while (log.calls == 0 || event.calls == 0) assert_int_equal(br_poll(router, -1, NULL), BR_OK);
  assert_int_equal(log.destroyed + event.destroyed + done.destroyed, 0);
  br_router_free(router);
  assert_int_equal(log.destroyed, 1);
  assert_int_equal(event.destroyed, 1);
  assert_int_equal(done.destroyed, 1);
  assert_int_equal(log.calls_after_destroy + event.calls_after_destroy + done.calls, 0);
  remove_directory(dir);
}

static void router_freed_inside_a_callback_ends_well(void **state) {
  (void)state;
  char *dir = make_directory();
  struct probe event = {0};
  br_config *config = config_for(dir, dead_url());
  br_router *router = NULL;
  assert_int_equal(br_config_set_event(config, on_event, &event, on_destroy, NULL), BR_OK);
  assert_int_equal(br_router_new(config, &router, NULL), BR_OK);
  br_config_free(config);
  br_job *job = submit(router, 1);
  event.free_this = router;
  assert_int_equal(br_poll(router, -1, NULL), BR_OK);
  assert_true(event.calls > 0);
  assert_int_equal(br_job_update(job, NULL), BR_ECLOSED);
  br_job_free(job);
  assert_int_equal(event.destroyed, 1);
  assert_int_equal(event.calls_after_destroy, 0);
  remove_directory(dir);
}

static void close_destroys_callbacks_though_a_job_is_still_held(void **state) {
  (void)state;
  char *dir = make_directory();
  struct probe log = {0}, event = {0}, done = {0};
  br_config *config = config_for(dir, dead_url());
  br_router *router = NULL;
  br_job *job = NULL;
  br_batch *batch = batch_of(1);
  assert_int_equal(br_config_set_log(config, BR_LOG_DEBUG, on_log, &log, on_destroy, NULL), BR_OK);
  assert_int_equal(br_config_set_event(config, on_event, &event, on_destroy, NULL), BR_OK);
  assert_int_equal(br_router_new(config, &router, NULL), BR_OK);
  br_config_free(config);
  assert_int_equal(br_submit(router, batch, on_done, &done, on_destroy, &job, NULL), BR_OK);
  assert_int_equal(br_router_close(router, 0, NULL), BR_OK);
  assert_int_equal(log.destroyed, 1);
  assert_int_equal(event.destroyed, 1);
  assert_int_equal(done.destroyed, 1);
  br_router_free(router);
  br_job_free(job);
  br_batch_free(batch);
  assert_int_equal(log.destroyed + event.destroyed + done.destroyed, 3);
  remove_directory(dir);
}

static void callbacks_that_wait_behind_one_that_closes_do_not_run(void **state) {
  (void)state;
  char *dir = make_directory();
  struct probe event = {0};
  br_config *config = config_for(dir, dead_url());
  br_router *router = NULL;
  assert_int_equal(br_config_set_event(config, on_event, &event, on_destroy, NULL), BR_OK);
  assert_int_equal(br_router_new(config, &router, NULL), BR_OK);
  br_config_free(config);
  br_job *job = submit(router, 1);
  assert_int_equal(br_cancel(job, -1, NULL, NULL), BR_OK); /* several events are due then */
  event.free_this = router;
  assert_int_equal(br_poll(router, -1, NULL), BR_OK);
  assert_int_equal(event.calls, 1);
  assert_int_equal(event.destroyed, 1);
  br_job_free(job);
  remove_directory(dir);
}

static void done_runs_once_when_the_job_ends(void **state) {
  (void)state;
  char *dir = make_directory();
  struct probe done = {0};
  br_router *router = open_router(dir, dead_url());
  br_batch *batch = batch_of(2);
  br_job *job = NULL;
  assert_int_equal(br_submit(router, batch, on_done, &done, on_destroy, &job, NULL), BR_OK);
  assert_int_equal(br_cancel(job, -1, NULL, NULL), BR_OK);
  while (done.destroyed == 0) assert_int_equal(br_poll(router, -1, NULL), BR_OK);
  assert_int_equal(done.calls, 1);
  br_job_free(job);
  br_batch_free(batch);
  br_router_free(router);
  assert_int_equal(done.calls, 1);
  assert_int_equal(done.destroyed, 1);
  assert_int_equal(done.calls_after_destroy, 0);
  remove_directory(dir);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(config_free_destroys_each_callback_once),
      cmocka_unit_test(null_user_data_is_destroyed_once),
      cmocka_unit_test(replaced_callback_is_destroyed_once),
      cmocka_unit_test(failed_registration_destroys_once),
      cmocka_unit_test(router_keeps_callbacks_until_it_is_closed),
      cmocka_unit_test(router_freed_inside_a_callback_ends_well),
      cmocka_unit_test(close_destroys_callbacks_though_a_job_is_still_held),
      cmocka_unit_test(callbacks_that_wait_behind_one_that_closes_do_not_run),
      cmocka_unit_test(done_runs_once_when_the_job_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
