#include "acceptance/twenty.h"

#include <stdio.h>
#include <string.h>

#include "abi/support.h"

const char *const vendor_names[kVendorsUsed] = {"openai", "anthropic", "google", "mistral", "groq", "together"};

static const char *const models[kVendorsUsed] = {"gpt-4o-mini",          "claude-haiku-4-5",
                                                 "gemini-2.5-flash",     "mistral-small-latest",
                                                 "llama-3.1-8b-instant", "meta-llama/Llama-3.3-70B-Instruct-Turbo"};

static const int sizes[kTwenty] = {200, 300, 150, 120, 40,  80,  420, 90, 60, 250,
                                   7,   130, 1,   330, 110, 170, 350, 75, 25, 280};

const char *provider_of(int index) { return vendor_names[index % kVendorsUsed]; }

int size_of(int index) { return sizes[index]; }

int total_size(void) {
  int total = 0;
  for (int i = 0; i < kTwenty; i++) total += sizes[i];
  return total;
}

void id_of(int index, int row, char *id) { snprintf(id, 16, "b%02d-r%04d", index % 100, row % 10000); }

void place_of(const char *custom_id, int *index, int *row) {
  char again[16];
  *index = *row = -1;
  /* Rows of a batch that was attached come as they are: with the tag of the job that made it. */
  if (custom_id != NULL && strncmp(custom_id, "br-", 3) == 0 && strlen(custom_id) > 16) custom_id += 16;
  if (custom_id == NULL || sscanf(custom_id, "b%2d-r%4d", index, row) != 2 || *index < 0 || *index >= kTwenty ||
      *row < 0 || *row >= sizes[*index])
    fail_msg("a result for %s, which was never asked", custom_id != NULL ? custom_id : "nothing");
  id_of(*index, *row, again);
  assert_string_equal(again, custom_id);
}

br_batch *make_batch(int index) {
  char name[16], id[16], line[256];
  br_batch *batch = br_batch_new(provider_of(index));
  assert_non_null(batch);
  snprintf(name, sizeof name, "batch-%02d", index);
  assert_int_equal(br_batch_set_name(batch, name, NULL), BR_OK);
  for (int row = 0; row < sizes[index]; row++) {
    id_of(index, row, id);
    int length = snprintf(line, sizeof line,
                          "{\"custom_id\":\"%s\",\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":"
                          "\"Question %d of batch %d\"}],\"generation_config\":{\"max_tokens\":32}}\n",
                          id, models[index % kVendorsUsed], row, index);
    assert_int_equal(br_batch_add_jsonl(batch, line, (size_t)length, NULL), BR_OK);
  }
  return batch;
}

void make_twenty(br_batch **batches) {
  for (int i = 0; i < kTwenty; i++) batches[i] = make_batch(i);
}

void free_batches(br_batch **batches, int count) {
  for (int i = 0; i < count; i++) br_batch_free(batches[i]);
}

void free_jobs(br_job **jobs, int count) {
  for (int i = 0; i < count; i++) br_job_free(jobs[i]);
}

void set(br_config *config, const char *key, const char *value) {
  br_error *error = NULL;
  assert_ok(br_config_set(config, key, value, &error), &error);
}

br_config *config_of(const vendors *at, const char *state_dir) {
  br_config *config = br_config_new();
  assert_non_null(config);
  set(config, "state_dir", state_dir);
  for (int i = 0; i < kVendorsUsed; i++) {
    char key[64];
    snprintf(key, sizeof key, "%s.base_url", vendor_names[i]);
    set(config, key, vendors_url(at, vendor_names[i]));
    snprintf(key, sizeof key, "%s.api_key", vendor_names[i]);
    set(config, key, "good");
  }
  set(config, "poll.interval_ms", "20");
  set(config, "poll.max_interval_ms", "50");
  set(config, "retry.base_ms", "10");
  set(config, "retry.cap_ms", "100");
  return config;
}

br_router *open_with(const br_config *config) {
  br_router *router = NULL;
  br_error *error = NULL;
  assert_ok(br_router_new(config, &router, &error), &error);
  return router;
}

br_router *open_at(const vendors *at, const char *state_dir) {
  br_config *config = config_of(at, state_dir);
  br_router *router = open_with(config);
  br_config_free(config);
  return router;
}

int answers(const br_result *result) {
  char want[64];
  const char *text = br_result_text(result, NULL);
  /* The vendor sees the id on the wire, which may carry the job's tag before the caller's id. */
  snprintf(want, sizeof want, "%s [", br_result_custom_id(result, NULL));
  return text != NULL && strncmp(text, "answer to ", 10) == 0 && strstr(text, want) != NULL;
}
