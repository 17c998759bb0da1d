#include "shim.h"

#include <string.h>

#include "_cgo_export.h"

static void on_destroy(void *user_data) { brgoDestroy((uintptr_t)user_data); }
static void on_log(void *user_data, int32_t level, const char *message) {
  brgoLog((uintptr_t)user_data, level, (char *)message);
}
static void on_event(void *user_data, int32_t event, const char *job_id, const char *json) {
  brgoEvent((uintptr_t)user_data, event, (char *)job_id, (char *)json);
}
static void on_done(void *user_data, br_job *job) { brgoDone((uintptr_t)user_data, (char *)br_job_id(job)); }
static int32_t on_write(void *user_data, const char *data, size_t length) {
  return brgoWrite((uintptr_t)user_data, (char *)data, length);
}

br_status brgo_set_log(br_config *config, int32_t level, uintptr_t handle, br_error **err) {
  return br_config_set_log(config, level, on_log, (void *)handle, on_destroy, err);
}

br_status brgo_set_event(br_config *config, uintptr_t handle, br_error **err) {
  return br_config_set_event(config, on_event, (void *)handle, on_destroy, err);
}

br_status brgo_submit(br_router *router, br_batch *batch, uintptr_t handle, br_job **job, br_error **err) {
  if (handle == 0) return br_submit(router, batch, NULL, NULL, NULL, job, err);
  return br_submit(router, batch, on_done, (void *)handle, on_destroy, job, err);
}

br_status brgo_retry(br_router *router, br_job *job, uintptr_t handle, br_job **new_job, br_error **err) {
  if (handle == 0) return br_retry(router, job, NULL, NULL, NULL, new_job, err);
  return br_retry(router, job, on_done, (void *)handle, on_destroy, new_job, err);
}

br_status brgo_convert(const br_config *config, br_batch *batch, uintptr_t handle, br_error **err) {
  return br_convert(config, batch, on_write, (void *)handle, err);
}

br_status brgo_decode(const br_config *config, const char *provider, const char *path, uintptr_t handle, int64_t *rows,
                      int64_t *failed, br_error **err) {
  return br_decode_file(config, provider, path, on_write, (void *)handle, rows, failed, err);
}

br_status brgo_write_failed(br_job *job, uintptr_t handle, int64_t *rows, br_error **err) {
  return br_job_write_failed(job, on_write, (void *)handle, rows, err);
}

br_status brgo_write_results(br_results *results, uintptr_t handle, int64_t *rows, int64_t *failed, br_error **err) {
  return br_results_write(results, on_write, (void *)handle, rows, failed, err);
}

static void look(brgo_block *block, size_t index) {
  const br_result *result = block->results[index];
  brgo_view *view = &block->views[index];
  const char **texts = block->texts[index];
  size_t lengths[BRGO_TEXTS] = {0};
  texts[BRGO_CUSTOM_ID] = br_result_custom_id(result, &lengths[BRGO_CUSTOM_ID]);
  texts[BRGO_JOB_ID] = br_result_job_id(result);
  texts[BRGO_BATCH_ID] = br_result_batch_id(result);
  texts[BRGO_TEXT] = br_result_text(result, &lengths[BRGO_TEXT]);
  texts[BRGO_MODEL] = br_result_model(result);
  texts[BRGO_FINISH_REASON] = br_result_finish_reason(result);
  texts[BRGO_TOOL_CALLS] = br_result_tool_calls(result, &lengths[BRGO_TOOL_CALLS]);
  texts[BRGO_RESPONSE] = br_result_response(result, &lengths[BRGO_RESPONSE]);
  texts[BRGO_ERROR_TYPE] = br_result_error_type(result);
  texts[BRGO_ERROR_CODE] = br_result_error_code(result);
  texts[BRGO_ERROR_MESSAGE] = br_result_error_message(result);
  texts[BRGO_JSON] = br_result_json(result, &lengths[BRGO_JSON]);
  view->status = br_result_status(result);
  view->http_status = br_result_http_status(result);
  view->transient = br_result_is_transient(result);
  view->redelivered = br_result_redelivered(result);
  for (int32_t i = 0; i < 4; i++) view->tokens[i] = br_result_tokens(result, i);
  view->present = 0;
  view->begin = block->size;
  for (int i = 0; i < BRGO_TEXTS; i++) {
    if (texts[i] != NULL) view->present |= 1 << i;
    if (texts[i] != NULL && lengths[i] == 0) lengths[i] = strlen(texts[i]);
    block->size += (int64_t)lengths[i];
    view->end[i] = block->size;
  }
}

static br_status look_at_all(brgo_block *block, br_status status) {
  block->size = 0;
  for (size_t i = 0; i < block->count; i++) look(block, i);
  return status;
}

br_status brgo_next(br_router *router, br_job *job, brgo_block *block, br_error **err) {
  return look_at_all(block, br_next_results(router, job, 0, block->results, BRGO_BLOCK, &block->count, err));
}

br_status brgo_stored(br_results *results, brgo_block *block, br_error **err) {
  return look_at_all(block, br_results_next(results, block->results, BRGO_BLOCK, &block->count, err));
}

void brgo_copy(const brgo_block *block, br_result **results, brgo_view *views, char *bytes) {
  memcpy(results, block->results, block->count * sizeof *results);
  memcpy(views, block->views, block->count * sizeof *views);
  for (size_t i = 0; i < block->count; i++) {
    int64_t at = block->views[i].begin;
    for (int text = 0; text < BRGO_TEXTS; text++) {
      const int64_t end = block->views[i].end[text];
      if (end > at) memcpy(bytes + at, block->texts[i][text], (size_t)(end - at));
      at = end;
    }
  }
}

void brgo_free(br_result **results, size_t count) {
  for (size_t i = 0; i < count; i++) br_result_free(results[i]);
}
