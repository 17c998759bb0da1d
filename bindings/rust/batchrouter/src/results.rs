//! Answers: one of them, and the iterators that fetch them in blocks.

use std::fmt;
use std::io;
use std::iter::FusedIterator;
use std::ptr;
use std::time::Duration;

use batchrouter_sys as sys;

use crate::error::{Error, ErrorKind, Result, call};
use crate::event::numbers;
use crate::ffi::{Owned, borrow, borrow_sized, milliseconds};
use crate::job::Job;
use crate::offline::{Written, write_with};
use crate::router::Router;

/// How many results cross the border in one call.
const BLOCK: usize = 256;
/// An iterator that waits looks so often whether its job is blocked.
const LOOK_AGAIN_MS: i64 = 500;

numbers! {
    /// How a request fared.
    ResultStatus {
        /// It has an answer.
        Succeeded = BR_RESULT_SUCCEEDED,
        /// It has an error.
        Errored = BR_RESULT_ERRORED,
        /// It was cancelled before its turn.
        Cancelled = BR_RESULT_CANCELLED,
        /// The vendor's time ran out before its turn.
        Expired = BR_RESULT_EXPIRED,
    }
}

impl ResultStatus {
    /// The unified format's name for it, such as `succeeded`.
    pub fn name(self) -> &'static str {
        match self {
            ResultStatus::Succeeded => "succeeded",
            ResultStatus::Errored => "errored",
            ResultStatus::Cancelled => "cancelled",
            ResultStatus::Expired => "expired",
            ResultStatus::Other(_) => "unknown",
        }
    }
}

/// Tokens of one answer; `None` where the vendor did not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
#[allow(missing_docs)] // Their names say what they count.
pub struct Usage {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub cached_input: Option<u64>,
    pub reasoning: Option<u64>,
}

/// One answer. Its texts are borrowed from it: nothing is copied.
pub struct ResultItem(Owned<sys::br_result>);

// SAFETY: the header says that a br_result may move between threads.
unsafe impl Send for ResultItem {}

type GetText = unsafe extern "C" fn(*const sys::br_result) -> *const std::ffi::c_char;
type GetSized = unsafe extern "C" fn(*const sys::br_result, *mut usize) -> *const std::ffi::c_char;

impl ResultItem {
    /// The id that the request was given.
    #[inline]
    pub fn custom_id(&self) -> &str {
        self.sized(sys::br_result_custom_id).unwrap_or_default()
    }
    /// How the request fared.
    #[inline]
    pub fn status(&self) -> ResultStatus {
        // SAFETY: the handle is valid.
        ResultStatus::from_raw(unsafe { sys::br_result_status(self.as_ptr()) })
    }
    /// Whether there is an answer.
    #[inline]
    pub fn is_success(&self) -> bool {
        self.status() == ResultStatus::Succeeded
    }
    /// The job that it belongs to.
    pub fn job_id(&self) -> &str {
        self.text_of(sys::br_result_job_id).unwrap_or_default()
    }
    /// The vendor's id of the remote batch.
    pub fn batch_id(&self) -> Option<&str> {
        self.text_of(sys::br_result_batch_id)
    }
    /// The answer's text, unescaped.
    #[inline]
    pub fn text(&self) -> Option<&str> {
        self.sized(sys::br_result_text)
    }
    /// The model that answered.
    pub fn model(&self) -> Option<&str> {
        self.text_of(sys::br_result_model)
    }
    /// Why the answer ends.
    pub fn finish_reason(&self) -> Option<&str> {
        self.text_of(sys::br_result_finish_reason)
    }
    /// Tool calls as a JSON array.
    pub fn tool_calls(&self) -> Option<&str> {
        self.sized(sys::br_result_tool_calls)
    }
    /// The vendor's response object, untouched.
    pub fn response(&self) -> Option<&str> {
        self.sized(sys::br_result_response)
    }
    /// The kind of this request's error.
    pub fn error_type(&self) -> Option<&str> {
        self.text_of(sys::br_result_error_type)
    }
    /// The vendor's code of this request's error.
    pub fn error_code(&self) -> Option<&str> {
        self.text_of(sys::br_result_error_code)
    }
    /// What went wrong with this request.
    pub fn error_message(&self) -> Option<&str> {
        self.text_of(sys::br_result_error_message)
    }
    /// The vendor's HTTP status for this request, if there was one.
    pub fn http_status(&self) -> Option<u16> {
        // SAFETY: the handle is valid.
        u16::try_from(unsafe { sys::br_result_http_status(self.as_ptr()) }).ok().filter(|status| *status != 0)
    }
    /// Whether asking the same again may work.
    pub fn is_transient(&self) -> bool {
        // SAFETY: the handle is valid.
        unsafe { sys::br_result_is_transient(self.as_ptr()) != 0 }
    }
    /// Tokens.
    pub fn usage(&self) -> Usage {
        // SAFETY: the handle is valid.
        let tokens = |which| u64::try_from(unsafe { sys::br_result_tokens(self.as_ptr(), which) }).ok();
        Usage {
            input: tokens(sys::BR_TOKENS_INPUT),
            output: tokens(sys::BR_TOKENS_OUTPUT),
            cached_input: tokens(sys::BR_TOKENS_CACHED_INPUT),
            reasoning: tokens(sys::BR_TOKENS_REASONING),
        }
    }
    /// Whether it may have been handed out before, by a process that did not acknowledge it.
    pub fn is_redelivered(&self) -> bool {
        // SAFETY: the handle is valid.
        unsafe { sys::br_result_redelivered(self.as_ptr()) != 0 }
    }
    /// The result as one line of the unified format, without newline.
    pub fn json(&self) -> &str {
        self.sized(sys::br_result_json).unwrap_or_default()
    }
    /// Marks it as taken: it will not be handed out again. Durable at the next save.
    pub fn ack(&self) -> Result<()> {
        // SAFETY: the handle is valid, and no other thread can use it meanwhile.
        call(|err| unsafe { sys::br_result_ack(self.as_ptr(), err) }).map(drop)
    }

    fn as_ptr(&self) -> *mut sys::br_result {
        self.0.as_ptr()
    }
    #[inline]
    fn text_of(&self, get: GetText) -> Option<&str> {
        // SAFETY: the handle is valid, and the text as long as it.
        unsafe { borrow(get(self.as_ptr())) }
    }
    #[inline]
    fn sized(&self, get: GetSized) -> Option<&str> {
        let mut length = 0;
        // SAFETY: the handle is valid, and the text as long as it.
        unsafe { borrow_sized(get(self.as_ptr(), &mut length), length) }
    }
}

impl fmt::Debug for ResultItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.json())
    }
}

/// Results that came in one call and were not given out yet.
struct Block {
    handles: Vec<*mut sys::br_result>,
    next: usize,
}

impl Block {
    fn new() -> Block {
        Block { handles: Vec::new(), next: 0 }
    }

    /// Fetches the next ones into an empty block. `function` writes at most as many handles as it is told, and their count.
    fn fill(
        &mut self,
        function: impl FnOnce(*mut *mut sys::br_result, usize, *mut usize, *mut *mut sys::br_error) -> sys::br_status,
    ) -> Result<i32> {
        debug_assert!(self.next == self.handles.len());
        self.handles.clear();
        self.next = 0;
        self.handles.reserve_exact(BLOCK);
        let mut count = 0;
        let status = call(|err| function(self.handles.as_mut_ptr(), BLOCK, &mut count, err))?;
        // SAFETY: so many handles were written, and there is room for BLOCK.
        unsafe { self.handles.set_len(count.min(BLOCK)) };
        Ok(status)
    }

    fn take(&mut self) -> Option<ResultItem> {
        let handle = *self.handles.get(self.next)?;
        self.next += 1;
        Some(ResultItem(Owned::new(handle)))
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        while self.take().is_some() {}
    }
}

/// What [`Router::next_result`] came to.
#[derive(Debug)]
pub enum Delivery {
    /// A result.
    Result(ResultItem),
    /// None within the timeout, or [`Router::wakeup`] was called.
    Again,
    /// Every result was handed out.
    End,
}

/// Results as they arrive, in no particular order; made by [`Router::results`] and [`Router::all_results`]. Results that it
/// fetched and did not give out go back to the router. After [`Router::wakeup`] it gives one error of the kind
/// [`ErrorKind::Interrupted`] and can be used further. Another error is its end, that of a blocked job included.
pub struct Arrivals<'a> {
    router: &'a Router,
    job: Option<&'a Job>,
    block: Block,
    ended: bool,
    wakeups: u64,
}

// SAFETY: the handles of the block may move between threads, and nothing else is bound to one.
unsafe impl Send for Arrivals<'_> {}

impl<'a> Arrivals<'a> {
    pub(crate) fn new(router: &'a Router, job: Option<&'a Job>) -> Arrivals<'a> {
        Arrivals { router, job, block: Block::new(), ended: false, wakeups: router.core().wakeups() }
    }

    fn take(&mut self) -> Option<ResultItem> {
        let item = self.block.take()?;
        self.router.core().given_out();
        Some(item)
    }

    fn fetch(&mut self) -> Option<Result<ResultItem>> {
        if let Some(item) = self.router.core().take_left_over(self.job.map(Job::id)) {
            return Some(Ok(item));
        }
        let error = match self.wait_for_block() {
            Ok(sys::BR_OK) => return self.take().map(Ok),
            Ok(sys::BR_END) => {
                self.ended = true;
                return None;
            }
            Ok(_) => Error::interrupted(),
            Err(error) => error,
        };
        self.ended = error.kind() != ErrorKind::Interrupted;
        Some(Err(error))
    }

    /// Waits until there is a result, the end, or a wakeup. A blocked job waits for somebody, so waiting on would not help.
    fn wait_for_block(&mut self) -> Result<i32> {
        let (router, job) = (self.router.as_ptr(), self.job.map_or(ptr::null_mut(), Job::as_ptr));
        loop {
            // SAFETY: both handles are valid; of the job only its id is read.
            let status = self.block.fill(|out, capacity, count, err| unsafe {
                sys::br_next_results(router, job, LOOK_AGAIN_MS, out, capacity, count, err)
            })?;
            self.router.core().fetched(self.block.handles.len());
            let wakeups = self.router.core().wakeups();
            if status != sys::BR_AGAIN || wakeups != self.wakeups {
                self.wakeups = wakeups;
                return Ok(status);
            }
            let now = self.job.map(|job| self.router.job(job.id())).transpose()?;
            if let Some(error) = now.filter(Job::is_blocked).and_then(|job| job.error()) {
                return Err(error);
            }
        }
    }
}

impl Iterator for Arrivals<'_> {
    type Item = Result<ResultItem>;
    fn next(&mut self) -> Option<Result<ResultItem>> {
        match self.take() {
            Some(item) => Some(Ok(item)),
            None if self.ended => None,
            None => self.fetch(),
        }
    }
}

impl FusedIterator for Arrivals<'_> {}

impl Drop for Arrivals<'_> {
    fn drop(&mut self) {
        let core = self.router.core();
        core.give_back(std::iter::from_fn(|| self.take()));
    }
}

impl fmt::Debug for Arrivals<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrivals").field("job", &self.job).finish_non_exhaustive()
    }
}

/// The next result that was not handed out yet; what an iterator gave back comes first.
pub(crate) fn next_result(router: &Router, job: Option<&Job>, timeout: Option<Duration>) -> Result<Delivery> {
    if let Some(item) = router.core().take_left_over(job.map(Job::id)) {
        return Ok(Delivery::Result(item));
    }
    let (mut result, job) = (ptr::null_mut(), job.map_or(ptr::null_mut(), Job::as_ptr));
    let timeout = milliseconds(timeout);
    // SAFETY: both handles are valid; of the job only its id is read.
    let status = call(|err| unsafe { sys::br_next_result(router.as_ptr(), job, timeout, &mut result, err) })?;
    Ok(match status {
        sys::BR_OK => Delivery::Result(ResultItem(Owned::new(result))),
        sys::BR_END => Delivery::End,
        _ => Delivery::Again,
    })
}

/// Orders of [`Results`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Order {
    /// As they arrived, batch by batch.
    Arrival = sys::BR_ORDER_ARRIVAL,
    /// As the requests were given; takes 32 bytes of memory for each.
    Input = sys::BR_ORDER_INPUT,
}

/// All results of a job from the first, apart from what [`Router::results`] hands out; made by [`Job::results`].
pub struct Results {
    cursor: Owned<sys::br_results>,
    block: Block,
    ended: bool,
}

// SAFETY: the header says that br_results and br_result may move between threads.
unsafe impl Send for Results {}

impl Results {
    pub(crate) fn open(job: &Job) -> Result<Results> {
        let mut cursor = ptr::null_mut();
        // SAFETY: the handle is valid and only its id is read.
        call(|err| unsafe { sys::br_results_open(job.as_ptr(), &mut cursor, err) })?;
        Ok(Results { cursor: Owned::new(cursor), block: Block::new(), ended: false })
    }

    /// Goes back to the first result, in that order.
    pub fn order(mut self, order: Order) -> Result<Results> {
        // SAFETY: the handle is valid.
        call(|err| unsafe { sys::br_results_set_order(self.cursor.as_ptr(), order as i32, err) })?;
        (self.block, self.ended) = (Block::new(), false);
        Ok(self)
    }

    /// Writes all results that are left as unified lines, without a handle for each.
    pub fn write(mut self, mut writer: impl io::Write) -> Result<Written> {
        let (mut rows, mut failed) = (0, 0);
        let mut fetched = Written::default();
        while let Some(item) = self.block.take() {
            writeln!(writer, "{}", item.json()).map_err(Error::io)?;
            fetched.rows += 1;
            fetched.failed += u64::from(!item.is_success());
        }
        write_with(writer, |write, sink, err| {
            // SAFETY: the handle is valid; write and sink belong together and outlive the call.
            unsafe { sys::br_results_write(self.cursor.as_ptr(), write, sink, &mut rows, &mut failed, err) }
        })?;
        let written = Written::new(rows, failed);
        Ok(Written { rows: written.rows + fetched.rows, failed: written.failed + fetched.failed })
    }
}

impl Iterator for Results {
    type Item = Result<ResultItem>;
    fn next(&mut self) -> Option<Result<ResultItem>> {
        if let Some(item) = self.block.take() {
            return Some(Ok(item));
        }
        if self.ended {
            return None;
        }
        let cursor = self.cursor.as_ptr();
        // SAFETY: the cursor is valid.
        let fetched = self
            .block
            .fill(|out, capacity, count, err| unsafe { sys::br_results_next(cursor, out, capacity, count, err) });
        self.ended = !matches!(fetched, Ok(sys::BR_OK));
        match fetched {
            Ok(_) => self.block.take().map(Ok),
            Err(error) => Some(Err(error)),
        }
    }
}

impl FusedIterator for Results {}

impl fmt::Debug for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results").finish_non_exhaustive()
    }
}
