/* Many jobs that wait for their vendor: how fast a router is back after a restart, and what waiting costs.
 *
 *     outstanding STATE_DIR BASE_URL [JOBS] [IDLE_SECONDS]
 *
 * The first run with a state directory submits the jobs and ends when the vendor has them all; it prints what it took.
 * Every later run opens the directory again and prints the time to the first event of a poll, then what it costs to
 * wait. BASE_URL is an emulator's for openai whose batches do not end (--polls 1000000). */
#define _GNU_SOURCE
#include <batchrouter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct seen {
  long submitted, polled;
  double first_poll_ms;
  double start_ms;
};

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double cpu_ms(long *switches) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  *switches = usage.ru_nvcsw + usage.ru_nivcsw;
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static void fail(const char *what, br_error *error) {
  fprintf(stderr, "%s: %s\n", what, error != NULL ? br_error_message(error) : "failed");
  exit(1);
}

static void on_event(void *user_data, int32_t event, const char *job_id, const char *json) {
  struct seen *seen = user_data;
  (void)job_id, (void)json;
  seen->submitted += event == BR_EVENT_BATCH_SUBMITTED;
  seen->polled += event == BR_EVENT_BATCH_POLLED;
  if (event == BR_EVENT_BATCH_POLLED && seen->first_poll_ms == 0) seen->first_poll_ms = now_ms() - seen->start_ms;
}

static void submit_all(br_router *router, struct seen *seen, long jobs) {
  br_error *error = NULL;
  const double start = now_ms();
  for (long i = 0; i < jobs; i++) {
    char line[200];
    const int n = snprintf(
        line, sizeof line,
        "{\"custom_id\":\"r\",\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%ld\"}]}", i);
    br_batch *batch = br_batch_new("openai");
    if (br_batch_add_jsonl(batch, line, (size_t)n, &error) != BR_OK ||
        br_submit(router, batch, NULL, NULL, NULL, NULL, &error) != BR_OK)
      fail("submit", error);
    br_batch_free(batch);
    br_poll(router, 0, NULL);
  }
  printf("submit: %.2f ms a job\n", (now_ms() - start) / (double)jobs);
  while (seen->submitted < jobs) br_poll(router, 1000, NULL);
  printf("all accepted after %.1f s\n", (now_ms() - start) / 1e3);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const long jobs = argc > 3 ? atol(argv[3]) : 10000, idle_s = argc > 4 ? atol(argv[4]) : 20;
  struct seen seen = {.start_ms = now_ms()};
  br_error *error = NULL;
  br_config *config = br_config_new();
  if (br_config_set(config, "state_dir", argv[1], &error) != BR_OK ||
      br_config_set(config, "openai.base_url", argv[2], &error) != BR_OK ||
      br_config_set(config, "openai.api_key", "bench", &error) != BR_OK ||
      br_config_set(config, "audit.files", "0", &error) != BR_OK ||
      br_config_set_event(config, on_event, &seen, NULL, &error) != BR_OK)
    fail("config", error);
  br_router *router = NULL;
  if (br_router_new(config, &router, &error) != BR_OK) fail("router", error);
  const double opened = now_ms() - seen.start_ms;
  br_job_list *list = NULL;
  if (br_list(router, NULL, 1, &list, NULL) != BR_OK) fail("list", NULL);
  const size_t known = br_job_list_count(list);
  br_job_list_free(list);
  if (known == 0) {
    submit_all(router, &seen, jobs);
  } else {
    while (seen.polled == 0) br_poll(router, -1, NULL);
    printf("opened after %.1f ms, first poll after %.1f ms", opened, seen.first_poll_ms);
    while (seen.polled < jobs) br_poll(router, 1000, NULL);
    printf(", every job polled after %.1f s\n", (now_ms() - seen.start_ms) / 1e3);
  }
  long switches_before, switches;
  const double cpu = cpu_ms(&switches_before), start = now_ms();
  const long polled = seen.polled;
  for (double left; (left = start + (double)idle_s * 1e3 - now_ms()) > 0;) br_poll(router, (int64_t)left + 1, NULL);
  const double took = now_ms() - start, used = cpu_ms(&switches) - cpu;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("waiting %.0f s: %.3f %% of a core, %ld context switches, %ld polls; peak memory %ld MB\n", took / 1e3,
         used / took * 100, switches - switches_before, seen.polled - polled, usage.ru_maxrss / 1024);
  br_router_free(router);
  br_config_free(config);
  return 0;
}
