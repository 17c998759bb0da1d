//! Several batches or jobs at once.

use std::ptr;
use std::time::Duration;

use batchrouter_sys as sys;

use crate::batch::Batch;
use crate::error::{Error, ErrorKind, Result, call};
use crate::job::{Job, uninterrupted};
use crate::router::Router;

/// What [`Router::run`] came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Run {
    /// For each batch its job, or why it could not be recorded.
    pub jobs: Vec<Result<Job>>,
    /// Whether the waiting went well: an error of the kind [`ErrorKind::Timeout`] names the unfinished jobs.
    pub waited: Result<()>,
}

/// Places for one error of the library each.
struct Errors(Vec<*mut sys::br_error>);

impl Errors {
    fn new(count: usize) -> Errors {
        Errors(vec![ptr::null_mut(); count])
    }
    fn as_mut_ptr(&mut self) -> *mut *mut sys::br_error {
        self.0.as_mut_ptr()
    }
    fn take_all(&mut self) -> Vec<Option<Error>> {
        (0..self.0.len()).map(|index| self.take(index)).collect()
    }
    /// The error at that place; none is left there.
    fn take(&mut self, index: usize) -> Option<Error> {
        let error = std::mem::replace(&mut self.0[index], ptr::null_mut());
        (!error.is_null()).then(|| Error::take(sys::BR_EINTERNAL, error))
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        (0..self.0.len()).for_each(|index| drop(self.take(index)));
    }
}

/// That some of several failed is told by each of them.
fn unless_partial(status: Result<i32>) -> Result<()> {
    match status {
        Err(error) if error.kind() == ErrorKind::Partial => Ok(()),
        other => uninterrupted(other),
    }
}

impl Router {
    /// Submits several batches: all are validated first, and nothing is sent if any is wrong, of which [`Error::each`]
    /// tells. For each batch there is its job, or why it could not be recorded.
    pub fn submit_many<'a>(&self, batches: impl IntoIterator<Item = &'a Batch>) -> Result<Vec<Result<Job>>> {
        let batches: Vec<_> = batches.into_iter().map(Batch::as_ptr).collect();
        let (mut jobs, mut errors) = (vec![ptr::null_mut(); batches.len()], Errors::new(batches.len()));
        // SAFETY: the handles are valid, and each array has as many places as there are batches.
        let status = call(|err| unsafe {
            let (jobs, errors) = (jobs.as_mut_ptr(), errors.as_mut_ptr());
            sys::br_submit_many(self.as_ptr(), batches.as_ptr(), batches.len(), jobs, errors, err)
        });
        match unless_partial(status) {
            Ok(()) => Ok(self.each_job(jobs, errors)),
            Err(error) => Err(error.with_each(errors.take_all())),
        }
    }

    /// Submits several batches and waits until every job is done or blocked.
    pub fn run<'a>(
        &self,
        batches: impl IntoIterator<Item = &'a Batch>,
        timeout: impl Into<Option<Duration>>,
    ) -> Result<Run> {
        let batches: Vec<_> = batches.into_iter().map(Batch::as_ptr).collect();
        let (mut jobs, mut errors) = (vec![ptr::null_mut(); batches.len()], Errors::new(batches.len()));
        let mut submitted = false;
        let status = self.core().waiting(timeout, |left| {
            let was_interrupted = std::mem::replace(&mut submitted, true);
            // SAFETY: as in submit_many; of what was interrupted every job is there.
            call(|err| unsafe {
                if was_interrupted {
                    return sys::br_wait_many(self.as_ptr(), jobs.as_ptr(), jobs.len(), left, err);
                }
                let (jobs, errors) = (jobs.as_mut_ptr(), errors.as_mut_ptr());
                sys::br_run(self.as_ptr(), batches.as_ptr(), batches.len(), left, jobs, errors, err)
            })
        });
        let waited = match status {
            // Nothing was sent.
            Err(error) if error.kind() != ErrorKind::Partial && jobs.iter().all(|job| job.is_null()) => {
                return Err(error.with_each(errors.take_all()));
            }
            Err(error) if error.kind() == ErrorKind::Partial => Ok(()),
            other => uninterrupted(other),
        };
        Ok(Run { jobs: self.each_job(jobs, errors), waited })
    }

    fn each_job(&self, jobs: Vec<*mut sys::br_job>, mut errors: Errors) -> Vec<Result<Job>> {
        let mut each = Vec::with_capacity(jobs.len());
        for (index, job) in jobs.into_iter().enumerate() {
            each.push(match errors.take(index) {
                None if !job.is_null() => Ok(Job::new(job, self.core())),
                error => Err(error.unwrap_or_else(|| Error::take(sys::BR_EINTERNAL, ptr::null_mut()))),
            });
        }
        each
    }

    /// Waits until every job is done or blocked. An error of the kind [`ErrorKind::Timeout`] names the unfinished ones.
    pub fn wait_many(&self, jobs: &mut [Job], timeout: impl Into<Option<Duration>>) -> Result<()> {
        let handles = handles(jobs);
        uninterrupted(self.core().waiting(timeout, |left| {
            // SAFETY: the handles are valid and nothing borrows from their snapshots.
            call(|err| unsafe { sys::br_wait_many(self.as_ptr(), handles.as_ptr(), handles.len(), left, err) })
        }))
    }

    /// Asks the vendors about all of them at once; for each job whether it could be asked about.
    pub fn refresh_many(&self, jobs: &mut [Job], timeout: impl Into<Option<Duration>>) -> Result<Vec<Result<()>>> {
        let handles = handles(jobs);
        let mut errors = Errors::new(handles.len());
        unless_partial(self.core().waiting(timeout, |left| {
            let errors = errors.as_mut_ptr();
            // SAFETY: as in wait_many; there is a place for the error of each job.
            call(|err| unsafe {
                sys::br_refresh_many(self.as_ptr(), handles.as_ptr(), handles.len(), left, errors, err)
            })
        }))?;
        Ok((0..handles.len()).map(|index| errors.take(index).map_or(Ok(()), Err)).collect())
    }

    /// Cancels all of them at once; for each job what [`Job::cancel`] would say.
    pub fn cancel_many(&self, jobs: &mut [Job], timeout: impl Into<Option<Duration>>) -> Result<Vec<Result<bool>>> {
        let handles = handles(jobs);
        let (mut cancelled, mut errors) = (vec![0; handles.len()], Errors::new(handles.len()));
        unless_partial(self.core().waiting(timeout, |left| {
            let (cancelled, errors) = (cancelled.as_mut_ptr(), errors.as_mut_ptr());
            // SAFETY: as in wait_many; there is a place for the answer and the error of each job.
            call(|err| unsafe {
                sys::br_cancel_many(self.as_ptr(), handles.as_ptr(), handles.len(), left, cancelled, errors, err)
            })
        }))?;
        Ok(cancelled.into_iter().enumerate().map(|(i, taken)| errors.take(i).map_or(Ok(taken != 0), Err)).collect())
    }
}

fn handles(jobs: &mut [Job]) -> Vec<*mut sys::br_job> {
    jobs.iter().map(Job::as_ptr).collect()
}
