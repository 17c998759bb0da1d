/* A provider in C that keeps its batches in memory, for the tests of the provider table, and a router that knows it. */
#pragma once

#include <pthread.h>

#include "support.h"

#define MOST_BATCHES 8

struct vendor {
  pthread_t thread; /* the only one that may call submit, poll, fetch, cancel and list */
  int submits, polls, fetches, cancels, lists, closed, destroyed;
  int refuse_submits;    /* so many more submits are refused, */
  int refusal_transient; /* like this */
  int lose_answers;      /* so many more submits work, and nobody hears of it */
  int running_polls;     /* so many more polls say that the batch runs */
  int fail_batches;      /* batches end as failed */
  int32_t state;         /* of all batches once they have ended */
  int count;
  char *ids[MOST_BATCHES], *markers[MOST_BATCHES], *paths[MOST_BATCHES];
  int odd_ids;           /* so many more submits work, and give an id that is none */
  int half_refused;      /* so many more submits give the id, and fail all the same */
  const char *garbage;   /* what fetch writes instead of answers */
  void (*in_prepare)(void *argument);
  void (*in_poll)(void *argument);
  void *argument;
};

struct stage {
  struct vendor vendor;
  char *directory;
  br_router *router;
};

/* The table of the provider "diner"; its user_data is a struct vendor. */
br_provider_vtbl table_of(void);
void register_table(struct vendor *vendor, br_provider_vtbl table);
void destroy_vendor(void *user_data);

/* cmocka's set-up and tear-down: the diner is registered, and a router is open. *state is a struct stage. Afterwards it
 * was closed and destroyed exactly once. */
int set_up(void **state);
int tear_down(void **state);
#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

br_router *open_diner(const char *directory);
br_batch *diner_batch(int count);
/* Submits such a batch. */
br_job *order(struct stage *stage, int count);
/* Takes and acknowledges every result, of which each is an answer; how many there were. */
int take_answers(br_router *router, br_job *job);
void wait_done(br_job *job);
