/* One router's life with the twenty batches, and the next one's on the same state directory. */
#pragma once

#include "acceptance/twenty.h"

enum { kWait = 60000, kLatency = 60000, kCancelled = 10, kFailing = 3 };

typedef struct life {
  vendors *at;
  char *state_dir;
  br_router *router;
  br_job *jobs[kTwenty];
  char ids[kTwenty][64];       /* of the jobs, kept over the router's end */
  int seen[kTwenty][kLargest]; /* how often br_next_result handed out the row */
  int done_events, blocked_events;
} life;

extern const int cancelled[kCancelled];
int is_cancelled(int index);
/* Of the vendor that refuses its key in the first life. */
int is_failing(int index);
int rows_where(int (*chosen)(int index), int want);

void open_life(life *self, const char *groq_key);
/* Runs the callbacks that are left, and ends the router. */
void close_life(life *self);

/* All results of one batch, in the order of its requests; how many succeeded. */
int read_in_order(br_job *job, int index);

/* The tests, in this order. */
void twenty_batches_of_six_vendors_are_run_in_one_life(void **state);
void the_next_life_ends_what_was_blocked_and_unread(void **state);
void what_was_cancelled_is_asked_again_and_paid_once(void **state);
void local_and_remote_lists_show_every_batch(void **state);
void a_batch_made_elsewhere_is_worked_on(void **state);
