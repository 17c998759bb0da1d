//! The numbers of `batchrouter.h`, under the header's names.

use crate::br_status;

pub const BR_VERSION_MAJOR: i32 = 0;
pub const BR_VERSION_MINOR: i32 = 1;
pub const BR_VERSION_PATCH: i32 = 0;
pub const BR_VERSION_STRING: &str = "0.1.0";
pub const BR_ABI_VERSION: i32 = 0;

pub const BR_OK: br_status = 0;
pub const BR_AGAIN: br_status = 1;
pub const BR_END: br_status = 2;
pub const BR_EXISTS: br_status = 3;
pub const BR_PASS: br_status = 4;
pub const BR_EINVAL: br_status = -1;
pub const BR_ECONFIG: br_status = -2;
pub const BR_EINPUT: br_status = -3;
pub const BR_EAUTH: br_status = -4;
pub const BR_ENETWORK: br_status = -5;
pub const BR_EPROVIDER: br_status = -6;
pub const BR_ENOTFOUND: br_status = -7;
pub const BR_ENOPROVIDER: br_status = -8;
pub const BR_ENOTCOMPLETE: br_status = -9;
pub const BR_ETIMEOUT: br_status = -10;
pub const BR_EQUOTA: br_status = -11;
pub const BR_ELIMIT: br_status = -12;
pub const BR_EUNKNOWN: br_status = -13;
pub const BR_ESTORE: br_status = -14;
pub const BR_ELOCKED: br_status = -15;
pub const BR_EIO: br_status = -16;
pub const BR_ENOMEM: br_status = -17;
pub const BR_ECLOSED: br_status = -18;
pub const BR_EFORKED: br_status = -19;
pub const BR_EUNSUPPORTED: br_status = -20;
pub const BR_EPROTOCOL: br_status = -21;
pub const BR_EINTERNAL: br_status = -22;
pub const BR_EPARTIAL: br_status = -23;
pub const BR_ECANCELLED: br_status = -24;
pub const BR_EALREADY: br_status = -25;
pub const BR_EBUDGET: br_status = -26;

pub const BR_LOG_ERROR: i32 = 1;
pub const BR_LOG_WARNING: i32 = 2;
pub const BR_LOG_INFO: i32 = 3;
pub const BR_LOG_DEBUG: i32 = 4;

pub const BR_EVENT_STATE: i32 = 1;
pub const BR_EVENT_PROGRESS: i32 = 2;
pub const BR_EVENT_BATCH_SUBMITTING: i32 = 3;
pub const BR_EVENT_BATCH_SUBMITTED: i32 = 4;
pub const BR_EVENT_BATCH_POLLED: i32 = 5;
pub const BR_EVENT_BATCH_ENDED: i32 = 6;
pub const BR_EVENT_RETRY: i32 = 7;
pub const BR_EVENT_UNKNOWN: i32 = 8;
pub const BR_EVENT_ADOPTED: i32 = 9;
pub const BR_EVENT_RESENT: i32 = 10;
pub const BR_EVENT_BLOCKED: i32 = 11;
pub const BR_EVENT_UNKNOWN_ID: i32 = 12;
pub const BR_EVENT_DUPLICATE_ROW: i32 = 13;
pub const BR_EVENT_MALFORMED_ROW: i32 = 14;
pub const BR_EVENT_MISSING_RESULTS: i32 = 15;
pub const BR_EVENT_RESULTS_READY: i32 = 16;
pub const BR_EVENT_JOB_DONE: i32 = 17;
pub const BR_EVENT_WARNING: i32 = 18;
pub const BR_EVENT_REQUESTS_QUEUED: i32 = 19;
pub const BR_EVENT_BATCH_PROCESSING: i32 = 20;
pub const BR_EVENT_BATCH_FAILED: i32 = 21;
pub const BR_EVENT_CACHE_HIT_ROUTED: i32 = 22;
pub const BR_EVENT_WINDOW_TIMER_ERROR: i32 = 23;
pub const BR_EVENT_FINAL_FLUSH_SUBMITTING: i32 = 24;
pub const BR_EVENT_RESULTS_ARRIVED: i32 = 25;

pub const BR_ROLE_USER: i32 = 1;
pub const BR_ROLE_ASSISTANT: i32 = 2;

pub const BR_SOURCE_URL: i32 = 1;
pub const BR_SOURCE_BASE64: i32 = 2;
pub const BR_SOURCE_FILE_URI: i32 = 3;

pub const BR_STATE_VALIDATING: i32 = 1;
pub const BR_STATE_IN_PROGRESS: i32 = 2;
pub const BR_STATE_COMPLETED: i32 = 3;
pub const BR_STATE_FAILED: i32 = 4;
pub const BR_STATE_CANCELLED: i32 = 5;
pub const BR_STATE_EXPIRED: i32 = 6;
pub const BR_STATE_QUEUED: i32 = 100;
pub const BR_STATE_SUBMITTING: i32 = 101;
pub const BR_STATE_FINALIZING: i32 = 102;
pub const BR_STATE_CANCELLING: i32 = 103;

pub const BR_NOT_SUBMITTED: i32 = 0;
pub const BR_POSSIBLY_SUBMITTED: i32 = 1;
pub const BR_SUBMITTED: i32 = 2;

pub const BR_COUNT_TOTAL: i32 = 0;
pub const BR_COUNT_SUCCEEDED: i32 = 1;
pub const BR_COUNT_ERRORED: i32 = 2;
pub const BR_COUNT_PROCESSING: i32 = 3;
pub const BR_COUNT_CANCELLED: i32 = 4;
pub const BR_COUNT_EXPIRED: i32 = 5;
pub const BR_COUNT_DELIVERED: i32 = 6;
pub const BR_COUNT_ACKED: i32 = 7;

pub const BR_TIME_CREATED: i32 = 0;
pub const BR_TIME_SUBMITTED: i32 = 1;
pub const BR_TIME_COMPLETED: i32 = 2;
pub const BR_TIME_EXPIRES: i32 = 3;
pub const BR_TIME_RECORDED: i32 = 4;
pub const BR_TIME_DONE: i32 = 5;

pub const BR_RESULT_SUCCEEDED: i32 = 1;
pub const BR_RESULT_ERRORED: i32 = 2;
pub const BR_RESULT_CANCELLED: i32 = 3;
pub const BR_RESULT_EXPIRED: i32 = 4;

pub const BR_TOKENS_INPUT: i32 = 0;
pub const BR_TOKENS_OUTPUT: i32 = 1;
pub const BR_TOKENS_CACHED_INPUT: i32 = 2;
pub const BR_TOKENS_REASONING: i32 = 3;

pub const BR_ORDER_ARRIVAL: i32 = 0;
pub const BR_ORDER_INPUT: i32 = 1;
