/* Where requests go: their own provider, the rules of the configuration, the batch's. One submission may span them all. */
#include <stdio.h>
#include <string.h>

#include "support.h"
#include "support/emulator_c.h"

struct world {
  emulator *vendor;
  char *dir;
  br_router *router;
};

static struct world open_world(const char *routes) {
  struct world w = {.vendor = emulator_start(1), .dir = make_directory()};
  br_config *config = config_for(w.dir, emulator_base_url(w.vendor));
  br_error *error = NULL;
  char anthropic[128];
  const char *base = emulator_base_url(w.vendor);
  snprintf(anthropic, sizeof anthropic, "%.*s/anthropic", (int)(strlen(base) - strlen("/v1")), base);
  assert_ok(br_config_set(config, "anthropic.base_url", anthropic, &error), &error);
  assert_ok(br_config_set(config, "anthropic.api_key", "test-key", &error), &error);
  assert_ok(br_config_set(config, "openai@team.api_key", "other-key", &error), &error);
  assert_ok(br_config_set(config, "routes", routes, &error), &error);
  assert_ok(br_router_new(config, &w.router, &error), &error);
  br_config_free(config);
  return w;
}

static void end(struct world *w) {
  br_router_free(w->router);
  remove_directory(w->dir);
  emulator_stop(w->vendor);
}

static void add(br_batch *batch, const char *id, const char *model, const char *provider) {
  char line[256];
  int length = snprintf(line, sizeof line,
                        "{\"custom_id\":\"%s\",\"model\":\"%s\",%s\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}", id,
                        model, provider);
  assert_int_equal(br_batch_add_jsonl(batch, line, (size_t)length, NULL), BR_OK);
}

static int count_of(const char *text, const char *word) {
  int count = 0;
  for (const char *at = text; (at = strstr(at, word)) != NULL; at++) count++;
  return count;
}

static void one_submission_spans_vendors_and_keys(void **state) {
  (void)state;
  struct world w = open_world("gpt-4o*=openai@team, claude-*=anthropic");
  br_batch *batch = br_batch_new("openai");
  br_job *job = NULL;
  br_error *error = NULL;
  add(batch, "rule", "claude-sonnet-4-5", "");
  add(batch, "key", "gpt-4o-mini", "");
  add(batch, "own", "gpt-4o-mini", "\"provider\":\"openai\",");
  assert_ok(br_submit(w.router, batch, NULL, NULL, NULL, &job, &error), &error);
  assert_string_equal(br_job_provider(job), "");
  assert_ok(br_job_wait(job, 60000, &error), &error);
  const char *json = br_job_json(job, NULL);
  assert_int_equal(count_of(json, "\"provider\":\"anthropic\""), 1);
  /* Keys never mix in one remote batch. */
  assert_int_equal(count_of(json, "\"account\":\"team\""), 1);
  assert_int_equal(br_job_batch_count(job), 3);
  assert_int_equal(br_job_count(job, BR_COUNT_SUCCEEDED), 3);
  br_result *result = NULL;
  char seen[64] = "";
  while (br_next_result(w.router, job, -1, &result, &error) == BR_OK) {
    strcat(strcat(seen, br_result_custom_id(result, NULL)), " ");
    br_result_free(result);
  }
  assert_int_equal(strlen(seen), strlen("rule key own "));
  br_job_free(job);
  br_batch_free(batch);
  end(&w);
}

/* What one vendor refuses holds up neither the other's results nor the wait for them. */
static void one_vendor_refuses_the_key_results_of_the_other_come_first(void **state) {
  (void)state;
  struct world w = open_world("claude-*=anthropic");
  emulator_add_fault(w.vendor, "POST /anthropic/v1/messages/batches status status=401 count=1");
  br_batch *batch = br_batch_new("openai");
  br_job *job = NULL;
  br_result *result = NULL;
  br_error *error = NULL;
  add(batch, "refused", "claude-sonnet-4-5", "");
  add(batch, "answered", "gpt-4o-mini", "");
  assert_ok(br_submit(w.router, batch, NULL, NULL, NULL, &job, &error), &error);
  assert_ok(br_next_result(w.router, job, -1, &result, &error), &error);
  assert_string_equal(br_result_custom_id(result, NULL), "answered");
  br_result_free(result);
  assert_refused(br_next_result(w.router, job, -1, &result, &error), BR_EAUTH, &error);
  assert_ok(br_job_wait(job, -1, &error), &error);
  assert_int_equal(br_job_is_blocked(job), 1);
  assert_ok(br_resume(w.router, job, &error), &error);
  assert_ok(br_next_result(w.router, job, -1, &result, &error), &error);
  assert_string_equal(br_result_custom_id(result, NULL), "refused");
  br_result_free(result);
  assert_int_equal(br_next_result(w.router, job, -1, &result, &error), BR_END);
  br_job_free(job);
  br_batch_free(batch);
  end(&w);
}

static void rule_that_names_nobody_is_told_with_all_the_missing(void **state) {
  (void)state;
  struct world w = open_world("a*=nobody, b*=somebody");
  br_batch *batch = br_batch_new("openai");
  br_error *error = NULL;
  add(batch, "1", "alpha", "");
  add(batch, "2", "beta", "");
  assert_int_equal(br_submit(w.router, batch, NULL, NULL, NULL, NULL, &error), BR_ENOPROVIDER);
  assert_non_null(strstr(br_error_message(error), "\"nobody\""));
  assert_non_null(strstr(br_error_message(error), "\"somebody\""));
  br_error_free(error);
  assert_int_equal(emulator_batches_created(w.vendor), 0);
  br_batch_free(batch);
  end(&w);
}

static void rule_without_a_target_is_a_wrong_setting(void **state) {
  (void)state;
  br_config *config = br_config_new();
  br_error *error = NULL;
  assert_refused(br_config_set(config, "routes", "gpt-*", &error), BR_EINVAL, &error);
  br_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_submission_spans_vendors_and_keys),
      cmocka_unit_test(one_vendor_refuses_the_key_results_of_the_other_come_first),
      cmocka_unit_test(rule_that_names_nobody_is_told_with_all_the_missing),
      cmocka_unit_test(rule_without_a_target_is_a_wrong_setting),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
