/* The quick start: two questions as one batch, the answers as they come. */
#include <batchrouter.h>
#include <stdio.h>
#include <string.h>

static int fail(br_error *error) {
  fprintf(stderr, "%s\n", br_error_message(error));
  for (size_t i = 0; i < br_error_issue_count(error); i++) fprintf(stderr, "  %s\n", br_error_issue(error, i));
  if (br_error_hint(error)) fprintf(stderr, "hint: %s\n", br_error_hint(error));
  br_error_free(error);
  return 1;
}

int main(int argc, char **argv) {
  static const char requests[] =
      "{\"custom_id\":\"capital\",\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":"
      "\"What is the capital of France?\"}]}\n"
      "{\"custom_id\":\"sum\",\"model\":\"gpt-4o-mini\",\"system_prompt\":\"You are a patient tutor.\",\"messages\":"
      "[{\"role\":\"user\",\"content\":\"What is 2+2?\"}],\"generation_config\":{\"max_tokens\":64}}\n";
  br_error *error = NULL;
  br_config *config = br_config_new();
  if (argc > 1 && br_config_set(config, "openai.base_url", argv[1], &error) != BR_OK) return fail(error);
  if (argc > 2 && br_config_set(config, "state_dir", argv[2], &error) != BR_OK) return fail(error);
  if (argc > 3 && br_config_set(config, "poll.interval_ms", argv[3], &error) != BR_OK) return fail(error);

  br_router *router = NULL;
  if (br_router_new(config, &router, &error) != BR_OK) return fail(error);
  br_batch *batch = br_batch_new("openai");
  br_batch_add_jsonl(batch, requests, strlen(requests), NULL);
  br_job *job = NULL;
  if (br_submit(router, batch, NULL, NULL, NULL, &job, &error) != BR_OK) return fail(error);

  br_result *result = NULL;
  br_status status;
  while ((status = br_next_result(router, job, -1, &result, &error)) == BR_OK) {
    const char *text = br_result_text(result, NULL);
    printf("%s: %s\n", br_result_custom_id(result, NULL), text ? text : br_result_error_message(result));
    br_result_ack(result, NULL);
    br_result_free(result);
    br_job_update(job, NULL);
    printf("Progress: %lld/%lld\n", (long long)br_job_count(job, BR_COUNT_SUCCEEDED),
           (long long)br_job_count(job, BR_COUNT_TOTAL));
  }
  if (status != BR_END) return fail(error);
  br_job_free(job);
  br_batch_free(batch);
  br_router_free(router);
  br_config_free(config);
  return 0;
}
