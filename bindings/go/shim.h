/* What Go cannot say to C by itself: callbacks with a handle for user_data, and a block of results in one crossing. */
#ifndef BATCHROUTER_GO_SHIM_H
#define BATCHROUTER_GO_SHIM_H

#include <batchrouter.h>

#if BR_VERSION_MAJOR != 0 || BR_VERSION_MINOR < 1
#error "batchrouter.h is of another version: the Go package needs libbatchrouter-dev >= 0.1 and < 1"
#endif

/* The file that the functions of the library come from. */
const char *brgo_library_path(void);

enum { BRGO_BLOCK = 256 };

/* The texts of a result, in the order in which they lie in the block's bytes. */
enum {
  BRGO_CUSTOM_ID,
  BRGO_JOB_ID,
  BRGO_BATCH_ID,
  BRGO_TEXT,
  BRGO_MODEL,
  BRGO_FINISH_REASON,
  BRGO_TOOL_CALLS,
  BRGO_RESPONSE,
  BRGO_ERROR_TYPE,
  BRGO_ERROR_CODE,
  BRGO_ERROR_MESSAGE,
  BRGO_JSON,
  BRGO_TEXTS
};

/* One result. Text i lies between end[i - 1] (of the first: begin) and end[i]; bit i of present says that it is there. */
typedef struct {
  int64_t begin, end[BRGO_TEXTS], tokens[4];
  int32_t status, http_status, transient, redelivered, present;
} brgo_view;

/* Up to BRGO_BLOCK results: the handles, what they say, and their texts one after another. The memory of bytes grows and
 * is used again; brgo_block_free gives it back. */
typedef struct {
  size_t count, size, capacity;
  char *bytes;
  br_result *results[BRGO_BLOCK];
  brgo_view views[BRGO_BLOCK];
} brgo_block;

brgo_block *brgo_block_new(void);
void brgo_block_free(brgo_block *block);
/* br_next_results without waiting. */
br_status brgo_next(br_router *router, br_job *job, brgo_block *block, br_error **err);
/* br_results_next; the handles are freed at once, since nobody acknowledges them. */
br_status brgo_stored(br_results *results, brgo_block *block, br_error **err);
/* br_result_ack, and frees the result when that went well: one crossing for both. */
br_status brgo_ack(br_result *result, br_error **err);
void brgo_free(br_result **results, size_t count);

/* user_data is a cgo.Handle; brgo_destroy ends it. */
br_status brgo_set_log(br_config *config, int32_t level, uintptr_t handle, br_error **err);
br_status brgo_set_event(br_config *config, uintptr_t handle, br_error **err);
br_status brgo_submit(br_router *router, br_batch *batch, uintptr_t handle, br_job **job, br_error **err);
br_status brgo_retry(br_router *router, br_job *job, uintptr_t handle, br_job **new_job, br_error **err);
/* handle is used until the call returns, and stays the caller's. */
br_status brgo_convert(const br_config *config, br_batch *batch, uintptr_t handle, br_error **err);
br_status brgo_decode(const br_config *config, const char *provider, const char *path, uintptr_t handle, int64_t *rows,
                      int64_t *failed, br_error **err);
br_status brgo_write_failed(br_job *job, uintptr_t handle, int64_t *rows, br_error **err);
br_status brgo_write_results(br_results *results, uintptr_t handle, int64_t *rows, int64_t *failed, br_error **err);

/* A provider in Go: which functions it has, and which one is called. handle is ended when nobody uses it any more. */
enum { BRGO_SUBMIT = 1, BRGO_POLL = 2, BRGO_FETCH = 4, BRGO_CANCEL = 8, BRGO_LIST = 16, BRGO_PREPARE = 32 };
br_status brgo_register(const char *name, const char *capabilities, int32_t has, uintptr_t handle, br_error **err);

#endif
