/* What border.py holds the languages against: id, status and text of the stored results of a job, from C. A shared
 * library that the program of each language loads, so that both are measured in one process, by turns. */
#include <batchrouter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { kBlock = 256, kRepeats = 100 };

void border(const char *state_dir, const char *job_id, double out[3]);
double border_now(void);

/* Nanoseconds of CPU of the whole process, a collector's threads included: others use the machine too. */
double border_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(br_status status, const char *what) {
  if (status >= 0) return;
  fprintf(stderr, "%s: %s\n", what, br_status_name(status));
  exit(1);
}

static size_t ask(const br_result *result) {
  size_t id = 0, text = 0;
  br_result_custom_id(result, &id);
  br_result_text(result, &text);
  return id + text + (size_t)br_result_status(result);
}

static size_t copy(const char *text, size_t length) {
  char *copied = malloc(length + 1);
  if (copied == NULL) exit(1);
  memcpy(copied, text, length + 1);
  __asm__ volatile("" : : "r"(copied) : "memory"); /* or the copy would be left out */
  free(copied);
  return length;
}

static size_t ask_copies(const br_result *result) {
  size_t id = 0, text = 0;
  const char *id_at = br_result_custom_id(result, &id), *text_at = br_result_text(result, &text);
  return copy(id_at, id) + copy(text_at, text) + (size_t)br_result_status(result);
}

/* From the moment the first block is there: what opening costs is no cost of a result. */
static double read_all(br_job *job, size_t *sum) {
  br_results *results = NULL;
  br_result *block[kBlock];
  size_t count = 0, rows = 0;
  must(br_results_open(job, &results, NULL), "open");
  br_status status = br_results_next(results, block, kBlock, &count, NULL);
  const double began = border_now();
  while (status == BR_OK) {
    for (size_t i = 0; i < count; i++) *sum += ask(block[i]), br_result_free(block[i]);
    rows += count;
    status = br_results_next(results, block, kBlock, &count, NULL);
  }
  const double took = border_now() - began;
  br_results_free(results);
  return took / (double)rows;
}

static double again(br_result **block, size_t count, size_t (*use)(const br_result *), size_t *sum) {
  const double began = border_now();
  for (int round = 0; round < kRepeats; round++)
    for (size_t i = 0; i < count; i++) *sum += use(block[i]);
  return (border_now() - began) / (double)(count * kRepeats);
}

/* Nanoseconds for a result: [0] fetched in blocks of 256, asked and freed, all of the job; [1] of one block, asked
 * again when everything is decoded; [2] the same with copies of the texts. */
void border(const char *state_dir, const char *job_id, double out[3]) {
  br_config *config = br_config_new();
  must(br_config_set(config, "state_dir", state_dir, NULL), "state_dir");
  br_router *router = NULL;
  must(br_router_new(config, &router, NULL), "router");
  br_job *job = NULL;
  must(br_job_open(router, job_id, &job, NULL), "job");
  br_results *results = NULL;
  br_result *block[kBlock];
  size_t count = 0, sum = 0;
  out[0] = read_all(job, &sum);
  must(br_results_open(job, &results, NULL), "results");
  must(br_results_next(results, block, kBlock, &count, NULL), "results");
  out[1] = again(block, count, ask, &sum);
  out[2] = again(block, count, ask_copies, &sum);
  for (size_t i = 0; i < count; i++) br_result_free(block[i]);
  br_results_free(results);
  br_job_free(job);
  br_router_free(router);
  br_config_free(config);
  if (sum == 0) exit(1);
}
