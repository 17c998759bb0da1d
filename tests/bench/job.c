/* A whole job from C, for languages.py: every request of a file, or so many made here; every answer printed.
 * job FILE|COUNT KEY=VALUE… */
#include <batchrouter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(br_status status, br_error *error) {
  if (status >= 0) return;
  fprintf(stderr, "%s\n", error != NULL ? br_error_message(error) : br_status_name(status));
  exit(1);
}

static void add_requests(br_batch *batch, long count) {
  br_error *error = NULL;
  for (long i = 0; i < count; i++) {
    char id[32], text[64];
    snprintf(id, sizeof id, "r%ld", i);
    const int length = snprintf(text, sizeof text, "Question %ld", i);
    br_request *request = br_request_new(id, "gpt-4o-mini");
    must(br_request_add_message(request, BR_ROLE_USER, &error), error);
    must(br_request_add_text(request, text, (size_t)length, &error), error);
    must(br_batch_add(batch, request, &error), error);
    br_request_free(request);
  }
}

int main(int argc, char **argv) {
  br_error *error = NULL;
  br_config *config = br_config_new();
  for (int i = 2; i < argc; i++) {
    char *value = strchr(argv[i], '=');
    if (value == NULL) return 2;
    *value++ = '\0';
    must(br_config_set(config, argv[i], value, &error), error);
  }
  br_router *router = NULL;
  must(br_router_new(config, &router, &error), error);
  br_config_free(config);
  br_batch *batch = br_batch_new("openai");
  br_job *job = NULL;
  const long made = strtol(argv[1], NULL, 10);
  if (made > 0)
    add_requests(batch, made);
  else
    must(br_batch_add_jsonl_file(batch, argv[1], &error), error);
  must(br_submit(router, batch, NULL, NULL, NULL, &job, &error), error);
  br_batch_free(batch);
  br_result *block[256];
  size_t count = 0;
  br_status status;
  while ((status = br_next_results(router, job, -1, block, 256, &count, &error)) == BR_OK) {
    for (size_t i = 0; i < count; i++) {
      const char *text = br_result_text(block[i], NULL);
      printf("%s: %s\n", br_result_custom_id(block[i], NULL), text != NULL ? text : br_result_error_message(block[i]));
      must(br_result_ack(block[i], &error), error);
      br_result_free(block[i]);
    }
  }
  must(status, error);
  br_job_free(job);
  must(br_router_close(router, -1, &error), error);
  br_router_free(router);
  return 0;
}
