/* A process that runs the twenty batches is killed again and again, and the next one on its state directory goes on. */
#define _GNU_SOURCE
#include "acceptance/killed.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/support.h"
#include "acceptance/twenty.h"
#include "acceptance/worker.h"

enum { kHalf = 30000, kTenMinutes = 600000 };

/* What all workers told together. */
typedef struct witness {
  vendors *at;
  char *state_dir;
  pid_t worker;
  FILE *output;
  int handed_out[kTwenty][kLargest];
  int acked[kTwenty];
  int rows, acked_batches, different, succeeded;
  char last[64];
} witness;

static void start_worker(witness *self, work todo) {
  char number[8];
  int ends[2];
  snprintf(number, sizeof number, "%d", todo);
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  self->worker = fork();
  assert_true(self->worker >= 0);
  if (self->worker == 0) {
    const char *argv[] = {"worker", self->state_dir, number, vendors_origin(self->at), NULL};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDOUT_FILENO);
    execv("/proc/self/exe", (char *const *)argv);
    _exit(127);
  }
  close(ends[1]);
  self->output = fdopen(ends[0], "r");
  self->rows = self->acked_batches = 0;
}

static void note_row(witness *self, const char *id, int redelivered, int ok) {
  int index, row;
  place_of(id, &index, &row);
  if (self->acked[index]) fail_msg("%s came again after its batch was acknowledged", id);
  if (self->handed_out[index][row] > 0 && !redelivered) fail_msg("%s came twice and does not say so", id);
  if (self->handed_out[index][row]++ == 0) {
    self->different++;
    self->succeeded += ok;
  }
  self->rows++;
}

/* Reads one line of the worker; 0 at its end. */
static int hear(witness *self) {
  char id[16];
  int redelivered, ok, index;
  if (fgets(self->last, sizeof self->last, self->output) == NULL) return 0;
  self->last[strcspn(self->last, "\n")] = '\0';
  if (sscanf(self->last, "row %15s %d %d", id, &redelivered, &ok) == 3) {
    note_row(self, id, redelivered, ok);
  } else if (sscanf(self->last, "acked %d", &index) == 1) {
    self->acked[index] = 1;
    self->acked_batches++;
  }
  return 1;
}

static void hear_until(witness *self, const char *line) {
  while (hear(self))
    if (strcmp(self->last, line) == 0) return;
  fail_msg("the worker ended before it said: %s", line);
}

/* What it wrote before it died was handed out. */
static void kill_worker(witness *self) {
  int status = 0;
  assert_int_equal(kill(self->worker, SIGKILL), 0);
  while (hear(self)) continue;
  fclose(self->output);
  assert_int_equal(waitpid(self->worker, &status, 0), self->worker);
  assert_true(WIFSIGNALED(status));
}

static void end_worker(witness *self) {
  int status = 0;
  hear_until(self, "end");
  fclose(self->output);
  assert_int_equal(waitpid(self->worker, &status, 0), self->worker);
  assert_int_equal(status, 0);
}

/* In the middle of br_submit_many, wherever that is. */
static void kill_while_it_submits(witness *self) {
  for (int i = 0; i < 2; i++) {
    start_worker(self, kTake);
    while (hear(self) && strcmp(self->last, "submitting") != 0 && strcmp(self->last, "submitted") != 0) continue;
    kill_worker(self);
  }
}

/* One batch is made and the answer never comes, one create call does nothing and never ends. */
static void kill_while_batches_are_made(witness *self) {
  vendors_fault(self->at, "POST /v1/batches hang execute=1");
  vendors_fault(self->at, "POST /anthropic/v1/messages/batches hang");
  start_worker(self, kTake);
  hear_until(self, "submitted");
  vendors_wait(self->at, "faults", 2);
  vendors_wait(self->at, "creates", 12);
  assert_true(vendors_ledger(self->at, "creates") < kTwenty);
  kill_worker(self);
}

/* Two batches are to be cancelled, and the vendor does not answer. */
static void kill_while_they_run_and_a_cancel_is_asked(witness *self) {
  start_worker(self, kTake);
  vendors_wait(self->at, "creates", kTwenty);
  vendors_advance(self->at, kHalf);
  vendors_wait(self->at, "polls", vendors_ledger(self->at, "polls") + 40);
  kill_worker(self);
  assert_int_equal(self->different, 0);

  int64_t faults = vendors_ledger(self->at, "faults");
  vendors_fault(self->at, "POST /v1/batches/*/cancel hang count=2");
  start_worker(self, kCancel);
  hear_until(self, "cancelling");
  vendors_wait(self->at, "faults", faults + 2);
  kill_worker(self);
  assert_int_equal(vendors_ledger(self->at, "cancels"), 0);
}

static void kill_while_results_stream(witness *self) {
  /* The next process asks for the cancels again, then every batch ends. */
  start_worker(self, kTakeBatches);
  vendors_wait(self->at, "cancels", 2);
  vendors_advance(self->at, 2 * kHalf);
  while (self->rows < 800 || self->acked_batches < 2) assert_true(hear(self));
  kill_worker(self);
  start_worker(self, kTake);
  while (self->rows < 400) assert_true(hear(self));
  kill_worker(self);
}

void a_process_killed_at_any_moment_is_gone_on_with(void **state) {
  witness *self = calloc(1, sizeof *self);
  (void)state;
  static const char *const arguments[] = {"--speed", "0", "--latency", "60s", "--key", "good", NULL};
  self->at = vendors_start(arguments);
  /* The vendors' clock stands still and ours goes on: a batch that seems older than the call that made it is not adopted.
   * Ten minutes ahead it stays ahead. */
  vendors_advance(self->at, kTenMinutes);
  self->state_dir = make_directory();
  kill_while_it_submits(self);
  kill_while_batches_are_made(self);
  kill_while_they_run_and_a_cancel_is_asked(self);
  kill_while_results_stream(self);
  start_worker(self, kTake);
  end_worker(self);
  /* Nothing is left for another one. */
  start_worker(self, kTake);
  end_worker(self);
  assert_int_equal(self->rows, 0);

  assert_int_equal(self->different, total_size());
  assert_true(self->succeeded < total_size());
  assert_true(self->succeeded >= total_size() - size_of(0) - size_of(6));
  if (vendors_ledger(self->at, "creates") != kTwenty) vendors_tell(self->at);
  assert_int_equal(vendors_ledger(self->at, "creates"), kTwenty);
  assert_int_equal(vendors_ledger(self->at, "requests_billed"), self->succeeded);
  assert_int_equal(vendors_ledger(self->at, "requests_twice_paid"), 0);
  assert_int_equal(vendors_ledger(self->at, "batches_twice_paid"), 0);
  vendors_stop(self->at);
  remove_directory(self->state_dir);
  free(self);
}
