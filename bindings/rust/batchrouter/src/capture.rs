//! HTTP calls of programs that know nothing of batches, answered by them.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::ptr;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use batchrouter_sys as sys;

use crate::answer::Answer;
use crate::core::lock;
use crate::error::{Error, Result, call};
use crate::exchange::Exchange;
use crate::ffi::{Owned, borrow_sized, milliseconds};
use crate::panics;
use crate::router::Router;

/// So many answers one call of the library brings.
const MOST_ANSWERS: usize = 256;
/// How long dropping waits until what was collected is submitted.
const DROP_LIMIT: Duration = Duration::from_secs(5);

/// Takes HTTP calls, collects them into batches, and answers each as the vendor would have; for any number of threads at once.
/// One thread of its own waits for the answers.
///
/// N calls at once that ask the same are N requests. A call that nobody waits for any more is answered to the next one that
/// asks the same, also after a restart, and an earlier answer serves later calls: see the settings `capture.…`.
pub struct Capture {
    shared: Arc<Shared>,
    pump: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    handle: Owned<sys::br_capture>,
    state: Mutex<State>,
}

// SAFETY: the header allows every use of a br_capture on any thread at any time; the rest is Send and Sync by itself.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

#[derive(Default)]
struct State {
    calls: HashMap<i64, Slot>,
    /// Answers whose call the one who takes it does not know yet.
    early: HashMap<i64, Answer>,
    taking: usize,
    /// No answer will come any more, for this reason.
    ended: Option<(i32, String)>,
}

enum Slot {
    Waiting(Option<Waker>),
    Answered(Answer),
}

impl Shared {
    fn as_ptr(&self) -> *mut sys::br_capture {
        self.handle.as_ptr()
    }

    /// Hands every answer to who waits for it, until the capture is closed or the router is, or has failed.
    fn pump(&self) {
        let mut natives = [ptr::null_mut(); MOST_ANSWERS];
        loop {
            let mut count = 0;
            // SAFETY: the handle is valid, and there is room for so many.
            let status = call(|err| unsafe {
                sys::br_capture_next(self.as_ptr(), -1, natives.as_mut_ptr(), natives.len(), &mut count, err)
            });
            natives[..count].iter().for_each(|native| self.hand(Answer::new(*native)));
            match status {
                Ok(sys::BR_OK | sys::BR_AGAIN) => {} // the second: something else was interrupted
                Ok(_) => return self.end(sys::BR_ECLOSED, "the capture is closed"),
                Err(error) => return self.end(error.code(), error.message()),
            }
        }
    }

    fn hand(&self, answer: Answer) {
        let mut state = lock(&self.state);
        let id = answer.id();
        let early = state.taking > 0;
        let unwanted = match state.calls.get_mut(&id) {
            Some(slot) => match std::mem::replace(slot, Slot::Answered(answer)) {
                Slot::Waiting(waker) => return wake(state, waker),
                Slot::Answered(other) => Some(other),
            },
            None if early => state.early.insert(id, answer),
            None => Some(answer), // its caller is gone
        };
        drop(state);
        drop(unwanted);
    }

    fn end(&self, code: i32, message: &str) {
        let mut state = lock(&self.state);
        state.ended = Some((code, message.to_owned()));
        let waiting = state.calls.values_mut().filter_map(|slot| match slot {
            Slot::Waiting(waker) => waker.take(),
            Slot::Answered(_) => None,
        });
        let wakers: Vec<Waker> = waiting.collect();
        drop(state);
        wakers.into_iter().for_each(|waker| panics::guard((), || waker.wake()));
    }

    /// Makes the calls of a function that takes, which fills in their ids.
    fn take(
        self: &Arc<Shared>,
        ids: &mut [i64],
        take: impl FnOnce(&mut [i64]) -> Result<i32>,
    ) -> Result<Vec<Option<Call>>> {
        lock(&self.state).taking += 1;
        let taken = take(ids);
        let mut state = lock(&self.state);
        if taken.is_ok() {
            for id in ids.iter().filter(|id| **id != 0) {
                let slot = state.early.remove(id).map_or(Slot::Waiting(None), Slot::Answered);
                state.calls.insert(*id, slot);
            }
        }
        state.taking -= 1;
        let gone = if state.taking == 0 { std::mem::take(&mut state.early) } else { HashMap::new() };
        drop(state);
        drop(gone);
        taken?;
        Ok(ids.iter().map(|id| (*id != 0).then(|| Call { id: *id, shared: Arc::clone(self) })).collect())
    }
}

fn wake(state: std::sync::MutexGuard<'_, State>, waker: Option<Waker>) {
    drop(state);
    waker.into_iter().for_each(|waker| panics::guard((), || waker.wake()));
}

impl Router {
    /// Begins to take HTTP calls, and goes on with those of earlier processes. A router has one capture at a time.
    pub fn capture(&self) -> Result<Capture> {
        let mut capture = ptr::null_mut();
        // SAFETY: the handle is valid.
        call(|err| unsafe { sys::br_capture_new(self.as_ptr(), &mut capture, err) })?;
        let shared = Arc::new(Shared { handle: Owned::new(capture), state: Mutex::default() });
        let pumped = Arc::clone(&shared);
        let pump = thread::Builder::new().name("batchrouter-capture".into()).spawn(move || pumped.pump());
        let pump = Mutex::new(Some(pump.map_err(Error::io)?));
        Ok(Capture { shared, pump })
    }
}

impl Capture {
    /// Puts a call on disk; `None`: no batch can answer it, and nothing was kept, so send it to the vendor yourself.
    pub fn take(&self, exchange: &Exchange) -> Result<Option<Call>> {
        let calls = self.shared.take(&mut [0], |ids| {
            // SAFETY: the handles are valid; without a function nothing is kept of user_data.
            call(|err| unsafe {
                let (handle, user_data) = (self.shared.as_ptr(), ptr::null_mut());
                sys::br_capture_take(handle, exchange.as_ptr(), None, user_data, None, &mut ids[0], err)
            })
        });
        calls.map(|mut calls| calls.pop().flatten())
    }

    /// The same for many calls with one write to the disk.
    pub fn take_many(&self, exchanges: &[&Exchange]) -> Result<Vec<Option<Call>>> {
        let handles: Vec<*const sys::br_exchange> = exchanges.iter().map(|each| each.as_ptr().cast_const()).collect();
        self.shared.take(&mut vec![0; handles.len()], |ids| {
            let (all, count) = (handles.as_ptr(), handles.len());
            // SAFETY: the handles are valid, and there are as many ids.
            call(|err| unsafe { sys::br_capture_take_many(self.shared.as_ptr(), all, count, ids.as_mut_ptr(), err) })
        })
    }

    /// Takes a call and blocks until it is answered; `None` as in [`Capture::take`].
    pub fn send(&self, exchange: &Exchange) -> Result<Option<Answer>> {
        self.take(exchange)?.map(Call::wait).transpose()
    }

    /// Submits now what was collected.
    pub fn flush(&self) -> Result<()> {
        // SAFETY: the handle is valid.
        call(|err| unsafe { sys::br_capture_flush(self.shared.as_ptr(), err) }).map(drop)
    }

    /// What goes on as a JSON object: calls held, queued and answered, what the cache saved, and the batches.
    pub fn stats_json(&self) -> String {
        let mut length = 0;
        // SAFETY: the handle is valid; the text is valid until this thread asks again, and is copied before.
        let text = unsafe { borrow_sized(sys::br_capture_stats_json(self.shared.as_ptr(), &mut length), length) };
        text.unwrap_or_default().to_owned()
    }

    /// Takes no call any more, and submits what was collected; what is not submitted within the timeout is on disk, and goes
    /// with the next capture. Calls that wait for an answer that is not here fail with
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed). Dropping closes within five seconds.
    pub fn close(&self, timeout: impl Into<Option<Duration>>) -> Result<()> {
        let timeout = milliseconds(timeout);
        // SAFETY: the handle is valid.
        call(|err| unsafe { sys::br_capture_close(self.shared.as_ptr(), timeout, err) })?;
        if let Some(pump) = lock(&self.pump).take() {
            let _never_panics = pump.join();
        }
        Ok(())
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        // Nobody is there to be told of an error.
        let _told_by_the_calls = self.close(DROP_LIMIT);
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.stats_json())
    }
}

/// A call that was taken: a future for any runtime, or [`Call::wait`]. Dropped before it is answered it is left: it stays in
/// its batch, and the next call that asks the same takes its place.
#[must_use = "a call that is dropped is left"]
pub struct Call {
    id: i64,
    shared: Arc<Shared>,
}

impl Call {
    /// Names it in this process.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// How it stands, as a JSON object: `id`, `state`, `job_id`, `batch_id`, `since`, `expires_at`.
    pub fn json(&self) -> Option<String> {
        let mut length = 0;
        // SAFETY: the handle is valid; the text is valid until this thread asks again, and is copied before.
        let text =
            unsafe { borrow_sized(sys::br_capture_call_json(self.shared.as_ptr(), self.id, &mut length), length) };
        text.map(str::to_owned)
    }

    /// The answer if it is here; else the waker is woken when it is, and replaces that of an earlier poll. After it was ready
    /// it is not polled again.
    pub fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<Result<Answer>> {
        let mut state = lock(&self.shared.state);
        if matches!(state.calls.get(&self.id), Some(Slot::Answered(_))) {
            let Some(Slot::Answered(answer)) = state.calls.remove(&self.id) else { unreachable!("it was just seen") };
            return Poll::Ready(Ok(answer));
        }
        if let Some((code, message)) = &state.ended {
            let hint = "ask again with the next capture: the call is kept, and is not paid twice";
            return Poll::Ready(Err(Error::new(*code, message.as_str(), hint)));
        }
        state.calls.insert(self.id, Slot::Waiting(Some(context.waker().clone())));
        Poll::Pending
    }

    /// Blocks until it is answered.
    pub fn wait(self) -> Result<Answer> {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut context = Context::from_waker(&waker);
        let mut call = pin!(self);
        loop {
            match call.as_mut().poll(&mut context) {
                Poll::Ready(answer) => return answer,
                Poll::Pending => thread::park(),
            }
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Future for Call {
    type Output = Result<Answer>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<Answer>> {
        self.poll_answer(context)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let left = lock(&self.shared.state).calls.remove(&self.id);
        if left.is_some() {
            // SAFETY: the handle is valid. That the answer was taken before is no failure.
            unsafe { sys::br_capture_leave(self.shared.as_ptr(), self.id, ptr::null_mut()) };
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("id", &self.id).finish_non_exhaustive()
    }
}
