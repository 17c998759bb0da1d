//! The iterators over answers, which fetch them in blocks.

use std::fmt;
use std::io;
use std::iter::FusedIterator;
use std::ptr;
use std::time::Duration;

use batchrouter_sys as sys;

use crate::error::{Error, ErrorKind, Result, call};
use crate::ffi::{Owned, milliseconds};
use crate::job::Job;
use crate::offline::{Written, write_with};
use crate::result_item::ResultItem;
use crate::router::Router;

/// How many results cross the border in one call.
const BLOCK: usize = 256;
/// An iterator that waits looks so often whether its job is blocked.
const LOOK_AGAIN_MS: i64 = 500;

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
        Some(ResultItem::new(handle))
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
        sys::BR_OK => Delivery::Result(ResultItem::new(result)),
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
