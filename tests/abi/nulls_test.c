/* NULL for every pointer of every function. Fallible functions say BR_EINVAL, the others give their "nothing".
 * symbols_test.sh counts the calls here: a new function needs one for each pointer it takes. */
#include <string.h>

#include "support.h"

static br_error *error;

/* A call that fails, with NULL in one place and `&error` at its end. */
#define REFUSED(call) assert_refused((call), BR_EINVAL, &error)
/* The same without a place for the error. */
#define REFUSED_QUIETLY(call) assert_int_equal((call), BR_EINVAL)

static const char kJson[] =
    "{\"custom_id\":\"a\",\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
#define JSON kJson, sizeof kJson - 1

static void no_log(void *user_data, int32_t level, const char *message) { (void)user_data, (void)level, (void)message; }
static void no_event(void *user_data, int32_t event, const char *job_id, const char *json) {
  (void)user_data, (void)event, (void)job_id, (void)json;
}
static int32_t take_all(void *user_data, const char *data, size_t length) {
  (void)user_data, (void)data, (void)length;
  return 0;
}

static void error_null_gives_nothing(void **state) {
  (void)state;
  br_error_free(NULL);
  assert_int_equal(br_error_code(NULL), BR_OK);
  assert_null(br_error_message(NULL));
  assert_null(br_error_hint(NULL));
  assert_null(br_error_provider(NULL));
  assert_null(br_error_vendor_code(NULL));
  assert_null(br_error_request_id(NULL));
  assert_int_equal(br_error_http_status(NULL), 0);
  assert_int_equal(br_error_is_transient(NULL), 0);
  assert_int_equal(br_error_retry_after_ms(NULL), -1);
  assert_int_equal(br_error_issue_count(NULL), 0);
  assert_int_equal(br_error_issue_total(NULL), 0);
  assert_null(br_error_issue(NULL, 0));
}

static void config_null_is_refused(void **state) {
  (void)state;
  br_config *config = br_config_new();
  br_config_free(NULL);
  REFUSED(br_config_set(NULL, "split", "auto", &error));
  REFUSED(br_config_set(config, NULL, "auto", &error));
  REFUSED(br_config_set(config, "split", NULL, &error));
  REFUSED_QUIETLY(br_config_set(NULL, "split", "auto", NULL));
  assert_int_equal(br_config_set(config, "split", "auto", NULL), BR_OK);
  assert_null(br_config_get(NULL, "split"));
  assert_null(br_config_get(config, NULL));
  REFUSED(br_config_set_log(NULL, BR_LOG_INFO, no_log, NULL, NULL, &error));
  REFUSED_QUIETLY(br_config_set_log(NULL, BR_LOG_INFO, no_log, NULL, NULL, NULL));
  assert_ok(br_config_set_log(config, BR_LOG_INFO, NULL, NULL, NULL, &error), &error);
  assert_int_equal(br_config_set_log(config, BR_LOG_INFO, no_log, config, NULL, NULL), BR_OK);
  assert_int_equal(br_config_set_log(config, BR_LOG_INFO, no_log, NULL, NULL, NULL), BR_OK);
  REFUSED(br_config_set_event(NULL, no_event, NULL, NULL, &error));
  REFUSED_QUIETLY(br_config_set_event(NULL, no_event, NULL, NULL, NULL));
  assert_ok(br_config_set_event(config, NULL, NULL, NULL, &error), &error);
  assert_int_equal(br_config_set_event(config, no_event, config, NULL, NULL), BR_OK);
  assert_int_equal(br_config_set_event(config, no_event, NULL, NULL, NULL), BR_OK);
  assert_null(br_provider_json(NULL));
  br_config_free(config);
}

static void request_null_is_refused(void **state) {
  (void)state;
  br_request *request = NULL;
  assert_null(br_request_new(NULL, "m"));
  assert_null(br_request_new("a", NULL));
  br_request_free(NULL);
  REFUSED(br_request_from_json(NULL, 3, &request, &error));
  REFUSED(br_request_from_json(JSON, NULL, &error));
  REFUSED_QUIETLY(br_request_from_json(NULL, 3, &request, NULL));
  assert_ok(br_request_from_json(JSON, &request, &error), &error);
  br_request_free(request);
  request = br_request_new("a", "m");
  REFUSED(br_request_set_system(NULL, "x", 1, &error));
  REFUSED(br_request_set_system(request, NULL, 1, &error));
  REFUSED_QUIETLY(br_request_set_system(NULL, "x", 1, NULL));
  REFUSED(br_request_add_system(NULL, "x", 1, &error));
  REFUSED(br_request_add_system(request, NULL, 1, &error));
  REFUSED_QUIETLY(br_request_add_system(NULL, "x", 1, NULL));
  REFUSED(br_request_add_message(NULL, BR_ROLE_USER, &error));
  assert_int_equal(br_request_add_message(request, BR_ROLE_USER, NULL), BR_OK);
  REFUSED(br_request_add_text(NULL, "x", 1, &error));
  REFUSED(br_request_add_text(request, NULL, 1, &error));
  REFUSED_QUIETLY(br_request_add_text(NULL, "x", 1, NULL));
  REFUSED(br_request_add_image(NULL, BR_SOURCE_URL, "image/png", "x", 1, &error));
  REFUSED(br_request_add_image(request, BR_SOURCE_URL, "image/png", NULL, 1, &error));
  REFUSED_QUIETLY(br_request_add_image(NULL, BR_SOURCE_URL, "image/png", "x", 1, NULL));
  assert_ok(br_request_add_image(request, BR_SOURCE_URL, NULL, "x", 1, &error), &error);
  REFUSED(br_request_add_document(NULL, BR_SOURCE_URL, "application/pdf", "x", 1, &error));
  REFUSED(br_request_add_document(request, BR_SOURCE_URL, "application/pdf", NULL, 1, &error));
  REFUSED_QUIETLY(br_request_add_document(NULL, BR_SOURCE_URL, "application/pdf", "x", 1, NULL));
  assert_ok(br_request_add_document(request, BR_SOURCE_URL, NULL, "x", 1, &error), &error);
  REFUSED(br_request_add_audio(NULL, BR_SOURCE_URL, "audio/wav", "x", 1, &error));
  REFUSED(br_request_add_audio(request, BR_SOURCE_URL, "audio/wav", NULL, 1, &error));
  REFUSED_QUIETLY(br_request_add_audio(NULL, BR_SOURCE_URL, "audio/wav", "x", 1, NULL));
  assert_ok(br_request_add_audio(request, BR_SOURCE_URL, NULL, "x", 1, &error), &error);
  REFUSED(br_request_set_generation(NULL, "top_k", "1", 1, &error));
  REFUSED(br_request_set_generation(request, NULL, "1", 1, &error));
  REFUSED(br_request_set_generation(request, "top_k", NULL, 1, &error));
  REFUSED_QUIETLY(br_request_set_generation(NULL, "top_k", "1", 1, NULL));
  REFUSED(br_request_set_field(NULL, "seed", "1", 1, &error));
  REFUSED(br_request_set_field(request, NULL, "1", 1, &error));
  REFUSED(br_request_set_field(request, "seed", NULL, 1, &error));
  REFUSED_QUIETLY(br_request_set_field(NULL, "seed", "1", 1, NULL));
  size_t length = 7;
  assert_null(br_request_json(NULL, &length));
  assert_int_equal(length, 0);
  assert_non_null(br_request_json(request, NULL));
  br_request_free(request);
}

static void batch_null_is_refused(void **state) {
  (void)state;
  br_request *request = NULL;
  assert_ok(br_request_from_json(JSON, &request, &error), &error);
  br_batch *batch = br_batch_new(NULL);
  assert_non_null(batch);
  br_batch_free(batch);
  br_batch_free(NULL);
  batch = br_batch_new("openai");
  REFUSED(br_batch_set_name(NULL, "n", &error));
  REFUSED(br_batch_set_name(batch, NULL, &error));
  REFUSED_QUIETLY(br_batch_set_name(NULL, "n", NULL));
  REFUSED(br_batch_set_meta(NULL, "k", "v", &error));
  REFUSED(br_batch_set_meta(batch, NULL, "v", &error));
  REFUSED(br_batch_set_meta(batch, "k", NULL, &error));
  REFUSED_QUIETLY(br_batch_set_meta(NULL, "k", "v", NULL));
  REFUSED(br_batch_set(NULL, "split", "auto", &error));
  REFUSED(br_batch_set(batch, NULL, "auto", &error));
  REFUSED(br_batch_set(batch, "split", NULL, &error));
  REFUSED_QUIETLY(br_batch_set(NULL, "split", "auto", NULL));
  REFUSED(br_batch_add(NULL, request, &error));
  REFUSED(br_batch_add(batch, NULL, &error));
  REFUSED_QUIETLY(br_batch_add(batch, NULL, NULL));
  REFUSED(br_batch_add_jsonl(NULL, JSON, &error));
  REFUSED(br_batch_add_jsonl(batch, NULL, 3, &error));
  REFUSED_QUIETLY(br_batch_add_jsonl(NULL, JSON, NULL));
  REFUSED(br_batch_add_jsonl_file(NULL, "/dev/null", &error));
  REFUSED(br_batch_add_jsonl_file(batch, NULL, &error));
  REFUSED_QUIETLY(br_batch_add_jsonl_file(NULL, "/dev/null", NULL));
  br_request_free(request);
  br_batch_free(batch);
}

static void offline_work_null_is_refused(void **state) {
  (void)state;
  br_config *config = br_config_new();
  br_batch *batch = batch_of(1);
  int64_t rows = 0, failed = 0;
  REFUSED(br_validate(config, NULL, &error));
  assert_ok(br_validate(NULL, batch, &error), &error);
  assert_int_equal(br_validate(config, batch, NULL), BR_OK);
  REFUSED(br_convert(config, NULL, take_all, NULL, &error));
  REFUSED(br_convert(config, batch, NULL, NULL, &error));
  assert_ok(br_convert(NULL, batch, take_all, NULL, &error), &error);
  assert_int_equal(br_convert(config, batch, take_all, &rows, NULL), BR_OK);
  REFUSED_QUIETLY(br_convert(config, NULL, take_all, NULL, NULL));
  REFUSED(br_decode_file(config, NULL, "/dev/null", take_all, NULL, &rows, &failed, &error));
  REFUSED(br_decode_file(config, "openai", NULL, take_all, NULL, &rows, &failed, &error));
  REFUSED(br_decode_file(config, "openai", "/dev/null", NULL, NULL, &rows, &failed, &error));
  REFUSED_QUIETLY(br_decode_file(config, NULL, "/dev/null", take_all, NULL, &rows, &failed, NULL));
  assert_ok(br_decode_file(NULL, "openai", "/dev/null", take_all, NULL, &rows, &failed, &error), &error);
  assert_ok(br_decode_file(config, "openai", "/dev/null", take_all, NULL, NULL, &failed, &error), &error);
  assert_ok(br_decode_file(config, "openai", "/dev/null", take_all, NULL, &rows, NULL, &error), &error);
  assert_int_equal(br_decode_file(config, "openai", "/dev/null", take_all, &rows, &rows, NULL, NULL), BR_OK);
  br_batch_free(batch);
  br_config_free(config);
}

static void router_null_is_refused(void **state) {
  (void)state;
  char *dir = make_directory();
  br_config *config = config_for(dir, dead_url());
  br_router *router = NULL;
  REFUSED(br_router_new(config, NULL, &error));
  REFUSED_QUIETLY(br_router_new(config, NULL, NULL));
  REFUSED_QUIETLY(br_router_new(NULL, NULL, NULL));
  REFUSED(br_router_close(NULL, 0, &error));
  REFUSED_QUIETLY(br_router_close(NULL, 0, NULL));
  br_router_free(NULL);
  assert_int_equal(br_router_fd(NULL), -1);
  br_router_wakeup(NULL);
  br_router_interrupt(NULL);
  br_router_interrupt_since(NULL, 1);
  assert_int_equal(br_router_interrupt_count(NULL), 0);
  REFUSED(br_poll(NULL, 0, &error));
  REFUSED_QUIETLY(br_poll(NULL, 0, NULL));
  size_t length = 7;
  assert_null(br_stats_json(NULL, &length));
  assert_int_equal(length, 0);
  assert_ok(br_router_new(config, &router, &error), &error);
  assert_non_null(br_stats_json(router, NULL));
  br_router_free(router);
  br_config_free(config);
  remove_directory(dir);
}

static void router_jobs_null_is_refused(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_batch *batch = batch_of(1);
  br_job *job = NULL;
  br_job_list *list = NULL;
  REFUSED(br_submit(NULL, batch, NULL, NULL, NULL, &job, &error));
  REFUSED(br_submit(router, NULL, NULL, NULL, NULL, &job, &error));
  REFUSED_QUIETLY(br_submit(NULL, batch, NULL, NULL, NULL, &job, NULL));
  REFUSED_QUIETLY(br_submit(router, NULL, NULL, NULL, NULL, &job, NULL));
  REFUSED_QUIETLY(br_submit(router, NULL, NULL, router, NULL, NULL, NULL));
  assert_ok(br_submit(router, batch, NULL, NULL, NULL, NULL, &error), &error);
  assert_int_equal(br_submit(router, batch, NULL, NULL, NULL, &job, NULL), BR_OK);
  br_job_free(job);
  REFUSED(br_job_open(NULL, "id", &job, &error));
  REFUSED(br_job_open(router, NULL, &job, &error));
  REFUSED(br_job_open(router, "id", NULL, &error));
  REFUSED_QUIETLY(br_job_open(NULL, "id", &job, NULL));
  REFUSED(br_attach(NULL, "openai", "batch_1", &job, &error));
  REFUSED(br_attach(router, NULL, "batch_1", &job, &error));
  REFUSED(br_attach(router, "openai", NULL, &job, &error));
  REFUSED(br_attach(router, "openai", "batch_1", NULL, &error));
  REFUSED_QUIETLY(br_attach(NULL, "openai", "batch_1", &job, NULL));
  REFUSED(br_attach_with(NULL, "openai", "batch_1", NULL, &job, &error));
  REFUSED(br_attach_with(router, NULL, "batch_1", NULL, &job, &error));
  REFUSED(br_attach_with(router, "openai", NULL, NULL, &job, &error));
  REFUSED(br_attach_with(router, "openai", "batch_1", NULL, NULL, &error));
  REFUSED_QUIETLY(br_attach_with(NULL, "openai", "batch_1", NULL, &job, NULL));
  REFUSED_QUIETLY(br_attach_with(router, "openai", "batch_1", NULL, NULL, NULL));
  REFUSED(br_resume(NULL, NULL, &error));
  REFUSED_QUIETLY(br_resume(NULL, NULL, NULL));
  assert_ok(br_resume(router, NULL, &error), &error);
  REFUSED(br_list(NULL, NULL, 0, &list, &error));
  REFUSED(br_list(router, "openai", 0, NULL, &error));
  REFUSED_QUIETLY(br_list(NULL, NULL, 0, &list, NULL));
  REFUSED(br_list_remote(NULL, "openai", 1, 0, &list, &error));
  REFUSED(br_list_remote(router, NULL, 1, 0, &list, &error));
  REFUSED(br_list_remote(router, "openai", 1, 0, NULL, &error));
  REFUSED_QUIETLY(br_list_remote(NULL, "openai", 1, 0, &list, NULL));
  assert_ok(br_list(router, NULL, 0, &list, &error), &error);
  assert_int_equal(br_job_list_count(list), 2);
  br_job_list_free(list);
  br_job_list_free(NULL);
  assert_int_equal(br_job_list_count(NULL), 0);
  assert_null(br_job_list_get(NULL, 0));
  br_batch_free(batch);
  br_router_free(router);
  remove_directory(dir);
}

static void job_null_gives_nothing(void **state) {
  (void)state;
  br_job_free(NULL);
  assert_null(br_job_id(NULL));
  assert_null(br_job_provider(NULL));
  assert_null(br_job_name(NULL));
  assert_null(br_job_output(NULL));
  assert_null(br_job_base_url(NULL));
  assert_int_equal(br_job_state(NULL), 0);
  assert_int_equal(br_job_submission(NULL), BR_NOT_SUBMITTED);
  assert_int_equal(br_job_is_done(NULL), 0);
  assert_int_equal(br_job_count(NULL, BR_COUNT_TOTAL), -1);
  assert_int_equal(br_job_time(NULL, BR_TIME_CREATED), -1);
  assert_int_equal(br_job_batch_count(NULL), 0);
  assert_null(br_job_batch_id(NULL, 0));
  size_t length = 7;
  assert_null(br_job_raw(NULL, 0, &length));
  assert_int_equal(length, 0);
  assert_null(br_job_raw(NULL, 0, NULL));
  assert_int_equal(br_job_error_code(NULL), BR_OK);
  assert_null(br_job_error_message(NULL));
  assert_int_equal(br_job_is_blocked(NULL), 0);
}

static void job_null_is_refused(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = submit(router, 1);
  size_t length = 7;
  assert_null(br_job_json(NULL, &length));
  assert_int_equal(length, 0);
  assert_non_null(br_job_json(job, NULL));
  REFUSED(br_job_update(NULL, &error));
  assert_int_equal(br_job_update(job, NULL), BR_OK);
  REFUSED(br_job_refresh(NULL, 0, &error));
  REFUSED_QUIETLY(br_job_refresh(NULL, 0, NULL));
  REFUSED(br_job_wait(NULL, 0, &error));
  assert_int_equal(br_job_wait(job, 0, NULL), BR_ETIMEOUT);
  REFUSED(br_job_wait_submitted(NULL, 0, &error));
  assert_int_equal(br_job_wait_submitted(job, 0, NULL), BR_ETIMEOUT);
  const char *row = "x";
  REFUSED(br_job_result_raw(NULL, "r0", 2, &row, NULL, &error));
  assert_null(row);
  REFUSED(br_job_result_raw(job, NULL, 0, &row, &length, &error));
  REFUSED(br_job_result_raw(job, "r0", 2, NULL, &length, &error));
  REFUSED_QUIETLY(br_job_result_raw(job, NULL, 0, &row, NULL, NULL));
  assert_int_equal(br_job_result_raw(job, "r0", 2, &row, NULL, NULL), BR_OK);
  REFUSED(br_job_ack_all(NULL, &error));
  REFUSED_QUIETLY(br_job_ack_all(NULL, NULL));
  REFUSED(br_job_adopt(NULL, 0, "batch_1", &error));
  REFUSED(br_job_adopt(job, 0, NULL, &error));
  REFUSED_QUIETLY(br_job_adopt(job, 0, "", NULL));
  REFUSED(br_job_abandon(NULL, &error));
  REFUSED_QUIETLY(br_job_abandon(NULL, NULL));
  REFUSED(br_job_refetch(NULL, 0, NULL, &error));
  REFUSED_QUIETLY(br_job_refetch(NULL, 0, NULL, NULL));
  int64_t changed = 7;
  REFUSED(br_job_refetch(NULL, 0, &changed, &error));
  assert_int_equal(changed, 0);
  int32_t cancelled = 7;
  REFUSED(br_cancel(NULL, 0, &cancelled, &error));
  assert_int_equal(cancelled, 0);
  REFUSED_QUIETLY(br_cancel(NULL, 0, &cancelled, NULL));
  assert_int_equal(br_cancel(job, 10000, NULL, NULL), BR_OK);
  REFUSED(br_job_remove(NULL, &error));
  REFUSED_QUIETLY(br_job_remove(NULL, NULL));
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
}

static void plan_null_is_refused(void **state) {
  (void)state;
  br_plan *plan = NULL;
  br_batch *batch = batch_of(1);
  size_t length = 7;
  assert_ok(br_plan_new(NULL, batch, &plan, &error), &error);
  assert_int_equal(br_plan_requests(plan), 1);
  assert_non_null(br_plan_json(plan, NULL));
  br_plan_free(plan);
  REFUSED(br_plan_new(NULL, NULL, &plan, &error));
  REFUSED(br_plan_new(NULL, batch, NULL, &error));
  REFUSED_QUIETLY(br_plan_new(NULL, NULL, &plan, NULL));
  br_plan_free(NULL);
  assert_int_equal(br_plan_batches(NULL), 0);
  assert_int_equal(br_plan_requests(NULL), 0);
  assert_int_equal(br_plan_bytes(NULL), 0);
  assert_int_equal(br_plan_input_tokens(NULL), 0);
  assert_int_equal(br_plan_output_tokens_max(NULL), 0);
  assert_true(br_plan_sync_usd(NULL) < 0);
  assert_true(br_plan_batch_usd(NULL) < 0);
  assert_null(br_plan_json(NULL, &length));
  assert_int_equal(length, 0);
  br_batch_free(batch);
}

static void many_null_is_refused(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_batch *batch = batch_of(1);
  br_job *job = NULL;
  br_error *each = NULL;
  int32_t cancelled = 0;
  REFUSED(br_submit_many(NULL, &batch, 1, &job, &each, &error));
  REFUSED(br_submit_many(router, NULL, 1, &job, &each, &error));
  REFUSED(br_submit_many(router, &batch, 1, NULL, &each, &error));
  assert_int_equal(br_submit_many(router, &batch, 1, &job, NULL, &error), BR_OK);
  br_job_free(job);
  REFUSED_QUIETLY(br_submit_many(NULL, &batch, 1, &job, &each, NULL));
  REFUSED_QUIETLY(br_submit_many(router, NULL, 1, &job, &each, NULL));
  REFUSED(br_run(NULL, &batch, 1, 0, &job, &each, &error));
  REFUSED(br_run(router, NULL, 1, 0, &job, &each, &error));
  REFUSED(br_run(router, &batch, 1, 0, NULL, &each, &error));
  REFUSED_QUIETLY(br_run(NULL, &batch, 1, 0, &job, NULL, NULL));
  REFUSED_QUIETLY(br_run(NULL, &batch, 1, 0, &job, &each, NULL));
  assert_int_equal(br_run(router, &batch, 1, 0, &job, NULL, NULL), BR_ETIMEOUT);
  REFUSED(br_wait_many(NULL, &job, 1, 0, &error));
  REFUSED(br_wait_many(router, NULL, 1, 0, &error));
  REFUSED_QUIETLY(br_wait_many(NULL, &job, 1, 0, NULL));
  assert_int_equal(br_wait_many(router, &job, 1, 0, NULL), BR_ETIMEOUT);
  REFUSED(br_refresh_many(NULL, &job, 1, 0, &each, &error));
  REFUSED(br_refresh_many(router, NULL, 1, 0, &each, &error));
  REFUSED_QUIETLY(br_refresh_many(NULL, &job, 1, 0, NULL, NULL));
  REFUSED_QUIETLY(br_refresh_many(NULL, &job, 1, 0, &each, NULL));
  assert_int_equal(br_refresh_many(router, &job, 1, 0, NULL, NULL), BR_OK);
  REFUSED(br_cancel_many(NULL, &job, 1, 0, &cancelled, &each, &error));
  REFUSED(br_cancel_many(router, NULL, 1, 0, &cancelled, &each, &error));
  REFUSED_QUIETLY(br_cancel_many(NULL, &job, 1, 0, NULL, &each, NULL));
  REFUSED_QUIETLY(br_cancel_many(NULL, &job, 1, 0, &cancelled, NULL, NULL));
  REFUSED_QUIETLY(br_cancel_many(NULL, &job, 1, 0, &cancelled, &each, NULL));
  assert_int_equal(br_cancel_many(router, &job, 1, 10000, NULL, NULL, NULL), BR_OK);
  br_job_free(job);
  br_batch_free(batch);
  br_router_free(router);
  remove_directory(dir);
}

static void retry_and_providers_null_is_refused(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = submit(router, 1), *again = NULL;
  int64_t rows = 0;
  REFUSED(br_retry(NULL, job, NULL, NULL, NULL, &again, &error));
  REFUSED(br_retry(router, NULL, NULL, NULL, NULL, &again, &error));
  REFUSED_QUIETLY(br_retry(NULL, job, NULL, NULL, NULL, NULL, NULL));
  REFUSED_QUIETLY(br_retry(router, NULL, NULL, NULL, NULL, &again, NULL));
  assert_int_equal(br_retry(router, job, NULL, NULL, NULL, NULL, NULL), BR_ENOTCOMPLETE);
  assert_int_equal(br_retry(router, job, NULL, NULL, NULL, &again, NULL), BR_ENOTCOMPLETE);
  REFUSED_QUIETLY(br_retry(NULL, NULL, NULL, NULL, NULL, &again, NULL));
  REFUSED(br_retry_with(NULL, job, NULL, NULL, NULL, NULL, &again, &error));
  REFUSED(br_retry_with(router, NULL, NULL, NULL, NULL, NULL, &again, &error));
  REFUSED_QUIETLY(br_retry_with(NULL, job, NULL, NULL, NULL, NULL, NULL, NULL));
  REFUSED_QUIETLY(br_retry_with(router, NULL, NULL, NULL, NULL, NULL, &again, NULL));
  assert_int_equal(br_retry_with(router, job, NULL, NULL, NULL, NULL, NULL, NULL), BR_ENOTCOMPLETE);
  assert_int_equal(br_retry_with(router, job, NULL, NULL, NULL, NULL, &again, NULL), BR_ENOTCOMPLETE);
  REFUSED_QUIETLY(br_retry_with(router, NULL, NULL, NULL, NULL, NULL, NULL, NULL));
  REFUSED_QUIETLY(br_retry_with(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL));
  REFUSED(br_job_write_failed(NULL, take_all, NULL, &rows, &error));
  REFUSED(br_job_write_failed(job, NULL, NULL, &rows, &error));
  REFUSED_QUIETLY(br_job_write_failed(NULL, take_all, NULL, NULL, NULL));
  REFUSED_QUIETLY(br_job_write_failed(NULL, take_all, NULL, &rows, NULL));
  assert_int_equal(br_job_write_failed(job, take_all, NULL, NULL, NULL), BR_ENOTCOMPLETE);
  assert_null(br_job_parent(NULL));
  assert_int_equal(br_job_attempt(NULL), 0);
  REFUSED(br_results_set_order(NULL, BR_ORDER_INPUT, &error));
  REFUSED_QUIETLY(br_results_set_order(NULL, BR_ORDER_INPUT, NULL));
  REFUSED(br_router_remove_provider(NULL, "openai", &error));
  REFUSED(br_router_remove_provider(router, NULL, &error));
  assert_int_equal(br_router_remove_provider(router, "openai", NULL), BR_OK);
  REFUSED(br_router_add_provider(NULL, "openai", &error));
  REFUSED(br_router_add_provider(router, NULL, &error));
  assert_int_equal(br_router_add_provider(router, "openai", NULL), BR_OK);
  assert_int_equal(br_router_has_provider(NULL, "openai"), 0);
  assert_int_equal(br_router_has_provider(router, NULL), 0);
  assert_null(br_router_provider(NULL, 0));
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
}

static void results_null_is_refused(void **state) {
  (void)state;
  char *dir = make_directory();
  br_router *router = open_router(dir, dead_url());
  br_job *job = submit(router, 1);
  br_result *one = NULL;
  br_results *results = NULL;
  size_t count = 7;
  int64_t rows = 0, failed = 0;
  REFUSED(br_next_result(NULL, job, 0, &one, &error));
  REFUSED(br_next_result(router, job, 0, NULL, &error));
  assert_ok(br_next_result(router, NULL, 0, &one, &error), &error);
  assert_int_equal(br_next_result(router, job, 0, &one, NULL), BR_AGAIN);
  REFUSED(br_next_results(NULL, job, 0, &one, 1, &count, &error));
  assert_int_equal(count, 0);
  REFUSED(br_next_results(router, job, 0, NULL, 1, &count, &error));
  REFUSED(br_next_results(router, job, 0, &one, 1, NULL, &error));
  assert_ok(br_next_results(router, NULL, 0, &one, 1, &count, &error), &error);
  assert_int_equal(br_next_results(router, job, 0, &one, 1, &count, NULL), BR_AGAIN);
  REFUSED(br_results_open(NULL, &results, &error));
  REFUSED(br_results_open(job, NULL, &error));
  assert_int_equal(br_results_open(job, &results, NULL), BR_ENOTCOMPLETE);
  REFUSED(br_results_follow(NULL, 0, &results, &error));
  REFUSED(br_results_follow(job, 0, NULL, &error));
  assert_int_equal(br_results_follow(job, 0, &results, NULL), BR_OK);
  br_results_free(results);
  REFUSED(br_results_next(NULL, &one, 1, &count, &error));
  REFUSED_QUIETLY(br_results_next(NULL, NULL, 1, &count, NULL));
  REFUSED_QUIETLY(br_results_next(NULL, &one, 1, NULL, NULL));
  REFUSED_QUIETLY(br_results_next(NULL, &one, 1, &count, NULL));
  REFUSED(br_results_write(NULL, take_all, NULL, &rows, &failed, &error));
  REFUSED_QUIETLY(br_results_write(NULL, NULL, NULL, &rows, &failed, NULL));
  REFUSED_QUIETLY(br_results_write(NULL, take_all, &rows, &rows, &failed, NULL));
  REFUSED_QUIETLY(br_results_write(NULL, take_all, NULL, NULL, &failed, NULL));
  REFUSED_QUIETLY(br_results_write(NULL, take_all, NULL, &rows, NULL, NULL));
  REFUSED_QUIETLY(br_results_write(NULL, take_all, NULL, NULL, NULL, NULL));
  br_results_free(NULL);
  br_job_free(job);
  br_router_free(router);
  remove_directory(dir);
}

static void result_null_gives_nothing(void **state) {
  (void)state;
  size_t length = 7;
  REFUSED(br_result_ack(NULL, &error));
  REFUSED_QUIETLY(br_result_ack(NULL, NULL));
  REFUSED(br_result_return(NULL, &error));
  REFUSED_QUIETLY(br_result_return(NULL, NULL));
  br_result_free(NULL);
  const char *row = "x";
  REFUSED(br_result_raw(NULL, &row, &length, &error));
  assert_null(row);
  assert_int_equal(length, 0);
  REFUSED(br_result_raw(NULL, NULL, NULL, &error));
  REFUSED_QUIETLY(br_result_raw(NULL, NULL, &length, NULL));
  REFUSED_QUIETLY(br_result_raw(NULL, &row, NULL, NULL));
  length = 7;
  assert_null(br_result_custom_id(NULL, &length));
  assert_int_equal(length, 0);
  assert_null(br_result_custom_id(NULL, NULL));
  assert_int_equal(br_result_status(NULL), 0);
  assert_string_equal(br_result_status_name(BR_RESULT_EXPIRED), "expired");
  assert_string_equal(br_result_status_name(0), "unknown");
  assert_null(br_result_job_id(NULL));
  assert_null(br_result_batch_id(NULL));
  length = 7;
  assert_null(br_result_text(NULL, &length));
  assert_int_equal(length, 0);
  assert_null(br_result_text(NULL, NULL));
  assert_null(br_result_model(NULL));
  assert_null(br_result_finish_reason(NULL));
  length = 7;
  assert_null(br_result_tool_calls(NULL, &length));
  assert_int_equal(length, 0);
  assert_null(br_result_tool_calls(NULL, NULL));
  length = 7;
  assert_null(br_result_response(NULL, &length));
  assert_int_equal(length, 0);
  assert_null(br_result_response(NULL, NULL));
  assert_null(br_result_error_type(NULL));
  assert_null(br_result_error_code(NULL));
  assert_null(br_result_error_message(NULL));
  assert_int_equal(br_result_http_status(NULL), 0);
  assert_int_equal(br_result_is_transient(NULL), 0);
  assert_int_equal(br_result_tokens(NULL, BR_TOKENS_INPUT), -1);
  assert_int_equal(br_result_redelivered(NULL), 0);
  length = 7;
  assert_null(br_result_json(NULL, &length));
  assert_int_equal(length, 0);
  assert_null(br_result_json(NULL, NULL));
}

static br_status no_call(void *user_data, br_provider_call *call) { return (void)user_data, (void)call, BR_OK; }
static void no_destroy(void *user_data) { (void)user_data; }

static void registry_null_is_refused(void **state) {
  (void)state;
  const br_provider_vtbl table = {
      .size = sizeof table, .name = "nobody", .submit = no_call, .poll = no_call, .fetch = no_call};
  REFUSED(br_registry_register(NULL, NULL, no_destroy, &error));
  REFUSED_QUIETLY(br_registry_register(NULL, NULL, NULL, NULL));
  assert_ok(br_registry_register(&table, NULL, NULL, &error), &error);
  assert_int_equal(br_registry_register(&table, NULL, no_destroy, NULL), BR_EALREADY);
  assert_ok(br_registry_unregister("nobody", &error), &error);
  REFUSED(br_registry_unregister(NULL, &error));
  REFUSED_QUIETLY(br_registry_unregister(NULL, NULL));
  assert_null(br_registry_get(NULL));
  assert_int_equal(br_registry_is_registered(NULL), 0);
}

static void call_null_gives_nothing(void **state) {
  (void)state;
  assert_null(br_call_batch_id(NULL));
  assert_null(br_call_requests_path(NULL));
  assert_int_equal(br_call_rows(NULL), -1);
  assert_null(br_call_model(NULL));
  assert_null(br_call_marker(NULL));
  assert_int_equal(br_call_limit(NULL), 0);
  assert_int_equal(br_call_meta_count(NULL), 0);
  assert_null(br_call_meta_key(NULL, 0));
  assert_null(br_call_meta_value(NULL, 0));
  REFUSED_QUIETLY(br_call_set_batch_id(NULL, "x"));
  REFUSED_QUIETLY(br_call_set_batch_id(NULL, NULL));
  REFUSED_QUIETLY(br_call_set_state(NULL, BR_STATE_COMPLETED, "x"));
  REFUSED_QUIETLY(br_call_set_state(NULL, BR_STATE_COMPLETED, NULL));
  REFUSED_QUIETLY(br_call_set_counts(NULL, 1, 1, 0, 0, 0));
  REFUSED_QUIETLY(br_call_set_time(NULL, BR_TIME_CREATED, 1));
  REFUSED_QUIETLY(br_call_set_message(NULL, "x"));
  REFUSED_QUIETLY(br_call_set_message(NULL, NULL));
  REFUSED_QUIETLY(br_call_add_batch(NULL, "x", "y"));
  REFUSED_QUIETLY(br_call_add_batch(NULL, NULL, "y"));
  REFUSED_QUIETLY(br_call_add_batch(NULL, "x", NULL));
  REFUSED_QUIETLY(br_call_write(NULL, "x", 1));
  REFUSED_QUIETLY(br_call_write(NULL, NULL, 0));
  REFUSED_QUIETLY(br_call_fail(NULL, BR_EPROVIDER, 0, -1, "x", "y"));
  REFUSED_QUIETLY(br_call_fail(NULL, BR_EPROVIDER, 0, -1, NULL, "y"));
  REFUSED_QUIETLY(br_call_fail(NULL, BR_EPROVIDER, 0, -1, "x", NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(error_null_gives_nothing),     cmocka_unit_test(config_null_is_refused),
      cmocka_unit_test(request_null_is_refused),      cmocka_unit_test(batch_null_is_refused),
      cmocka_unit_test(offline_work_null_is_refused), cmocka_unit_test(router_null_is_refused),
      cmocka_unit_test(router_jobs_null_is_refused),  cmocka_unit_test(job_null_gives_nothing),
      cmocka_unit_test(job_null_is_refused),          cmocka_unit_test(plan_null_is_refused),
      cmocka_unit_test(many_null_is_refused),
      cmocka_unit_test(retry_and_providers_null_is_refused),
      cmocka_unit_test(results_null_is_refused),
      cmocka_unit_test(result_null_gives_nothing),
      cmocka_unit_test(registry_null_is_refused),     cmocka_unit_test(call_null_gives_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
