//! Panics do not go through C: a callback's panic is kept until the call of the library has returned, and goes on there.

use std::any::Any;
use std::cell::RefCell;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

thread_local! {
    /// The first panic of a callback on this thread since the library was called.
    static KEPT: RefCell<Option<Box<dyn Any + Send>>> = const { RefCell::new(None) };
}

/// Runs what a callback does; after a panic the answer is `fallback`.
pub(crate) fn guard<T>(fallback: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        // A thread that is ending has no place to keep it any more.
        let mut panic = Some(panic);
        let _ = KEPT.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            if kept.is_none() {
                *kept = panic.take();
            }
        });
        panic.into_iter().for_each(discard);
        fallback
    })
}

/// Drops what was thrown. That may panic once more, and what it throws then as well: it is left in memory.
pub(crate) fn discard(panic: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        mem::forget(again);
    }
}

/// Goes on with the panic of a callback, if there was one.
pub(crate) fn resume() {
    if let Some(panic) = take() {
        resume_unwind(panic);
    }
}

/// Takes the panic of a callback without going on with it.
pub(crate) fn take() -> Option<Box<dyn Any + Send>> {
    KEPT.try_with(|kept| kept.borrow_mut().take()).ok().flatten()
}
