//! One submitted batch and its latest known status.

use std::fmt;
use std::io;
use std::mem;
use std::ptr;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use batchrouter_sys as sys;

use crate::completion::Completion;
use crate::core::Core;
use crate::error::{Error, Result, call};
use crate::ffi::{Owned, borrow, borrow_bytes, borrow_sized, name};
use crate::job_state::{JobState, RequestCounts, Submission};
use crate::offline::write_with;
use crate::results::Results;

/// One submitted batch. It reads from a snapshot; the methods that take `&mut self` take a new one. Another thread opens a
/// handle of its own with [`Router::job`](crate::Router::job). Dropping it changes nothing about the job.
pub struct Job {
    handle: Owned<sys::br_job>,
    core: Weak<Core>,
    continued: bool,
}

// SAFETY: the header allows a br_job on any thread.
unsafe impl Send for Job {}
// SAFETY: as above; besides, through a shared reference the snapshot is only read.
unsafe impl Sync for Job {}

impl Job {
    pub(crate) fn new(handle: *mut sys::br_job, core: &Arc<Core>) -> Job {
        Job::with(handle, Arc::downgrade(core), false)
    }
    pub(crate) fn with(handle: *mut sys::br_job, core: Weak<Core>, continued: bool) -> Job {
        Job { handle: Owned::new(handle), core, continued }
    }
    /// Drops all but the handle, which is somebody else's.
    pub(crate) fn forget_handle(self) {
        mem::forget(self.handle);
    }
    pub(crate) fn as_ptr(&self) -> *mut sys::br_job {
        self.handle.as_ptr()
    }
    pub(crate) fn core(&self) -> Option<Arc<Core>> {
        self.core.upgrade()
    }

    /// Its id, which is what to remember of it.
    pub fn id(&self) -> &str {
        self.text(sys::br_job_id).unwrap_or_default()
    }
    /// The provider; empty when its batches go to several.
    pub fn provider(&self) -> &str {
        self.text(sys::br_job_provider).unwrap_or_default()
    }
    /// The job that it retries.
    pub fn parent(&self) -> Option<&str> {
        self.text(sys::br_job_parent)
    }
    /// 1, and one more for each retry.
    pub fn attempt(&self) -> u32 {
        // SAFETY: the handle is valid.
        unsafe { sys::br_job_attempt(self.as_ptr()) }.try_into().unwrap_or(1)
    }
    /// The batch's name.
    pub fn name(&self) -> Option<&str> {
        self.text(sys::br_job_name)
    }
    /// The path that the batch gave as `output`.
    pub fn output(&self) -> Option<&str> {
        self.text(sys::br_job_output)
    }
    /// The address of the vendor's API.
    pub fn base_url(&self) -> &str {
        self.text(sys::br_job_base_url).unwrap_or_default()
    }
    /// Whether submitting found this unfinished job with the same content instead of making a new one.
    pub fn is_continued(&self) -> bool {
        self.continued
    }
    /// Its state.
    pub fn state(&self) -> JobState {
        // SAFETY: the handle is valid.
        JobState::from_raw(unsafe { sys::br_job_state(self.as_ptr()) })
    }
    /// What is known of the submission.
    pub fn submission(&self) -> Submission {
        // SAFETY: the handle is valid.
        Submission::from_raw(unsafe { sys::br_job_submission(self.as_ptr()) })
    }
    /// Whether every request has its one result here on disk: nothing of the job needs the network any more.
    pub fn is_done(&self) -> bool {
        // SAFETY: the handle is valid.
        unsafe { sys::br_job_is_done(self.as_ptr()) != 0 }
    }
    /// Whether it waits for [`Router::resume`](crate::Router::resume), after [`Job::error`] was mended.
    pub fn is_blocked(&self) -> bool {
        // SAFETY: the handle is valid.
        unsafe { sys::br_job_is_blocked(self.as_ptr()) != 0 }
    }
    /// Why it is blocked or failed.
    pub fn error(&self) -> Option<Error> {
        // SAFETY: the handle is valid.
        let code = unsafe { sys::br_job_error_code(self.as_ptr()) };
        let message = self.text(sys::br_job_error_message).unwrap_or_default();
        (code != sys::BR_OK).then(|| Error::new(code, message, ""))
    }
    /// How many requests are where.
    pub fn counts(&self) -> RequestCounts {
        // SAFETY: the handle is valid.
        let count = |which| unsafe { sys::br_job_count(self.as_ptr(), which) }.try_into().unwrap_or(0);
        RequestCounts {
            total: count(sys::BR_COUNT_TOTAL),
            succeeded: count(sys::BR_COUNT_SUCCEEDED),
            errored: count(sys::BR_COUNT_ERRORED),
            processing: count(sys::BR_COUNT_PROCESSING),
            cancelled: count(sys::BR_COUNT_CANCELLED),
            expired: count(sys::BR_COUNT_EXPIRED),
            delivered: count(sys::BR_COUNT_DELIVERED),
            acked: count(sys::BR_COUNT_ACKED),
        }
    }
    /// When the vendor made its first remote batch, by the vendor's clock; until then, when it was recorded.
    pub fn created_at(&self) -> Option<SystemTime> {
        self.time(sys::BR_TIME_CREATED)
    }
    /// When the vendor had accepted all of it, by our clock.
    pub fn submitted_at(&self) -> Option<SystemTime> {
        self.time(sys::BR_TIME_SUBMITTED)
    }
    /// When its last remote batch ended, by the vendor's clock; where the vendor does not say, when it was done.
    pub fn completed_at(&self) -> Option<SystemTime> {
        self.time(sys::BR_TIME_COMPLETED)
    }
    /// When the vendor's time for it runs out.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.time(sys::BR_TIME_EXPIRES)
    }
    /// When it came into the state directory, by our clock.
    pub fn recorded_at(&self) -> Option<SystemTime> {
        self.time(sys::BR_TIME_RECORDED)
    }
    /// When every request had its one result here, by our clock.
    pub fn done_at(&self) -> Option<SystemTime> {
        self.time(sys::BR_TIME_DONE)
    }
    /// The vendor's ids of its remote batches; `None` for one that the vendor has not accepted yet.
    pub fn batch_ids(&self) -> impl Iterator<Item = Option<&str>> {
        // SAFETY: the handle is valid; an id is valid until there is a new snapshot, which needs &mut self.
        let id = |index| unsafe { borrow(sys::br_job_batch_id(self.as_ptr(), index)) };
        // SAFETY: the handle is valid.
        (0..unsafe { sys::br_job_batch_count(self.as_ptr()) }).map(id)
    }
    /// The vendor's own object of that remote batch, as its newest answer had it: JSON, untouched. `None` before the vendor
    /// accepted it, and for an object of more than 64 KiB.
    pub fn raw(&self, batch: usize) -> Option<&str> {
        let mut length = 0;
        // SAFETY: the handle is valid, and the text as long as it.
        unsafe { borrow_sized(sys::br_job_raw(self.as_ptr(), batch, &mut length), length) }
    }
    /// The vendor's own row behind the result of that id, see [`ResultItem::raw`](crate::ResultItem::raw). It stays in memory
    /// as long as this `Job`.
    pub fn result_raw(&self, custom_id: &str) -> Result<Option<&[u8]>> {
        let (mut row, mut length) = (ptr::null(), 0);
        let id = custom_id.as_bytes();
        // SAFETY: the handle is valid; the id is read during the call only.
        call(|err| unsafe {
            sys::br_job_result_raw(self.as_ptr(), id.as_ptr().cast(), id.len(), &mut row, &mut length, err)
        })?;
        // SAFETY: the row is as long as the handle, and as large as it says.
        Ok(unsafe { borrow_bytes(row, length) })
    }
    /// The whole snapshot as a JSON object.
    pub fn json(&self) -> &str {
        let mut length = 0;
        // SAFETY: the answer is valid until there is a new snapshot, which needs &mut self.
        unsafe { borrow_sized(sys::br_job_json(self.as_ptr(), &mut length), length) }.unwrap_or_default()
    }

    /// Takes a new snapshot from the router, without asking the vendor.
    pub fn update(&mut self) -> Result<()> {
        // SAFETY: the handle is valid and nothing borrows from its snapshot.
        call(|err| unsafe { sys::br_job_update(self.as_ptr(), err) }).map(drop)
    }
    /// Asks the vendor once for each remote batch that has not ended.
    pub fn refresh(&mut self, timeout: impl Into<Option<Duration>>) -> Result<()> {
        // SAFETY: as for update.
        self.waiting(timeout, |left, err| unsafe { sys::br_job_refresh(self.as_ptr(), left, err) })
    }
    /// Waits until the job is done or blocked; `None` waits without limit. Fails with [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) when the time
    /// runs out, and with [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) after [`Router::wakeup`](crate::Router::wakeup).
    pub fn wait(&mut self, timeout: impl Into<Option<Duration>>) -> Result<()> {
        // SAFETY: as for update.
        self.waiting(timeout, |left, err| unsafe { sys::br_job_wait(self.as_ptr(), left, err) })
    }
    /// Waits until every remote batch was accepted by the vendor, was refused, or has an unknown outcome.
    pub fn wait_submitted(&mut self, timeout: impl Into<Option<Duration>>) -> Result<()> {
        // SAFETY: as for update.
        self.waiting(timeout, |left, err| unsafe { sys::br_job_wait_submitted(self.as_ptr(), left, err) })
    }
    /// A future that is ready when the job is done or blocked, and gives it back. It needs no particular runtime: a thread
    /// of the router, which runs its callbacks as well, wakes it.
    pub fn completion(self) -> Completion {
        Completion::new(self)
    }
    /// Asks the vendor to stop. `true` when it took the request, `false` when the job had already ended. Finished
    /// requests keep their results.
    pub fn cancel(&mut self, timeout: impl Into<Option<Duration>>) -> Result<bool> {
        let mut cancelled = 0;
        // SAFETY: as for update.
        self.waiting(timeout, |left, err| unsafe { sys::br_cancel(self.as_ptr(), left, &mut cancelled, err) })?;
        Ok(cancelled != 0)
    }
    /// Says, for a person who has looked at the vendor's console, that the vendor's batch of that id is remote batch `part`
    /// (from 0) of the job, of which nobody knows whether it was submitted. Nothing is sent. Takes a new snapshot.
    pub fn adopt(&mut self, part: u32, batch_id: &str) -> Result<()> {
        let (part, batch_id) = (i32::try_from(part).unwrap_or(i32::MAX), name(batch_id)?);
        // SAFETY: as for update; the string ends with a NUL.
        call(|err| unsafe { sys::br_job_adopt(self.as_ptr(), part, batch_id.as_ptr(), err) }).map(drop)
    }
    /// Gives up what is in doubt of the job or blocked: those remote batches end, their requests without an answer get a
    /// result of type `abandoned`, and nothing is sent. Takes a new snapshot.
    pub fn abandon(&mut self) -> Result<()> {
        // SAFETY: as for update.
        call(|err| unsafe { sys::br_job_abandon(self.as_ptr(), err) }).map(drop)
    }
    /// Downloads the results of a job that is done once more: those of type `missing`, `malformed` and `results_gone` change
    /// into the vendor's answer where there is one by now, and are handed out again. Returns how many changed.
    pub fn refetch(&mut self, timeout: impl Into<Option<Duration>>) -> Result<u64> {
        let mut changed = 0;
        // SAFETY: as for update.
        self.waiting(timeout, |left, err| unsafe { sys::br_job_refetch(self.as_ptr(), left, &mut changed, err) })?;
        Ok(changed.try_into().unwrap_or(0))
    }
    /// Forgets a job that is done or was never sent, and deletes its files. On failure the job is still there.
    pub fn remove(self) -> Result<()> {
        // SAFETY: the handle is valid.
        call(|err| unsafe { sys::br_job_remove(self.as_ptr(), err) })?;
        // Of that there is no event.
        self.core().inspect(|core| core.wakers().wake_all());
        Ok(())
    }
    /// Acknowledges every result of a job that is done, however it was read; of one that goes on, those that were handed
    /// out: [`ErrorKind::NotComplete`](crate::ErrorKind::NotComplete) while an iterator has fetched more than it has given
    /// out, or has left some behind. Returns when that is on disk.
    pub fn ack_all(&mut self) -> Result<()> {
        self.update()?;
        // SAFETY: as for update.
        let acknowledge = || call(|err| unsafe { sys::br_job_ack_all(self.as_ptr(), err) }).map(drop);
        match self.core() {
            Some(core) => core.fetched().acknowledge_all(&core, self.id(), acknowledge),
            None => acknowledge(),
        }
    }
    fn waiting(
        &self,
        timeout: impl Into<Option<Duration>>,
        mut function: impl FnMut(i64, *mut *mut sys::br_error) -> sys::br_status,
    ) -> Result<()> {
        uninterrupted(match self.core() {
            Some(core) => core.waiting(timeout, |left| call(|err| function(left, err))),
            None => call(|err| function(0, err)), // it is closed
        })
    }
    /// All results from the first, as often as wanted; [`ErrorKind::NotComplete`](crate::ErrorKind::NotComplete) while the job is not done.
    pub fn results(&self) -> Result<Results> {
        Results::open(self)
    }
    /// Writes the unified lines of the requests that did not succeed, ready to be submitted. Returns how many.
    pub fn write_failed(&self, writer: impl io::Write) -> Result<u64> {
        let mut rows = 0;
        write_with(writer, |write, sink, err| {
            // SAFETY: the handle is valid; write and sink belong together and outlive the call.
            unsafe { sys::br_job_write_failed(self.as_ptr(), write, sink, &mut rows, err) }
        })?;
        Ok(rows.try_into().unwrap_or(0))
    }

    fn text(&self, get: unsafe extern "C" fn(*const sys::br_job) -> *const std::ffi::c_char) -> Option<&str> {
        // SAFETY: the handle is valid; the text is valid until there is a new snapshot, which needs &mut self.
        unsafe { borrow(get(self.as_ptr())) }
    }
    fn time(&self, which: i32) -> Option<SystemTime> {
        // SAFETY: the handle is valid.
        let ms = u64::try_from(unsafe { sys::br_job_time(self.as_ptr(), which) }).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(ms))
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("id", &self.id()).field("state", &self.state()).finish_non_exhaustive()
    }
}

/// A wait that `Router::wakeup` broke is an error of its own kind.
pub(crate) fn uninterrupted(status: Result<i32>) -> Result<()> {
    match status {
        Ok(sys::BR_AGAIN) => Err(Error::interrupted()),
        other => other.map(drop),
    }
}
