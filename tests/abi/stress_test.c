/* Everything at once on one router, chosen by a seed: eight threads submit, take, acknowledge, give back, refresh, cancel,
 * fetch again, remove, wait, poll and interrupt, callbacks and a provider's functions call back into the router, and the
 * router is closed in the middle. The next router on the directory then brings what is left. Worth most under a
 * sanitizer, for minutes:
 *
 *   abi.stress_test [SEED] [ROUNDS]
 *
 * What must hold: every call ends; a result that comes twice says so, unless it was given back; after the last router
 * no result is missing; BR_END comes only when nothing is left; nothing is paid twice. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support.h"
#include "support/emulator_c.h"

enum { kThreads = 8, kMostJobs = 256, kMostRows = 8, kMostBatches = 512, kLongestCallS = 100 };

static unsigned chance(unsigned *seed, unsigned below) { return (unsigned)rand_r(seed) % below; }

/* ---- what is known of each result ---- */

struct order {
  char id[64];
  int rows;
  int handed[kMostRows]; /* and not given back */
  int seen[kMostRows];   /* ever, by any router */
  int removed, all_acked;
};

static struct {
  pthread_mutex_t mutex;
  struct order orders[kMostJobs];
  int count;
} book = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static _Atomic int failures;
static int auto_ack; /* of the routers of this round */

static void complain(const char *what, const char *job, const char *id) {
  fprintf(stderr, "stress: %s: %s %s\n", what, job, id);
  atomic_fetch_add(&failures, 1);
}

static struct order *order_of(const char *job_id) { /* with the mutex */
  for (int i = 0; i < book.count; i++) {
    if (strcmp(book.orders[i].id, job_id) == 0) return &book.orders[i];
  }
  if (book.count == kMostJobs) abort();
  struct order *made = &book.orders[book.count++];
  memset(made, 0, sizeof *made);
  snprintf(made->id, sizeof made->id, "%s", job_id);
  return made;
}

static void note_submitted(const char *job_id, int rows) {
  pthread_mutex_lock(&book.mutex);
  order_of(job_id)->rows = rows;
  pthread_mutex_unlock(&book.mutex);
}

static void note_handed(const br_result *result) {
  const int row = atoi(br_result_custom_id(result, NULL) + 1);
  pthread_mutex_lock(&book.mutex);
  struct order *order = order_of(br_result_job_id(result));
  if (row < 0 || row >= kMostRows) complain("odd id", order->id, br_result_custom_id(result, NULL));
  else {
    if (order->handed[row] > 0 && !br_result_redelivered(result))
      complain("handed out twice", order->id, br_result_custom_id(result, NULL));
    order->handed[row] = order->seen[row] = 1;
  }
  pthread_mutex_unlock(&book.mutex);
}

static void note_returned(const br_result *result) {
  const int row = atoi(br_result_custom_id(result, NULL) + 1);
  pthread_mutex_lock(&book.mutex);
  struct order *order = order_of(br_result_job_id(result));
  order->handed[row] = 0;
  if (auto_ack) order->seen[row] = 1; /* for the next router it is acknowledged */
  pthread_mutex_unlock(&book.mutex);
}

static void note_flag(const char *job_id, int removed) {
  pthread_mutex_lock(&book.mutex);
  struct order *order = order_of(job_id);
  order->removed |= removed, order->all_acked |= !removed;
  pthread_mutex_unlock(&book.mutex);
}

/* ---- calls that must end ---- */

struct worker {
  pthread_t thread;
  unsigned seed;
  int number;
  _Atomic long began_s; /* 0: in no call */
  const char *_Atomic call;
};

struct room {
  br_router *router;
  emulator *vendor;
  struct worker workers[kThreads + 1]; /* the last one closes */
  _Atomic int stop;
};

static struct room *in; /* for callbacks and functions of the provider */

static long now_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

static void *watch(void *unused) {
  (void)unused;
  while (!atomic_load(&in->stop)) {
    for (int i = 0; i <= kThreads; i++) {
      const long began = atomic_load(&in->workers[i].began_s);
      if (began != 0 && now_s() - began > kLongestCallS) {
        fprintf(stderr, "stress: thread %d hangs in %s\n", i, atomic_load(&in->workers[i].call));
        abort();
      }
    }
    usleep(100000);
  }
  return NULL;
}

#define CALL(w, expression)               \
  (atomic_store(&(w)->call, #expression), \
   atomic_store(&(w)->began_s, now_s()), leave(w, (expression)))

static pthread_mutex_t calls_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t call_made = PTHREAD_COND_INITIALIZER;
static int calls_made; /* with the mutex */

static void wait_for_calls(int more) {
  pthread_mutex_lock(&calls_mutex);
  const int until = calls_made + more;
  while (calls_made < until) pthread_cond_wait(&call_made, &calls_mutex);
  pthread_mutex_unlock(&calls_mutex);
}

static br_status leave(struct worker *w, br_status status) {
  pthread_mutex_lock(&calls_mutex);
  calls_made += 1;
  pthread_cond_signal(&call_made);
  pthread_mutex_unlock(&calls_mutex);
  atomic_store(&w->began_s, 0);
  return status;
}

/* ---- a provider whose functions use the router ---- */

static struct {
  pthread_mutex_t mutex;
  int count;
  char markers[kMostBatches][96], paths[kMostBatches][512];
  int polls[kMostBatches];
} kitchen = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void use_the_router(void) {
  static _Atomic unsigned turn;
  br_result *result = NULL;
  br_job_list *list = NULL;
  switch (atomic_fetch_add(&turn, 1) % 5) {
    case 0:
      if (br_next_result(in->router, NULL, 2, &result, NULL) == BR_OK) {
        note_returned(result); /* nobody else has it until it is given back */
        br_result_return(result, NULL);
      }
      break;
    case 1:
      if (br_list(in->router, "openai", 2, &list, NULL) != BR_OK) break;
      if (br_job_list_count(list) > 0) br_job_wait(br_job_list_get(list, 0), 5, NULL);
      br_job_list_free(list);
      break;
    case 2:
      br_poll(in->router, 1, NULL);
      break;
    case 3:
      br_router_wakeup(in->router);
      break;
    default:
      (void)br_stats_json(in->router, NULL);
  }
}

static br_status kitchen_prepare(void *user_data, br_provider_call *call, const char *line, size_t length) {
  (void)user_data;
  return br_call_write(call, line, length);
}

static int batch_at(const br_provider_call *call) {
  const char *id = br_call_batch_id(call);
  return id == NULL ? -1 : atoi(id + 2);
}

static br_status kitchen_submit(void *user_data, br_provider_call *call) {
  (void)user_data;
  use_the_router();
  pthread_mutex_lock(&kitchen.mutex);
  const int at = kitchen.count++;
  if (at >= kMostBatches) abort();
  snprintf(kitchen.markers[at], sizeof kitchen.markers[at], "%s", br_call_marker(call));
  snprintf(kitchen.paths[at], sizeof kitchen.paths[at], "%s", br_call_requests_path(call));
  kitchen.polls[at] = 0;
  for (int i = 0; i < at; i++) {
    if (strcmp(kitchen.markers[i], kitchen.markers[at]) == 0) complain("submitted twice", kitchen.markers[at], "");
  }
  pthread_mutex_unlock(&kitchen.mutex);
  if (at % 7 == 6) { /* refused for good; the marker stays in no list */
    pthread_mutex_lock(&kitchen.mutex);
    kitchen.markers[at][0] = '\0';
    pthread_mutex_unlock(&kitchen.mutex);
    return br_call_fail(call, BR_EPROVIDER, 0, -1, "closed", "the kitchen is closed");
  }
  char id[32];
  snprintf(id, sizeof id, "k-%d", at);
  return br_call_set_batch_id(call, id);
}

static br_status kitchen_poll(void *user_data, br_provider_call *call) {
  (void)user_data;
  use_the_router();
  const int at = batch_at(call);
  if (at < 0) return br_call_fail(call, BR_ENOTFOUND, 0, -1, NULL, "no such batch");
  pthread_mutex_lock(&kitchen.mutex);
  const int polls = ++kitchen.polls[at];
  pthread_mutex_unlock(&kitchen.mutex);
  return br_call_set_state(call, polls < 3 ? BR_STATE_IN_PROGRESS : BR_STATE_COMPLETED, "cooking");
}

static br_status kitchen_fetch(void *user_data, br_provider_call *call) {
  (void)user_data;
  use_the_router();
  FILE *file = fopen(kitchen.paths[batch_at(call)], "r");
  if (file == NULL) return br_call_fail(call, BR_EPROVIDER, 0, -1, NULL, "the requests are gone");
  char line[1024], out[256], id[64];
  while (fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "{\"custom_id\":\"%63[^\"]", id) != 1) continue;
    const int length = snprintf(out, sizeof out, "{\"custom_id\":\"%s\",\"status\":\"succeeded\",\"text\":\"soup\"}\n", id);
    br_call_write(call, out, (size_t)length);
  }
  fclose(file);
  return BR_OK;
}

static br_status kitchen_cancel(void *user_data, br_provider_call *call) {
  (void)user_data;
  use_the_router();
  return br_call_set_state(call, BR_STATE_CANCELLING, NULL);
}

static br_status kitchen_list(void *user_data, br_provider_call *call) {
  (void)user_data;
  pthread_mutex_lock(&kitchen.mutex);
  for (int i = 0; i < kitchen.count; i++) {
    char id[32];
    snprintf(id, sizeof id, "k-%d", i);
    if (kitchen.markers[i][0] == '\0') continue;
    br_call_add_batch(call, id, kitchen.markers[i]);
    br_call_set_state(call, BR_STATE_IN_PROGRESS, NULL);
  }
  pthread_mutex_unlock(&kitchen.mutex);
  return BR_OK;
}

/* ---- what the threads do ---- */

static _Atomic int events, dones;

static void on_event(void *user_data, int32_t event, const char *job_id, const char *json) {
  (void)user_data, (void)event, (void)job_id, (void)json;
  if (atomic_fetch_add(&events, 1) % 3 == 0) use_the_router();
}

static void on_done(void *user_data, br_job *job) {
  (void)user_data;
  (void)br_job_json(job, NULL);
  atomic_fetch_add(&dones, 1);
  use_the_router();
}

static _Atomic int questions; /* no two requests are the same: the emulator tells what is paid twice by its bytes */

static void submit_one(struct worker *w) {
  const int rows = 1 + (int)chance(&w->seed, kMostRows - 1);
  br_batch *batch = br_batch_new(chance(&w->seed, 3) == 0 ? "kitchen" : "openai");
  for (int i = 0; i < rows; i++) {
    char line[256];
    const int length = snprintf(line, sizeof line,
                                "{\"custom_id\":\"r%d\",\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\","
                                "\"content\":\"Question %d\"}]}",
                                i, atomic_fetch_add(&questions, 1));
    br_batch_add_jsonl(batch, line, (size_t)length, NULL);
  }
  br_job *job = NULL;
  const br_status status = CALL(w, br_submit(in->router, batch, on_done, NULL, NULL, &job, NULL));
  if (status == BR_OK) note_submitted(br_job_id(job), rows);
  else if (status != BR_ECLOSED) complain("submit", br_status_name(status), "");
  br_job_free(job);
  br_batch_free(batch);
}

/* A job of the router's, chosen by chance. */
static br_job *any_job(struct worker *w) {
  br_job *job = NULL;
  char id[64] = "";
  pthread_mutex_lock(&book.mutex);
  if (book.count > 0) snprintf(id, sizeof id, "%s", book.orders[chance(&w->seed, (unsigned)book.count)].id);
  pthread_mutex_unlock(&book.mutex);
  if (id[0] != '\0') (void)CALL(w, br_job_open(in->router, id, &job, NULL));
  return job;
}

static void dispose(struct worker *w, br_result *result) {
  note_handed(result);
  switch (chance(&w->seed, 4)) {
    case 0:
      note_returned(result);
      (void)CALL(w, br_result_return(result, NULL));
      return;
    case 1:
      break; /* never acknowledged */
    default:
      (void)CALL(w, br_result_ack(result, NULL));
  }
  br_result_free(result);
}

static void take(struct worker *w, br_job *job) {
  br_result *results[4] = {NULL};
  size_t count = 0;
  const int timeout = (int)chance(&w->seed, 20);
  const br_status status = CALL(w, br_next_results(in->router, job, timeout, results, 4, &count, NULL));
  if ((status == BR_OK) != (count > 0)) complain("count", br_status_name(status), "");
  for (size_t i = 0; i < count; i++) dispose(w, results[i]);
}

static void work_on(struct worker *w, br_job *job, unsigned what) {
  int64_t changed = 0;
  int32_t cancelled = 0;
  const int timeout = (int)chance(&w->seed, 30);
  switch (what) {
    case 0:
      (void)CALL(w, br_job_refresh(job, timeout, NULL));
      break;
    case 1:
      if (chance(&w->seed, 4) == 0) (void)CALL(w, br_cancel(job, timeout, &cancelled, NULL));
      break;
    case 2:
      (void)CALL(w, br_job_refetch(job, timeout, &changed, NULL));
      break;
    case 3:
      if (chance(&w->seed, 6) != 0) break;
      note_flag(br_job_id(job), 1);
      (void)CALL(w, br_job_remove(job, NULL));
      break;
    case 4:
      (void)CALL(w, br_job_wait(job, timeout, NULL));
      break;
    case 5:
      if (chance(&w->seed, 6) != 0) break;
      note_flag(br_job_id(job), 0);
      (void)CALL(w, br_job_ack_all(job, NULL));
      break;
    case 6:
      (void)CALL(w, br_job_update(job, NULL));
      (void)br_job_json(job, NULL);
      break;
    case 7:
      (void)CALL(w, br_resume(in->router, job, NULL));
      break;
    default:
      (void)CALL(w, br_job_wait_submitted(job, timeout, NULL));
  }
}

static void *work(void *argument) {
  struct worker *w = argument;
  br_job_list *list = NULL;
  while (!atomic_load(&in->stop) && br_router_fd(in->router) >= 0) {
    const unsigned what = chance(&w->seed, 26);
    br_job *job = what < 14 ? any_job(w) : NULL;
    if (what < 9 && job != NULL) work_on(w, job, what);
    else if (what < 14 && job != NULL) take(w, job);
    else if (what < 17) submit_one(w);
    else if (what < 20) take(w, NULL);
    else if (what < 22) (void)CALL(w, br_poll(in->router, chance(&w->seed, 10), NULL));
    else if (what == 22) br_router_wakeup(in->router);
    else if (what == 23) {
      br_router_interrupt_since(in->router, br_router_interrupt_count(in->router));
      br_router_interrupt(in->router);
    } else if (what == 24) {
      if (CALL(w, br_list(in->router, NULL, 0, &list, NULL)) == BR_OK) {
        const size_t count = br_job_list_count(list);
        if (count > 0) (void)CALL(w, br_job_refresh(br_job_list_get(list, 0), 5, NULL));
        br_job_list_free(list);
      }
    } else if (CALL(w, br_list_remote(in->router, "openai", 5, 20, &list, NULL)) == BR_OK) {
      br_job_list_free(list);
    }
    br_job_free(job);
    pthread_mutex_lock(&book.mutex);
    const int full = book.count > kMostJobs - 64;
    pthread_mutex_unlock(&book.mutex);
    if (full) break;
  }
  return NULL;
}

/* ---- rounds ---- */

static br_router *open_one(const char *directory) {
  br_config *config = config_for(directory, emulator_base_url(in->vendor));
  br_router *router = NULL;
  br_error *error = NULL;
  br_config_set(config, "retry.base_ms", "1", NULL);
  br_config_set(config, "submit.settle_ms", "3000", NULL);
  br_config_set(config, "delivery.ack_interval_ms", "5", NULL);
  br_config_set(config, "delivery.auto_ack", auto_ack ? "1" : "0", NULL);
  br_config_set_event(config, on_event, NULL, NULL, NULL);
  assert_ok(br_router_new(config, &router, &error), &error);
  br_config_free(config);
  return router;
}

static void run_threads(unsigned *seed) {
  pthread_t watcher;
  atomic_store(&in->stop, 0);
  pthread_create(&watcher, NULL, watch, NULL);
  for (int i = 0; i < kThreads; i++) {
    in->workers[i].seed = *seed * 7919U + (unsigned)i * 104729U; /* not as rand_r goes on: they would repeat each other */
    *seed += 1;
    in->workers[i].number = i;
    pthread_create(&in->workers[i].thread, NULL, work, &in->workers[i]);
  }
  wait_for_calls(20 + (int)chance(seed, 400)); /* closed in the middle of it */
  const int64_t timeouts[] = {0, 1, 50, 500, -1};
  struct worker *closer = &in->workers[kThreads];
  const br_status closed = CALL(closer, br_router_close(in->router, timeouts[chance(seed, 5)], NULL));
  if (closed != BR_OK) complain("close", br_status_name(closed), "");
  for (int i = 0; i < kThreads; i++) pthread_join(in->workers[i].thread, NULL);
  atomic_store(&in->stop, 1);
  pthread_join(watcher, NULL);
}

/* Everything that is left, by one thread. */
static void drain(void) {
  pthread_t watcher;
  atomic_store(&in->stop, 0);
  pthread_create(&watcher, NULL, watch, NULL);
  struct worker *w = &in->workers[0];
  br_result *result = NULL;
  br_status status;
  for (;;) {
    br_error *why = NULL;
    status = CALL(w, br_next_result(in->router, NULL, -1, &result, &why));
    if (status < 0 && why != NULL) fprintf(stderr, "stress: %s\n", br_error_message(why));
    br_error_free(why);
    if (status == BR_AGAIN) continue; /* a callback woke it */
    if (status != BR_OK) break;
    note_handed(result);
    br_result_ack(result, NULL);
    br_result_free(result);
  }
  if (status != BR_END) complain("the end", br_status_name(status), "");
  br_job_list *list = NULL;
  if (br_list(in->router, NULL, 0, &list, NULL) != BR_OK) complain("list", "", "");
  for (size_t i = 0; i < br_job_list_count(list); i++) {
    if (!br_job_is_done(br_job_list_get(list, i))) complain("the end came before", br_job_id(br_job_list_get(list, i)), "");
  }
  br_job_list_free(list);
  atomic_store(&in->stop, 1);
  pthread_join(watcher, NULL);
}

static void one_round(unsigned seed) {
  struct room room = {.vendor = emulator_start(2)};
  auto_ack = seed % 4 == 3;
  char *directory = make_directory();
  in = &room;
  book.count = kitchen.count = 0;
  for (int restarts = 0; restarts < 2; restarts++) {
    room.router = open_one(directory);
    run_threads(&seed);
    br_router_free(room.router);
  }
  room.router = open_one(directory);
  drain();
  br_router_free(room.router);
  for (int i = 0; i < book.count; i++) {
    const struct order *order = &book.orders[i];
    for (int row = 0; row < order->rows; row++) {
      if (!order->seen[row] && !order->removed && !order->all_acked) complain("a result is lost", order->id, "");
    }
  }
  if (emulator_requests_twice_paid(room.vendor) != 0) complain("paid twice", "", "");
  emulator_stop(room.vendor);
  remove_directory(directory);
}

static int rounds = 1;
static unsigned first_seed = 1;

static void everything_at_once_loses_nothing(void **state) {
  (void)state;
  const br_provider_vtbl table = {.size = sizeof table,
                                  .name = "kitchen",
                                  .prepare = kitchen_prepare,
                                  .submit = kitchen_submit,
                                  .poll = kitchen_poll,
                                  .fetch = kitchen_fetch,
                                  .cancel = kitchen_cancel,
                                  .list = kitchen_list};
  br_error *error = NULL;
  assert_ok(br_registry_register(&table, NULL, NULL, &error), &error);
  for (int i = 0; i < rounds; i++) {
    one_round(first_seed + (unsigned)i);
    if (failures > 0) fail_msg("seed %u: %d failures", first_seed + (unsigned)i, failures);
  }
  assert_ok(br_registry_unregister("kitchen", &error), &error);
}

int main(int argc, char **argv) {
  if (argc > 1) first_seed = (unsigned)strtoul(argv[1], NULL, 10);
  if (argc > 2) rounds = atoi(argv[2]);
  const struct CMUnitTest tests[] = {cmocka_unit_test(everything_at_once_loses_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
