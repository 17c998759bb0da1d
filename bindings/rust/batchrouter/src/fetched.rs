//! Results that were fetched and not given out. The library hands out nothing twice, so whoever is told there that all was
//! handed out first makes the others give back what they have: the end is told when nothing is left anywhere.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use batchrouter_sys as sys;

use crate::core::{Core, lock};
use crate::error::{Error, Result};
use crate::result_item::ResultItem;

/// A fetch that is interrupted ends at once, unless it runs a provider's function, which may wait in its turn.
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
    readers: Vec<Arc<Reader>>,
    fetches: Vec<Fetch>,
    /// By job: given back, and not fetched again.
    returned: HashMap<String, usize>,
    /// So many wait until nobody fetches.
    alone: usize,
}

impl State {
    /// Whether another thread may be getting results of that job. One of this thread is further up the stack and waits.
    fn is_fetching(&self, job_id: Option<&str>) -> bool {
        let here = thread::current().id();
        self.fetches.iter().any(|fetch| fetch.thread != here && covers(fetch.job.as_deref(), job_id))
    }
    fn give_back(&mut self, items: VecDeque<ResultItem>) {
        for item in items {
            *self.returned.entry(item.job_id().to_owned()).or_default() += 1;
            item.give_back();
        }
    }
    /// Makes the other readers give back results of a job; whether there were any.
    fn reclaim(&mut self, job_id: Option<&str>, mine: Option<&Arc<Reader>>) -> bool {
        let others = self.readers.iter().filter(|one| mine.is_none_or(|mine| !Arc::ptr_eq(one, mine)));
        let given: VecDeque<_> =
            others.filter(|one| covers(one.job.as_deref(), job_id)).flat_map(|one| one.give(job_id)).collect();
        let some = !given.is_empty();
        self.give_back(given);
        some
    }
    /// Puts fetched results where others can reclaim them; without a reader they are given out at once.
    fn keep(&mut self, items: &mut VecDeque<ResultItem>, reader: Option<&Arc<Reader>>) {
        for item in items.iter() {
            if let Some(left) = self.returned.get_mut(item.job_id()) {
                *left -= 1;
                if *left == 0 {
                    self.returned.remove(item.job_id());
                }
            }
        }
        if let Some(reader) = reader {
            lock(&reader.unread).append(items);
        }
    }
}

fn covers(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// Who fetches results of a router. Lock order: `state`, then a reader's `unread`.
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
        let left = std::mem::take(&mut *lock(&reader.unread));
        state.give_back(left);
    }

    /// Makes a call that fetches results within so many milliseconds, for the reader or, without one, for the caller.
    pub(crate) fn fetch(
        &self,
        core: &Core,
        job_id: Option<&str>,
        reader: Option<&Arc<Reader>>,
        timeout_ms: i64,
        items: &mut VecDeque<ResultItem>,
        mut call: impl FnMut(i64, &mut VecDeque<ResultItem>) -> Result<i32>,
    ) -> Result<i32> {
        let here = thread::current().id();
        let mut state = lock(&self.state);
        while state.alone > 0 && state.fetches.iter().all(|fetch| fetch.thread != here) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.fetches.push(Fetch { job: job_id.map(str::to_owned), thread: here });
        drop(state);
        let answer = call(timeout_ms, items);
        let mut state = lock(&self.state);
        let mine = state.fetches.iter().rposition(|fetch| fetch.thread == here);
        state.fetches.swap_remove(mine.expect("the fetch that was begun"));
        state.keep(items, reader);
        drop(state);
        self.changed.notify_all();
        if !matches!(answer, Ok(sys::BR_END)) {
            return answer;
        }
        let again = self.alone(core, job_id, |state| {
            if !state.reclaim(job_id, reader) {
                return answer;
            }
            let answer = call(0, items);
            state.keep(items, reader);
            answer
        });
        again.unwrap_or(Ok(sys::BR_AGAIN))
    }

    /// Does the work while nobody else is fetching results of that job; `None` when somebody does not stop.
    fn alone<T>(&self, core: &Core, job_id: Option<&str>, work: impl FnOnce(&mut State) -> T) -> Option<T> {
        let until = Instant::now() + FETCH_LIMIT;
        let mut state = lock(&self.state);
        state.alone += 1;
        while state.is_fetching(job_id) && Instant::now() < until {
            core.interrupt();
            let left = until.saturating_duration_since(Instant::now());
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let answer = (!state.is_fetching(job_id)).then(|| work(&mut state));
        state.alone -= 1;
        drop(state);
        self.changed.notify_all();
        answer
    }

    /// Runs a call that acknowledges all that the library has handed out of a job, unless some of it was not seen.
    pub(crate) fn acknowledge_all(&self, core: &Core, job_id: &str, call: impl FnOnce() -> Result<()>) -> Result<()> {
        let acknowledged = self.alone(core, Some(job_id), |state| {
            let unseen = state.returned.contains_key(job_id) || state.readers.iter().any(|reader| reader.has(job_id));
            (!unseen).then(call)
        });
        acknowledged.flatten().unwrap_or_else(|| {
            let why = "results of the job were fetched ahead that nobody has seen";
            Err(Error::new(sys::BR_ENOTCOMPLETE, why, "read them, or acknowledge one by one"))
        })
    }
}
