#define _GNU_SOURCE /* dladdr */
#include "shim.h"

#include <dlfcn.h>

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
static void on_done(void *user_data, br_job *job) {
  brgoDone((uintptr_t)user_data, (char *)br_job_id(job));
}
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

br_status brgo_retry(br_router *router, br_job *job, const br_batch *options, uintptr_t handle, br_job **new_job,
                     br_error **err) {
  const br_done_fn done = handle == 0 ? NULL : on_done;
  const br_destroy_fn destroy = handle == 0 ? NULL : on_destroy;
  if (options == NULL) return br_retry(router, job, done, (void *)handle, destroy, new_job, err);
  return br_retry_with(router, job, options, done, (void *)handle, destroy, new_job, err);
}

br_status brgo_refresh(br_router *router, int64_t since, br_job *job, br_error **err) {
  br_router_interrupt_since(router, since);
  return br_job_refresh(job, -1, err);
}

br_status brgo_cancel(br_router *router, int64_t since, br_job *job, int32_t *cancelled, br_error **err) {
  br_router_interrupt_since(router, since);
  return br_cancel(job, -1, cancelled, err);
}

br_status brgo_refetch(br_router *router, int64_t since, br_job *job, int64_t *changed, br_error **err) {
  br_router_interrupt_since(router, since);
  return br_job_refetch(job, -1, changed, err);
}

br_status brgo_refresh_many(br_router *router, int64_t since, br_job **jobs, size_t count, br_error **errors,
                            br_error **err) {
  br_router_interrupt_since(router, since);
  return br_refresh_many(router, jobs, count, -1, errors, err);
}

br_status brgo_cancel_many(br_router *router, int64_t since, br_job **jobs, size_t count, int32_t *cancelled,
                           br_error **errors, br_error **err) {
  br_router_interrupt_since(router, since);
  return br_cancel_many(router, jobs, count, -1, cancelled, errors, err);
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
static br_status on_call(void *user_data, br_provider_call *call, int32_t what) {
  return brgoCall((uintptr_t)user_data, call, what);
}
static br_status on_submit(void *user_data, br_provider_call *call) { return on_call(user_data, call, BRGO_SUBMIT); }
static br_status on_poll(void *user_data, br_provider_call *call) { return on_call(user_data, call, BRGO_POLL); }
static br_status on_fetch(void *user_data, br_provider_call *call) { return on_call(user_data, call, BRGO_FETCH); }
static br_status on_cancel(void *user_data, br_provider_call *call) { return on_call(user_data, call, BRGO_CANCEL); }
static br_status on_list(void *user_data, br_provider_call *call) { return on_call(user_data, call, BRGO_LIST); }

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
