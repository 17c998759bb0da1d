//! The iterators over answers, which fetch them in blocks.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::iter::FusedIterator;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use batchrouter_sys as sys;

use crate::error::{Error, ErrorKind, Result, call};
use crate::fetched::Reader;
use crate::ffi::Owned;
use crate::job::Job;
use crate::offline::{Written, write_with};
use crate::result_item::ResultItem;
use crate::router::Router;

/// How many results cross the border in one call.
const BLOCK: usize = 256;

/// Results that came in one call and were not given out yet.
struct Block {
    handles: Vec<*mut sys::br_result>,
    next: usize,
}

impl Block {
    fn new() -> Block {
        Block { handles: Vec::new(), next: 0 }
    }

    /// Fetches the next ones into an empty block, `most` of them. `function` writes at most as many handles as it is told, and
    /// their count.
    fn fill(
        &mut self,
        most: usize,
        function: impl FnOnce(*mut *mut sys::br_result, usize, *mut usize, *mut *mut sys::br_error) -> sys::br_status,
    ) -> Result<i32> {
        debug_assert!(self.next == self.handles.len());
        self.handles.clear();
        self.next = 0;
        self.handles.reserve_exact(most);
        let mut count = 0;
        let status = call(|err| function(self.handles.as_mut_ptr(), most, &mut count, err))?;
        // SAFETY: so many handles were written, and there is room for `most`.
        unsafe { self.handles.set_len(count.min(most)) };
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
/// fetched and did not give out go back to the router, and to other iterators before they are told the end. After
/// [`Router::wakeup`] it gives one error of the kind
/// [`ErrorKind::Interrupted`] and can be used further. Another error is its end, that of a blocked job included.
pub struct Arrivals<'a> {
    router: &'a Router,
    job: Option<&'a Job>,
    reader: Arc<Reader>,
    ended: bool,
    wakeups: u64,
}

impl<'a> Arrivals<'a> {
    pub(crate) fn new(router: &'a Router, job: Option<&'a Job>) -> Arrivals<'a> {
        let core = router.core();
        Arrivals { router, job, reader: core.fetched().reader(job.map(Job::id)), ended: false, wakeups: core.wakeups() }
    }

    /// Waits until there is a result, the end, or a wakeup. Of what it fetched others may take all before it is read.
    fn fetch(&mut self) -> Result<Option<ResultItem>> {
        let core = self.router.core();
        loop {
            let status = fetch(self.router, self.job, Some(&self.reader), BLOCK, None, &mut VecDeque::new())?;
            if let Some(item) = self.reader.take() {
                return Ok(Some(item));
            }
            let wakeups = core.wakeups();
            match status {
                sys::BR_END => return Ok(None),
                sys::BR_AGAIN if wakeups != self.wakeups => {
                    self.wakeups = wakeups;
                    return Err(Error::interrupted());
                }
                _ => {}
            }
        }
    }
}

/// Fetches what there is, up to so many, for the reader or, without one, into `items`.
fn fetch(
    router: &Router,
    job: Option<&Job>,
    reader: Option<&Arc<Reader>>,
    most: usize,
    timeout: Option<Duration>,
    items: &mut VecDeque<ResultItem>,
) -> Result<i32> {
    let (core, pointer) = (router.core(), job.map_or(ptr::null_mut(), Job::as_ptr));
    core.waiting(timeout, |timeout_ms| {
        core.fetched().fetch(core, job.map(Job::id), reader, timeout_ms, items, |timeout_ms, items| {
            let mut block = Block::new();
            // SAFETY: both handles are valid; of the job only its id is read.
            let status = block.fill(most, |out, capacity, count, err| unsafe {
                sys::br_next_results(router.as_ptr(), pointer, timeout_ms, out, capacity, count, err)
            })?;
            items.extend(std::iter::from_fn(|| block.take()));
            Ok(status)
        })
    })
}

impl Iterator for Arrivals<'_> {
    type Item = Result<ResultItem>;
    fn next(&mut self) -> Option<Result<ResultItem>> {
        if let Some(item) = self.reader.take() {
            return Some(Ok(item));
        }
        if self.ended {
            return None;
        }
        let fetched = self.fetch();
        self.ended = match &fetched {
            Ok(item) => item.is_none(),
            Err(error) => error.kind() != ErrorKind::Interrupted,
        };
        fetched.transpose()
    }
}

impl FusedIterator for Arrivals<'_> {}

impl Drop for Arrivals<'_> {
    fn drop(&mut self) {
        self.router.core().fetched().leave(&self.reader);
    }
}

impl fmt::Debug for Arrivals<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrivals").field("job", &self.job).finish_non_exhaustive()
    }
}

/// The next result that was not handed out yet; what an iterator has fetched and not given out is better than the end.
pub(crate) fn next_result(router: &Router, job: Option<&Job>, timeout: Option<Duration>) -> Result<Delivery> {
    let mut items = VecDeque::new();
    let status = fetch(router, job, None, 1, timeout, &mut items)?;
    Ok(match items.pop_front() {
        Some(item) => Delivery::Result(item),
        None if status == sys::BR_END => Delivery::End,
        None => Delivery::Again,
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
        let fetched = self.block.fill(BLOCK, |out, capacity, count, err| unsafe {
            sys::br_results_next(cursor, out, capacity, count, err)
        });
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
