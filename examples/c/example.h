/* What the examples share: settings from the command line, a batch of questions, and giving up. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <batchrouter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Prints what went wrong and what to do about it, and ends the program. */
static void give_up(br_error *error) {
  fprintf(stderr, "%s\n", error ? br_error_message(error) : "out of memory");
  for (size_t i = 0; i < br_error_issue_count(error); i++) fprintf(stderr, "  %s\n", br_error_issue(error, i));
  if (br_error_hint(error)) fprintf(stderr, "hint: %s\n", br_error_hint(error));
  br_error_free(error);
  exit(1);
}

static void check(br_status status, br_error *error) {
  if (status < 0) give_up(error);
}

/* Arguments are settings: KEY VALUE KEY VALUE … docs/configuration.md lists them. */
static br_config *config_from(int argc, char **argv) {
  br_config *config = br_config_new();
  br_error *error = NULL;
  for (int i = 1; i + 1 < argc; i += 2) check(br_config_set(config, argv[i], argv[i + 1], &error), error);
  return config;
}

/* Questions under the ids PREFIX-1, PREFIX-2, … */
static br_batch *questions(const char *prefix, int count) {
  br_batch *batch = br_batch_new("openai");
  br_error *error = NULL;
  for (int i = 1; i <= count; i++) {
    char line[256];
    int length = snprintf(line, sizeof line,
                          "{\"custom_id\":\"%s-%d\",\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\","
                          "\"content\":\"What is %d times %d?\"}]}",
                          prefix, i, i, i);
    check(br_batch_add_jsonl(batch, line, (size_t)length, &error), error);
  }
  return batch;
}

/* Prints one result and counts it as taken. */
static void print_result(br_result *result) {
  const char *text = br_result_text(result, NULL);
  printf("%s: %s\n", br_result_custom_id(result, NULL), text ? text : br_result_error_message(result));
  br_result_ack(result, NULL);
  br_result_free(result);
}

#endif
