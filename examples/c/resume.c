/* Crash safety: kill this program at any moment and start it again with the same state_dir. It goes on where it was;
 * nothing is lost and nothing is paid for twice. */
#include "example.h"

int main(int argc, char **argv) {
  br_error *error = NULL;
  br_config *config = config_from(argc, argv);
  br_router *router = NULL;
  check(br_router_new(config, &router, &error), error); /* goes on with every unfinished job */
  br_config_free(config);

  /* "continue": the same questions are no second job while the first one is not finished and taken. */
  br_batch *batch = questions("safe", 10);
  br_job *job = NULL;
  check(br_batch_set(batch, "continue", "1", &error), error);
  const br_status submitted = br_submit(router, batch, NULL, NULL, NULL, &job, &error);
  check(submitted, error);
  br_batch_free(batch);
  fprintf(stderr, "%s %s\n", submitted == BR_EXISTS ? "going on with" : "submitted", br_job_id(job));

  /* From here on a crash costs nothing. A result counts as taken once it is acknowledged, so print_result acknowledges
   * after it has printed: what was printed but not acknowledged comes again, and says so. */
  br_result *result = NULL;
  br_status status;
  while ((status = br_next_result(router, job, -1, &result, &error)) == BR_OK) {
    if (br_result_redelivered(result)) fprintf(stderr, "%s comes again\n", br_result_custom_id(result, NULL));
    print_result(result);
  }
  check(status, error);
  check(br_job_ack_all(job, &error), error); /* returns when that is on disk */
  br_job_free(job);
  br_router_free(router);
  return 0;
}
