//! Jobs whose handles belong to a list, or to whoever calls back.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr;
use std::sync::{Arc, Weak};

use batchrouter_sys as sys;

use crate::core::Core;
use crate::error::{Result, call};
use crate::ffi::Owned;
use crate::job::Job;

/// A job whose handle is somebody else's.
pub(crate) struct BorrowedJob(ManuallyDrop<Job>);

impl BorrowedJob {
    pub(crate) fn new(handle: *mut sys::br_job, core: Weak<Core>) -> BorrowedJob {
        BorrowedJob(ManuallyDrop::new(Job::with(handle, core, false)))
    }
}

impl Deref for BorrowedJob {
    type Target = Job;
    fn deref(&self) -> &Job {
        &self.0
    }
}

impl Drop for BorrowedJob {
    fn drop(&mut self) {
        // SAFETY: nobody uses it after this.
        unsafe { ManuallyDrop::take(&mut self.0) }.forget_handle();
    }
}

/// The jobs that [`Router::list`](crate::Router::list) and [`Router::list_remote`](crate::Router::list_remote) found.
pub struct JobList {
    jobs: Vec<BorrowedJob>,
    _list: Owned<sys::br_job_list>,
}

// SAFETY: the header says that a br_job_list may move between threads.
unsafe impl Send for JobList {}

impl JobList {
    pub(crate) fn take(
        core: &Arc<Core>,
        function: impl FnOnce(*mut *mut sys::br_job_list, *mut *mut sys::br_error) -> sys::br_status,
    ) -> Result<JobList> {
        let mut list = ptr::null_mut();
        call(|err| function(&mut list, err))?;
        let list = Owned::new(list);
        // SAFETY: the list is valid, and so are its jobs as long as it.
        let job = |index| unsafe { BorrowedJob::new(sys::br_job_list_get(list.as_ptr(), index), Arc::downgrade(core)) };
        // SAFETY: the list is valid.
        let jobs = (0..unsafe { sys::br_job_list_count(list.as_ptr()) }).map(job).collect();
        Ok(JobList { jobs, _list: list })
    }
    /// The jobs, newest first. [`Router::job`](crate::Router::job) makes an own handle of one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Job> {
        self.jobs.iter().map(|job| &**job)
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.jobs.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }
}

impl fmt::Debug for JobList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
