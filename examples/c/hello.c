/* Hello, world: one question, one answer. OPENAI_API_KEY is the key; arguments are settings: KEY VALUE KEY VALUE … */
#include <batchrouter.h>
#include <stdio.h>

int main(int argc, char **argv) {
  br_config *config = br_config_new();
  for (int i = 1; i + 1 < argc; i += 2) br_config_set(config, argv[i], argv[i + 1], NULL);
  br_router *router = NULL;
  br_job *job = NULL;
  br_result *result = NULL;
  br_error *error = NULL;
  br_batch *batch = br_batch_new("openai");
  br_request *hello = br_request_new("hello", "gpt-4o-mini");
  br_request_add_message(hello, BR_ROLE_USER, NULL);
  br_request_add_text(hello, "Say hello to the world.", 23, NULL);
  br_batch_add(batch, hello, NULL);
  if (br_router_new(config, &router, &error) != BR_OK) return puts(br_error_message(error)), 1;
  if (br_submit(router, batch, NULL, NULL, NULL, &job, &error) != BR_OK) return puts(br_error_message(error)), 1;
  if (br_next_result(router, job, -1, &result, &error) != BR_OK) return puts(br_error_message(error)), 1;
  puts(br_result_text(result, NULL) ? br_result_text(result, NULL) : br_result_error_message(result));
  br_result_ack(result, NULL), br_result_free(result), br_job_free(job), br_router_free(router);
  br_request_free(hello), br_batch_free(batch), br_config_free(config);
  return 0;
}
