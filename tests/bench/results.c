/* What one result costs a caller: handles, and the getters that a caller uses. Prints nanoseconds for each.
 *
 *     results STATE_DIR BASE_URL [REQUESTS]
 *
 * BASE_URL is an emulator's for openai; STATE_DIR is made and kept. */
#include <batchrouter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { kBlock = 256, kRounds = 7 };

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static size_t none(br_result *result) { return result != NULL; }
static size_t some(br_result *result) {
  size_t length = 0;
  br_result_text(result, &length);
  return length + (size_t)br_result_status(result) + strlen(br_result_custom_id(result, NULL)) +
         (size_t)br_result_tokens(result, BR_TOKENS_OUTPUT);
}
static size_t all(br_result *result) {
  size_t length = 0;
  br_result_response(result, &length);
  return length + some(result) + strlen(br_result_model(result)) + strlen(br_result_finish_reason(result)) +
         (br_result_tool_calls(result, NULL) != NULL) + (br_result_error_message(result) != NULL) +
         (size_t)br_result_http_status(result);
}

static void fail(const char *what, br_error *error) {
  fprintf(stderr, "%s: %s\n", what, error != NULL ? br_error_message(error) : "failed");
  exit(1);
}

static double best_of(br_job *job, size_t requests, size_t (*use)(br_result *)) {
  double best = 1e18;
  size_t seen = 0;
  for (int round = 0; round < kRounds; round++) {
    br_results *results = NULL;
    br_result *block[kBlock];
    size_t count = 0, rows = 0;
    if (br_results_open(job, &results, NULL) != BR_OK) fail("open", NULL);
    const double start = now_ns();
    while (br_results_next(results, block, kBlock, &count, NULL) == BR_OK) {
      for (size_t i = 0; i < count; i++) seen += use(block[i]), br_result_free(block[i]);
      rows += count;
    }
    const double took = (now_ns() - start) / (double)rows;
    if (rows != requests) fail("rows are missing", NULL);
    if (took < best) best = took;
    br_results_free(results);
  }
  return seen > 0 ? best : 0;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const size_t requests = argc > 3 ? (size_t)atol(argv[3]) : 20000;
  br_error *error = NULL;
  br_config *config = br_config_new();
  if (br_config_set(config, "state_dir", argv[1], &error) != BR_OK ||
      br_config_set(config, "openai.base_url", argv[2], &error) != BR_OK ||
      br_config_set(config, "openai.api_key", "bench", &error) != BR_OK ||
      br_config_set(config, "poll.interval_ms", "10", &error) != BR_OK)
    fail("config", error);
  br_router *router = NULL;
  if (br_router_new(config, &router, &error) != BR_OK) fail("router", error);
  br_batch *batch = br_batch_new("openai");
  for (size_t i = 0; i < requests; i++) {
    char line[400];
    const int n = snprintf(line, sizeof line,
                           "{\"custom_id\":\"r%zu\",\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\","
                           "\"content\":\"Question %zu, long enough to be a question: what is the \\\"answer\\\"?\"}]}",
                           i, i);
    if (br_batch_add_jsonl(batch, line, (size_t)n, &error) != BR_OK) fail("batch", error);
  }
  br_job *job = NULL;
  if (br_submit(router, batch, NULL, NULL, NULL, &job, &error) != BR_OK) fail("submit", error);
  br_batch_free(batch);
  if (br_job_wait(job, -1, &error) != BR_OK || br_job_is_done(job) != 1) fail("job", error);
  printf("handle %.0f ns, with id, status, text, tokens %.0f ns, with every getter %.0f ns\n",
         best_of(job, requests, none), best_of(job, requests, some), best_of(job, requests, all));
  br_job_free(job);
  br_router_free(router);
  br_config_free(config);
  return 0;
}
