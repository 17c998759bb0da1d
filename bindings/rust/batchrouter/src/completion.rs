//! Waiting for a job in any async runtime.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use batchrouter_sys as sys;

use crate::error::{Error, ErrorKind, Result};
use crate::job::Job;

/// A future that is ready when a job is done or blocked; made by [`Job::completion`]. Dropping it changes nothing about the
/// job.
#[must_use = "a future does nothing unless it is awaited"]
pub struct Completion(Option<Job>);

impl Completion {
    pub(crate) fn new(job: Job) -> Completion {
        Completion(Some(job))
    }
    /// The job, as it was last seen; `None` once the future was ready.
    pub fn job(&self) -> Option<&Job> {
        self.0.as_ref()
    }
    /// The job back, without waiting further.
    pub fn into_job(self) -> Option<Job> {
        self.0
    }
}

impl Future for Completion {
    type Output = Result<Job>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Job>> {
        let mut job = self.0.take().expect("a Completion is not polled again after it was ready");
        let Some(core) = job.core() else {
            return Poll::Ready(Err(Error::new(sys::BR_ECLOSED, "the router is closed", "open a new one")));
        };
        // The waker is stored before the job is looked at: what happens in between wakes it.
        core.wakers().add(job.id(), context.waker());
        core.start_poller();
        drop(core);
        match job.wait(Duration::ZERO) {
            Ok(()) => Poll::Ready(Ok(job)),
            Err(error) if matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Interrupted) => {
                self.0 = Some(job);
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl fmt::Debug for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Completion").field(&self.0).finish()
    }
}
