/* What the gateway needs of the library's capture functions, until batchrouter.h has them: then this file is
 * `#include "batchrouter.h"` and nothing else. */
#pragma once

#include "batchrouter.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { BR_PASS = 4 }; /* it is no call that can be batched: send it to the vendor yourself */

/* ---- Capture --------------------------------------------------------------------------------------------------- */

/* HTTP calls of programs that know nothing of batches: each is taken as it would have gone to the vendor, kept on disk,
 * collected with others into batches, and answered as the vendor would have answered it. The gateway and `exec` are
 * made of these functions alone. Settings: the properties "capture....".
 *
 * Who is who. A call's identity is its key, method, path, headers that matter, and exact body (docs/capture.md). While
 * another call of that identity is open, a call is one more request: N at once are N. Else it adopts the oldest request
 * of that identity that nobody waits for and whose answer nobody got. Else an earlier answer serves it (capture.cache).
 * Else it is a new request. So whoever was cut off, or killed, and asks again pays nothing twice. */
typedef struct br_capture br_capture;   /* collects calls into batches, of one router */
typedef struct br_exchange br_exchange; /* one HTTP call, being built */
typedef struct br_answer br_answer;     /* the HTTP answer to one call */

/* method: "POST". url: absolute, as it would have gone to the vendor: its host or a configured base URL tells the
 * provider. Returns NULL when memory is out, or an argument is NULL or not valid UTF-8. */
BR_API br_exchange* br_exchange_new(const char* method, const char* url);
BR_API void br_exchange_free(br_exchange* exchange);
/* Any number of headers; the caller's credential is one of them and is kept in memory only. */
BR_API br_status br_exchange_add_header(br_exchange* exchange, const char* name, const char* value, br_error** err);
BR_API br_status br_exchange_set_body(br_exchange* exchange, const char* data, size_t length, br_error** err);
/* Options of this call: "provider" (instead of what the URL tells; may be "openai@team"), "cache" hit | once | off
 * (instead of capture.cache), "repeated" 1: the client says that it asks again, so that an answer which was delivered
 * within capture.replay_ms serves once more, "credential" own (default: the caller's key pays) | configured.
 * Returns   BR_OK; BR_ECONFIG. */
BR_API br_status br_exchange_set(br_exchange* exchange, const char* option, const char* value, br_error** err);

/* One capture per router. Goes on with the calls of earlier processes. BR_EALREADY when the router has one.
 * Blocks for reading the state. */
BR_API br_status br_capture_new(br_router* router, br_capture** capture, br_error** err);
/* Takes no call any more, submits what it had collected, and waits for that up to timeout_ms. Idempotent. */
BR_API br_status br_capture_close(br_capture* capture, int64_t timeout_ms, br_error** err);
BR_API void br_capture_free(br_capture* capture);

/* In: an answer, or NULL: nobody is told. Runs inside br_poll; the answer is freed by the function. */
typedef void (*br_answer_fn)(void* user_data, br_answer* answer);

/* Takes the call. BR_OK: it is on disk and will be answered: by fn, or where fn is NULL through br_capture_next.
 * BR_PASS (= 4): it is no call that can be batched; nothing was kept, send it to the vendor yourself.
 * An answer that is known at once (cache, refusal, dry run) comes the same way.
 * *id (may be NULL): a number that names the call in this process, > 0.
 * Copied; the exchange stays the caller's. Any thread. Blocks for one sync of the state directory. */
BR_API br_status br_capture_take(br_capture* capture, const br_exchange* exchange, br_answer_fn fn, void* user_data,
                                 br_destroy_fn destroy, int64_t* id, br_error** err);
/* The same for many in one sync, all answered through br_capture_next. ids[i] > 0: taken; 0: pass it through. */
BR_API br_status br_capture_take_many(br_capture* capture, const br_exchange* const* exchanges, size_t count,
                                      int64_t* ids, br_error** err);
/* Whoever waited for the call is gone: the next call of its identity adopts it. BR_ENOTFOUND when it is answered. */
BR_API br_status br_capture_leave(br_capture* capture, int64_t id, br_error** err);
/* Answers that have no fn: waits for the first, takes what else is there. BR_AGAIN; BR_END: closed and none will come.
 * br_router_wakeup ends it with BR_AGAIN. */
BR_API br_status br_capture_next(br_capture* capture, int64_t timeout_ms, br_answer** answers, size_t capacity,
                                 size_t* count, br_error** err);
/* Every queue is submitted now. */
BR_API br_status br_capture_flush(br_capture* capture, br_error** err);
/* {"held":n,"queued":n,"answered":n,"cache_hits":n,"saved_usd":x|null,"batches":[{"provider","endpoint","model","job_id",
 * "batch_id","state","requests","created_at","expires_at","waits_for_key":bool}…]}; dry run: "plan":[{"provider",
 * "endpoint","model","requests","batches","batch_usd","sync_usd"}…]. Borrowed until the same thread calls it again. */
BR_API const char* br_capture_stats_json(br_capture* capture, size_t* length);
/* How the call stands:
 * {"id","state":"queued|submitting|in_progress|answered","batch_id","job_id","provider","endpoint",
 * "model","since":ms,"expected_at":ms|null}; NULL for an unknown id. Borrowed as above. */
BR_API const char* br_capture_call_json(br_capture* capture, int64_t id, size_t* length);

/* The answer: any one thread at a time. */
BR_API void br_answer_free(br_answer* answer); /* without br_answer_delivered the next call of its identity gets it */
BR_API int64_t br_answer_id(const br_answer* answer);     /* the *id of br_capture_take */
BR_API int32_t br_answer_status(const br_answer* answer); /* HTTP status, 200 to 599 */
BR_API size_t br_answer_header_count(const br_answer* answer);
BR_API const char* br_answer_header_name(const br_answer* answer, size_t index); /* lower case; NULL past the end */
BR_API const char* br_answer_header_value(const br_answer* answer, size_t index);
BR_API const char* br_answer_body(const br_answer* answer,
                                  size_t* length); /* for a stream that succeeded: its events */
/* For a call that asked for a stream, whose 200 is sent already: what still tells the outcome as events, an error too.
 * NULL for a call that asked for none. */
BR_API const char* br_answer_events(const br_answer* answer, size_t* length);
BR_API const char* br_answer_batch_id(const br_answer* answer); /* the vendor's; NULL: of no batch */
BR_API int32_t br_answer_is_cached(const br_answer* answer);    /* 1: nothing was paid for it */
/* The answer reached the caller whole: it is not kept for an orphan any more (for the cache it is). */
BR_API br_status br_answer_delivered(br_answer* answer, br_error** err);

#ifdef __cplusplus
}
#endif
