/* The vendor's own objects: the batch as it last told of it, and the row behind each result. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support.h"
#include "support/emulator_c.h"

enum { kRequests = 3 };

struct world {
  emulator *vendor;
  char *dir;
  br_router *router;
  br_job *job;
};

static struct world run_job(void) {
  struct world w = {.vendor = emulator_start(1), .dir = make_directory()};
  w.router = open_router(w.dir, emulator_base_url(w.vendor));
  w.job = submit(w.router, kRequests);
  assert_int_equal(br_job_wait(w.job, -1, NULL), BR_OK);
  assert_int_equal(br_job_is_done(w.job), 1);
  return w;
}

static void end(struct world *w) {
  br_job_free(w->job);
  br_router_free(w->router);
  remove_directory(w->dir);
  emulator_stop(w->vendor);
}

/* The file that the vendor's results were downloaded to; freed by the caller. */
static char *downloaded(const struct world *w) {
  char path[512];
  snprintf(path, sizeof path, "%s/spool/%s/p0.output.jsonl", w->dir, br_job_id(w->job));
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  char *text = calloc(1, 1 << 16);
  assert_non_null(text);
  assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
  fclose(file);
  return text;
}

/* A whole line of the file, and that of the id. */
static void assert_is_row_of(const char *file, const char *row, size_t length, const char *id) {
  assert_non_null(row);
  assert_int_equal(strlen(row), length);
  const char *at = strstr(file, row);
  assert_non_null(at);
  assert_true(at == file || at[-1] == '\n');
  assert_true(at[length] == '\n' || at[length] == '\0');
  char field[64];
  snprintf(field, sizeof field, "\"custom_id\":\"%s\"", id);
  assert_non_null(strstr(row, field));
  assert_non_null(strstr(row, "\"status_code\":200"));
}

static void batch_object_is_the_vendors_and_stays_when_the_router_is_closed(void **state) {
  (void)state;
  struct world w = run_job();
  size_t length = 0;
  const char *raw = br_job_raw(w.job, 0, &length);
  assert_non_null(raw);
  assert_int_equal(strlen(raw), length);
  assert_int_equal(raw[0], '{');
  assert_non_null(strstr(raw, br_job_batch_id(w.job, 0)));
  assert_non_null(strstr(raw, "\"completion_window\""));
  assert_non_null(strstr(raw, "\"status\":\"completed\""));
  length = 7;
  assert_null(br_job_raw(w.job, 1, &length));
  assert_int_equal(length, 0);
  br_router_free(w.router);
  w.router = NULL;
  assert_string_equal(br_job_raw(w.job, 0, NULL), raw);
  end(&w);
}

static void batch_that_no_vendor_has_has_no_object(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = submit(router, 1);
  assert_null(br_job_raw(job, 0, NULL));
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
}

static void row_of_a_result_is_the_line_that_was_downloaded(void **state) {
  (void)state;
  struct world w = run_job();
  char *file = downloaded(&w);
  br_result *results[kRequests];
  size_t count = 0, length = 0;
  assert_int_equal(br_next_results(w.router, w.job, -1, results, kRequests, &count, NULL), BR_OK);
  assert_int_equal(count, kRequests);
  for (size_t i = count; i-- > 0;) {
    const char *row = NULL, *again = NULL;
    br_error *error = NULL;
    assert_ok(br_result_raw(results[i], &row, &length, &error), &error);
    assert_is_row_of(file, row, length, br_result_custom_id(results[i], NULL));
    assert_int_equal(br_result_raw(results[i], &again, NULL, NULL), BR_OK);
    assert_ptr_equal(again, row);
    assert_int_equal(br_result_ack(results[i], NULL), BR_OK);
    br_result_free(results[i]);
  }
  free(file);
  end(&w);
}

static void row_of_a_stored_result_is_there_too_until_the_router_is_closed(void **state) {
  (void)state;
  struct world w = run_job();
  char *file = downloaded(&w);
  br_results *stored = NULL;
  br_result *results[kRequests];
  size_t count = 0, length = 0;
  assert_int_equal(br_results_open(w.job, &stored, NULL), BR_OK);
  assert_int_equal(br_results_next(stored, results, kRequests, &count, NULL), BR_OK);
  assert_int_equal(count, kRequests);
  const char *row = NULL;
  assert_int_equal(br_result_raw(results[1], &row, &length, NULL), BR_OK);
  assert_is_row_of(file, row, length, br_result_custom_id(results[1], NULL));
  assert_int_equal(br_router_close(w.router, 0, NULL), BR_OK);
  br_error *error = NULL;
  assert_refused(br_result_raw(results[0], &row, &length, &error), BR_ECLOSED, &error);
  assert_null(row);
  assert_int_equal(length, 0);
  for (size_t i = 0; i < count; i++) br_result_free(results[i]);
  br_results_free(stored);
  free(file);
  end(&w);
}

static void row_is_found_by_its_id_alone(void **state) {
  (void)state;
  struct world w = run_job();
  char *file = downloaded(&w);
  const char *row = NULL;
  size_t length = 0;
  assert_int_equal(br_job_result_raw(w.job, "r2", 2, &row, &length, NULL), BR_OK);
  assert_is_row_of(file, row, length, "r2");
  assert_int_equal(br_job_result_raw(w.job, "r9", 2, &row, &length, NULL), BR_OK);
  assert_null(row);
  assert_int_equal(length, 0);
  assert_int_equal(br_job_remove(w.job, NULL), BR_OK);
  br_error *error = NULL;
  assert_refused(br_job_result_raw(w.job, "r2", 2, &row, &length, &error), BR_ENOTFOUND, &error);
  free(file);
  end(&w);
}

static void result_that_no_vendor_gave_has_no_row(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = submit(router, 1);
  br_result *result = NULL;
  assert_int_equal(br_cancel(job, 10000, NULL, NULL), BR_OK);
  assert_int_equal(br_next_result(router, job, -1, &result, NULL), BR_OK);
  const char *row = "x";
  size_t length = 7;
  assert_int_equal(br_result_raw(result, &row, &length, NULL), BR_OK);
  assert_null(row);
  assert_int_equal(length, 0);
  br_result_free(result);
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(batch_object_is_the_vendors_and_stays_when_the_router_is_closed),
      cmocka_unit_test(batch_that_no_vendor_has_has_no_object),
      cmocka_unit_test(row_of_a_result_is_the_line_that_was_downloaded),
      cmocka_unit_test(row_of_a_stored_result_is_there_too_until_the_router_is_closed),
      cmocka_unit_test(row_is_found_by_its_id_alone),
      cmocka_unit_test(result_that_no_vendor_gave_has_no_row),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
