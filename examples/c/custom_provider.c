/* A batch through a provider of one's own: see shout_provider.c for the provider.
 * usage: custom_provider STATE_DIR BATCH_DIR */
#include <batchrouter.h>
#include <stdio.h>
#include <string.h>

#include "shout_provider.h"

static int fail(br_error *error) {
  fprintf(stderr, "%s\n", br_error_message(error));
  for (size_t i = 0; i < br_error_issue_count(error); i++) fprintf(stderr, "  %s\n", br_error_issue(error, i));
  br_error_free(error);
  return 1;
}

int main(int argc, char **argv) {
  static const char requests[] =
      "{\"custom_id\":\"a\",\"model\":\"loud-1\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello, world\"}]}\n"
      "{\"custom_id\":\"b\",\"model\":\"loud-1\",\"messages\":[{\"role\":\"user\",\"content\":\"Good\\nmorning\"}]}\n";
  br_error *error = NULL;
  if (argc != 3) {
    fprintf(stderr, "usage: custom_provider STATE_DIR BATCH_DIR\n");
    return 2;
  }
  /* Before the router, so that jobs of an earlier run find their provider. */
  if (br_registry_register(shout_table(), shout_new(argv[2]), shout_free, &error) != BR_OK) return fail(error);

  br_config *config = br_config_new();
  br_config_set(config, "state_dir", argv[1], NULL);
  br_config_set(config, "poll.interval_ms", "10", NULL);
  br_router *router = NULL;
  if (br_router_new(config, &router, &error) != BR_OK) return fail(error);
  br_batch *batch = br_batch_new("shout");
  br_batch_add_jsonl(batch, requests, strlen(requests), NULL);
  br_job *job = NULL;
  if (br_submit(router, batch, NULL, NULL, NULL, &job, &error) != BR_OK) return fail(error);

  /* The provider's functions run in here, on this thread. */
  br_result *result = NULL;
  br_status status;
  while ((status = br_next_result(router, job, -1, &result, &error)) == BR_OK) {
    const char *text = br_result_text(result, NULL);
    printf("%s: %s\n", br_result_custom_id(result, NULL), text ? text : br_result_error_message(result));
    br_result_ack(result, NULL);
    br_result_free(result);
  }
  if (status != BR_END) return fail(error);
  br_job_free(job);
  br_batch_free(batch);
  br_router_free(router);
  br_config_free(config);
  br_registry_unregister("shout", NULL);
  return 0;
}
