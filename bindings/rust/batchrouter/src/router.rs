//! The engine and its state directory.

use std::ffi::c_void;
use std::fmt;
use std::ptr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use batchrouter_sys as sys;

use crate::batch::Batch;
use crate::check_abi;
use crate::config::Config;
use crate::core::{Core, EventContext, Wakers, event_trampoline, lock};
use crate::error::{Result, call};
use crate::ffi::{Owned, borrow, borrow_sized, destroy_box, milliseconds, name};
use crate::job::Job;
use crate::job_list::{BorrowedJob, JobList};
use crate::panics;
use crate::results::{Arrivals, Delivery, next_result};

/// The engine and its state directory; for any number of threads at once. Dropping it saves and unlocks the directory;
/// the jobs go on at the vendor, and the next router on that directory goes on with them.
pub struct Router {
    core: Arc<Core>,
}

type DoneFn = Box<dyn FnOnce(&Job) + Send>;

struct DoneContext {
    function: Option<DoneFn>,
    core: Weak<Core>,
}

unsafe extern "C" fn done_trampoline(user_data: *mut c_void, job: *mut sys::br_job) {
    panics::guard((), || {
        // SAFETY: user_data is the Box<DoneContext> that was given, called once, and alive until destroy.
        let context = unsafe { &mut *user_data.cast::<DoneContext>() };
        let job = BorrowedJob::new(job, context.core.clone());
        if let Some(function) = context.function.take() {
            function(&job);
        }
    });
}

/// `br_submit` and `br_retry`, with what they have in common bound: `(done, user_data, destroy, job, err)`.
type SubmitCall<'a> = &'a dyn Fn(
    sys::br_done_fn,
    *mut c_void,
    sys::br_destroy_fn,
    *mut *mut sys::br_job,
    *mut *mut sys::br_error,
) -> sys::br_status;

impl Router {
    /// Opens the state directory, takes its lock, and goes on with every unfinished job.
    pub fn new(config: &Config) -> Result<Router> {
        check_abi()?;
        let wakers = Arc::new(Wakers::default());
        let context = Box::new(EventContext { wakers: Arc::clone(&wakers), function: config.event_function() });
        let (user_data, destroy) = (Box::into_raw(context).cast(), Some(destroy_box::<EventContext> as _));
        let mut router = ptr::null_mut();
        // SAFETY: user_data is what event_trampoline and destroy_box expect; destroy runs once, also on failure.
        call(|err| unsafe {
            sys::br_config_set_event(config.as_ptr(), Some(event_trampoline), user_data, destroy, err)
        })?;
        // SAFETY: the configuration is valid; it is copied.
        let opened = call(|err| unsafe { sys::br_router_new(config.as_ptr(), &mut router, err) });
        // SAFETY: as above. The callback is this router's alone; the configuration may be used for others.
        call(|err| unsafe { sys::br_config_set_event(config.as_ptr(), None, ptr::null_mut(), None, err) })?;
        opened?;
        Ok(Router { core: Arc::new(Core::new(Owned::new(router), wakers)) })
    }

    /// Stops the router's threads, saves, and unlocks the directory, as dropping does; this one tells what went wrong.
    /// Later calls fail with [`ErrorKind::Closed`](crate::ErrorKind::Closed). The timeout is for exchanges with vendors
    /// under way; a callback under way is waited for as well, five seconds at most.
    pub fn close(&self, timeout: impl Into<Option<Duration>>) -> Result<()> {
        let timeout = milliseconds(timeout);
        // SAFETY: the handle is valid.
        call(|err| unsafe { sys::br_router_close(self.as_ptr(), timeout, err) })?;
        self.core.stop_poller();
        Ok(())
    }

    /// Validates all requests, writes the vendor's request files, and records the job. It returns before the network is
    /// used; from then on the job survives a crash.
    pub fn submit(&self, batch: &Batch) -> Result<Job> {
        self.start(None, &|done, user_data, destroy, job, err| {
            // SAFETY: the handles are valid; done, user_data and destroy belong together.
            unsafe { sys::br_submit(self.as_ptr(), batch.as_ptr(), done, user_data, destroy, job, err) }
        })
    }

    /// As [`Router::submit`], and calls the function when the job is done or blocked, on the thread that runs the router's
    /// callbacks. That call does not survive the process.
    pub fn submit_then(&self, batch: &Batch, done: impl FnOnce(&Job) + Send + 'static) -> Result<Job> {
        self.start(Some(Box::new(done)), &|done, user_data, destroy, job, err| {
            // SAFETY: as in submit.
            unsafe { sys::br_submit(self.as_ptr(), batch.as_ptr(), done, user_data, destroy, job, err) }
        })
    }

    /// As [`Router::retry`], with options from a batch without requests: `output`, `finished` and `again` of [`Batch::set`].
    pub fn retry_with(&self, job: &Job, options: &Batch) -> Result<Job> {
        self.start(None, &|done, user_data, destroy, new_job, err| {
            let (job, options) = (job.as_ptr(), options.as_ptr());
            // SAFETY: as in retry; the options are copied.
            unsafe { sys::br_retry_with(self.as_ptr(), job, options, done, user_data, destroy, new_job, err) }
        })
    }

    /// A new job of the requests of `job` that did not succeed, or the unfinished one that was made of them before, which
    /// [`Job::is_continued`] tells.
    pub fn retry(&self, job: &Job) -> Result<Job> {
        self.start(None, &|done, user_data, destroy, new_job, err| {
            // SAFETY: as in submit; of the job only its id is read.
            unsafe { sys::br_retry(self.as_ptr(), job.as_ptr(), done, user_data, destroy, new_job, err) }
        })
    }

    fn start(&self, done: Option<DoneFn>, submit: SubmitCall<'_>) -> Result<Job> {
        let mut job = ptr::null_mut();
        let status = match done {
            None => call(|err| submit(None, ptr::null_mut(), None, &mut job, err))?,
            Some(function) => {
                let context = DoneContext { function: Some(function), core: Arc::downgrade(&self.core) };
                let (user_data, destroy) = (Box::into_raw(Box::new(context)).cast(), destroy_box::<DoneContext> as _);
                call(|err| submit(Some(done_trampoline), user_data, Some(destroy), &mut job, err))?
            }
        };
        Ok(Job::with(job, Arc::downgrade(&self.core), status == sys::BR_EXISTS))
    }

    /// The job of that id, from the state directory.
    pub fn job(&self, job_id: &str) -> Result<Job> {
        let job_id = name(job_id)?;
        // SAFETY: the handle and the string are valid.
        self.take_job(|job, err| unsafe { sys::br_job_open(self.as_ptr(), job_id.as_ptr(), job, err) })
    }

    /// A job for a batch that was made elsewhere; if a job has that batch already, that one, and
    /// [`Job::is_continued`] says so.
    pub fn attach(&self, provider: &str, batch_id: &str) -> Result<Job> {
        let (provider, batch_id) = (name(provider)?, name(batch_id)?);
        self.take_job(|job, err| {
            // SAFETY: the handle and the strings are valid.
            unsafe { sys::br_attach(self.as_ptr(), provider.as_ptr(), batch_id.as_ptr(), job, err) }
        })
    }

    /// As [`Router::attach`], with options from a batch without requests: `output` of [`Batch::set`], also for a job that is
    /// there already.
    pub fn attach_with(&self, provider: &str, batch_id: &str, options: &Batch) -> Result<Job> {
        let (provider, batch_id) = (name(provider)?, name(batch_id)?);
        self.take_job(|job, err| {
            let (provider, batch_id) = (provider.as_ptr(), batch_id.as_ptr());
            // SAFETY: as in attach; the options are copied.
            unsafe { sys::br_attach_with(self.as_ptr(), provider, batch_id, options.as_ptr(), job, err) }
        })
    }

    fn take_job(
        &self,
        function: impl FnOnce(*mut *mut sys::br_job, *mut *mut sys::br_error) -> sys::br_status,
    ) -> Result<Job> {
        let mut job = ptr::null_mut();
        let status = call(|err| function(&mut job, err))?;
        Ok(Job::with(job, Arc::downgrade(&self.core), status == sys::BR_EXISTS))
    }

    /// Goes on with a job, or with every unfinished one, after it was blocked or when `resume.auto` is 0.
    pub fn resume<'a>(&self, job: impl Into<Option<&'a Job>>) -> Result<()> {
        let job = job.into().map_or(ptr::null_mut(), Job::as_ptr);
        // SAFETY: the handles are valid; of the job only its id is read.
        call(|err| unsafe { sys::br_resume(self.as_ptr(), job, err) }).map(drop)
    }

    /// The jobs in the state directory, newest first, of one provider or of all; offline.
    pub fn list<'a>(&self, provider: impl Into<Option<&'a str>>, limit: Option<u32>) -> Result<JobList> {
        let provider = provider.into().map(name).transpose()?;
        let (provider, limit) =
            (provider.as_ref().map_or(ptr::null(), |text| text.as_ptr()), limit.map_or(0, i64::from));
        // SAFETY: the handle is valid; provider is NULL or a valid string.
        JobList::take(&self.core, |list, err| unsafe { sys::br_list(self.as_ptr(), provider, limit, list, err) })
    }

    /// The newest batches at the vendor itself, whoever made them, at most 100: each with an empty job id and its vendor
    /// id in [`Job::batch_ids`]; [`Router::attach`] makes a job of one.
    pub fn list_remote(
        &self,
        provider: &str,
        limit: Option<u32>,
        timeout: impl Into<Option<Duration>>,
    ) -> Result<JobList> {
        let (provider, limit, timeout) = (name(provider)?, limit.map_or(0, i64::from), milliseconds(timeout));
        JobList::take(&self.core, |list, err| {
            // SAFETY: the handle and the string are valid.
            unsafe { sys::br_list_remote(self.as_ptr(), provider.as_ptr(), limit, timeout, list, err) }
        })
    }

    /// The results of a job that were not handed out yet, as they arrive; ends after the last. What is not acknowledged is
    /// handed out again by the next router on this state directory.
    pub fn results<'a>(&'a self, job: &'a Job) -> Arrivals<'a> {
        Arrivals::new(self, Some(job))
    }

    /// As [`Router::results`], of every job; ends when no job is unfinished.
    pub fn all_results(&self) -> Arrivals<'_> {
        Arrivals::new(self, None)
    }

    /// The next result of a job, or of any, that was not handed out yet. `None` as timeout waits without limit.
    pub fn next_result<'a>(
        &self,
        job: impl Into<Option<&'a Job>>,
        timeout: impl Into<Option<Duration>>,
    ) -> Result<Delivery> {
        next_result(self, job.into(), timeout.into())
    }

    /// Runs pending callbacks on this thread; waits up to the timeout for the first. `false` when none came. A panic of a
    /// callback goes on here, once the library has returned.
    pub fn poll(&self, timeout: impl Into<Option<Duration>>) -> Result<bool> {
        let status = self.core.waiting(timeout, |left| {
            // SAFETY: the handle is valid.
            call(|err| unsafe { sys::br_poll(self.as_ptr(), left, err) })
        });
        panics::resume();
        Ok(status? == sys::BR_OK)
    }

    /// Runs callbacks on a thread of the router from now on, so that nobody needs to call [`Router::poll`]. Awaiting a
    /// [`Completion`](crate::Completion) does this by itself. A panic of a callback is reported and does no harm.
    pub fn start_poller(&self) {
        self.core.start_poller();
    }

    /// Breaks a wait for callbacks, results or jobs, or the next one.
    pub fn wakeup(&self) {
        self.core.wakeup();
    }

    /// Lets requests go to a provider again that was removed.
    pub fn add_provider(&self, provider: &str) -> Result<()> {
        let provider = name(provider)?;
        // SAFETY: the handle and the string are valid.
        call(|err| unsafe { sys::br_router_add_provider(self.as_ptr(), provider.as_ptr(), err) }).map(drop)
    }

    /// Takes no new requests for a provider; jobs that it has go on.
    pub fn remove_provider(&self, provider: &str) -> Result<()> {
        let provider = name(provider)?;
        // SAFETY: the handle and the string are valid.
        call(|err| unsafe { sys::br_router_remove_provider(self.as_ptr(), provider.as_ptr(), err) }).map(drop)
    }

    /// Whether the router takes requests for that provider.
    pub fn has_provider(&self, provider: &str) -> bool {
        // SAFETY: the handle and the string are valid.
        name(provider).is_ok_and(|text| unsafe { sys::br_router_has_provider(self.as_ptr(), text.as_ptr()) != 0 })
    }

    /// The router's providers, sorted.
    pub fn providers(&self) -> Vec<&'static str> {
        // SAFETY: the handle is valid; the names live as long as the library.
        (0..).map_while(|index| unsafe { borrow(sys::br_router_provider(self.as_ptr(), index)) }).collect()
    }

    /// Counters of this process as a JSON object.
    pub fn stats_json(&self) -> String {
        let _one_at_a_time = lock(&self.core.stats);
        let mut length = 0;
        // SAFETY: the answer is valid until the next call, which waits for the lock, and is copied before.
        let text = unsafe { borrow_sized(sys::br_stats_json(self.as_ptr(), &mut length), length) };
        text.unwrap_or_default().to_owned()
    }

    pub(crate) fn as_ptr(&self) -> *mut sys::br_router {
        self.core.as_ptr()
    }
    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }
}

/// How long dropping waits for exchanges with vendors under way, so that no answer to a paid call is lost.
const DROP_LIMIT_MS: i64 = 5_000;

impl Drop for Router {
    fn drop(&mut self) {
        // SAFETY: the handle is valid. There is nobody to tell of an error.
        unsafe { sys::br_router_close(self.as_ptr(), DROP_LIMIT_MS, ptr::null_mut()) };
        self.core.stop_poller();
    }
}

/// Readable while [`Router::poll`] has callbacks to run; -1 when the router is closed. Watch it, never read it.
#[cfg(unix)]
impl std::os::fd::AsRawFd for Router {
    fn as_raw_fd(&self) -> std::os::fd::RawFd {
        // SAFETY: the handle is valid.
        unsafe { sys::br_router_fd(self.as_ptr()) }
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.stats_json())
    }
}
