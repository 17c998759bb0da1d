#include "acceptance/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/support.h"
#include "acceptance/twenty.h"

typedef struct worker {
  br_router *router;
  br_job *jobs[kTwenty];
  int taken[kTwenty];
  work todo;
} worker;

/* One line, in one write: the reader sees the whole of it or nothing. */
static void tell(const char *line) {
  char text[64];
  int length = snprintf(text, sizeof text, "%s\n", line);
  if (write(STDOUT_FILENO, text, (size_t)length) != length) _exit(1);
}

/* The jobs of an earlier process, by their names. */
static int find_jobs(worker *self) {
  br_job_list *list = NULL;
  br_error *error = NULL;
  int found = 0;
  assert_ok(br_list(self->router, NULL, 0, &list, &error), &error);
  for (size_t i = 0; i < br_job_list_count(list); i++) {
    br_job *job = br_job_list_get(list, i);
    int index = -1;
    assert_int_equal(sscanf(br_job_name(job), "batch-%2d", &index), 1);
    assert_true(index >= 0 && index < kTwenty);
    assert_null(self->jobs[index]);
    assert_ok(br_job_open(self->router, br_job_id(job), &self->jobs[index], &error), &error);
    found++;
  }
  br_job_list_free(list);
  return found;
}

static void submit_the_rest(worker *self) {
  br_batch *batches[kTwenty];
  br_job *jobs[kTwenty];
  br_error *error = NULL;
  size_t count = 0;
  for (int i = 0; i < kTwenty; i++)
    if (self->jobs[i] == NULL) batches[count++] = make_batch(i);
  tell("submitting");
  assert_ok(br_submit_many(self->router, batches, count, jobs, NULL, &error), &error);
  for (int i = 0, next = 0; i < kTwenty; i++)
    if (self->jobs[i] == NULL) self->jobs[i] = jobs[next++];
  free_batches(batches, (int)count);
}

static void cancel_two(worker *self) {
  br_job *jobs[] = {self->jobs[0], self->jobs[6]};
  br_error *error = NULL;
  tell("cancelling");
  assert_ok(br_cancel_many(self->router, jobs, 2, -1, NULL, NULL, &error), &error);
}

static void take_one(worker *self, br_result *result) {
  char line[64];
  int index, row;
  br_error *error = NULL;
  place_of(br_result_custom_id(result, NULL), &index, &row);
  int ok = br_result_status(result) == BR_RESULT_SUCCEEDED;
  assert_true(!ok || answers(result));
  snprintf(line, sizeof line, "row %s %d %d", br_result_custom_id(result, NULL), br_result_redelivered(result), ok);
  tell(line);
  self->taken[index]++;
  if (self->todo != kTakeBatches) assert_ok(br_result_ack(result, &error), &error);
  br_result_free(result);
  if (self->todo != kTakeBatches || self->taken[index] < size_of(index)) return;
  assert_ok(br_job_wait(self->jobs[index], -1, &error), &error);
  assert_ok(br_job_ack_all(self->jobs[index], &error), &error);
  snprintf(line, sizeof line, "acked %d", index);
  tell(line);
}

static void take_all(worker *self) {
  br_result *results[16];
  br_error *error = NULL;
  br_status status;
  size_t count = 0;
  while ((status = br_next_results(self->router, NULL, -1, results, 16, &count, &error)) == BR_OK)
    for (size_t i = 0; i < count; i++) take_one(self, results[i]);
  assert_ok(status, &error);
  assert_int_equal(status, BR_END);
}

int worker_main(char **arguments) {
  worker self = {.todo = (work)atoi(arguments[1])};
  br_error *error = NULL;
  vendors *at = vendors_known(arguments[2]);
  br_config *config = config_of(at, arguments[0]);
  set(config, "submit.settle_ms", "1500");
  self.router = open_with(config);
  br_config_free(config);
  vendors_stop(at);
  if (find_jobs(&self) < kTwenty) submit_the_rest(&self);
  tell("submitted");
  if (self.todo == kCancel) cancel_two(&self);
  take_all(&self);
  assert_ok(br_router_close(self.router, -1, &error), &error);
  free_jobs(self.jobs, kTwenty);
  br_router_free(self.router);
  tell("end");
  return 0;
}
