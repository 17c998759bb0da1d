//! Results that were fetched and not given out. The library hands out nothing twice, so whoever looks for results and finds
//! none there takes them from here: the end is told when nothing is left anywhere.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use batchrouter_sys as sys;

use crate::core::lock;
use crate::error::{Error, Result};
use crate::result_item::ResultItem;

/// A call of the library that may be bringing results is waited for so long before all are acknowledged: it may run a
/// provider's function, which may wait in its turn.
const FETCH_LIMIT: Duration = Duration::from_secs(5);

/// What one iterator has fetched and not given out.
pub(crate) struct Reader {
    /// `None`: of any.
    job: Option<String>,
    unread: Mutex<VecDeque<ResultItem>>,
}

impl Reader {
    pub(crate) fn take(&self) -> Option<ResultItem> {
        lock(&self.unread).pop_front()
    }
    fn has(&self, job_id: &str) -> bool {
        lock(&self.unread).iter().any(|item| item.job_id() == job_id)
    }
    /// The half of what there is of a job, the last ones: the first will be given out soon.
    fn give(&self, job_id: Option<&str>) -> VecDeque<ResultItem> {
        let mut unread = lock(&self.unread);
        let Some(id) = job_id.filter(|id| self.job.as_deref() != Some(id)) else {
            let half = unread.len() / 2;
            return unread.split_off(half);
        };
        let (given, others) = unread.drain(..).partition(|item| item.job_id() == id);
        *unread = others;
        given
    }
}

/// A call of the library that may be bringing results.
struct Fetch {
    job: Option<String>,
    thread: ThreadId,
}

#[derive(Default)]
struct State {
    /// Of iterators that have ended.
    left: VecDeque<ResultItem>,
    readers: Vec<Arc<Reader>>,
    fetches: Vec<Fetch>,
    /// So many calls that acknowledge all are under way.
    acknowledging: usize,
}

impl State {
    /// Whether another thread may be getting results of that job. One of this thread is further up the stack and waits.
    fn is_fetching(&self, job_id: Option<&str>) -> bool {
        let here = thread::current().id();
        self.fetches.iter().any(|fetch| fetch.thread != here && covers(fetch.job.as_deref(), job_id))
    }
    fn take_left(&mut self, job_id: Option<&str>) -> Option<ResultItem> {
        let found = self.left.iter().position(|item| job_id.is_none_or(|id| item.job_id() == id))?;
        self.left.remove(found)
    }
}

fn covers(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// What others have when the library has nothing more.
pub(crate) enum Others {
    Item(ResultItem),
    Nothing,
    /// One of them may just be getting something.
    Unsure,
}

/// All that was fetched of a router's results and not given out. Lock order: `state`, then a reader's `unread`.
#[derive(Default)]
pub(crate) struct Fetched {
    state: Mutex<State>,
    changed: Condvar,
}

impl Fetched {
    pub(crate) fn reader(&self, job_id: Option<&str>) -> Arc<Reader> {
        let reader = Arc::new(Reader { job: job_id.map(str::to_owned), unread: Mutex::default() });
        lock(&self.state).readers.push(Arc::clone(&reader));
        reader
    }

    /// Gives back what a reader has, in order, when it ends.
    pub(crate) fn leave(&self, reader: &Arc<Reader>) {
        let mut state = lock(&self.state);
        state.readers.retain(|known| !Arc::ptr_eq(known, reader));
        state.left.append(&mut lock(&reader.unread));
        drop(state);
        self.changed.notify_all();
    }

    pub(crate) fn take_left(&self, job_id: Option<&str>) -> Option<ResultItem> {
        lock(&self.state).take_left(job_id)
    }

    /// Runs a call that fetches results, and puts them where they can be found. While all that was handed out is being
    /// acknowledged, nothing is fetched that nobody has seen.
    pub(crate) fn fetch<T>(
        &self,
        job_id: Option<&str>,
        reader: Option<&Reader>,
        call: impl FnOnce(&mut VecDeque<ResultItem>) -> T,
    ) -> T {
        let here = thread::current().id();
        let mut state = lock(&self.state);
        while state.acknowledging > 0 && state.fetches.iter().all(|fetch| fetch.thread != here) {
            state = self.changed.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        state.fetches.push(Fetch { job: job_id.map(str::to_owned), thread: here });
        drop(state);
        let mut items = VecDeque::new();
        let answer = call(&mut items);
        let mut state = lock(&self.state);
        let mine = state.fetches.iter().rposition(|fetch| fetch.thread == here);
        state.fetches.swap_remove(mine.expect("the fetch that was begun"));
        match reader {
            Some(reader) => lock(&reader.unread).append(&mut items),
            None => state.left.append(&mut items),
        }
        drop(state);
        self.changed.notify_all();
        answer
    }

    /// Asked when the library has nothing more of a job.
    pub(crate) fn others(&self, job_id: Option<&str>, mine: Option<&Arc<Reader>>) -> Others {
        let mut state = lock(&self.state);
        if let Some(item) = state.take_left(job_id) {
            return Others::Item(item);
        }
        for reader in state.readers.iter().filter(|one| mine.is_none_or(|mine| !Arc::ptr_eq(one, mine))) {
            if !covers(reader.job.as_deref(), job_id) {
                continue;
            }
            let mut given = reader.give(job_id);
            let Some(first) = given.pop_front() else { continue };
            match mine {
                Some(mine) => lock(&mine.unread).append(&mut given),
                None => lock(&reader.unread).append(&mut given),
            }
            return Others::Item(first);
        }
        if state.is_fetching(job_id) { Others::Unsure } else { Others::Nothing }
    }

    /// Waits until something was fetched or given back.
    pub(crate) fn wait(&self, limit: Duration) {
        let state = lock(&self.state);
        drop(self.changed.wait_timeout(state, limit));
    }

    /// Runs a call that acknowledges all that the library has handed out of a job, unless some of it was not seen.
    pub(crate) fn acknowledge_all(&self, job_id: &str, call: impl FnOnce() -> Result<()>) -> Result<()> {
        let until = Instant::now() + FETCH_LIMIT;
        let mut state = lock(&self.state);
        state.acknowledging += 1;
        while state.is_fetching(Some(job_id)) && Instant::now() < until {
            state = self
                .changed
                .wait_timeout(state, until.saturating_duration_since(Instant::now()))
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
        let unseen = state.is_fetching(Some(job_id))
            || state.left.iter().any(|item| item.job_id() == job_id)
            || state.readers.iter().any(|reader| covers(reader.job.as_deref(), Some(job_id)) && reader.has(job_id));
        drop(state);
        let answer = if unseen {
            let why = "results of the job were fetched ahead that nobody has seen";
            Err(Error::new(sys::BR_ENOTCOMPLETE, why, "read them, or acknowledge one by one"))
        } else {
            call()
        };
        lock(&self.state).acknowledging -= 1;
        self.changed.notify_all();
        answer
    }
}
