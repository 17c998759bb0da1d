//! Several readers of the same results, and what one of them leaves behind.

mod support;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::panic::panic_any;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use batchrouter::{Batch, Delivery, ErrorKind, Job, Router};
use support::{Emulator, LIMIT, Scratch, batch_of};

fn done_job(router: &Router, count: usize) -> Job {
    let mut job = router.submit(&batch_of(count)).expect("a job");
    job.wait(LIMIT).expect("done");
    job
}

#[test]
fn end_is_told_when_nothing_is_left_unread() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "1"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    for any in [false, true] {
        let job = done_job(&router, 256);
        let mut sitting = router.results(&job);
        sitting.next().expect("one").expect("a result").ack().expect("acknowledged");
        let other = if any { router.all_results() } else { router.results(&job) };
        assert_eq!(other.map(|item| item.expect("a result").ack()).filter(Result::is_ok).count(), 255);
        assert!(sitting.next().is_none());
        drop(sitting);
        assert!(matches!(router.next_result(None, Duration::ZERO), Ok(Delivery::End)));
    }
}

#[test]
fn next_result_takes_what_an_iterator_sits_on_before_it_tells_the_end() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "1"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let job = done_job(&router, 5);
    let mut sitting = router.all_results();
    let mut seen = BTreeSet::from([sitting.next().expect("one").expect("a result").custom_id().to_owned()]);
    while let Delivery::Result(item) = router.next_result(&job, Duration::ZERO).expect("an answer") {
        assert!(seen.insert(item.custom_id().to_owned()));
    }
    assert_eq!(seen.len(), 5);
}

#[test]
fn who_waits_gets_what_another_left_behind() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "1", "--fault", "batch stall nth=2"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let job = done_job(&router, 256);
    router.submit(&batch_of(1)).expect("a job that does not end");
    for one in [false, true] {
        let mut left = router.results(&job);
        assert!(left.next().expect("one").is_ok());
        thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                if one {
                    return matches!(router.next_result(None, LIMIT), Ok(Delivery::Result(_))) as usize;
                }
                router.all_results().take(100).filter(Result::is_ok).count()
            });
            drop(left);
            assert_eq!(waiting.join().expect("no panic"), if one { 1 } else { 100 });
        });
    }
}

#[test]
fn who_waits_for_any_result_keeps_nobody_from_the_end_and_breaks_no_other_wait() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "1", "--fault", "batch stall nth=2"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let job = done_job(&router, 5);
    assert_eq!(router.results(&job).filter(Result::is_ok).count(), 5);
    let endless = router.submit(&batch_of(1)).expect("a job that does not end");
    thread::scope(|scope| {
        let any = scope.spawn(|| router.all_results().next().expect("an item").map(drop));
        let mut same = router.job(endless.id()).expect("the job");
        let wait = scope.spawn(move || same.wait(None));
        for _ in 0..200 {
            assert!(router.results(&job).next().is_none());
            assert!(matches!(router.next_result(&job, None), Ok(Delivery::End)));
        }
        assert!(!any.is_finished() && !wait.is_finished());
        while !any.is_finished() || !wait.is_finished() {
            router.wakeup();
            thread::yield_now();
        }
        for ended in [any.join().expect("no panic"), wait.join().expect("no panic")] {
            assert_eq!(ended.expect_err("interrupted").kind(), ErrorKind::Interrupted);
        }
    });
}

#[test]
fn readers_that_stop_lose_nothing() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "1"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let job = done_job(&router, 3000);
    let seen = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for most in [3, 20, 37, 300] {
            let (router, job, seen) = (&router, &job, &seen);
            scope.spawn(move || {
                loop {
                    let ids: Vec<_> = router
                        .results(job)
                        .take(most)
                        .map(|item| item.expect("a result").custom_id().to_owned())
                        .collect();
                    if ids.is_empty() {
                        return;
                    }
                    seen.lock().expect("no panic").extend(ids);
                }
            });
        }
    });
    let seen = seen.into_inner().expect("no panic");
    assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>().len()), (3000, 3000));
}

#[test]
fn ack_all_of_a_job_that_is_done_takes_nothing_that_nobody_saw() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "1"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let (mut job, mut other) = (done_job(&router, 20), done_job(&router, 1));
    let same = router.job(job.id()).expect("the job");
    let mut sitting = router.results(&same);
    sitting.next().expect("one").expect("a result").ack().expect("acknowledged");
    assert_eq!(job.ack_all().expect_err("19 were not seen").kind(), ErrorKind::NotComplete);
    drop(sitting);
    assert_eq!(job.ack_all().expect_err("19 were left").kind(), ErrorKind::NotComplete);
    other.ack_all().expect("nobody sits on those of this one");
    assert_eq!(router.results(&job).filter(Result::is_ok).count(), 19);
    job.ack_all().expect("all were seen");
    job.update().expect("a snapshot");
    assert_eq!(job.counts().acked, 20);
}

/// What is thrown panics once more when it is dropped, and so does what that throws.
struct Bomb(u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 > 0 && !thread::panicking() {
            panic_any(Bomb(self.0 - 1));
        }
    }
}

#[test]
fn panics_that_panic_when_they_are_dropped_harm_nothing() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "1"]), Scratch::new());
    let mut config = emulator.config(&scratch.file("state"));
    config.on_event(|_| panic_any(Bomb(3)));
    let router = Router::new(&config).expect("a router");
    router.start_poller();
    for _ in 0..2 {
        let (tell, told) = std::sync::mpsc::channel();
        let done = move |_: &Job| {
            tell.send(()).expect("a listener");
            panic_any(Bomb(3));
        };
        let job = router.submit_then(&batch_of(2), done).expect("a job");
        told.recv_timeout(LIMIT).expect("the callback");
        assert_eq!(router.results(&job).filter(Result::is_ok).count(), 2);
    }
    router.close(LIMIT).expect("closed");
}

#[test]
fn path_that_is_not_utf8_is_refused() {
    let mut batch = Batch::new("openai").expect("a batch");
    let error = batch.add_jsonl_file(OsStr::from_bytes(b"\xff")).expect_err("not UTF-8");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}
