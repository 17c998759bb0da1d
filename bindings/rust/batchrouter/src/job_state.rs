//! How far a job is.

use std::fmt;

use batchrouter_sys as sys;

use crate::event::numbers;
use crate::ffi::borrow;

numbers! {
    /// The state of a job.
    JobState {
        /// Its requests are on disk and wait to be sent.
        Queued = BR_STATE_QUEUED,
        /// It is being sent.
        Submitting = BR_STATE_SUBMITTING,
        /// The vendor checks it.
        Validating = BR_STATE_VALIDATING,
        /// The vendor works on it.
        InProgress = BR_STATE_IN_PROGRESS,
        /// The vendor writes the results.
        Finalizing = BR_STATE_FINALIZING,
        /// It ended; its results tell how each request fared.
        Completed = BR_STATE_COMPLETED,
        /// It failed as a whole.
        Failed = BR_STATE_FAILED,
        /// The vendor was asked to stop.
        Cancelling = BR_STATE_CANCELLING,
        /// It was cancelled; what was finished before has results.
        Cancelled = BR_STATE_CANCELLED,
        /// The vendor's time ran out; what was finished before has results.
        Expired = BR_STATE_EXPIRED,
    }
}

impl JobState {
    /// The library's name for it, such as `in_progress`.
    pub fn name(self) -> &'static str {
        // SAFETY: the names live as long as the library.
        unsafe { borrow(sys::br_state_name(self.as_raw())) }.unwrap_or("unknown")
    }
    /// The nearest of the six states that every vendor has.
    pub fn compat(self) -> JobState {
        // SAFETY: takes a number.
        JobState::from_raw(unsafe { sys::br_state_compat(self.as_raw()) })
    }
    /// Whether nothing follows it.
    pub fn is_terminal(self) -> bool {
        // SAFETY: takes a number.
        unsafe { sys::br_state_is_terminal(self.as_raw()) != 0 }
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

numbers! {
    /// What is known of the submission.
    Submission {
        /// The vendor does not have it.
        NotSubmitted = BR_NOT_SUBMITTED,
        /// The vendor may have it; it is being looked for.
        PossiblySubmitted = BR_POSSIBLY_SUBMITTED,
        /// The vendor has it.
        Submitted = BR_SUBMITTED,
    }
}

/// How many requests of a job are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
#[allow(missing_docs)] // Their names say what they count.
pub struct RequestCounts {
    pub total: u64,
    pub succeeded: u64,
    pub errored: u64,
    pub processing: u64,
    pub cancelled: u64,
    pub expired: u64,
    /// Results that were handed out.
    pub delivered: u64,
    /// Results that were acknowledged, durably.
    pub acked: u64,
}
