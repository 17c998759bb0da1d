#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance.h"

const cJSON *case_field(const conformance_case *self, const char *key) {
  const cJSON *own = cJSON_GetObjectItemCaseSensitive(self->json, key);
  return own != NULL ? own : cJSON_GetObjectItemCaseSensitive(self->file, key);
}

const cJSON *case_expects(const conformance_case *self, const char *key) {
  return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(self->json, "expect"), key);
}

const char *case_text(const conformance_case *self, const char *key) {
  return cJSON_GetStringValue(case_field(self, key));
}

vendor case_start_vendor(const conformance_case *self, const char *program) {
  const char *arguments[61] = {NULL};
  size_t count = 0;
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, case_field(self, "emulator")) {
    assert_true(count < 60);
    arguments[count++] = item->valuestring;
  }
  cJSON_ArrayForEach(item, case_field(self, "faults")) {
    assert_true(count < 59);
    arguments[count++] = "--fault";
    arguments[count++] = item->valuestring;
  }
  return vendor_start(program, arguments);
}

static br_status set_all(br_config *config, const cJSON *settings, br_error **err) {
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, settings) {
    const br_status status = br_config_set(config, item->string, item->valuestring, err);
    if (status != BR_OK) return status;
  }
  return BR_OK;
}

br_status case_config(const conformance_case *self, const char *base_url, const char *state_dir, br_config **config,
                      br_error **err) {
  *config = br_config_new();
  assert_int_equal(br_config_set(*config, "openai.base_url", base_url, NULL), BR_OK);
  assert_int_equal(br_config_set(*config, "state_dir", state_dir, NULL), BR_OK);
  const br_status status = set_all(*config, cJSON_GetObjectItemCaseSensitive(self->file, "config"), err);
  if (status != BR_OK) return status;
  return set_all(*config, cJSON_GetObjectItemCaseSensitive(self->json, "config"), err);
}

/* Adds the line with every {n} replaced by the number. */
static void add_numbered(br_batch *batch, const char *line, int n) {
  char text[4096] = "";
  size_t size = 0;
  for (const char *at = line; *at != '\0';) {
    assert_true(size + 16 < sizeof text);
    if (strncmp(at, "{n}", 3) == 0) {
      size += (size_t)snprintf(text + size, sizeof text - size, "%d", n);
      at += 3;
    } else {
      text[size++] = *at++;
    }
  }
  assert_int_equal(br_batch_add_jsonl(batch, text, size, NULL), BR_OK);
}

br_batch *case_batch(const conformance_case *self) {
  br_batch *batch = br_batch_new(case_text(self, "provider"));
  br_error *error = NULL;
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, case_field(self, "batch")) {
    assert_ok(br_batch_set(batch, item->string, item->valuestring, &error), &error);
  }
  cJSON_ArrayForEach(item, case_field(self, "requests")) {
    assert_ok(br_batch_add_jsonl(batch, item->valuestring, strlen(item->valuestring), &error), &error);
  }
  const cJSON *repeat = case_field(self, "repeat");
  const cJSON *line = cJSON_GetObjectItemCaseSensitive(repeat, "line");
  const cJSON *count = cJSON_GetObjectItemCaseSensitive(repeat, "count");
  for (int n = 0; count != NULL && n < count->valueint; n++) add_numbered(batch, line->valuestring, n);
  return batch;
}
