/* batchrouter.h: the whole C interface of libbatchrouter.
 *
 * The library sends many requests to language models through the vendors' batch APIs, at about half the price, and
 * hands every answer back under the id it was asked under. State is kept on disk: a process that dies at any
 * instruction loses no batch and pays for none twice.
 *
 * A first program (errors left out):
 *
 *     br_config *config = br_config_new();
 *     br_config_set(config, "state_dir", ".batch_router", NULL);
 *     br_router *router = NULL;
 *     br_router_new(config, &router, NULL);
 *
 *     br_batch *batch = br_batch_new("openai");
 *     br_batch_add_jsonl_file(batch, "requests.jsonl", NULL);
 *     br_job *job = NULL;
 *     br_submit(router, batch, NULL, NULL, NULL, &job, NULL);
 *
 *     br_result *result = NULL;
 *     while (br_next_result(router, job, -1, &result, NULL) == BR_OK) {
 *         printf("%s: %s\n", br_result_custom_id(result, NULL), br_result_text(result, NULL));
 *         br_result_ack(result, NULL);
 *         br_result_free(result);
 *     }
 *
 * RULES, stated once
 *
 * Handles    Opaque pointers. br_x_free(NULL) does nothing; handles may be freed in any order, because a child keeps
 *            what it needs alive.
 * NULL       Where a value is needed NULL gives BR_EINVAL; a function without a status answers "there is none": NULL,
 *            0 or -1.
 * Errors     A function that can fail returns br_status: 0 is success, > 0 a normal state, < 0 an error. The last
 *            parameter, br_error **err, may be NULL; it is set to NULL on success and to an object the caller frees on
 *            error. There is no global and no thread-local error. BR_EINVAL, BR_ENOMEM and BR_EINTERNAL can come
 *            from every function with a status, BR_ECLOSED and BR_EFORKED from every one that uses a router; the
 *            comments do not repeat them. After an error out parameters are NULL or 0, unless a comment says more.
 * Strings in Names are NUL-terminated UTF-8. Data is (pointer, length). Everything is copied before the call returns.
 *            Text that is not valid UTF-8 is refused before anything is sent: BR_EINVAL, BR_EINPUT for what is part of a
 *            request. Paths that are read here are taken as they are.
 * Strings out Borrowed from the handle that was asked, valid until that handle is freed. They are NUL-terminated, and
 *            *length (where there is such a parameter, it may be NULL) gives the size without the NUL. NULL means
 *            "there is none". A job lends its texts until it is freed, also those of older snapshots.
 * Numbers    Times are int64_t milliseconds since 1970-01-01 UTC, or -1 for "not known". Timeouts are milliseconds:
 *            0 does not block, -1 waits without limit. Truth values are int32_t 0 or 1.
 * Threads    br_router, br_job, br_capture and br_error: any thread, at any time. br_config, br_request, br_batch, br_result,
 *            br_results, br_job_list, br_exchange, br_answer: one thread at a time, may move between threads.
 * Blocking   No function blocks unless its comment says so. One that waits ends early with BR_AGAIN after
 *            br_router_wakeup, and with BR_ECLOSED when the router is closed.
 * Crash      What is on disk when a call returns is said where it matters; anything else is lost with the process.
 * Since      0.1, where nothing else is said.
 * Callbacks  Come as (fn, user_data, destroy). fn runs only inside br_poll, on the thread that called it; so do functions
 *            of providers of your own, with one addition (see br_provider_vtbl). user_data is never looked at. destroy (may be NULL) runs exactly once, after the last call of fn, also when the
 *            function it was passed to fails; those of a router at the latest when it is closed and br_poll has
 *            returned, whoever still holds jobs and results of it. Callbacks must return: no longjmp, no exception, no
 *            panic through them.
 *            Any function of this header may be called from a callback, freeing the router included.
 * Fork       In a forked child every call that uses a router returns BR_EFORKED; a free there only drops memory.
 * Signals    The library installs no handler and blocks all signals in its own threads. SIGXFSZ (a write over the limit
 *            of file sizes) is blocked while a call of yours opens or closes a router, submits, retries or removes: the
 *            call ends with an error. In the functions that write a file of yours, and for a SIGPIPE of a descriptor of
 *            yours, your program decides.
 * Secrets    API keys are read from the configuration or the environment; they never reach a file, a log, an error
 *            or a command line.
 */
#ifndef BATCHROUTER_H
#define BATCHROUTER_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define BR_API __declspec(dllimport)
#elif defined(__GNUC__)
#define BR_API __attribute__((visibility("default")))
#else
#define BR_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header; br_version() tells that of the library that runs. */
#define BR_VERSION_MAJOR 0
#define BR_VERSION_MINOR 1
#define BR_VERSION_PATCH 0
#define BR_VERSION_STRING "0.1.0"
/* Raised when a caller compiled against an older header would misbehave. */
#define BR_ABI_VERSION 0

typedef struct br_config br_config;     /* settings, before a router exists */
typedef struct br_error br_error;       /* why a call failed; immutable */
typedef struct br_request br_request;   /* one question, being built */
typedef struct br_batch br_batch;       /* many requests, being built */
typedef struct br_router br_router;     /* the engine and its state directory */
typedef struct br_job br_job;           /* one submitted batch and its latest known status */
typedef struct br_job_list br_job_list; /* the answer of br_list */
typedef struct br_result br_result;     /* one answer */
typedef struct br_results br_results;   /* a cursor over all answers of a job */
typedef struct br_plan br_plan;         /* what a batch would bring and cost */

/* What a call came to. Numbers are never changed or used again; new ones may appear, so treat an unknown negative
 * number as a failure. */
typedef int32_t br_status;
enum {
  BR_OK = 0,
  BR_AGAIN = 1,  /* nothing yet: the timeout ran out, call again */
  BR_END = 2,    /* nothing more will come */
  BR_EXISTS = 3, /* a job that is here already was taken instead of a new one made */
  BR_PASS = 4,   /* a call that no batch can answer: it is to be sent to the vendor */

  BR_EINVAL = -1,         /* the call itself is wrong: a NULL, a negative size, a handle of another router */
  BR_ECONFIG = -2,        /* a setting is unknown or has a wrong value */
  BR_EINPUT = -3,         /* a request is invalid; nothing was sent. See br_error_issue() */
  BR_EAUTH = -4,          /* the API key is missing or refused */
  BR_ENETWORK = -5,       /* the vendor could not be reached or was overloaded; safe to do again */
  BR_EPROVIDER = -6,      /* the vendor refused */
  BR_ENOTFOUND = -7,      /* no such job or batch */
  BR_ENOPROVIDER = -8,    /* no provider of that name */
  BR_ENOTCOMPLETE = -9,   /* the job has not ended, so its results are not there yet */
  BR_ETIMEOUT = -10,      /* the time given ran out; the job goes on */
  BR_EQUOTA = -11,        /* out of credit or quota at the vendor */
  BR_ELIMIT = -12,        /* over a limit of the vendor; splitting may help */
  BR_EUNKNOWN = -13,      /* a batch was possibly submitted; it has to be looked for before it is sent again */
  BR_ESTORE = -14,        /* the state directory is damaged or cannot be written */
  BR_ELOCKED = -15,       /* another process owns the state directory */
  BR_EIO = -16,           /* a file could not be read or written */
  BR_ENOMEM = -17,
  BR_ECLOSED = -18,       /* the router is closed */
  BR_EFORKED = -19,       /* called in a forked child */
  BR_EUNSUPPORTED = -20,  /* the provider has no such operation */
  BR_EPROTOCOL = -21,     /* the vendor's answer makes no sense */
  BR_EINTERNAL = -22,     /* a bug in the library; please report it */
  BR_EPARTIAL = -23,      /* some of several operations failed */
  BR_ECANCELLED = -24,    /* cancelled by the caller */
  BR_EALREADY = -25,      /* the name is taken, or the work is done */
  BR_EBUDGET = -26        /* would cost more than allowed */
};

/* The name of a status, such as "BR_ELOCKED"; "BR_UNKNOWN_STATUS" for a number this library does not know.
 * Threads any. Since 0.1 */
BR_API const char *br_status_name(br_status status);

/* Runs exactly once when user_data is no longer needed. */
typedef void (*br_destroy_fn)(void *user_data);

/* ---- Version --------------------------------------------------------------------------------------------------- */

/* The version of the running library, such as "0.1.0". Threads any. Since 0.1 */
BR_API const char *br_version(void);
/* The ABI generation of the running library; compare it with BR_ABI_VERSION. Threads any. Since 0.1 */
BR_API int32_t br_abi_version(void);
/* How the library was built, as a JSON object: version, compiler, libcurl, OpenSSL, SQLite, providers.
 * Threads any. Since 0.1 */
BR_API const char *br_build_info(void);

/* ---- Errors ---------------------------------------------------------------------------------------------------- */

/* Threads: an error never changes, so any number of threads may read one; one thread frees it, last. */
BR_API void br_error_free(br_error *error);
/* The status the failed call returned; BR_OK for NULL. */
BR_API br_status br_error_code(const br_error *error);
/* One line: what, where, why. Never holds a key. */
BR_API const char *br_error_message(const br_error *error);
/* What to do about it; NULL if there is nothing to advise. */
BR_API const char *br_error_hint(const br_error *error);
/* The provider that answered, such as "openai"; NULL if none was involved. */
BR_API const char *br_error_provider(const br_error *error);
/* The vendor's own error code, such as "insufficient_quota"; NULL if it gave none. */
BR_API const char *br_error_vendor_code(const br_error *error);
/* The vendor's id of the refused call, for its support; NULL if it gave none. */
BR_API const char *br_error_request_id(const br_error *error);
/* HTTP status of the vendor's answer, 0 if there was none. */
BR_API int32_t br_error_http_status(const br_error *error);
/* 1 if doing the same again later may work. */
BR_API int32_t br_error_is_transient(const br_error *error);
/* The least time to wait as the vendor asked for it, in milliseconds; -1 if it did not. */
BR_API int64_t br_error_retry_after_ms(const br_error *error);
/* How many lines of input are wrong (BR_EINPUT, BR_ENOPROVIDER), 0 otherwise. At most 100 are kept;
 * br_error_issue_total counts all. */
BR_API size_t br_error_issue_count(const br_error *error);
BR_API size_t br_error_issue_total(const br_error *error);
/* Issue number `index` as "file:line:column: what, why, fix"; NULL past the end. */
BR_API const char *br_error_issue(const br_error *error, size_t index);

/* ---- Configuration --------------------------------------------------------------------------------------------- */

/* Every property at its default.
 * Returns   a configuration that the caller frees; NULL only when memory is out. */
BR_API br_config *br_config_new(void);
/* Callbacks that no router took over are destroyed here. */
BR_API void br_config_free(br_config *config);
/* Sets the property `key` from its text form; docs/configuration.md lists all keys with range, default and meaning.
 * Returns   BR_OK; BR_ECONFIG for an unknown key (the hint names the nearest one) or a value out of range; BR_EINVAL for
 *           an address that is none, a rule of "routes" that makes no sense, an empty "state_dir".
 * Since     0.1 */
BR_API br_status br_config_set(br_config *config, const char *key, const char *value, br_error **err);
/* The value in force, default included; NULL for an unknown key and for secrets (keys are never given back). */
BR_API const char *br_config_get(const br_config *config, const char *key);
/* The property table: number of keys, and for each its name, default, and one-line meaning (NULL past the end). */
BR_API size_t br_config_property_count(void);
BR_API const char *br_config_property_name(size_t index);
BR_API const char *br_config_property_default(size_t index);
BR_API const char *br_config_property_doc(size_t index);

/* Log levels: a record is passed on when its level is <= the one asked for. */
/* BR_LOG_DEBUG adds each poll and each exchange with a vendor: method, URL without its query, status, bytes, time. */
enum { BR_LOG_ERROR = 1, BR_LOG_WARNING = 2, BR_LOG_INFO = 3, BR_LOG_DEBUG = 4 };
/* One log line, without newline. Bodies and keys are never logged. */
typedef void (*br_log_fn)(void *user_data, int32_t level, const char *message);
/* Log records are queued (the newest 10,000) and handed to fn inside br_poll. A second call replaces the first one's
 * fn; fn NULL: no log. A router made from this configuration keeps the callback until it is freed.
 * Returns   BR_OK; destroy has run when it fails. */
BR_API br_status br_config_set_log(br_config *config, int32_t level, br_log_fn fn, void *user_data,
                                   br_destroy_fn destroy, br_error **err);

/* What happened to a job. */
enum {
  BR_EVENT_STATE = 1,             /* the job's state changed */
  BR_EVENT_PROGRESS = 2,          /* the vendor's counters moved */
  BR_EVENT_BATCH_SUBMITTING = 3,  /* a remote batch is about to be made */
  BR_EVENT_BATCH_SUBMITTED = 4,   /* the vendor accepted a remote batch */
  BR_EVENT_BATCH_POLLED = 5,      /* a poll was answered */
  BR_EVENT_BATCH_ENDED = 6,       /* a remote batch reached a terminal state at the vendor */
  BR_EVENT_RETRY = 7,             /* a call failed and will be made again */
  BR_EVENT_UNKNOWN = 8,           /* a create call got no clear answer: possibly submitted */
  BR_EVENT_ADOPTED = 9,           /* a possibly submitted batch was found at the vendor */
  BR_EVENT_RESENT = 10,           /* absence was proven and the batch is sent again */
  BR_EVENT_BLOCKED = 11,          /* a remote batch waits for somebody: key refused, out of credit, network away */
  BR_EVENT_UNKNOWN_ID = 12,       /* a result row for an id that was never asked */
  BR_EVENT_DUPLICATE_ROW = 13,    /* a second result row for one id; the first counts */
  BR_EVENT_MALFORMED_ROW = 14,    /* a result row that is not JSON */
  BR_EVENT_MISSING_RESULTS = 15,  /* ids without a result row; fetched again, then errored as "missing" */
  BR_EVENT_RESULTS_READY = 16,    /* results can be taken with br_next_result */
  BR_EVENT_JOB_DONE = 17,         /* every request of the job has its one result */
  BR_EVENT_WARNING = 18,          /* something dropped or odd that was not asked for; see the message */
  BR_EVENT_REQUESTS_QUEUED = 19,  /* the requests of a new job are on disk and wait to be sent */
  BR_EVENT_BATCH_PROCESSING = 20, /* the vendor began to work on a remote batch */
  BR_EVENT_BATCH_FAILED = 21,     /* the vendor refused or failed a remote batch as a whole; see the message */
  /* The next three are the gateway's, which collects single requests into batches. A router alone never tells them. */
  BR_EVENT_CACHE_HIT_ROUTED = 22,      /* a request was answered from an earlier answer and was not sent */
  BR_EVENT_WINDOW_TIMER_ERROR = 23,    /* the timer of the window that collects requests failed; see the message */
  BR_EVENT_FINAL_FLUSH_SUBMITTING = 24, /* the gateway ends: what it had collected is submitted */
  /* The job has results to hand out, and before it had none, or whoever looked last had found none. Whoever took all
   * there was and waits for this event misses nothing. It is never dropped. Since 0.1 */
  BR_EVENT_RESULTS_ARRIVED = 25
};
/* The name of an event, such as "batch_polled"; "unknown_event" for a number this library does not know. Since 0.1 */
BR_API const char *br_event_name(int32_t event);
/* json: {"event":"batch_polled","job_id":…,"batch_id":…,"message":…,"request_counts":{…},…} */
typedef void (*br_event_fn)(void *user_data, int32_t event, const char *job_id, const char *json);
/* Events are queued with the log records and handed to fn inside br_poll, in the order in which they happened. What an
 * event tells can be seen when fn runs: br_job_open and br_job_update show that state or a later one.
 * Returns   BR_OK; destroy has run when it fails. */
BR_API br_status br_config_set_event(br_config *config, br_event_fn fn, void *user_data, br_destroy_fn destroy,
                                     br_error **err);

/* ---- Requests -------------------------------------------------------------------------------------------------- */

/* Roles of a message. The system prompt is no message: see br_request_set_system. */
enum { BR_ROLE_USER = 1, BR_ROLE_ASSISTANT = 2 };
/* Where the bytes of an image, document or audio part are. */
enum { BR_SOURCE_URL = 1, BR_SOURCE_BASE64 = 2, BR_SOURCE_FILE_URI = 3 };

/* custom_id: unique in the batch. model: passed to the vendor as it is. Checked when the batch is submitted.
 * Returns NULL when memory is out, or an argument is NULL or not valid UTF-8. */
BR_API br_request *br_request_new(const char *custom_id, const char *model);
/* Reads one request in the unified format (docs/format.md). It goes to the vendor as it came, and cannot be changed.
 * Returns   BR_OK: *request is freed by the caller. BR_EINPUT: what is wrong with the line, and where. */
BR_API br_status br_request_from_json(const char *json, size_t length, br_request **request, br_error **err);
BR_API void br_request_free(br_request *request);
/* Replaces the system prompt; br_request_add_system makes it a list and appends.
 * Returns   BR_OK; BR_EINVAL for a request made by br_request_from_json; BR_EINPUT for text that is not valid UTF-8. */
BR_API br_status br_request_set_system(br_request *request, const char *text, size_t length, br_error **err);
BR_API br_status br_request_add_system(br_request *request, const char *text, size_t length, br_error **err);
/* Begins a message; the content functions below add to the newest one, in order.
 * Returns   BR_OK; BR_EINVAL for an unknown role or source, for content without a message, or for a request made by
 *           br_request_from_json. */
BR_API br_status br_request_add_message(br_request *request, int32_t role, br_error **err);
BR_API br_status br_request_add_text(br_request *request, const char *text, size_t length, br_error **err);
/* media_type may be NULL: image/jpeg, application/pdf, audio/wav. data is a URL, base64 text or file URI, by source.
 * Returns   as br_request_add_message. */
BR_API br_status br_request_add_image(br_request *request, int32_t source, const char *media_type, const char *data,
                                      size_t length, br_error **err);
BR_API br_status br_request_add_document(br_request *request, int32_t source, const char *media_type,
                                         const char *data, size_t length, br_error **err);
BR_API br_status br_request_add_audio(br_request *request, int32_t source, const char *media_type, const char *data,
                                      size_t length, br_error **err);
/* One field of generation_config as a JSON value, e.g. ("max_tokens", "64"), ("stop_sequences", "[\"END\"]").
 * Returns   BR_OK; BR_EINVAL for text that is not one JSON value, or for a request made by br_request_from_json. */
BR_API br_status br_request_set_generation(br_request *request, const char *name, const char *json, size_t length,
                                           br_error **err);
/* Any other top-level field as a JSON value: provider, endpoint, tools, tool_choice, response_format, reasoning, seed,
 * provider_kwargs, body, input.
 * Returns   as br_request_set_generation. */
BR_API br_status br_request_set_field(br_request *request, const char *name, const char *json, size_t length,
                                      br_error **err);
/* The request as one line of the unified format; borrowed until the request is changed or freed. */
BR_API const char *br_request_json(br_request *request, size_t *length);

/* ---- Batches --------------------------------------------------------------------------------------------------- */

/* provider: where requests go that name none themselves and that no rule of "routes" covers; NULL if there are none.
 * "openai@team" names one of several keys of a provider.
 * Returns   a batch that the caller frees; NULL only when memory is out or provider is not valid UTF-8. */
BR_API br_batch *br_batch_new(const char *provider);
BR_API void br_batch_free(br_batch *batch);
/* A name for the audit files, [A-Za-z0-9-] after cleaning.
 * Returns   BR_OK. */
BR_API br_status br_batch_set_name(br_batch *batch, const char *name, br_error **err);
/* Metadata kept with the job and sent to vendors that take it: at most 12 pairs, key <= 64, value <= 512 bytes.
 * Returns   BR_OK; BR_EINVAL past these limits. */
BR_API br_status br_batch_set_meta(br_batch *batch, const char *key, const char *value, br_error **err);
/* Options of this batch that override the router's configuration, plus:
 *   "output"   an absolute path remembered with the job (see br_job_output)
 *   "continue" "1": if an unfinished job has the same requests, provider, base URL and output, br_submit returns that
 *              job with BR_EXISTS instead of making a new one. Unfinished: not every result was acknowledged; or those
 *              who were at work on it have not heard of its end: no router in which it was submitted, or its results
 *              were taken, was closed since (the process was killed, or left), nor was the same submitted again where
 *              they were acknowledged. Reading a job's state or its results changes nothing about that
 *   "finished" what is to be done when a finished job, still in this directory, has the same requests, provider and
 *              base URL. "new" (default): a new job, which is paid for. "refuse": br_submit returns BR_EALREADY, its
 *              message names the job, nothing is sent. "take": br_submit returns that job with BR_EXISTS. A job of
 *              which nothing reached a vendor is not finished work. With this option "continue" looks for a job
 *              whatever its output, and where "output" is given the job remembers that one
 *   "again"    "1": finished work is paid for again, whatever "finished" says
 * Returns   BR_OK; BR_ECONFIG for an unknown key, a wrong value, a property that holds for a whole router (docs/configuration.md
 *           says which), or a secret: options are kept on disk. */
BR_API br_status br_batch_set(br_batch *batch, const char *key, const char *value, br_error **err);
/* Adds a copy of the request; the request can be used again.
 * Returns   BR_OK. */
BR_API br_status br_batch_add(br_batch *batch, br_request *request, br_error **err);
/* Adds one or many lines in the unified format from memory. They are read by br_submit or br_validate.
 * Returns   BR_OK. */
BR_API br_status br_batch_add_jsonl(br_batch *batch, const char *data, size_t length, br_error **err);
/* Adds a file of lines in the unified format. It is opened now and read, streaming, by br_submit or br_validate;
 * "-" is standard input and can be read once.
 * Returns   BR_OK; BR_EIO when it cannot be opened.
 * Blocks    while it opens the file. */
BR_API br_status br_batch_add_jsonl_file(br_batch *batch, const char *path, br_error **err);

/* Checks every request as br_submit would, without network and without leaving anything behind.
 * Returns   BR_OK; BR_EINPUT (see br_error_issue); BR_ELIMIT; BR_ENOPROVIDER: the message names all that are missing;
 *           BR_ECONFIG; BR_EIO.
 * Blocks    while it reads the input.
 * Since     0.1 */
BR_API br_status br_validate(const br_config *config, br_batch *batch, br_error **err);

/* Takes converted bytes, whole lines at a time; a non-zero return stops the work with BR_ECANCELLED. */
typedef int32_t (*br_write_fn)(void *user_data, const char *data, size_t length);
/* Writes the vendor's native request lines. Offline. write runs on this thread.
 * Returns   as br_validate; BR_ECANCELLED when write asked for it.
 * Blocks    while it reads the input. */
BR_API br_status br_convert(const br_config *config, br_batch *batch, br_write_fn write, void *user_data,
                            br_error **err);
/* Reads native result lines of `provider` from a file ("-": standard input), writes unified results. Offline.
 * *rows and *failed (may be NULL) count the rows, and those that did not succeed.
 * Returns   BR_OK; BR_EINPUT for a line that is no result row; BR_ENOPROVIDER; BR_EIO; BR_ECANCELLED.
 * Blocks    while it reads the input. */
BR_API br_status br_decode_file(const br_config *config, const char *provider, const char *path, br_write_fn write,
                                void *user_data, int64_t *rows, int64_t *failed, br_error **err);

/* What a batch would bring to the vendors and cost, before anything is sent: one pass over the requests, as br_submit
 * would make it. Offline.
 * Returns   BR_OK; or as br_validate.
 * Blocks    while it reads the input.
 * Ownership *plan is freed by the caller.
 * Since     0.1 */
BR_API br_status br_plan_new(const br_config *config, br_batch *batch, br_plan **plan, br_error **err);
/* Threads: a plan never changes, so any number of threads may read one. */
BR_API void br_plan_free(br_plan *plan);
/* Remote batches the job would have, requests, bytes, and guesses of tokens (docs/prices.md says how they are made). */
BR_API int64_t br_plan_batches(const br_plan *plan);
BR_API int64_t br_plan_requests(const br_plan *plan);
BR_API int64_t br_plan_bytes(const br_plan *plan);
BR_API int64_t br_plan_input_tokens(const br_plan *plan);
BR_API int64_t br_plan_output_tokens_max(const br_plan *plan);
/* US dollars at the standard and at the batch price, an upper bound; -1 when the price of a model is not known. */
BR_API double br_plan_sync_usd(const br_plan *plan);
BR_API double br_plan_batch_usd(const br_plan *plan);
/* All of it, per remote batch too, with the date of the prices and warnings; borrowed from the plan. */
BR_API const char *br_plan_json(const br_plan *plan, size_t *length);

/* ---- Providers ------------------------------------------------------------------------------------------------- */

/* The providers this library was built with; NULL past the end. */
BR_API size_t br_provider_count(void);
BR_API const char *br_provider_name(size_t index);
/* Capabilities and limits as a JSON object; NULL for an unknown name. */
BR_API const char *br_provider_json(const char *name);

/* ---- Providers of your own ------------------------------------------------------------------------------------- */

/* What one call of a provider's function is about, and where its answer goes. Valid until the function returns, on the
 * thread it was called on. */
typedef struct br_provider_call br_provider_call;

/* A provider written outside the library. docs/adding-a-provider.md builds one step by step.
 *
 * Returns   BR_OK; or what br_call_fail returned; or another negative br_status, an error about which nothing is known.
 * Ownership the table and its strings are copied by br_registry_register. user_data is never looked at.
 * Threads   supports_model and prepare run inside br_submit, br_submit_many, br_run, br_validate, br_convert and
 *           br_plan_new, on the thread that called, on several threads at once if several call.
 *           submit, poll, fetch, cancel and list run inside br_poll, of one router one at a time. While such work waits
 *           br_router_fd is readable. Where a call waits in the router and no other thread waits in br_poll, that call
 *           runs the work that is due, as br_poll would, so that it never hangs for want of a second thread; a program
 *           that keeps a thread in br_poll sees its provider called elsewhere only while that thread is busy.
 *           Nothing runs on a thread of the library.
 * Blocks    the functions may block; only the thread that called waits. They must return: no longjmp, no exception.
 *           They may call any function of this header, closing and freeing the router included. Two exceptions: a wait
 *           for a job of the same provider would not end, and supports_model and prepare must leave the router of the
 *           br_submit they run in alone (br_router_close is BR_EINVAL there).
 * Crash     as with every provider: the intent is saved before submit runs. A process that dies in it, and a submit
 *           whose outcome is not known, are looked for with list, by the marker, before anything is sent again.
 * Since     0.1 */
typedef struct br_provider_vtbl {
  size_t size;              /* sizeof(br_provider_vtbl) */
  const char *name;         /* [a-z0-9_-], 1 to 64 characters: the "provider" of requests and batches */
  const char *capabilities; /* limits and abilities as a JSON object, may be NULL; fields as in br_provider_json: title,
                             * docs, endpoints, limits{requests, bytes, line_bytes}, one_model_per_batch,
                             * discount_percent */
  /* 1 if it serves the model, 0 if not. May be NULL: every model. */
  int32_t (*supports_model)(void *user_data, const char *model);
  /* One request, a line of the unified format; br_call_write takes the line that goes into the request file. A failure
   * refuses the request, and nothing is sent. May be NULL: the unified line itself. */
  br_status (*prepare)(void *user_data, br_provider_call *call, const char *line, size_t length);
  /* Makes the batch of the lines in br_call_requests_path, once, and tells its id with br_call_set_batch_id. The batch
   * should carry br_call_marker. Failing with BR_EUNKNOWN, failing without br_call_fail, or giving no id means that it
   * may exist all the same; every other failure means that it does not. */
  br_status (*submit)(void *user_data, br_provider_call *call);
  /* Tells the state of br_call_batch_id with br_call_set_state, and what else is known. A failure changes nothing. */
  br_status (*poll)(void *user_data, br_provider_call *call);
  /* Writes the result lines of a batch in a terminal state, in the unified format, in any order, with br_call_write.
   * Also of failed and cancelled batches: what there is. May be called again, also by another process. */
  br_status (*fetch)(void *user_data, br_provider_call *call);
  /* Asks the batch to stop. A terminal state in the answer means that it had ended. May be NULL: BR_EUNSUPPORTED. */
  br_status (*cancel)(void *user_data, br_provider_call *call);
  /* Tells every batch there is, or at least each with br_call_marker, with br_call_add_batch. May be NULL: a batch
   * whose submission is not known then stays BR_POSSIBLY_SUBMITTED and blocked, and br_list_remote is
   * BR_EUNSUPPORTED. */
  br_status (*list)(void *user_data, br_provider_call *call);
  /* No function will be called any more. May be NULL. Runs once, before the destroy of br_registry_register. */
  void (*close)(void *user_data);
} br_provider_vtbl;

/* Makes a provider known to the whole process. Routers take it up at once. Register before br_router_new: unfinished
 * jobs whose provider is missing are blocked until br_resume.
 * Returns   BR_OK; BR_EALREADY when a provider has the name; BR_EINVAL for a size that no version of the table has, a
 *           bad name, wrong capabilities, or a missing submit, poll or fetch.
 * Ownership destroy (may be NULL) runs once: when the provider is unregistered and the last job under way with it has
 *           ended or its router is closed, on a thread that is inside a function of this header; at once on failure.
 * Threads   any. Since 0.1 */
BR_API br_status br_registry_register(const br_provider_vtbl *vtbl, void *user_data, br_destroy_fn destroy,
                                      br_error **err);
/* Takes no new requests for it any more. Jobs under way keep it alive until they are done.
 * Returns   BR_OK; BR_ENOPROVIDER when none has the name; BR_EINVAL for a built-in one.
 * Threads   any. Since 0.1 */
BR_API br_status br_registry_unregister(const char *name, br_error **err);
/* Capabilities and limits of any provider, built in or registered, as a JSON object; NULL for an unknown name.
 * Valid while the library is loaded. Threads any. Since 0.1 */
BR_API const char *br_registry_get(const char *name);
/* 1 if there is a provider of that name, built in or registered. Threads any. Since 0.1 */
BR_API int32_t br_registry_is_registered(const char *name);
/* All providers, the built-in ones first, then in the order in which they were registered; NULL past the end. Names
 * stay valid while the library is loaded. Threads any. Since 0.1 */
BR_API size_t br_registry_count(void);
BR_API const char *br_registry_name(size_t index);

/* What a call is about. Borrowed from the call; NULL (-1, 0) where there is none. Since 0.1 */
/* The id that submit gave: poll, fetch, cancel. */
BR_API const char *br_call_batch_id(const br_provider_call *call);
/* The file of the prepared lines: submit. It stays there until the job is removed. */
BR_API const char *br_call_requests_path(const br_provider_call *call);
/* How many requests the batch has; -1: not known (batches made elsewhere). */
BR_API int64_t br_call_rows(const br_provider_call *call);
/* The model of its first request; of all of them where one_model_per_batch is true. */
BR_API const char *br_call_model(const br_provider_call *call);
/* Ours, unique for each batch, 1 to 40 characters [a-z0-9-]: an idempotency key, and what list looks for. NULL in a
 * list for br_list_remote. */
BR_API const char *br_call_marker(const br_provider_call *call);
/* list: the newest this many are enough when br_call_marker is NULL. */
BR_API int64_t br_call_limit(const br_provider_call *call);
/* The metadata of br_batch_set_meta: submit. */
BR_API size_t br_call_meta_count(const br_provider_call *call);
BR_API const char *br_call_meta_key(const br_provider_call *call, size_t index);
BR_API const char *br_call_meta_value(const br_provider_call *call, size_t index);

/* The answer to a call. In list these speak of the batch that br_call_add_batch named last.
 * What is given is copied. Since 0.1 */
/* submit: the id of the batch that was made, UTF-8 without control characters.
 * Returns   BR_OK; BR_EINVAL for a NULL or another text. */
BR_API br_status br_call_set_batch_id(br_provider_call *call, const char *batch_id);
/* state: BR_STATE_... without QUEUED and SUBMITTING. word: the vendor's own name for it, may be NULL. Without a state
 * the library keeps polling.
 * Returns   BR_OK; BR_EINVAL for a NULL call or another number. */
BR_API br_status br_call_set_state(br_provider_call *call, int32_t state, const char *word);
/* Counters of requests; what is in none of the last four is processing.
 * Returns   BR_OK; BR_EINVAL for a NULL or a negative number. */
BR_API br_status br_call_set_counts(br_provider_call *call, int64_t total, int64_t succeeded, int64_t errored,
                                    int64_t cancelled, int64_t expired);
/* which: BR_TIME_CREATED, BR_TIME_COMPLETED or BR_TIME_EXPIRES.
 * Returns   BR_OK; BR_EINVAL for a NULL or another `which`. */
BR_API br_status br_call_set_time(br_provider_call *call, int32_t which, int64_t time_ms);
/* Why the batch failed, with BR_STATE_FAILED.
 * Returns   BR_OK; BR_EINVAL for a NULL. */
BR_API br_status br_call_set_message(br_provider_call *call, const char *message);
/* list: one batch; marker (may be NULL) as it was given to submit.
 * Returns   BR_OK; BR_EINVAL for a NULL or an id that is no plain text. */
BR_API br_status br_call_add_batch(br_provider_call *call, const char *batch_id, const char *marker);
/* prepare: the line, its newline may be missing. fetch: bytes of result lines, in pieces of any size.
 * Returns   BR_OK; BR_EINVAL for a NULL; BR_EIO when they cannot be written: return it. */
BR_API br_status br_call_write(br_provider_call *call, const char *data, size_t length);
/* The call failed. status: BR_EAUTH, BR_ENETWORK, BR_EPROVIDER, BR_EQUOTA, BR_ELIMIT, BR_ENOTFOUND, BR_EINPUT,
 * BR_EUNKNOWN, or another error of this header; all other numbers count as BR_EPROVIDER. transient 1: doing the same
 * later may work, not before retry_after_ms (-1: nothing was said). 0: permanent; a submit is then not made again.
 * BR_EAUTH, BR_EQUOTA and BR_EIO block the job until br_resume. vendor_code may be NULL. message: one line, no key.
 * Returns   status, so that it can be returned on; BR_EINVAL when call is NULL. */
BR_API br_status br_call_fail(br_provider_call *call, br_status status, int32_t transient, int64_t retry_after_ms,
                              const char *vendor_code, const char *message);

/* ---- Router ---------------------------------------------------------------------------------------------------- */

/* Opens the state directory (made if missing), takes its lock, and goes on with every unfinished job unless
 * resume.auto is 0. The configuration is copied.
 * Returns   BR_OK; BR_ELOCKED when another process owns the directory; BR_ESTORE; BR_ECONFIG; BR_EIO; BR_ENOTFOUND for
 *           an observer of a directory that is not there.
 * Ownership *router is freed by the caller.
 * Blocks    for reading the state, not for the network.
 * Since     0.1 */
BR_API br_status br_router_new(const br_config *config, br_router **router, br_error **err);
/* Stops the router's thread, saves, and unlocks the directory. Remote batches go on; the next br_router_new resumes
 * them. Later calls on the router and its jobs return BR_ECLOSED. Wakes every thread that waits.
 * Returns   BR_OK, also when it is closed already.
 * Blocks    at most timeout_ms (-1: as long as it takes) for exchanges with vendors and functions of your providers
 *           under way, and for the end of calls of other threads that do not wait. An exchange that is cut off may be a
 *           submission, whose outcome is then not known and is looked for by the next router: give it some seconds. A
 *           callback under way on another thread is not waited for; those behind it do not run any more.
 * Crash     every acknowledgement is on disk when it returns. */
BR_API br_status br_router_close(br_router *router, int64_t timeout_ms, br_error **err);
/* Closes (without waiting for calls under way) and drops the handle. No other thread may be about to use it; jobs and
 * results may still be used: they answer from memory and return BR_ECLOSED where they would need the router. */
BR_API void br_router_free(br_router *router);
/* A descriptor that is readable while br_poll has callbacks or functions of your providers to run; -1 when closed.
 * Watch it, never read it, and stop watching it before the router is closed. */
BR_API int32_t br_router_fd(const br_router *router);
/* Ends every call on this router that is waiting, or the next one that would wait, with BR_AGAIN: br_poll,
 * br_next_result, br_job_wait, br_job_refresh, br_cancel and their kin. What br_job_refresh and br_cancel asked the
 * vendor stays asked.
 * Threads   any; not from a signal handler. */
BR_API void br_router_wakeup(br_router *router);
/* Ends every call on this router that is waiting now with BR_AGAIN, and leaves nothing behind for a later one. A call that
 * another thread has begun, and that does not wait yet, is not ended, unless that thread said since when it counts:
 * br_router_interrupt_count() before anybody may interrupt, and br_router_interrupt_since() with that number right before
 * the call, on its thread. So bindings end one call for a reason of their own, and make the others again.
 * Threads   any; not from a signal handler.
 * Since     0.1 */
BR_API void br_router_interrupt(br_router *router);
/* How often br_router_interrupt was called; 0 for NULL. */
BR_API int64_t br_router_interrupt_count(br_router *router);
/* The next call of this thread that waits on this router ends if br_router_interrupt was called after the count was
 * `count`. It holds for one call. */
BR_API void br_router_interrupt_since(br_router *router, int64_t count);
/* Runs pending callbacks (completions, events, log records) and one function of a provider of yours that waits to be
 * called, on this thread.
 * Returns   BR_OK when any ran, BR_AGAIN when none came or br_router_wakeup was called, BR_ECLOSED.
 * Threads   any; each callback runs once, on one of the threads that poll.
 * Blocks    up to timeout_ms for the first. */
BR_API br_status br_poll(br_router *router, int64_t timeout_ms, br_error **err);
/* A router starts with every provider that the library knows. A provider that was removed takes no new requests; jobs
 * it has already go on.
 * Returns   BR_OK; BR_EALREADY (add: it is there; remove: it is not); BR_ENOPROVIDER for an unknown name.
 * Threads   any. Since 0.1 */
BR_API br_status br_router_add_provider(br_router *router, const char *name, br_error **err);
BR_API br_status br_router_remove_provider(br_router *router, const char *name, br_error **err);
BR_API int32_t br_router_has_provider(br_router *router, const char *name);
/* Providers of the router, sorted; NULL past the end. Borrowed: valid while the library is loaded. */
BR_API const char *br_router_provider(br_router *router, size_t index);

/* Counters of this process as JSON: requests, calls, bytes, retries, jobs by state, tokens, money.
 * Ownership borrowed until the same thread calls it again, or the router is freed.
 * Threads   any. */
BR_API const char *br_stats_json(br_router *router, size_t *length);

/* ---- Jobs ------------------------------------------------------------------------------------------------------ */

/* Every request of the job has its result, or the job is blocked. Runs inside br_poll. */
typedef void (*br_done_fn)(void *user_data, br_job *job);

/* Validates all requests, writes the vendor's request files, and records the job.
 *
 * Returns   BR_OK: the job is durable and will be sent. BR_EXISTS: see br_batch_set("continue"). BR_EALREADY: see
 *           br_batch_set("finished").
 *           BR_EINPUT, BR_ELIMIT, BR_ENOPROVIDER, BR_EAUTH (no key), BR_EBUDGET, BR_ESTORE, BR_EIO: nothing was sent
 *           and nothing stays behind.
 * Ownership batch is copied and stays the caller's. *job (may be NULL) is freed by the caller.
 *           done (may be NULL) is called once when the job ends; it does not survive the process.
 * Threads   any.
 * Blocks    while reading the input and for one sync of the state directory; never for the network.
 * Crash     after BR_OK the job survives.
 * Since     0.1 */
BR_API br_status br_submit(br_router *router, br_batch *batch, br_done_fn done, void *user_data, br_destroy_fn destroy,
                           br_job **job, br_error **err);
/* The job of that id, from the state directory. Several handles of one job are independent.
 * Returns   BR_OK: *job is freed by the caller; BR_ENOTFOUND if there is none; BR_ESTORE.
 * Blocks    for reading the state. */
BR_API br_status br_job_open(br_router *router, const char *job_id, br_job **job, br_error **err);
/* A job for a batch that was made elsewhere. Its results are those rows the vendor returns; ids are not checked.
 * Whether the vendor knows it shows at the first poll: br_job_refresh.
 * Returns   BR_OK: *job is freed by the caller. BR_EXISTS: likewise, and it is the job of this state directory that has
 *           that batch. BR_ENOPROVIDER; BR_EAUTH (no key); BR_EUNSUPPORTED for a local run; BR_ESTORE; BR_EIO.
 * Blocks    for one sync of the state directory.
 * Crash     after BR_OK the job survives. */
BR_API br_status br_attach(br_router *router, const char *provider, const char *batch_id, br_job **job,
                           br_error **err);
/* br_attach with options, from a batch without requests: "output" of br_batch_set; a job that is there already and has
 * one keeps that. NULL: none.
 * Returns   as br_attach.
 * Ownership options is copied and stays the caller's. Since 0.1 */
BR_API br_status br_attach_with(br_router *router, const char *provider, const char *batch_id, const br_batch *options,
                                br_job **job, br_error **err);
/* Goes on with a job (NULL: with every unfinished one) when resume.auto is 0, or after it was blocked. A job that goes
 * on already is left alone. A new router does the same for the jobs it finds, blocked ones too, unless resume.auto
 * is 0.
 * Returns   BR_OK; BR_ENOTFOUND; BR_ELOCKED for an observer. */
BR_API br_status br_resume(br_router *router, br_job *job, br_error **err);
/* The jobs in the state directory, newest first by BR_TIME_RECORDED; provider NULL means all, limit <= 0 means all. Offline.
 * Returns   BR_OK: *list is freed by the caller; BR_ESTORE.
 * Blocks    for reading the state. */
BR_API br_status br_list(br_router *router, const char *provider, int64_t limit, br_job_list **list, br_error **err);
/* The newest batches at the vendor itself, whoever made them: each a snapshot with an empty br_job_id and its vendor
 * id in br_job_batch_id(job, 0); br_attach makes a job of one. limit <= 0 means 100, which is the most.
 * Returns   BR_OK: *list is freed by the caller; BR_ENOPROVIDER; BR_EUNSUPPORTED; BR_EAUTH; BR_ENETWORK; BR_EPROVIDER;
 *           BR_ETIMEOUT. br_router_wakeup does not end it.
 * Blocks    for the network, at most timeout_ms.
 * Since     0.1 */
BR_API br_status br_list_remote(br_router *router, const char *provider, int64_t limit, int64_t timeout_ms,
                                br_job_list **list, br_error **err);
BR_API void br_job_list_free(br_job_list *list);
BR_API size_t br_job_list_count(const br_job_list *list);
/* Borrowed from the list; NULL past the end. */
BR_API br_job *br_job_list_get(const br_job_list *list, size_t index);

/* Drops the handle and every text it lent; the job itself goes on. Threads: one, when no other uses the handle. */
BR_API void br_job_free(br_job *job);

/* A new job of the requests of `job` that did not succeed: failed, expired, cancelled or missing. The same bytes go to
 * the same vendors; the new job knows its parent (br_job_parent) and counts the attempts.
 * Returns   BR_OK. BR_EXISTS: an unfinished retry of `job` is there (see br_batch_set("continue")) and is taken instead
 *           of paying twice. BR_ENOTCOMPLETE while `job` is not done; BR_ENOTFOUND when every request succeeded; BR_EUNSUPPORTED
 *           for a batch made elsewhere; BR_ESTORE, BR_EIO.
 * Ownership, threads, blocking, done: as br_submit. Since 0.1 */
BR_API br_status br_retry(br_router *router, br_job *job, br_done_fn done, void *user_data, br_destroy_fn destroy,
                          br_job **new_job, br_error **err);
/* br_retry with options, from a batch without requests: "output", "finished" (of a finished retry of the same job) and
 * "again" of br_batch_set. NULL: none.
 * Returns   as br_retry; BR_EALREADY: see br_batch_set("finished").
 * Ownership options is copied and stays the caller's. Since 0.1 */
BR_API br_status br_retry_with(br_router *router, br_job *job, const br_batch *options, br_done_fn done,
                               void *user_data, br_destroy_fn destroy, br_job **new_job, br_error **err);
/* Writes the unified lines of those requests, ready to be submitted. write runs on this thread. *rows (may be NULL)
 * counts them.
 * Returns   BR_OK; BR_ENOTCOMPLETE; BR_ENOTFOUND when the job did not keep them (audit.files was 0); BR_EIO;
 *           BR_ECANCELLED when write asked for it.
 * Blocks    for reading files. Since 0.1 */
BR_API br_status br_job_write_failed(br_job *job, br_write_fn write, void *user_data, int64_t *rows, br_error **err);

/* ---- Many batches ---------------------------------------------------------------------------------------------- */

/* Submits several batches: all are validated first, and nothing is sent if any is wrong. Providers that are missing are
 * named together; id_scope=all in the configuration wants custom_ids unique across all of them.
 *
 * Returns   BR_OK: jobs[i] is the job of batches[i], with "continue" perhaps one that was here already (no BR_EXISTS
 *           tells). BR_EPARTIAL: some could not be recorded; jobs[i] is NULL for those and errors[i] says why. Another
 *           error: nothing was sent, and jobs holds NULLs; errors[i] has all that is wrong with batches[i], err what
 *           one of them had.
 * Ownership batches stay the caller's. jobs: `count` places, freed by the caller. errors (may be NULL): `count` places;
 *           those that are not NULL are freed by the caller.
 * Threads   any. Blocks, crash: as br_submit. Since 0.1 */
BR_API br_status br_submit_many(br_router *router, br_batch *const *batches, size_t count, br_job **jobs,
                                br_error **errors, br_error **err);
/* br_submit_many, then br_wait_many. After BR_AGAIN, BR_ETIMEOUT and BR_EPARTIAL jobs is filled all the same.
 * Returns   what br_submit_many returned, and after its BR_OK what br_wait_many did.
 * Blocks    as both do. */
BR_API br_status br_run(br_router *router, br_batch *const *batches, size_t count, int64_t timeout_ms, br_job **jobs,
                        br_error **errors, br_error **err);
/* Waits until every job is done or blocked. timeout_ms -2 takes timeout_ms of the configuration.
 * Returns   BR_OK; BR_AGAIN (br_router_wakeup); BR_ETIMEOUT: the message names the unfinished jobs, br_error_issue(i)
 *           each of them; BR_ENOTFOUND; BR_ESTORE. Updates all snapshots.
 * Blocks    up to timeout_ms. Since 0.1 */
BR_API br_status br_wait_many(br_router *router, br_job *const *jobs, size_t count, int64_t timeout_ms, br_error **err);
/* Asks the vendors about all of them at once. Updates all snapshots.
 * Returns   BR_OK; BR_EPARTIAL when some could not be asked or did not answer in time: errors (may be NULL) says why,
 *           as in br_submit_many; BR_AGAIN (br_router_wakeup): the answers will show in the jobs when they come;
 *           BR_ENOTFOUND.
 * Blocks    for the network, at most timeout_ms. Since 0.1 */
BR_API br_status br_refresh_many(br_router *router, br_job *const *jobs, size_t count, int64_t timeout_ms,
                                 br_error **errors, br_error **err);
/* Cancels all of them at once: cancelled[i] (may be NULL) as *cancelled of br_cancel. Updates all snapshots.
 * Returns   as br_refresh_many. What was asked is done, also after BR_AGAIN.
 * Blocks    for the network, at most timeout_ms. Since 0.1 */
BR_API br_status br_cancel_many(br_router *router, br_job *const *jobs, size_t count, int64_t timeout_ms,
                                int32_t *cancelled, br_error **errors, br_error **err);

/* States of a job. The first six are the ones every vendor has; br_state_compat maps the rest to them. */
enum {
  BR_STATE_VALIDATING = 1,
  BR_STATE_IN_PROGRESS = 2,
  BR_STATE_COMPLETED = 3,
  BR_STATE_FAILED = 4,
  BR_STATE_CANCELLED = 5,
  BR_STATE_EXPIRED = 6,
  BR_STATE_QUEUED = 100,
  BR_STATE_SUBMITTING = 101,
  BR_STATE_FINALIZING = 102,
  BR_STATE_CANCELLING = 103
};
/* "queued", "submitting", "validating", "in_progress", "finalizing", "completed", "failed", "cancelling", … */
BR_API const char *br_state_name(int32_t state);
/* The one of the first six that stands for it: queued and submitting are validating, finalizing and cancelling are in
 * progress. */
BR_API int32_t br_state_compat(int32_t state);
/* 1 for completed, failed, cancelled and expired. */
BR_API int32_t br_state_is_terminal(int32_t state);

/* What is known of the submission: librdkafka's three values. */
enum { BR_NOT_SUBMITTED = 0, BR_POSSIBLY_SUBMITTED = 1, BR_SUBMITTED = 2 };
/* Counters of br_job_count. ACKED: results that were acknowledged, durably. */
enum {
  BR_COUNT_TOTAL = 0,
  BR_COUNT_SUCCEEDED = 1,
  BR_COUNT_ERRORED = 2,
  BR_COUNT_PROCESSING = 3,
  BR_COUNT_CANCELLED = 4,
  BR_COUNT_EXPIRED = 5,
  BR_COUNT_DELIVERED = 6,
  BR_COUNT_ACKED = 7
};
/* Times of br_job_time, and whose clock they are by.
 * CREATED    the vendor's: when it made the first remote batch. Ours, the same as RECORDED, until it made one, and where
 *            it does not say.
 * SUBMITTED  ours: when the last remote batch was accepted; of a job of br_attach, when it was recorded.
 * COMPLETED  the vendor's: when the last remote batch ended, whoever looked. Ours, the same as DONE, where a vendor does
 *            not say, and for a part that it never had. -1 while one goes on.
 * EXPIRES    the vendor's: when the first remote batch runs out.
 * RECORDED   ours: when the job came into the state directory. br_list goes by it.
 * DONE       ours: when every request had its one result here; -1 before. */
enum {
  BR_TIME_CREATED = 0,
  BR_TIME_SUBMITTED = 1,
  BR_TIME_COMPLETED = 2,
  BR_TIME_EXPIRES = 3,
  BR_TIME_RECORDED = 4,
  BR_TIME_DONE = 5
};

/* A br_job handle holds a snapshot: these read it, offline and also when the router is closed. br_job_update takes a
 * new one from the router without asking the vendor; br_job_refresh asks. A thread that reads two values of one handle
 * while another takes a new snapshot may read them of two snapshots: br_job_json gives all of one.
 * Ownership texts are borrowed until the handle is freed, also those of older snapshots; each different one stays in
 *           memory until then.
 * Threads   any. */
BR_API const char *br_job_id(const br_job *job);
BR_API const char *br_job_provider(const br_job *job); /* "" when its batches go to several */
BR_API const char *br_job_parent(const br_job *job);   /* the job it retries, NULL if none */
BR_API int32_t br_job_attempt(const br_job *job);      /* 1, and one more for each retry */
BR_API const char *br_job_name(const br_job *job);     /* NULL if it has none */
BR_API const char *br_job_output(const br_job *job);   /* the path given as "output", NULL if none */
BR_API const char *br_job_base_url(const br_job *job);
BR_API int32_t br_job_state(const br_job *job);
BR_API int32_t br_job_submission(const br_job *job);
/* 1 once every request has its one result here on disk: nothing of the job needs the network any more. */
BR_API int32_t br_job_is_done(const br_job *job);
/* One of BR_COUNT_…; -1 for an unknown one. */
BR_API int64_t br_job_count(const br_job *job, int32_t counter);
/* One of BR_TIME_…; -1 when it is not known. */
BR_API int64_t br_job_time(const br_job *job, int32_t which);
/* Remote batches of the job, and their vendor ids (NULL past the end or before the vendor accepted it). */
BR_API size_t br_job_batch_count(const br_job *job);
BR_API const char *br_job_batch_id(const br_job *job, size_t index);
/* The vendor's own object of that remote batch, as its newest answer had it: JSON, untouched. NULL past the end, before the
 * vendor accepted it, for an object of more than 64 KiB, and where the provider has none (a registered one). What is in it
 * is the vendor's: fields come and go.
 * Ownership, threads: as every text of a job, also when the router is closed. */
BR_API const char *br_job_raw(const br_job *job, size_t index, size_t *length);
/* Why the job is blocked or failed: the code (BR_OK if it is neither), and the vendor's reason or NULL. */
BR_API br_status br_job_error_code(const br_job *job);
BR_API const char *br_job_error_message(const br_job *job);
/* 1 if the job waits for br_resume (after the reason was mended): at least one of its remote batches does, and of the
 * others none is under way any more. While one is, its results keep coming; BR_EVENT_BLOCKED tells of each at once. */
BR_API int32_t br_job_is_blocked(const br_job *job);
/* The whole snapshot: {"id","provider","status","request_counts":{…},"created_at":…,"batches":[…],…}. Each of batches has
 * its own status, request_counts and times: created_at, completed_at, expires_at by the vendor's clock (null where it does
 * not say), submitted_at by ours. */
BR_API const char *br_job_json(const br_job *job, size_t *length);
/* Takes a new snapshot. Offline.
 * Returns   BR_OK; BR_ENOTFOUND when the job was removed; BR_ESTORE. */
BR_API br_status br_job_update(br_job *job, br_error **err);
/* Asks the vendor once for each remote batch that has not ended; the answer is younger than the call. Updates the
 * snapshot.
 * Returns   BR_OK: every one answered, or there was none to ask; BR_ETIMEOUT; BR_AGAIN (br_router_wakeup): the answers
 *           will show in the job when they come; BR_EAUTH, BR_ENETWORK, BR_EPROVIDER, BR_EPROTOCOL: what the vendor
 *           said; BR_ENOTFOUND when the job was removed, or the vendor knows no such batch.
 * Blocks    for the network, at most timeout_ms. */
BR_API br_status br_job_refresh(br_job *job, int64_t timeout_ms, br_error **err);
/* Waits until the job is done or blocked. Updates the snapshot.
 * Returns   BR_OK: done or blocked, ask br_job_is_done; BR_ETIMEOUT; BR_AGAIN (br_router_wakeup); BR_ENOTFOUND;
 *           BR_ESTORE.
 * Blocks    up to timeout_ms. */
BR_API br_status br_job_wait(br_job *job, int64_t timeout_ms, br_error **err);
/* Waits until every remote batch was accepted by the vendor, was refused, or has an unknown outcome. Updates the
 * snapshot.
 * Returns   BR_OK: all were accepted; BR_EUNKNOWN; why it was refused or is blocked, such as BR_EAUTH, BR_EQUOTA,
 *           BR_ELIMIT, BR_EPROVIDER; BR_ETIMEOUT; BR_AGAIN (br_router_wakeup); BR_ENOTFOUND; BR_ESTORE.
 * Blocks    up to timeout_ms. */
BR_API br_status br_job_wait_submitted(br_job *job, int64_t timeout_ms, br_error **err);
/* Asks the vendor to stop. *cancelled (may be NULL) is 1 when it took the request, 0 when the job had already ended.
 * Finished requests keep their results where the vendor gives them (Google gives none of a cancelled batch). What was
 * not sent yet never is. Updates the snapshot.
 * Returns   BR_OK; BR_ETIMEOUT and BR_AGAIN (br_router_wakeup): it is asked, and the answer not here yet; BR_EAUTH,
 *           BR_ENETWORK, BR_EPROVIDER, BR_EUNSUPPORTED: what the vendor said; BR_ENOTFOUND.
 * Blocks    for the network, at most timeout_ms.
 * Crash     that it is wanted is on disk before the vendor is asked: a restart asks again. */
BR_API br_status br_cancel(br_job *job, int64_t timeout_ms, int32_t *cancelled, br_error **err);
/* Forgets a job that is done, was never sent or was attached, and deletes its files. The handle stays until it is freed.
 * Returns   BR_OK; BR_ENOTCOMPLETE; BR_ENOTFOUND; BR_ESTORE.
 * Blocks    for one sync of the state directory. */
BR_API br_status br_job_remove(br_job *job, br_error **err);

/* ---- Results --------------------------------------------------------------------------------------------------- */

enum { BR_RESULT_SUCCEEDED = 1, BR_RESULT_ERRORED = 2, BR_RESULT_CANCELLED = 3, BR_RESULT_EXPIRED = 4 };

/* The next result that was not handed out yet, of one job or (job NULL) of any.
 *
 * Results come as they arrive, in no particular order, while the vendor's file is still being downloaded. Each
 * custom_id comes exactly once. A result counts as delivered when it is acknowledged: what was not is handed out again
 * by the next router on this state directory, with br_result_redelivered() = 1.
 *
 * Returns   BR_OK: *result is set; free it. BR_AGAIN: none within timeout_ms, or br_router_wakeup was called.
 *           BR_ELOCKED in an observer (state.mode), which reads with br_results_open or br_results_follow.
 *           BR_END: every result was handed out (job NULL: of every job, and no job is unfinished).
 *           A job that is blocked (job NULL: every unfinished one is) returns why; so does a store that failed.
 * Threads   any; each result goes to one caller.
 * Blocks    up to timeout_ms.
 * Since     0.1 */
BR_API br_status br_next_result(br_router *router, br_job *job, int64_t timeout_ms, br_result **result,
                                br_error **err);
/* The same for up to `capacity` results in one call: waits for the first, takes what else is there.
 * Returns   as br_next_result; *count is 0 unless it is BR_OK. */
BR_API br_status br_next_results(br_router *router, br_job *job, int64_t timeout_ms, br_result **results,
                                 size_t capacity, size_t *count, br_error **err);
/* Marks a result as taken. Any order. Of a result of br_results_next it does nothing.
 * Returns   BR_OK.
 * Blocks    with the last result of a job, for one sync.
 * Crash     durable at the next save (delivery.ack_interval_ms, br_router_close); before that the result comes again.
 *           With the last result of a job all of them are durable when the call returns.
 *           Saved is, for each remote batch, all up to its first result that is not acknowledged: what was taken out of
 *           order behind that one comes again after a restart, with br_result_redelivered.
 */
BR_API br_status br_result_ack(br_result *result, br_error **err);
/* Gives a result back as if it had not been handed out, and frees it: br_next_result hands it out again, before others of
 * the job. What was acknowledged one by one is not handed out again; with delivery.auto_ack it is, but counts as
 * acknowledged for the next router. A result of br_results_next is only freed.
 * Returns   BR_OK. The result is freed in any case; NULL is BR_EINVAL.
 * Crash     as if it had been handed out: the next router says br_result_redelivered.
 * Since     0.1 */
BR_API br_status br_result_return(br_result *result, br_error **err);
/* Acknowledges every result of a job that is done, however it was read; of one that goes on, those that br_next_result
 * handed out.
 * Returns   BR_OK; BR_ENOTFOUND; BR_ESTORE.
 * Blocks    for one sync of the state directory.
 * Crash     on disk when it returns. */
BR_API br_status br_job_ack_all(br_job *job, br_error **err);
/* A person has looked at the vendor's console: the vendor's batch of that id is remote batch `part` (from 0) of the job,
 * of which nobody knows whether it was submitted. Its rows are taken as they come, under our ids or the caller's.
 * Nothing is sent.
 * Returns   BR_OK; BR_EXISTS when it was that part's already; BR_EALREADY when another job of the directory has it;
 *           BR_EINVAL when nothing about the part is in doubt; BR_ENOTFOUND for a part that is not there.
 * Blocks    for one sync of the state directory. Whether the vendor knows it shows at the next poll.
 * Crash     on disk when it returns.
 * Since     0.1 */
BR_API br_status br_job_adopt(br_job *job, int32_t part, const char *batch_id, br_error **err);
/* Gives up what is in doubt of the job or blocked: those remote batches end, their requests without an answer get a
 * result of type `abandoned`, and nothing is sent. What runs and is not blocked goes on.
 * Returns   BR_OK; BR_EINVAL when nothing is in doubt or blocked.
 * Blocks    for one sync of the state directory.
 * Crash     on disk when it returns.
 * Since     0.1 */
BR_API br_status br_job_abandon(br_job *job, br_error **err);
/* Downloads the results of a job that is done once more from the vendor's batch; nothing is sent or paid. Results of
 * type `missing`, `malformed` and `results_gone` change into the vendor's answer where there is one by now; one that
 * succeeded never changes. What changed is handed out again, with br_result_redelivered, and stands behind the others;
 * cursors that are open go on with what they had. A results file that was damaged on the disk is made again: from the
 * vendor's rows that lie beside it, if its checksum proves the outcome, or by downloading every row, all of which are then
 * handed out again. changed (may be NULL): how many did.
 * Returns   BR_OK, also when nothing changed; BR_AGAIN (br_router_wakeup); BR_ENOTCOMPLETE when the job is not done;
 *           BR_ETIMEOUT; BR_EALREADY when another thread does the same; what the vendor answered. Then all is as it was.
 * Blocks    at most timeout_ms (-1: as long as it takes; -2: timeout_ms of the configuration).
 * Crash     the new results come into force in one save: before it the old ones are there, after it the new ones.
 * Since     0.1 */
BR_API br_status br_job_refetch(br_job *job, int64_t timeout_ms, int64_t *changed, br_error **err);
/* The vendor's own row behind the result of that id, as br_result_raw: for whoever has no result at hand.
 * Returns   BR_OK: *row is NULL where there is none. BR_ENOTFOUND when the job was removed; BR_ENOPROVIDER when its
 *           provider is not registered any more; BR_ESTORE, BR_EIO.
 * Ownership *row is borrowed until job is freed, and stays in memory until then: free the handle after many.
 * Threads   any.
 * Blocks, memory: as br_result_raw. Since 0.1 */
BR_API br_status br_job_result_raw(br_job *job, const char *custom_id, size_t custom_id_length, const char **row,
                                   size_t *length, br_error **err);
/* A result that was not acknowledged comes again from the next router, not from this one. */
BR_API void br_result_free(br_result *result);

/* The id it was asked under. A result is read where it lies: each function below decodes what it is asked for, once. */
BR_API const char *br_result_custom_id(const br_result *result, size_t *length);
/* One of BR_RESULT_…; 0 for NULL. */
BR_API int32_t br_result_status(const br_result *result);
/* "succeeded", "errored", "cancelled", "expired"; "unknown" for another number. Static. */
BR_API const char *br_result_status_name(int32_t status);
BR_API const char *br_result_job_id(const br_result *result);
BR_API const char *br_result_batch_id(const br_result *result);
/* The answer's text, unescaped; NULL if there is none. */
BR_API const char *br_result_text(const br_result *result, size_t *length);
/* The model that answered, and why it stopped, in the vendor's words; NULL if it did not say. */
BR_API const char *br_result_model(const br_result *result);
BR_API const char *br_result_finish_reason(const br_result *result);
/* Tool calls as a JSON array, NULL if there are none. */
BR_API const char *br_result_tool_calls(const br_result *result, size_t *length);
/* The vendor's response object, untouched; NULL if there is none. */
BR_API const char *br_result_response(const br_result *result, size_t *length);
/* The vendor's own row of this result, with all that stands around the response: the line of the vendor's results, byte for
 * byte as it was downloaded, without newline. Of vendors whose answer is no file of lines it is the element of the answer,
 * its line breaks blanks. Of a result of type `malformed` it is the damaged row, which need not be JSON or UTF-8.
 * Returns   BR_OK: *row is NULL where there is none: the vendor gave no row (types such as `missing`), or the row is being
 *           downloaded again. BR_ENOTFOUND when the job was removed; BR_ENOPROVIDER when its provider is not registered any
 *           more; BR_ESTORE, BR_EIO.
 * Ownership *row is borrowed until the result is freed. *length (may be NULL) is its size.
 * Threads   one at a time, as everything of a result.
 * Blocks    for reading files: the first call for a remote batch reads its rows from the first to the last.
 * Memory    up to 40 bytes for each request of the remote batches that were asked about last, until the router is freed.
 * Since     0.1 */
BR_API br_status br_result_raw(const br_result *result, const char **row, size_t *length, br_error **err);
/* The error of this one request; NULL code and message when it succeeded. */
BR_API const char *br_result_error_type(const br_result *result);
BR_API const char *br_result_error_code(const br_result *result);
BR_API const char *br_result_error_message(const br_result *result);
/* 200 when it succeeded, else the status of this row, 0 if it has none. */
BR_API int32_t br_result_http_status(const br_result *result);
/* 1 if asking the same again may work. */
BR_API int32_t br_result_is_transient(const br_result *result);
/* Tokens; -1 when the vendor did not say. */
enum { BR_TOKENS_INPUT = 0, BR_TOKENS_OUTPUT = 1, BR_TOKENS_CACHED_INPUT = 2, BR_TOKENS_REASONING = 3 };
/* The tokens of this answer, one of BR_TOKENS_…; -1 when the vendor did not say. */
BR_API int64_t br_result_tokens(const br_result *result, int32_t which);
/* 1 if it may have been handed out before, by a process that did not acknowledge it. */
BR_API int32_t br_result_redelivered(const br_result *result);
/* The result as one line of the unified format, without newline. */
BR_API const char *br_result_json(const br_result *result, size_t *length);

/* All results of a job from the first, as often as wanted, apart from what br_next_result hands out.
 * Returns   BR_OK: *results is freed by the caller; BR_ENOTCOMPLETE while the job is not done; BR_ENOTFOUND;
 *           BR_ESTORE. */
BR_API br_status br_results_open(br_job *job, br_results **results, br_error **err);
/* The same cursor over a job that may still run: its results as they come, batch by batch. br_results_next waits up to
 * timeout_ms (0: not at all, -1: without limit) for the first one to come, br_results_write goes on for so long; both
 * return BR_AGAIN when more will come after the timeout or after br_router_wakeup, and an error when the job is blocked
 * and what came before that is taken. Acknowledges nothing: for programs that keep no place of their own and start
 * over after a crash. The order is BR_ORDER_ARRIVAL.
 * Blocks    never; the calls that read do, as said.
 * Returns   BR_OK; BR_ENOTCOMPLETE in a router that only looks on, while the job is not done. Since 0.1 */
BR_API br_status br_results_follow(br_job *job, int64_t timeout_ms, br_results **results, br_error **err);
/* Orders of br_results: as they arrived, batch by batch (the default), or as the requests were given. */
enum { BR_ORDER_ARRIVAL = 0, BR_ORDER_INPUT = 1 };
/* Goes back to the first result, in that order. BR_ORDER_INPUT takes 32 bytes of memory for each request.
 * Returns   BR_OK; BR_EUNSUPPORTED: a batch made elsewhere has no input order; BR_EIO. Since 0.1 */
BR_API br_status br_results_set_order(br_results *results, int32_t order, br_error **err);
/* Up to `capacity` results, each freed by the caller. Works when the router is closed as well.
 * Returns   BR_OK: *count of them. BR_END after the last. BR_ESTORE, BR_EIO: the file is damaged or cannot be read;
 *           what stood before the damage was handed out by earlier calls. *count is 0 unless it is BR_OK.
 * Blocks    for reading files. */
BR_API br_status br_results_next(br_results *results, br_result **out, size_t capacity, size_t *count,
                                 br_error **err);
/* Writes all results that are left as unified lines, without a handle for each. *rows and *failed (may be NULL) count
 * them, and those that did not succeed. write runs on this thread, with whole lines.
 * Returns   BR_OK; BR_ECANCELLED when write asked for it; BR_ESTORE, BR_EIO.
 * Blocks    for reading files. */
BR_API br_status br_results_write(br_results *results, br_write_fn write, void *user_data, int64_t *rows,
                                  int64_t *failed, br_error **err);
BR_API void br_results_free(br_results *results);

/* ---- Capture --------------------------------------------------------------------------------------------------- */

/* HTTP calls of programs that know nothing of batches: each is taken as it would have gone to the vendor, kept on disk,
 * collected with others into batches, and answered as the vendor would have answered it. docs/capture.md tells how; the
 * settings are the properties "capture.…".
 *
 * A call's identity is its key, method, path, batch headers and exact body. While somebody waits for a call of the same
 * identity, a call is a request of its own: N at once are N. Else it takes the place of the oldest call of that identity
 * whose caller is gone and whose answer nobody got. Else an earlier answer serves it (capture.cache). Else it is new. So
 * whoever was cut off or killed, and asks again, pays nothing twice.
 *
 * A call's key is kept in memory only. After a restart a batch whose key neither the configuration nor a call brings
 * waits for it. */
typedef struct br_exchange br_exchange; /* one HTTP call, being built */
typedef struct br_capture br_capture;   /* collects calls into batches, for one router */
typedef struct br_answer br_answer;     /* the HTTP answer to one call */

/* method: such as "POST". url: absolute, as it would have gone to the vendor: the address tells the provider, by its
 * base URL. Threads: one at a time may use an exchange.
 * Returns NULL when memory is out, or an argument is NULL or not valid UTF-8. Since 0.1 */
BR_API br_exchange *br_exchange_new(const char *method, const char *url);
BR_API void br_exchange_free(br_exchange *exchange);
/* One header more, the caller's key among them; names in any case.
 * Returns   BR_OK; BR_EINVAL for text that is no header. */
BR_API br_status br_exchange_add_header(br_exchange *exchange, const char *name, const char *value, br_error **err);
/* Replaces the body. Any bytes.
 * Returns   BR_OK. */
BR_API br_status br_exchange_set_body(br_exchange *exchange, const char *data, size_t length, br_error **err);
/* Options of this call:
 *   "provider"  instead of what the URL tells; may name a configured key: "openai@team"
 *   "cache"     hit, once or off, instead of capture.cache
 *   "repeated"  1: its client says that it asks again; an answer that was delivered within capture.replay_ms serves it
 *   "credential" caller (default): the key in its headers pays. configured: the configured one does
 * Returns   BR_OK; BR_ECONFIG for another option or value. */
BR_API br_status br_exchange_set(br_exchange *exchange, const char *option, const char *value, br_error **err);

/* Begins to take calls, and goes on with those of earlier processes.
 * Returns   BR_OK: *capture is freed by the caller. BR_EALREADY when the router has one; BR_ELOCKED for an observer;
 *           BR_ESTORE; BR_EIO.
 * Blocks    for reading the state.
 * Since     0.1 */
BR_API br_status br_capture_new(br_router *router, br_capture **capture, br_error **err);
/* Takes no call any more, submits what was collected, and waits for that.
 * Returns   BR_OK, also when it is closed already, and when the time ran out: what was not submitted is on disk and goes
 *           with the next br_capture_new.
 * Blocks    at most timeout_ms (-1: until all is submitted). */
BR_API br_status br_capture_close(br_capture *capture, int64_t timeout_ms, br_error **err);
/* Closes without waiting and drops the handle. Answers may still be used. Callbacks that did not run are destroyed. */
BR_API void br_capture_free(br_capture *capture);

/* Takes the answer to a call; frees it. Runs inside br_poll. */
typedef void (*br_answer_fn)(void *user_data, br_answer *answer);
/* Takes a call.
 *
 * Returns   BR_OK: it will be answered, by fn, or where fn is NULL by br_capture_next. Also what is known at once comes so:
 *           earlier answers, refusals (413 for a body that no batch takes), dry runs. BR_PASS: no batch can answer it,
 *           and nothing was kept: send it to the vendor yourself. BR_ESTORE, BR_EIO: it was not taken.
 * Ownership exchange is copied and stays the caller's. *id (may be NULL), > 0, names the call in this process.
 * Threads   any.
 * Blocks    for one sync of the state directory, which all calls that are taken meanwhile share.
 * Crash     after BR_OK the call survives, but not who waits for it: it is answered to whoever makes it again.
 * Since     0.1 */
BR_API br_status br_capture_take(br_capture *capture, const br_exchange *exchange, br_answer_fn fn, void *user_data,
                                 br_destroy_fn destroy, int64_t *id, br_error **err);
/* The same for many calls in one sync, all answered through br_capture_next. ids: `count` places, set to
 * what br_capture_take gives as *id; 0 for a call that is to be passed through.
 * Returns   BR_OK; BR_ESTORE, BR_EIO: none was taken, and ids holds zeros.
 * Blocks, crash: as br_capture_take. Since 0.1 */
BR_API br_status br_capture_take_many(br_capture *capture, const br_exchange *const *exchanges, size_t count,
                                      int64_t *ids, br_error **err);
/* Whoever waited for the call is gone. It stays in its batch; the next call of its identity takes its place.
 * Returns   BR_OK; BR_ENOTFOUND when its answer was taken.
 * Threads   any. */
BR_API br_status br_capture_leave(br_capture *capture, int64_t id, br_error **err);
/* Answers to calls that were taken without fn: waits for the first, takes what else is there.
 * Returns   BR_OK: each of *count is freed by the caller. BR_AGAIN: none within timeout_ms, or br_router_wakeup was
 *           called. BR_END: the capture is closed, and none is left. BR_ESTORE, BR_EINTERNAL: the router has failed and
 *           does nothing more; whoever waited has had a 503, the calls are kept, and none is left. *count is 0 unless it
 *           is BR_OK.
 * Threads   any; each answer goes to one caller.
 * Blocks    up to timeout_ms. */
BR_API br_status br_capture_next(br_capture *capture, int64_t timeout_ms, br_answer **answers, size_t capacity,
                                 size_t *count, br_error **err);
/* Every batch that collects calls is submitted now.
 * Returns   BR_OK.
 * Threads   any. */
BR_API br_status br_capture_flush(br_capture *capture, br_error **err);
/* What goes on, as a JSON object: held (who waits), queued (requests in no batch yet), since the capture was opened
 * requests (that were not passed through), answered, cache_hits, errors, billed (rows that are paid for) and saved_usd;
 * batches[{provider, endpoint, model, job_id, batch_id, state, requests, total, succeeded, errored, created_at,
 * expires_at, expected_at (null: not known), waits_for_key, problem}], ended[the last twenty: ended_at instead of
 * expires_at, expected_at, waits_for_key], in a dry run plan[{provider, endpoint, model, requests, batches}]. Times are
 * milliseconds since 1970.
 * Ownership borrowed until the same thread calls it again, or the capture is freed.
 * Threads   any. */
BR_API const char *br_capture_stats_json(br_capture *capture, size_t *length);
/* How a call stands that somebody waits for: id, state (queued, submitting, in_progress, answered), job_id, batch_id,
 * since, expires_at, expected_at. NULL when nobody does. Ownership, threads: as br_capture_stats_json. */
BR_API const char *br_capture_call_json(br_capture *capture, int64_t id, size_t *length);

/* An answer: one thread at a time. Without br_answer_delivered the next call of its identity gets it. */
BR_API void br_answer_free(br_answer *answer);
/* The *id of br_capture_take; 0 for NULL. */
BR_API int64_t br_answer_id(const br_answer *answer);
/* The HTTP status; 0 for NULL. */
BR_API int32_t br_answer_status(const br_answer *answer);
/* Headers, names in lower case; NULL past the end. */
BR_API size_t br_answer_header_count(const br_answer *answer);
BR_API const char *br_answer_header_name(const br_answer *answer, size_t index);
BR_API const char *br_answer_header_value(const br_answer *answer, size_t index);
/* The body: of a stream that succeeded its events. */
BR_API const char *br_answer_body(const br_answer *answer, size_t *length);
/* What a stream whose status 200 is sent already goes on with: the events of the answer, or of the error that it became.
 * NULL for a call that asked for no stream. */
BR_API const char *br_answer_events(const br_answer *answer, size_t *length);
/* The vendor's id of the batch that it came from; NULL if it came from none. */
BR_API const char *br_answer_batch_id(const br_answer *answer);
/* 1 for an earlier answer: nothing was paid for this one. */
BR_API int32_t br_answer_is_cached(const br_answer *answer);
/* It reached its caller whole. From then on it only serves as an earlier answer (capture.cache); an error is forgotten.
 * Returns   BR_OK.
 * Crash     durable within 50 ms; before that the answer is given once more. */
BR_API br_status br_answer_delivered(br_answer *answer, br_error **err);

#ifdef __cplusplus
}
#endif

#endif /* BATCHROUTER_H */
