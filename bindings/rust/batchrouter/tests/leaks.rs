//! Alone in its process, because it counts the process's threads, descriptors and pieces of memory.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::atomic::{AtomicIsize, Ordering};

use support::{Emulator, LIMIT, Scratch, batch_of, config_without_vendor};

/// The system's allocator, which counts what Rust has of it.
struct Counting;

static PIECES: AtomicIsize = AtomicIsize::new(0);

// SAFETY: the system's allocator does all of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PIECES.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        PIECES.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(piece, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count(what: &str) -> usize {
    fs::read_dir(format!("/proc/self/{what}")).expect("procfs").count()
}

fn thousand_routers_leave_no_thread_and_no_descriptor() {
    let scratch = Scratch::new();
    let once = |index: usize| {
        let config = config_without_vendor(&scratch.file("state"));
        let router = batchrouter::Router::new(&config).expect("a router");
        if index % 2 == 0 {
            router.start_poller();
        }
        if index % 3 == 0 {
            router.close(None).expect("a clean end");
        }
    };
    once(0);
    let (threads, descriptors) = (count("task"), count("fd"));
    (0..1000).for_each(once);
    assert_eq!((count("task"), count("fd")), (threads, descriptors));
}

/// A router with lists, results and a callback that was called.
fn whole_job_leaves_no_memory() {
    let scratch = Scratch::new();
    let emulator = Emulator::start(&["--polls", "1"]);
    let once = |_| {
        let router = emulator.router(&scratch.file("state"));
        let mut job = router.submit_then(&batch_of(3), |job| assert!(!job.id().is_empty())).expect("a job");
        job.wait(LIMIT).expect("its end");
        while router.poll(std::time::Duration::ZERO).expect("callbacks") {}
        assert_eq!(router.results(&job).filter(|result| result.is_ok()).count(), 3);
        assert!(!router.list(None, None).expect("jobs").is_empty());
        assert!(!router.list_remote("openai", None, LIMIT).expect("batches").is_empty());
    };
    (0..3).for_each(once);
    let pieces = PIECES.load(Ordering::Relaxed);
    (0..20).for_each(once);
    assert_eq!(PIECES.load(Ordering::Relaxed), pieces);
}

/// One after the other: they count the same.
#[test]
fn nothing_is_left() {
    thousand_routers_leave_no_thread_and_no_descriptor();
    whole_job_leaves_no_memory();
}
