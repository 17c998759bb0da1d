#define _GNU_SOURCE /* strdup */
#include "diner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static br_error *error;

static int32_t supports_model(void *user_data, const char *model) {
  (void)user_data;
  return strncmp(model, "gpt", 3) == 0;
}

static br_status prepare(void *user_data, br_provider_call *call, const char *line, size_t length) {
  struct vendor *vendor = user_data;
  if (vendor->in_prepare != NULL) vendor->in_prepare(vendor->argument);
  assert_int_equal(strlen(line), length);
  if (strstr(line, "Question 13") != NULL)
    return br_call_fail(call, BR_EINPUT, 0, -1, NULL, "messages: an unlucky question; ask another one");
  assert_int_equal(br_call_write(call, line, length - 1), BR_OK);
  return br_call_write(call, ",\"prepared\":true}", 17);
}

static br_status submit_batch(void *user_data, br_provider_call *call) {
  struct vendor *vendor = user_data;
  assert_true(pthread_equal(vendor->thread, pthread_self()));
  vendor->submits++;
  if (vendor->refuse_submits > 0) {
    vendor->refuse_submits--;
    return br_call_fail(call, BR_EPROVIDER, vendor->refusal_transient, -1, "bad_day", "no batches\ntoday");
  }
  assert_in_range(vendor->count, 0, MOST_BATCHES - 1);
  char id[32];
  snprintf(id, sizeof id, "batch-%d", vendor->count);
  vendor->ids[vendor->count] = strdup(id);
  vendor->markers[vendor->count] = strdup(br_call_marker(call));
  vendor->paths[vendor->count++] = strdup(br_call_requests_path(call));
  if (vendor->lose_answers > 0) {
    vendor->lose_answers--;
    return br_call_fail(call, BR_EUNKNOWN, 1, -1, NULL, "the line went dead");
  }
  assert_int_equal(br_call_set_counts(call, br_call_rows(call), 0, 0, 0, 0), BR_OK);
  if (vendor->odd_ids > 0) {
    vendor->odd_ids--;
    assert_int_equal(br_call_set_batch_id(call, "batch\n0"), BR_EINVAL);
    assert_int_equal(br_call_set_batch_id(call, "batch\xff"), BR_EINVAL);
    return br_call_set_batch_id(call, "");
  }
  assert_int_equal(br_call_set_batch_id(call, id), BR_OK);
  if (vendor->half_refused <= 0) return BR_OK;
  vendor->half_refused--;
  return br_call_fail(call, BR_EPROVIDER, 0, -1, "bad_day", "and yet it was made");
}

static int find_batch(const struct vendor *vendor, const br_provider_call *call) {
  for (int i = 0; i < vendor->count; i++) {
    if (strcmp(vendor->ids[i], br_call_batch_id(call)) == 0) return i;
  }
  return -1;
}

static br_status poll_batch(void *user_data, br_provider_call *call) {
  struct vendor *vendor = user_data;
  assert_true(pthread_equal(vendor->thread, pthread_self()));
  vendor->polls++;
  if (find_batch(vendor, call) < 0) return br_call_fail(call, BR_ENOTFOUND, 0, -1, NULL, "no such batch");
  if (vendor->in_poll != NULL) vendor->in_poll(vendor->argument);
  if (vendor->running_polls > 0) {
    vendor->running_polls--;
    return br_call_set_state(call, BR_STATE_IN_PROGRESS, "cooking");
  }
  if (vendor->fail_batches) {
    assert_int_equal(br_call_set_message(call, "the kitchen burnt down"), BR_OK);
    return br_call_set_state(call, BR_STATE_FAILED, NULL);
  }
  assert_int_equal(br_call_set_time(call, BR_TIME_COMPLETED, 1000), BR_OK);
  return br_call_set_state(call, vendor->state, "served");
}

/* Answers each line: the id stands between the fourth pair of quotes of what batch_of writes. */
static br_status fetch_batch(void *user_data, br_provider_call *call) {
  struct vendor *vendor = user_data;
  assert_true(pthread_equal(vendor->thread, pthread_self()));
  vendor->fetches++;
  if (vendor->garbage != NULL) return br_call_write(call, vendor->garbage, strlen(vendor->garbage));
  const int index = find_batch(vendor, call);
  if (index < 0 || vendor->fail_batches) return BR_OK;
  FILE *file = fopen(vendor->paths[index], "r");
  assert_non_null(file);
  char line[1024], out[1200], id[64];
  while (fgets(line, sizeof line, file) != NULL) {
    assert_non_null(strstr(line, ",\"prepared\":true}\n"));
    assert_int_equal(sscanf(line, "{\"custom_id\":\"%63[^\"]", id), 1);
    const int length = snprintf(out, sizeof out,
                                "{\"custom_id\":\"%s\",\"status\":\"succeeded\",\"text\":\"answer to %s\",\"usage\":"
                                "{\"input_tokens\":3,\"output_tokens\":5},\"model\":\"gpt\",\"response\":{\"x\":1}}\n",
                                id, id);
    assert_int_equal(br_call_write(call, out, 10), BR_OK);
    assert_int_equal(br_call_write(call, out + 10, (size_t)length - 10), BR_OK);
  }
  fclose(file);
  return BR_OK;
}

static br_status cancel_batch(void *user_data, br_provider_call *call) {
  struct vendor *vendor = user_data;
  assert_true(pthread_equal(vendor->thread, pthread_self()));
  vendor->cancels++;
  vendor->running_polls = 0;
  vendor->state = BR_STATE_CANCELLED;
  return br_call_set_state(call, BR_STATE_CANCELLING, NULL);
}

static br_status list_batches(void *user_data, br_provider_call *call) {
  struct vendor *vendor = user_data;
  assert_true(pthread_equal(vendor->thread, pthread_self()));
  vendor->lists++;
  assert_int_equal(br_call_set_state(call, BR_STATE_COMPLETED, NULL), BR_EINVAL); /* of which batch? */
  for (int i = 0; i < vendor->count; i++) {
    assert_int_equal(br_call_add_batch(call, vendor->ids[i], vendor->markers[i]), BR_OK);
    assert_int_equal(br_call_set_state(call, BR_STATE_IN_PROGRESS, NULL), BR_OK);
  }
  return BR_OK;
}

static void close_vendor(void *user_data) {
  struct vendor *vendor = user_data;
  assert_int_equal(vendor->destroyed, vendor->closed);
  vendor->closed++;
}

void destroy_vendor(void *user_data) { ((struct vendor *)user_data)->destroyed++; }

br_provider_vtbl table_of(void) {
  const br_provider_vtbl table = {.size = sizeof table,
                                  .name = "diner",
                                  .capabilities = "{\"title\":\"Diner\",\"limits\":{\"requests\":100}}",
                                  .supports_model = supports_model,
                                  .prepare = prepare,
                                  .submit = submit_batch,
                                  .poll = poll_batch,
                                  .fetch = fetch_batch,
                                  .cancel = cancel_batch,
                                  .list = list_batches,
                                  .close = close_vendor};
  return table;
}

/* ---- what a test stands on ---- */

br_router *open_diner(const char *directory) {
  br_config *config = br_config_new();
  br_router *router = NULL;
  assert_ok(br_config_set(config, "state_dir", directory, &error), &error);
  assert_ok(br_config_set(config, "poll.interval_ms", "1", &error), &error);
  assert_ok(br_config_set(config, "retry.base_ms", "1", &error), &error);
  assert_ok(br_router_new(config, &router, &error), &error);
  br_config_free(config);
  return router;
}

void register_table(struct vendor *vendor, br_provider_vtbl table) {
  assert_ok(br_registry_register(&table, vendor, destroy_vendor, &error), &error);
}

int set_up(void **state) {
  struct stage *stage = calloc(1, sizeof *stage);
  stage->vendor.thread = pthread_self();
  stage->vendor.state = BR_STATE_COMPLETED;
  stage->directory = make_directory();
  register_table(&stage->vendor, table_of());
  stage->router = open_diner(stage->directory);
  *state = stage;
  return 0;
}

int tear_down(void **state) {
  struct stage *stage = *state;
  br_router_free(stage->router);
  if (br_registry_is_registered("diner")) assert_ok(br_registry_unregister("diner", &error), &error);
  assert_int_equal(stage->vendor.closed, 1);
  assert_int_equal(stage->vendor.destroyed, 1);
  for (int i = 0; i < stage->vendor.count; i++) {
    free(stage->vendor.ids[i]);
    free(stage->vendor.markers[i]);
    free(stage->vendor.paths[i]);
  }
  remove_directory(stage->directory);
  free(stage);
  return 0;
}

br_batch *diner_batch(int count) {
  br_batch *batch = br_batch_new("diner");
  for (int i = 0; i < count; i++) {
    char line[256];
    const int length = snprintf(line, sizeof line,
                                "{\"custom_id\":\"r%d\",\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\","
                                "\"content\":\"Question %d\"}]}",
                                i, i);
    assert_ok(br_batch_add_jsonl(batch, line, (size_t)length, &error), &error);
  }
  return batch;
}

br_job *order(struct stage *stage, int count) {
  br_batch *batch = diner_batch(count);
  br_job *job = NULL;
  assert_ok(br_submit(stage->router, batch, NULL, NULL, NULL, &job, &error), &error);
  br_batch_free(batch);
  return job;
}

int take_answers(br_router *router, br_job *job) {
  int count = 0;
  br_result *result = NULL;
  br_status status;
  while ((status = br_next_result(router, job, 20000, &result, &error)) == BR_OK) {
    char want[96];
    snprintf(want, sizeof want, "answer to %s", br_result_custom_id(result, NULL));
    assert_int_equal(br_result_status(result), BR_RESULT_SUCCEEDED);
    assert_string_equal(br_result_text(result, NULL), want);
    assert_int_equal(br_result_tokens(result, BR_TOKENS_OUTPUT), 5);
    assert_string_equal(br_result_response(result, NULL), "{\"x\":1}");
    assert_ok(br_result_ack(result, &error), &error);
    br_result_free(result);
    count++;
  }
  assert_int_equal(status, BR_END);
  return count;
}

void wait_done(br_job *job) {
  assert_ok(br_job_wait(job, 20000, &error), &error);
  assert_int_equal(br_job_is_done(job), 1);
}
