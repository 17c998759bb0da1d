/* What is wrong is told together, and before anything is sent. */
#include <stdio.h>
#include <string.h>

#include "abi/support.h"
#include "acceptance/desk.h"

/* None of the batches may come through: nothing is uploaded, nothing stays behind. The errors are the caller's. */
static br_error *refuse_each(desk *self, br_router *router, br_batch **batches, size_t count, br_status want,
                             br_error **errors) {
  br_job *jobs[4];
  br_error *error = NULL;
  br_job_list *list = NULL;
  br_status status = br_submit_many(router, batches, count, jobs, errors, &error);
  if (status != want) fail_msg("%s: %s", br_status_name(status), error != NULL ? br_error_message(error) : "");
  for (size_t i = 0; i < count; i++) assert_null(jobs[i]);
  free_batches(batches, (int)count);
  assert_int_equal(br_list(router, NULL, 0, &list, NULL), BR_OK);
  assert_int_equal(br_job_list_count(list), 0);
  br_job_list_free(list);
  assert_int_equal(uploaded_since(self), 0);
  assert_int_equal(made_since(self), 0);
  return error;
}

static br_error *refuse_all(desk *self, br_router *router, br_batch **batches, size_t count, br_status want) {
  return refuse_each(self, router, batches, count, want, NULL);
}

void missing_providers_are_named_together_and_nothing_is_sent(void **state) {
  desk *self = *state;
  br_router *router = open_at(self->at, self->state_dir);
  assert_int_equal(br_router_remove_provider(router, "mistral", NULL), BR_OK);
  br_batch *batches[] = {rows_of("openai", "a", 2), rows_of("first-nobody", "b", 2), rows_of("mistral", "c", 2),
                         rows_of("second-nobody", "d", 2)};
  br_error *error = refuse_all(self, router, batches, 4, BR_ENOPROVIDER);
  assert_non_null(strstr(br_error_message(error), "first-nobody"));
  assert_non_null(strstr(br_error_message(error), "mistral"));
  assert_non_null(strstr(br_error_message(error), "second-nobody"));
  assert_null(strstr(br_error_message(error), "openai"));
  br_error_free(error);
  br_router_free(router);
}

void batches_over_the_vendors_sizes_are_refused_before_anything_is_sent(void **state) {
  desk *self = *state;
  br_router *router = open_at(self->at, self->state_dir);
  br_config *config = config_of(self->at, self->state_dir);
  br_error *error = NULL;
  br_batch *batches[] = {rows_of("openai", "a", 2), rows_of("openai", "b", 50001)};
  error = refuse_all(self, router, batches, 2, BR_ELIMIT);
  assert_non_null(strstr(br_error_message(error), "50"));
  br_error_free(error);

  br_batch *large = rows_of("anthropic", "c", 100001);
  assert_refused(br_validate(config, large, &error), BR_ELIMIT, &error);
  br_batch_free(large);
  /* Users manage the sizes, unless a batch asks to be cut. */
  large = rows_of("openai", "d", 50001);
  br_plan *plan = NULL;
  assert_ok(br_batch_set(large, "split", "auto", &error), &error);
  assert_ok(br_validate(config, large, &error), &error);
  assert_ok(br_plan_new(config, large, &plan, &error), &error);
  assert_int_equal(br_plan_batches(plan), 2);
  assert_int_equal(br_plan_requests(plan), 50001);
  br_plan_free(plan);
  br_batch_free(large);
  br_config_free(config);
  br_router_free(router);
}

void duplicate_ids_are_found_in_a_batch_and_on_request_across_all(void **state) {
  desk *self = *state;
  br_router *router = open_at(self->at, self->state_dir);
  br_batch *twice = rows_of("openai", "same", 3);
  static const char line[] =
      "{\"custom_id\":\"same-1\",\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
  assert_int_equal(br_batch_add_jsonl(twice, line, sizeof line - 1, NULL), BR_OK);
  br_batch *batches[] = {rows_of("anthropic", "other", 2), twice};
  br_error *error = refuse_all(self, router, batches, 2, BR_EINPUT);
  assert_int_equal(br_error_issue_total(error), 1);
  assert_non_null(strstr(br_error_issue(error, 0), "same-1"));
  br_error_free(error);
  br_router_free(router);

  br_config *config = config_of(self->at, self->state_dir);
  set(config, "id_scope", "all");
  router = open_with(config);
  br_batch *across[] = {rows_of("openai", "same", 3), rows_of("anthropic", "same", 2)};
  error = refuse_all(self, router, across, 2, BR_EINPUT);
  assert_int_equal(br_error_issue_total(error), 2);
  br_error_free(error);
  br_router_free(router);
  br_config_free(config);
}

static br_batch *wrong_lines(const char *provider, const char *lines) {
  br_batch *batch = br_batch_new(provider);
  assert_int_equal(br_batch_add_jsonl(batch, lines, strlen(lines), NULL), BR_OK);
  return batch;
}

void wrong_lines_of_several_batches_are_collected_together(void **state) {
  desk *self = *state;
  br_router *router = open_at(self->at, self->state_dir);
  br_batch *batches[] = {wrong_lines("openai", "{\"custom_id\":\"a\"}\n{\"model\":\"m\"}\n"), rows_of("groq", "b", 2),
                         wrong_lines("anthropic", "{\"model\":\"claude-haiku-4-5\",\"messages\":[]}\n"),
                         rows_of("nobody", "c", 2)};
  br_error *errors[4] = {NULL};
  br_error *error = refuse_each(self, router, batches, 4, BR_ENOPROVIDER, errors);
  assert_non_null(strstr(br_error_message(error), "3 of 4"));
  br_error_free(error);
  assert_int_equal(br_error_code(errors[0]), BR_EINPUT);
  assert_int_equal(br_error_issue_total(errors[0]), 2);
  assert_int_equal(br_error_code(errors[1]), BR_OK);
  assert_int_equal(br_error_code(errors[2]), BR_EINPUT);
  assert_int_equal(br_error_issue_total(errors[2]), 1);
  assert_int_equal(br_error_code(errors[3]), BR_ENOPROVIDER);
  for (int i = 0; i < 4; i++) br_error_free(errors[i]);
  br_router_free(router);
}

void providers_are_removed_and_added_again(void **state) {
  desk *self = *state;
  br_router *router = open_at(self->at, self->state_dir);
  br_error *error = NULL;
  size_t count = 0;
  while (br_router_provider(router, count) != NULL) count++;
  assert_int_equal(count, br_provider_count());
  assert_int_equal(br_router_has_provider(router, "groq"), 1);
  assert_refused(br_router_add_provider(router, "groq", &error), BR_EALREADY, &error);
  assert_ok(br_router_remove_provider(router, "groq", &error), &error);
  assert_int_equal(br_router_has_provider(router, "groq"), 0);
  assert_null(br_router_provider(router, count - 1));
  assert_refused(br_router_remove_provider(router, "groq", &error), BR_EALREADY, &error);
  assert_refused(br_router_add_provider(router, "nobody", &error), BR_ENOPROVIDER, &error);
  assert_ok(br_router_add_provider(router, "groq", &error), &error);
  for (size_t i = 1; i < count; i++)
    assert_true(strcmp(br_router_provider(router, i - 1), br_router_provider(router, i)) < 0);
  br_router_free(router);
}

void a_plan_tells_batches_and_cost_and_a_budget_is_kept(void **state) {
  desk *self = *state;
  br_config *config = config_of(self->at, self->state_dir);
  br_router *router = open_with(config);
  br_batch *batch = rows_of("openai", "a", 40);
  br_plan *plan = NULL;
  br_job *job = NULL;
  br_error *error = NULL;
  assert_ok(br_plan_new(config, batch, &plan, &error), &error);
  assert_int_equal(br_plan_batches(plan), 1);
  assert_int_equal(br_plan_requests(plan), 40);
  assert_true(br_plan_bytes(plan) > 40 * 50);
  assert_true(br_plan_input_tokens(plan) > 0);
  assert_int_equal(br_plan_output_tokens_max(plan), 40 * 32);
  assert_true(br_plan_batch_usd(plan) > 0);
  assert_true(br_plan_batch_usd(plan) < br_plan_sync_usd(plan));
  assert_non_null(br_plan_json(plan, NULL));
  br_plan_free(plan);
  assert_ok(br_batch_set(batch, "max_cost_usd", "0.0000001", &error), &error);
  assert_refused(br_submit(router, batch, NULL, NULL, NULL, &job, &error), BR_EBUDGET, &error);
  assert_null(job);
  br_batch_free(batch);
  assert_int_equal(uploaded_since(self), 0);
  br_router_free(router);
  br_config_free(config);
}
