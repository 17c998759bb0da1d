//! What the router tells while it works: events and log levels.

use std::fmt;

use batchrouter_sys as sys;

use crate::ffi::borrow;

macro_rules! numbers {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $value:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$item_doc])* $item,)*
            /// A number that this version of the crate has no name for.
            Other(i32),
        }

        impl $name {
            /// From the library's number.
            pub fn from_raw(number: i32) -> $name {
                match number {
                    $(sys::$value => $name::$item,)*
                    other => $name::Other(other),
                }
            }
            /// The library's number.
            pub fn as_raw(self) -> i32 {
                match self {
                    $($name::$item => sys::$value,)*
                    $name::Other(number) => number,
                }
            }
        }
    };
}
pub(crate) use numbers;

numbers! {
    /// What happened to a job.
    EventKind {
        /// The job's state changed.
        State = BR_EVENT_STATE,
        /// The vendor's counters moved.
        Progress = BR_EVENT_PROGRESS,
        /// A remote batch is about to be made.
        BatchSubmitting = BR_EVENT_BATCH_SUBMITTING,
        /// The vendor accepted a remote batch.
        BatchSubmitted = BR_EVENT_BATCH_SUBMITTED,
        /// A poll was answered.
        BatchPolled = BR_EVENT_BATCH_POLLED,
        /// A remote batch reached a terminal state at the vendor.
        BatchEnded = BR_EVENT_BATCH_ENDED,
        /// A call failed and will be made again.
        Retry = BR_EVENT_RETRY,
        /// A create call got no clear answer: possibly submitted.
        UnknownOutcome = BR_EVENT_UNKNOWN,
        /// A possibly submitted batch was found at the vendor.
        Adopted = BR_EVENT_ADOPTED,
        /// Absence was proven and the batch is sent again.
        Resent = BR_EVENT_RESENT,
        /// The job waits for somebody: key refused, out of credit, network away.
        Blocked = BR_EVENT_BLOCKED,
        /// A result row for an id that was never asked.
        UnknownId = BR_EVENT_UNKNOWN_ID,
        /// A second result row for one id; the first counts.
        DuplicateRow = BR_EVENT_DUPLICATE_ROW,
        /// A result row that is not JSON.
        MalformedRow = BR_EVENT_MALFORMED_ROW,
        /// Ids without a result row; fetched again, then errored as `missing`.
        MissingResults = BR_EVENT_MISSING_RESULTS,
        /// Results can be taken.
        ResultsReady = BR_EVENT_RESULTS_READY,
        /// Every request of the job has its one result.
        JobDone = BR_EVENT_JOB_DONE,
        /// Something dropped or odd that was not asked for; see the message.
        Warning = BR_EVENT_WARNING,
        /// The requests of a new job are on disk and wait to be sent.
        RequestsQueued = BR_EVENT_REQUESTS_QUEUED,
        /// The vendor began to work on a remote batch.
        BatchProcessing = BR_EVENT_BATCH_PROCESSING,
        /// The vendor refused or failed a remote batch as a whole; see the message.
        BatchFailed = BR_EVENT_BATCH_FAILED,
        /// A captured call was answered by an earlier answer; it was not sent.
        CacheHitRouted = BR_EVENT_CACHE_HIT_ROUTED,
        /// The timer of the window that collects captured calls failed; see the message.
        WindowTimerError = BR_EVENT_WINDOW_TIMER_ERROR,
        /// A capture ends: what it had collected is submitted.
        FinalFlushSubmitting = BR_EVENT_FINAL_FLUSH_SUBMITTING,
        /// The job has results to hand out, and before it had none, or whoever looked last had found none.
        ResultsArrived = BR_EVENT_RESULTS_ARRIVED,
    }
}

impl EventKind {
    /// The library's name for it, such as `batch_polled`.
    pub fn name(self) -> &'static str {
        // SAFETY: the names live as long as the library.
        unsafe { borrow(sys::br_event_name(self.as_raw())) }.unwrap_or("unknown_event")
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One event, borrowed for the call that gets it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Event<'a> {
    /// What happened.
    pub kind: EventKind,
    /// To which job.
    pub job_id: &'a str,
    /// All of it: `{"event":…,"job_id":…,"batch_id":…,"message":…,"request_counts":{…}}`.
    pub json: &'a str,
}

/// How grave a log record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i32)]
pub enum LogLevel {
    /// Something failed.
    Error = sys::BR_LOG_ERROR,
    /// Something odd.
    Warning = sys::BR_LOG_WARNING,
    /// What happens.
    Info = sys::BR_LOG_INFO,
    /// Every call.
    Debug = sys::BR_LOG_DEBUG,
}

impl LogLevel {
    pub(crate) fn from_raw(level: i32) -> LogLevel {
        match level {
            ..=sys::BR_LOG_ERROR => LogLevel::Error,
            sys::BR_LOG_WARNING => LogLevel::Warning,
            sys::BR_LOG_INFO => LogLevel::Info,
            _ => LogLevel::Debug,
        }
    }
}
