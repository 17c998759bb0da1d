/* Every case of bindings/conformance/captured.json in C. usage: captured_test CAPTURED.JSON; BATCHROUTER_PROGRAM names
 * the program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance.h"

enum { MOST_CALLS = 16 };

static const char *program;

static const cJSON *field(const cJSON *json, const char *key) { return cJSON_GetObjectItemCaseSensitive(json, key); }

static const char *text_of(const cJSON *json, const char *key) {
  const char *text = cJSON_GetStringValue(field(json, key));
  return text == NULL ? "" : text;
}

static br_exchange *exchange_of(const cJSON *call, const char *base_url) {
  char url[256];
  br_error *error = NULL;
  snprintf(url, sizeof url, "%s%s", base_url, text_of(call, "path"));
  br_exchange *exchange = br_exchange_new(text_of(call, "method"), url);
  assert_non_null(exchange);
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, field(call, "headers"))
      assert_ok(br_exchange_add_header(exchange, item->string, item->valuestring, &error), &error);
  cJSON_ArrayForEach(item, field(call, "options"))
      assert_ok(br_exchange_set(exchange, item->string, item->valuestring, &error), &error);
  const char *body = text_of(call, "body");
  assert_ok(br_exchange_set_body(exchange, body, strlen(body), &error), &error);
  return exchange;
}

static const char *header_of(const br_answer *answer, const char *name) {
  for (size_t i = 0; i < br_answer_header_count(answer); i++)
    if (strcmp(br_answer_header_name(answer, i), name) == 0) return br_answer_header_value(answer, i);
  return "";
}

static void check_answer(const cJSON *call, br_answer *answer) {
  const cJSON *want = field(call, "expect");
  assert_int_equal(br_answer_status(answer), (int)cJSON_GetNumberValue(field(want, "status")));
  assert_int_equal(br_answer_is_cached(answer), cJSON_IsTrue(field(want, "cached")));
  const char *type = text_of(want, "content_type");
  assert_int_equal(strncmp(header_of(answer, "content-type"), type, strlen(type)), 0);
  assert_non_null(strstr(br_answer_body(answer, NULL), text_of(want, "body_has")));
  br_error *error = NULL;
  if (strcmp(text_of(call, "act"), "drop") != 0) assert_ok(br_answer_delivered(answer, &error), &error);
  br_answer_free(answer);
}

static void run_round(br_capture *capture, const char *base_url, const cJSON *round) {
  const size_t count = (size_t)cJSON_GetArraySize(round);
  assert_true(count <= MOST_CALLS);
  br_exchange *exchanges[MOST_CALLS];
  int64_t ids[MOST_CALLS];
  br_error *error = NULL;
  size_t i = 0, waiting = 0;
  const cJSON *call = NULL;
  cJSON_ArrayForEach(call, round) exchanges[i++] = exchange_of(call, base_url);
  assert_ok(br_capture_take_many(capture, (const br_exchange *const *)exchanges, count, ids, &error), &error);
  for (i = 0; i < count; i++) {
    call = cJSON_GetArrayItem(round, (int)i);
    br_exchange_free(exchanges[i]);
    assert_int_equal(ids[i] == 0, cJSON_IsTrue(field(field(call, "expect"), "passed")));
    const int leaves = strcmp(text_of(call, "act"), "leave") == 0;
    if (leaves) assert_ok(br_capture_leave(capture, ids[i], &error), &error);
    waiting += ids[i] != 0 && !leaves;
  }
  assert_ok(br_capture_flush(capture, &error), &error);
  for (; waiting > 0; waiting--) {
    br_answer *answer = NULL;
    size_t got = 0;
    assert_ok(br_capture_next(capture, LIMIT_MS, &answer, 1, &got, &error), &error);
    assert_int_equal(got, 1);
    for (i = 0; i < count && ids[i] != br_answer_id(answer);) i++;
    assert_true(i < count);
    ids[i] = 0; /* each is answered once */
    check_answer(cJSON_GetArrayItem(round, (int)i), answer);
  }
}

static void case_holds(void **state) {
  const conformance_case *self = *state;
  vendor from = case_start_vendor(self, program);
  char *state_dir = make_directory();
  br_config *config = NULL;
  br_router *router = NULL;
  br_capture *capture = NULL;
  br_error *error = NULL;
  assert_ok(case_config(self, from.base_url, state_dir, &config, &error), &error);
  assert_ok(br_router_new(config, &router, &error), &error);
  br_config_free(config);
  assert_ok(br_capture_new(router, &capture, &error), &error);
  const cJSON *round = NULL;
  cJSON_ArrayForEach(round, field(self->json, "rounds")) run_round(capture, from.base_url, round);
  br_capture_free(capture);
  br_router_free(router);
  cJSON *ledger = vendor_ledger(&from);
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, field(self->json, "ledger"))
      assert_int_equal((int)cJSON_GetNumberValue(field(ledger, item->string)), (int)item->valuedouble);
  cJSON_Delete(ledger);
  vendor_stop(&from);
  remove_directory(state_dir);
}

static char *read_text(const char *path) {
  enum { MOST_BYTES = 1 << 20 };
  FILE *file = path == NULL ? NULL : fopen(path, "r");
  if (file == NULL) return NULL;
  char *text = calloc(1, MOST_BYTES + 1);
  if (text != NULL && fread(text, 1, MOST_BYTES, file) == 0) text[0] = 0;
  fclose(file);
  return text;
}

int main(int argc, char **argv) {
  enum { MOST_CASES = 64 };
  static conformance_case cases[MOST_CASES];
  static struct CMUnitTest tests[MOST_CASES];
  program = getenv("BATCHROUTER_PROGRAM");
  char *text = read_text(argc > 1 ? argv[1] : NULL);
  cJSON *file = text == NULL ? NULL : cJSON_Parse(text);
  free(text);
  if (file == NULL || program == NULL || field(file, "format")->valueint != 1) {
    fprintf(stderr, "usage: BATCHROUTER_PROGRAM=… captured_test CAPTURED.JSON\n");
    return 2;
  }
  size_t count = 0;
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, field(file, "cases")) {
    if (count == MOST_CASES) return 1;
    cases[count] = (conformance_case){file, item};
    tests[count] =
        (struct CMUnitTest){.name = text_of(item, "name"), .test_func = case_holds, .initial_state = &cases[count]};
    count++;
  }
  const int failed = count < 9 ? 1 : _cmocka_run_group_tests("captured", tests, count, NULL, NULL);
  cJSON_Delete(file);
  return failed;
}
