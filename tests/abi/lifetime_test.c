/* Handles may be freed in any order: what one needs it keeps alive. */
#include <string.h>

#include "support.h"

enum { kConfig, kRouter, kBatch, kJob, kList, kHandles };

struct handles {
  br_config *config;
  br_router *router;
  br_batch *batch;
  br_job *job;
  br_job_list *list;
};

static struct handles open_all(const char *dir) {
  struct handles h = {0};
  br_error *error = NULL;
  h.config = config_for(dir, dead_url());
  assert_ok(br_router_new(h.config, &h.router, &error), &error);
  h.batch = batch_of(2);
  assert_ok(br_submit(h.router, h.batch, NULL, NULL, NULL, &h.job, &error), &error);
  assert_ok(br_list(h.router, NULL, 0, &h.list, &error), &error);
  return h;
}

static void free_one(struct handles *h, int which) {
  switch (which) {
    case kConfig:
      br_config_free(h->config);
      break;
    case kRouter:
      br_router_free(h->router);
      h->router = NULL;
      break;
    case kBatch:
      br_batch_free(h->batch);
      break;
    case kJob:
      /* A snapshot reads without its router, and says so where it would need it. */
      assert_non_null(br_job_id(h->job));
      assert_int_equal(br_job_update(h->job, NULL), h->router != NULL ? BR_OK : BR_ECLOSED);
      br_job_free(h->job);
      break;
    default:
      assert_non_null(br_job_id(br_job_list_get(h->list, 0)));
      br_job_list_free(h->list);
  }
}

/* The next permutation in place; 0 after the last. */
static int next_order(int *order, int n) {
  int i = n - 2, j = n - 1;
  while (i >= 0 && order[i] > order[i + 1]) i--;
  if (i < 0) return 0;
  while (order[j] < order[i]) j--;
  int swap = order[i];
  order[i] = order[j], order[j] = swap;
  for (int a = i + 1, b = n - 1; a < b; a++, b--) swap = order[a], order[a] = order[b], order[b] = swap;
  return 1;
}

static void handles_freed_in_every_order_do_no_harm(void **state) {
  (void)state;
  int order[kHandles] = {kConfig, kRouter, kBatch, kJob, kList};
  int orders = 0;
  do {
    char *dir = make_directory();
    struct handles h = open_all(dir);
    for (int i = 0; i < kHandles; i++) free_one(&h, order[i]);
    remove_directory(dir);
    orders++;
  } while (next_order(order, kHandles));
  assert_int_equal(orders, 120);
}

/* It goes to the vendor as it came, so a change would be lost. */
static void request_made_from_json_cannot_be_changed(void **state) {
  (void)state;
  static const char line[] =
      "{\"custom_id\":\"a\",\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
  br_request *request = NULL;
  br_error *error = NULL;
  assert_ok(br_request_from_json(line, sizeof line - 1, &request, &error), &error);
  assert_refused(br_request_set_system(request, "s", 1, &error), BR_EINVAL, &error);
  assert_refused(br_request_add_system(request, "s", 1, &error), BR_EINVAL, &error);
  assert_refused(br_request_add_message(request, BR_ROLE_USER, &error), BR_EINVAL, &error);
  assert_refused(br_request_add_text(request, "t", 1, &error), BR_EINVAL, &error);
  assert_refused(br_request_add_image(request, BR_SOURCE_URL, NULL, "u", 1, &error), BR_EINVAL, &error);
  assert_refused(br_request_set_generation(request, "max_tokens", "1", 1, &error), BR_EINVAL, &error);
  assert_refused(br_request_set_field(request, "seed", "1", 1, &error), BR_EINVAL, &error);
  assert_string_equal(br_request_json(request, NULL), line);
  br_request_free(request);
}

static void error_outlives_what_made_it(void **state) {
  (void)state;
  br_config *config = br_config_new();
  br_error *error = NULL;
  assert_int_equal(br_config_set(config, "poll.interval", "1", &error), BR_ECONFIG);
  br_config_free(config);
  assert_int_equal(br_error_code(error), BR_ECONFIG);
  assert_non_null(strstr(br_error_message(error), "poll.interval"));
  assert_non_null(strstr(br_error_hint(error), "poll.interval_ms"));
  br_error_free(error);
}

static void state_directory_is_free_again_after_router_free(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *first = open_router(dir, dead_url());
  br_job *job = submit(first, 3);
  br_config *config = config_for(dir, dead_url());
  br_router *second = NULL;
  br_error *error = NULL;
  assert_refused(br_router_new(config, &second, &error), BR_ELOCKED, &error);
  assert_null(second);
  br_router_free(first);
  /* The handle of a job holds the router's memory, never its directory. */
  assert_ok(br_router_new(config, &second, &error), &error);
  br_job *again = NULL;
  assert_ok(br_job_open(second, br_job_id(job), &again, &error), &error);
  assert_int_equal(br_job_count(again, BR_COUNT_TOTAL), 3);
  br_job_free(again);
  br_router_free(second);
  br_job_free(job);
  br_config_free(config);
  remove_directory(dir);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(handles_freed_in_every_order_do_no_harm),
      cmocka_unit_test(request_made_from_json_cannot_be_changed),
      cmocka_unit_test(error_outlives_what_made_it),
      cmocka_unit_test(state_directory_is_free_again_after_router_free),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
