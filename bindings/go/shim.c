#define _GNU_SOURCE /* dladdr */
#include "shim.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"

const char *brgo_library_path(void) {
  const char *version = br_version();
  Dl_info found;
  return dladdr(version, &found) != 0 ? found.dli_fname : "the library";
}

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

static int32_t on_supports(void *user_data, const char *model) {
  return brgoSupports((uintptr_t)user_data, (char *)model);
}
static br_status on_prepare(void *user_data, br_provider_call *call, const char *line, size_t length) {
  return brgoPrepare((uintptr_t)user_data, call, (char *)line, length);
}
static br_status on_submit(void *user_data, br_provider_call *call) {
  return brgoCall((uintptr_t)user_data, call, BRGO_SUBMIT);
}
static br_status on_poll(void *user_data, br_provider_call *call) {
  return brgoCall((uintptr_t)user_data, call, BRGO_POLL);
}
static br_status on_fetch(void *user_data, br_provider_call *call) {
  return brgoCall((uintptr_t)user_data, call, BRGO_FETCH);
}
static br_status on_cancel(void *user_data, br_provider_call *call) {
  return brgoCall((uintptr_t)user_data, call, BRGO_CANCEL);
}
static br_status on_list(void *user_data, br_provider_call *call) {
  return brgoCall((uintptr_t)user_data, call, BRGO_LIST);
}

br_status brgo_register(const char *name, const char *capabilities, int32_t has, uintptr_t handle, br_error **err) {
  const br_provider_vtbl table = {.size = sizeof table,
                                  .name = name,
                                  .capabilities = capabilities,
                                  .supports_model = on_supports,
                                  .prepare = has & BRGO_PREPARE ? on_prepare : NULL,
                                  .submit = on_submit,
                                  .poll = on_poll,
                                  .fetch = on_fetch,
                                  .cancel = has & BRGO_CANCEL ? on_cancel : NULL,
                                  .list = has & BRGO_LIST ? on_list : NULL};
  return br_registry_register(&table, (void *)handle, on_destroy, err);
}

brgo_block *brgo_block_new(void) { return calloc(1, sizeof(brgo_block)); }

void brgo_block_free(brgo_block *block) {
  free(block->bytes);
  free(block);
}

static int reserve(brgo_block *block, size_t more) {
  if (block->capacity - block->size >= more) return 1;
  const size_t capacity = 2 * block->capacity + more;
  char *bytes = realloc(block->bytes, capacity);
  if (bytes == NULL) return 0;
  block->bytes = bytes;
  block->capacity = capacity;
  return 1;
}

/* Copies the texts of a result behind those of the others. */
static int put(brgo_block *block, brgo_view *view, const char *const *texts, size_t *lengths) {
  size_t all = 0;
  for (int i = 0; i < BRGO_TEXTS; i++) {
    if (texts[i] != NULL && lengths[i] == 0) lengths[i] = strlen(texts[i]);
    all += lengths[i];
  }
  if (!reserve(block, all)) return 0;
  view->present = 0;
  view->begin = (int64_t)block->size;
  for (int i = 0; i < BRGO_TEXTS; i++) {
    if (texts[i] != NULL) {
      view->present |= 1 << i;
      memcpy(block->bytes + block->size, texts[i], lengths[i]);
      block->size += lengths[i];
    }
    view->end[i] = (int64_t)block->size;
  }
  return 1;
}

static int look(brgo_block *block, const br_result *result, brgo_view *view) {
  const char *texts[BRGO_TEXTS];
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
  return put(block, view, texts, lengths);
}

/* Without memory nothing is lost: what was fetched is not acknowledged, and comes again. */
static br_status look_at_all(brgo_block *block, br_status status, int keep) {
  block->size = 0;
  int enough = 1;
  for (size_t i = 0; i < block->count; i++) {
    enough = enough && look(block, block->results[i], &block->views[i]);
    if (keep && enough) continue;
    br_result_free(block->results[i]);
    block->results[i] = NULL;
  }
  if (enough) return status;
  brgo_free(block->results, block->count);
  block->count = 0;
  return BR_ENOMEM;
}

br_status brgo_next(br_router *router, br_job *job, brgo_block *block, br_error **err) {
  return look_at_all(block, br_next_results(router, job, 0, block->results, BRGO_BLOCK, &block->count, err), 1);
}

br_status brgo_stored(br_results *results, brgo_block *block, br_error **err) {
  return look_at_all(block, br_results_next(results, block->results, BRGO_BLOCK, &block->count, err), 0);
}

br_status brgo_ack(br_result *result, br_error **err) {
  const br_status status = br_result_ack(result, err);
  if (status >= 0) br_result_free(result);
  return status;
}

void brgo_free(br_result **results, size_t count) {
  for (size_t i = 0; i < count; i++) br_result_free(results[i]);
}
