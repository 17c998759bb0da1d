/* Pulling: three batches at once, their results mixed as they arrive, many in one call. */
#include "example.h"

enum { kBatches = 3, kBlock = 64 };

int main(int argc, char **argv) {
  br_error *error = NULL;
  br_config *config = config_from(argc, argv);
  br_router *router = NULL;
  check(br_router_new(config, &router, &error), error);
  br_config_free(config);

  br_batch *batches[kBatches] = {questions("red", 4), questions("green", 5), questions("blue", 6)};
  br_job *jobs[kBatches];
  check(br_submit_many(router, batches, kBatches, jobs, NULL, &error), error);

  /* A NULL job means: of any job. BR_END comes when every job has handed out every result. */
  br_result *block[kBlock];
  size_t count = 0;
  br_status status;
  while ((status = br_next_results(router, NULL, -1, block, kBlock, &count, &error)) == BR_OK) {
    for (size_t i = 0; i < count; i++) print_result(block[i]);
  }
  check(status, error);

  for (int i = 0; i < kBatches; i++) {
    check(br_job_update(jobs[i], &error), error);
    fprintf(stderr, "%s: %lld of %lld succeeded\n", br_job_id(jobs[i]),
            (long long)br_job_count(jobs[i], BR_COUNT_SUCCEEDED), (long long)br_job_count(jobs[i], BR_COUNT_TOTAL));
    br_job_free(jobs[i]);
    br_batch_free(batches[i]);
  }
  br_router_free(router);
  return 0;
}
