/* What Go cannot say to C by itself: callbacks with a handle for user_data, and what needs a block of results in one
 * crossing. */
#ifndef BATCHROUTER_GO_SHIM_H
#define BATCHROUTER_GO_SHIM_H

#include <batchrouter.h>

#if BR_VERSION_MAJOR != 0 || BR_VERSION_MINOR < 1
#error "batchrouter.h is of another version: the Go package needs libbatchrouter-dev >= 0.1 and < 1"
#endif

/* The file that the functions of the library come from. */
const char *brgo_library_path(void);

/* BRGO_WEIGHT: about what a result takes of memory, in bytes. */
enum { BRGO_BLOCK = 256, BRGO_WEIGHT = 2048 };

/* The texts of a result. */
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

typedef struct {
  int32_t status, redelivered;
} brgo_head;

typedef struct {
  const char *at; /* NULL: there is none */
  size_t length;
} brgo_text;

/* Up to BRGO_BLOCK results, and the newest answers to a question that was asked of all. */
typedef struct {
  size_t count;
  br_result *results[BRGO_BLOCK];
  brgo_head heads[BRGO_BLOCK];
  brgo_text texts[BRGO_BLOCK];
  int64_t tokens[BRGO_BLOCK][4];
} brgo_block;

brgo_block *brgo_block_new(void);
/* Frees the results as well. */
void brgo_block_free(brgo_block *block);
/* br_next_results without waiting; fills the heads. */
br_status brgo_next(br_router *router, br_job *job, brgo_block *block, br_error **err);
/* br_results_next in the same way. */
br_status brgo_stored(br_results *results, brgo_block *block, br_error **err);
/* Fills texts with one of all results. Returns their bytes. */
size_t brgo_ask(brgo_block *block, int32_t which);
void brgo_ask_tokens(brgo_block *block);
/* br_result_return of the results from that index on, which are no longer there then. */
void brgo_return(brgo_block *block, size_t from);

/* A block that is read where it lies. Bit i of asked: columns[i] holds the answers. The columns that one block was
 * asked for are filled in at once for the next. Of the heads only the status is. */
typedef struct {
  brgo_block block;
  uint32_t asked;
  brgo_text columns[BRGO_TEXTS][BRGO_BLOCK];
} brgo_view;

brgo_view *brgo_view_new(void);
void brgo_view_free(brgo_view *view);
/* Frees the results that are there, and fetches the next ones as brgo_next and brgo_stored do. */
br_status brgo_view_next(br_router *router, br_job *job, brgo_view *view, br_error **err);
br_status brgo_view_stored(br_results *results, brgo_view *view, br_error **err);
void brgo_view_ask(brgo_view *view, int32_t which);
/* br_result_ack of all. */
br_status brgo_view_ack(brgo_view *view, br_error **err);

/* Requests, written down by Go to be made in one crossing. Behind each of these stand the name and the data, each
 * with a NUL. */
enum {
  BRGO_REQUEST, /* data: the custom_id; name: the model */
  BRGO_LINE,    /* data: a request as a line of the unified format */
  BRGO_SET_SYSTEM,
  BRGO_ADD_SYSTEM,
  BRGO_MESSAGE,    /* number: the role */
  BRGO_ADD_TEXT,   /* data: the text, as of the system prompts */
  BRGO_IMAGE,      /* number: the source; name: the media type, none if empty */
  BRGO_DOCUMENT,   /* the same */
  BRGO_AUDIO,      /* the same */
  BRGO_GENERATION, /* data: the value of the field of that name */
  BRGO_FIELD       /* the same */
};
typedef struct {
  int32_t what, number;
  uint64_t name, data; /* lengths */
} brgo_step;

/* Makes the requests that stand there and adds them to the batch. */
br_status brgo_add_requests(br_batch *batch, const char *steps, size_t length, br_error **err);
/* Makes the one that stands there. */
br_status brgo_make_request(const char *steps, size_t length, br_request **request, br_error **err);

/* user_data is a cgo.Handle; brgo_destroy ends it. */
br_status brgo_set_log(br_config *config, int32_t level, uintptr_t handle, br_error **err);
br_status brgo_set_event(br_config *config, uintptr_t handle, br_error **err);
br_status brgo_submit(br_router *router, br_batch *batch, uintptr_t handle, br_job **job, br_error **err);
/* options: NULL if there are none. */
br_status brgo_retry(br_router *router, br_job *job, const br_batch *options, uintptr_t handle, br_job **new_job,
                     br_error **err);
/* Calls that wait for the vendor. They end by each br_router_interrupt after the count was `since`: C knows by the
 * thread whose call it is, and Go may change the thread between two calls. */
br_status brgo_refresh(br_router *router, int64_t since, br_job *job, br_error **err);
br_status brgo_cancel(br_router *router, int64_t since, br_job *job, int32_t *cancelled, br_error **err);
br_status brgo_refetch(br_router *router, int64_t since, br_job *job, int64_t *changed, br_error **err);
br_status brgo_refresh_many(br_router *router, int64_t since, br_job **jobs, size_t count, br_error **errors,
                            br_error **err);
br_status brgo_cancel_many(br_router *router, int64_t since, br_job **jobs, size_t count, int32_t *cancelled,
                           br_error **errors, br_error **err);
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
