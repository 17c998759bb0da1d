/* From "the vendor says it is done" to the first result in the caller's hands.
 *
 *     first_result STATE_DIR BASE_URL [ROUNDS]
 *
 * BASE_URL is an emulator's for openai (--polls 1). Prints the median and the worst of the rounds. */
#define _GNU_SOURCE
#include <batchrouter.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static _Atomic double ended_ms;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void on_event(void *user_data, int32_t event, const char *job_id, const char *json) {
  (void)user_data, (void)job_id, (void)json;
  if (event == BR_EVENT_BATCH_ENDED) ended_ms = now_ms();
}

static void *poll_always(void *router) {
  while (br_poll(router, -1, NULL) >= 0) continue;
  return NULL;
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const size_t rounds = argc > 3 ? (size_t)atol(argv[3]) : 50;
  double *took = calloc(rounds, sizeof *took);
  br_config *config = br_config_new();
  br_router *router = NULL;
  pthread_t poller;
  if (br_config_set(config, "state_dir", argv[1], NULL) != BR_OK ||
      br_config_set(config, "openai.base_url", argv[2], NULL) != BR_OK ||
      br_config_set(config, "openai.api_key", "bench", NULL) != BR_OK ||
      br_config_set(config, "poll.interval_ms", "5", NULL) != BR_OK ||
      br_config_set_event(config, on_event, NULL, NULL, NULL) != BR_OK ||
      br_router_new(config, &router, NULL) != BR_OK || pthread_create(&poller, NULL, poll_always, router) != 0)
    return 1;
  for (size_t i = 0; i < rounds; i++) {
    static const char line[] =
        "{\"custom_id\":\"a\",\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    br_batch *batch = br_batch_new("openai");
    br_job *job = NULL;
    br_result *result = NULL;
    br_batch_add_jsonl(batch, line, strlen(line), NULL);
    ended_ms = 0;
    if (br_submit(router, batch, NULL, NULL, NULL, &job, NULL) != BR_OK ||
        br_next_result(router, job, -1, &result, NULL) != BR_OK)
      return 1;
    const double here = now_ms();
    while (ended_ms == 0) continue;
    took[i] = here - ended_ms;
    br_result_ack(result, NULL);
    br_result_free(result);
    br_job_free(job);
    br_batch_free(batch);
  }
  qsort(took, rounds, sizeof *took, by_size);
  printf("done to first result: median %.2f ms, worst %.2f ms\n", took[rounds / 2], took[rounds - 1]);
  br_router_close(router, 0, NULL);
  pthread_join(poller, NULL);
  br_router_free(router);
  br_config_free(config);
  free(took);
  return 0;
}
