#include "acceptance/life.h"

#include <stdio.h>
#include <string.h>

#include "abi/support.h"

const int cancelled[kCancelled] = {0, 1, 2, 3, 5, 6, 7, 8, 9, 11};

int is_cancelled(int index) {
  for (int i = 0; i < kCancelled; i++)
    if (cancelled[i] == index) return 1;
  return 0;
}

int is_failing(int index) { return strcmp(provider_of(index), "groq") == 0; }

int rows_where(int (*chosen)(int index), int want) {
  int rows = 0;
  for (int i = 0; i < kTwenty; i++)
    if (chosen(i) == want) rows += size_of(i);
  return rows;
}

static void count_event(void *user_data, int32_t event, const char *job_id, const char *json) {
  life *self = user_data;
  assert_non_null(job_id);
  assert_non_null(json);
  if (event == BR_EVENT_JOB_DONE) self->done_events++;
  if (event == BR_EVENT_BLOCKED) self->blocked_events++;
}

void open_life(life *self, const char *groq_key) {
  br_config *config = config_of(self->at, self->state_dir);
  br_error *error = NULL;
  set(config, "groq.api_key", groq_key);
  assert_ok(br_config_set_event(config, count_event, self, NULL, &error), &error);
  self->done_events = self->blocked_events = 0;
  self->router = open_with(config);
  br_config_free(config);
}

void close_life(life *self) {
  br_error *error = NULL;
  while (br_poll(self->router, 0, &error) == BR_OK) continue;
  assert_null(error);
  for (int i = 0; i < kTwenty; i++) snprintf(self->ids[i], sizeof self->ids[i], "%s", br_job_id(self->jobs[i]));
  assert_ok(br_router_close(self->router, kWait, &error), &error);
  free_jobs(self->jobs, kTwenty);
  br_router_free(self->router);
  self->router = NULL;
}

int read_in_order(br_job *job, int index) {
  br_results *cursor = NULL;
  br_result *results[100];
  br_error *error = NULL;
  size_t got = 0;
  int row = 0, succeeded = 0;
  assert_ok(br_results_open(job, &cursor, &error), &error);
  assert_ok(br_results_set_order(cursor, BR_ORDER_INPUT, &error), &error);
  while (br_results_next(cursor, results, 100, &got, &error) == BR_OK) {
    for (size_t i = 0; i < got; i++) {
      char id[16];
      id_of(index, row++, id);
      assert_string_equal(br_result_custom_id(results[i], NULL), id);
      if (br_result_status(results[i]) == BR_RESULT_SUCCEEDED) succeeded += answers(results[i]);
      br_result_free(results[i]);
    }
  }
  assert_null(error);
  assert_int_equal(row, size_of(index));
  br_results_free(cursor);
  return succeeded;
}
