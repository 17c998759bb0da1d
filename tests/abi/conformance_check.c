#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance.h"

static void check_text(const cJSON *wanted, const char *actual, const char *what) {
  if (wanted == NULL) return;
  const char *text = cJSON_GetStringValue(wanted);
  assert_non_null(text);
  if (actual == NULL || strcmp(text, actual) != 0)
    fail_msg("%s is %s, not %s", what, actual == NULL ? "none" : actual, text);
}

static void check_number(const cJSON *wanted, int64_t actual, const char *what) {
  if (wanted == NULL) return;
  const int64_t number = cJSON_IsBool(wanted) ? cJSON_IsTrue(wanted) : (int64_t)cJSON_GetNumberValue(wanted);
  if (number != actual) fail_msg("%s is %lld, not %lld", what, (long long)actual, (long long)number);
}

static void check_part(const cJSON *wanted, const char *actual, const char *what) {
  if (wanted == NULL) return;
  if (actual == NULL || strstr(actual, wanted->valuestring) == NULL)
    fail_msg("%s lacks \"%s\": %s", what, wanted->valuestring, actual == NULL ? "none" : actual);
}

void check_error(const conformance_case *self, const char *call, br_status status, br_error **error) {
  const cJSON *wanted = case_expects(self, call);
  if (wanted == NULL) fail_msg("%s failed: %s", call, *error == NULL ? "no error" : br_error_message(*error));
  check_text(wanted, br_status_name(status), call);
  assert_int_equal(br_error_code(*error), status);
  check_part(case_expects(self, "hint_has"), br_error_hint(*error), "the hint");
  check_number(case_expects(self, "issues"), (int64_t)br_error_issue_total(*error), "the number of issues");
  check_part(case_expects(self, "issue_has"), br_error_issue(*error, 0), "the first issue");
  br_error_free(*error);
  *error = NULL;
}

static const char *status_name(const br_result *result) {
  static const char *const kNames[] = {"", "succeeded", "errored", "cancelled", "expired"};
  const int32_t status = br_result_status(result);
  return status >= BR_RESULT_SUCCEEDED && status <= BR_RESULT_EXPIRED ? kNames[status] : "unknown";
}

static void check_result(const cJSON *wanted, const br_result *result) {
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, wanted) {
    const char *key = item->string;
    if (strcmp(key, "status") == 0)
      check_text(item, status_name(result), key);
    else if (strcmp(key, "text_has") == 0)
      check_part(item, br_result_text(result, NULL), key);
    else if (strcmp(key, "error_type") == 0)
      check_text(item, br_result_error_type(result), key);
    else if (strcmp(key, "http_status") == 0)
      check_number(item, br_result_http_status(result), key);
    else if (strcmp(key, "transient") == 0)
      check_number(item, br_result_is_transient(result), key);
    else
      fail_msg("the case expects %s of a result, which is not known", key);
  }
}

static int by_id(const void *a, const void *b) {
  return strcmp(br_result_custom_id(*(br_result *const *)a, NULL), br_result_custom_id(*(br_result *const *)b, NULL));
}

static void check_each_id_once(br_result *const *taken, size_t count) {
  br_result **sorted = malloc((count + 1) * sizeof *sorted);
  memcpy(sorted, taken, count * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, by_id);
  for (size_t i = 1; i < count; i++) {
    if (by_id(&sorted[i - 1], &sorted[i]) == 0)
      fail_msg("%s came twice", br_result_custom_id(sorted[i], NULL));
  }
  free(sorted);
}

static void check_results(const conformance_case *self, br_result *const *taken, size_t count) {
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, case_expects(self, "results")) {
    size_t at = 0;
    while (at < count && strcmp(br_result_custom_id(taken[at], NULL), item->string) != 0) at++;
    if (at == count) fail_msg("no result %s", item->string);
    check_result(item, taken[at]);
  }
  cJSON_ArrayForEach(item, case_expects(self, "error_types")) {
    int64_t found = 0;
    for (size_t i = 0; i < count; i++) {
      const char *type = br_result_error_type(taken[i]);
      found += type != NULL && strcmp(type, item->string) == 0;
    }
    check_number(item, found, item->string);
  }
  for (size_t i = 0; i < count; i++)
    check_number(case_expects(self, "redelivered"), br_result_redelivered(taken[i]), "redelivered");
}

static int32_t counter_named(const char *name) {
  static const char *const kNames[] = {"total",     "succeeded", "errored",   "processing",
                                       "cancelled", "expired",   "delivered", "acked"};
  for (int32_t i = 0; i <= BR_COUNT_ACKED; i++)
    if (strcmp(kNames[i], name) == 0) return i;
  fail_msg("the case counts %s, which is not known", name);
  return -1;
}

void check_outcome(const conformance_case *self, br_job *job, br_status wait, br_result *const *taken, size_t count) {
  check_text(case_expects(self, "wait"), br_status_name(wait), "wait");
  check_text(case_expects(self, "state"), br_state_name(br_job_state(job)), "state");
  check_text(case_expects(self, "job_error"), br_status_name(br_job_error_code(job)), "job_error");
  check_number(case_expects(self, "done"), br_job_is_done(job), "done");
  check_number(case_expects(self, "blocked"), br_job_is_blocked(job), "blocked");
  check_number(case_expects(self, "attempt"), br_job_attempt(job), "attempt");
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, case_expects(self, "counts"))
    check_number(item, br_job_count(job, counter_named(item->string)), item->string);
  if (taken == NULL) return;
  assert_int_equal(count, br_job_count(job, BR_COUNT_TOTAL));
  check_each_id_once(taken, count);
  check_results(self, taken, count);
}

void check_ledger(const conformance_case *self, const vendor *from) {
  cJSON *ledger = vendor_ledger(from);
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, case_expects(self, "ledger")) {
    const cJSON *actual = cJSON_GetObjectItemCaseSensitive(ledger, item->string);
    if (!cJSON_IsNumber(actual)) fail_msg("the ledger has no %s", item->string);
    check_number(item, (int64_t)actual->valuedouble, item->string);
  }
  cJSON_Delete(ledger);
}
