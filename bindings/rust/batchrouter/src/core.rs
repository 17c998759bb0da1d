//! What a router's handles, futures and threads share: the handle, who waits for which job, and the thread that runs the
//! callbacks meanwhile.

use std::collections::HashMap;
use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use batchrouter_sys as sys;

use crate::config::EventFn;
use crate::error::Result;
use crate::event::{Event, EventKind};
use crate::fetched::Fetched;
use crate::ffi::{Owned, borrow, milliseconds};
use crate::panics;

/// How long closing waits for a callback under way.
const CALLBACK_LIMIT: Duration = Duration::from_secs(5);

/// The handle of a router, and what its jobs and threads share.
pub(crate) struct Core {
    handle: Owned<sys::br_router>,
    // Dropped after the handle, in the order of the fields: who is woken then sees that the router is closed.
    wakers: WakeAtEnd,
    /// The thread, and what tells that it has ended.
    poller: Mutex<Option<(ThreadId, Receiver<()>)>>,
    stopping: AtomicBool,
    wakeups: AtomicU64,
    fetched: Fetched,
    /// The library's answer to br_stats_json is valid until the next call.
    pub(crate) stats: Mutex<()>,
}

// SAFETY: the header allows every use of a br_router on any thread at any time; the rest is Send and Sync by itself.
unsafe impl Send for Core {}
// SAFETY: as above.
unsafe impl Sync for Core {}

impl Core {
    pub(crate) fn new(handle: Owned<sys::br_router>, wakers: Arc<Wakers>) -> Core {
        Core {
            handle,
            wakers: WakeAtEnd(wakers),
            poller: Mutex::new(None),
            stopping: AtomicBool::new(false),
            wakeups: AtomicU64::new(0),
            fetched: Fetched::default(),
            stats: Mutex::default(),
        }
    }
    pub(crate) fn as_ptr(&self) -> *mut sys::br_router {
        self.handle.as_ptr()
    }
    pub(crate) fn wakers(&self) -> &Wakers {
        &self.wakers.0
    }

    /// Runs callbacks on a thread of this crate from now on, until the router is closed or dropped.
    pub(crate) fn start_poller(self: &Arc<Core>) {
        let mut poller = lock(&self.poller);
        if poller.is_some() || self.stopping.load(Ordering::SeqCst) {
            return;
        }
        let core = Arc::clone(self);
        let (ended, end) = channel();
        let run = move || {
            let _until_the_end: Sender<()> = ended;
            while !core.stopping.load(Ordering::SeqCst) {
                // SAFETY: the handle lives as long as `core`.
                let status = unsafe { sys::br_poll(core.as_ptr(), -1, ptr::null_mut()) };
                // The panic hook has told of it; the thread serves others too and goes on.
                panics::take().into_iter().for_each(panics::discard);
                panics::guard((), || core.wakers().wake_all());
                if status < 0 {
                    break;
                }
            }
        };
        // Without a thread nobody would ever wake the future.
        let thread = thread::Builder::new().name("batchrouter".into()).spawn(run).expect("a thread for callbacks");
        *poller = Some((thread.thread().id(), end));
    }

    /// Breaks a wait, or the next one.
    pub(crate) fn wakeup(&self) {
        self.wakeups.fetch_add(1, Ordering::SeqCst);
        // SAFETY: the handle is valid.
        unsafe { sys::br_router_wakeup(self.as_ptr()) };
    }
    /// How often a wait was to be broken.
    pub(crate) fn wakeups(&self) -> u64 {
        self.wakeups.load(Ordering::SeqCst)
    }

    /// Ends the calls that wait now; `waiting` makes them again.
    pub(crate) fn interrupt(&self) {
        // SAFETY: the handle is valid.
        unsafe { sys::br_router_interrupt(self.as_ptr()) };
    }
    /// Makes a call that waits so many milliseconds, again when it was interrupted and there is time. What a wakeup ended
    /// says BR_AGAIN.
    pub(crate) fn waiting(
        &self,
        timeout: impl Into<Option<Duration>>,
        mut call: impl FnMut(i64) -> Result<i32>,
    ) -> Result<i32> {
        let until = timeout.into().and_then(|limit| Instant::now().checked_add(limit));
        let wakeups = self.wakeups();
        loop {
            let left = milliseconds(until.map(|until| until.saturating_duration_since(Instant::now())));
            // SAFETY: the handle is valid.
            let since = unsafe { sys::br_router_interrupt_count(self.as_ptr()) };
            if left != 0 {
                // SAFETY: as above. A call that another thread interrupts before it waits ends as well.
                unsafe { sys::br_router_interrupt_since(self.as_ptr(), since) };
            }
            let answer = call(left);
            // SAFETY: as above.
            let interrupted = unsafe { sys::br_router_interrupt_count(self.as_ptr()) } != since;
            if left == 0 || !interrupted || wakeups != self.wakeups() || !matches!(answer, Ok(sys::BR_AGAIN)) {
                return answer;
            }
        }
    }

    /// Results that were fetched and not given out.
    pub(crate) fn fetched(&self) -> &Fetched {
        &self.fetched
    }

    /// Ends the poller. From inside of it, it ends once its callback has returned.
    pub(crate) fn stop_poller(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        let Some((thread, end)) = lock(&self.poller).take() else { return };
        if thread != thread::current().id() {
            self.wakeup();
            // Not without limit: a callback may wait in its turn for whoever closes the router.
            let _ended_or_not = end.recv_timeout(CALLBACK_LIMIT);
        }
        self.wakers().wake_all();
    }
}

/// Wakes every future when it goes.
struct WakeAtEnd(Arc<Wakers>);

impl Drop for WakeAtEnd {
    fn drop(&mut self) {
        self.0.wake_all();
    }
}

/// The futures that wait, by job.
#[derive(Default)]
pub(crate) struct Wakers(Mutex<HashMap<String, Vec<Waker>>>);

impl Wakers {
    pub(crate) fn add(&self, job_id: &str, waker: &Waker) {
        let mut all = lock(&self.0);
        let of_job = all.entry(job_id.to_owned()).or_default();
        if !of_job.iter().any(|known| known.will_wake(waker)) {
            of_job.push(waker.clone());
        }
    }
    fn wake(&self, job_id: &str) {
        let woken = lock(&self.0).remove(job_id);
        woken.into_iter().flatten().for_each(Waker::wake);
    }
    pub(crate) fn wake_all(&self) {
        let woken = std::mem::take(&mut *lock(&self.0));
        woken.into_values().flatten().for_each(Waker::wake);
    }
}

/// What the library keeps for its event callback.
pub(crate) struct EventContext {
    pub(crate) wakers: Arc<Wakers>,
    pub(crate) function: Option<EventFn>,
}

pub(crate) unsafe extern "C" fn event_trampoline(
    user_data: *mut c_void,
    event: i32,
    job_id: *const c_char,
    json: *const c_char,
) {
    // SAFETY: user_data is the Box<EventContext> of Router::new, alive until destroy; the strings are valid for the call.
    let (context, job_id, json) = unsafe { (&*user_data.cast::<EventContext>(), borrow(job_id), borrow(json)) };
    let (job_id, json) = (job_id.unwrap_or_default(), json.unwrap_or_default());
    if let Some(function) = &context.function {
        panics::guard((), || function(&Event { kind: EventKind::from_raw(event), job_id, json }));
    }
    if matches!(event, sys::BR_EVENT_JOB_DONE | sys::BR_EVENT_BLOCKED | sys::BR_EVENT_STATE) {
        panics::guard((), || context.wakers.wake(job_id));
    }
}

/// A panic while a lock was held leaves nothing half done here.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
