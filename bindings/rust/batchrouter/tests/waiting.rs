//! Futures, callbacks, panics, wakeups: nothing here needs a runtime.

mod support;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use batchrouter::{Delivery, Error, ErrorKind, EventKind, Job, LogLevel, Router};
use support::{Emulator, LIMIT, Scratch, batch_of, config_without_vendor};

/// The smallest runtime there is: one thread that parks.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn future_is_ready_when_the_job_is_done() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "3"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let job = block_on(async { router.submit(&batch_of(3))?.completion().await }).expect("a job that is done");
    assert!(job.is_done());
    assert_eq!(job.results().expect("results").count(), 3);
}

#[test]
fn futures_of_many_jobs_and_of_an_opened_one_are_all_woken() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "3"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let first = router.submit(&batch_of(1)).expect("a job");
    let opened = router.job(first.id()).expect("the same job").completion();
    let rest = [2, 3].map(|count| router.submit(&batch_of(count)).expect("a job").completion());
    block_on(async {
        for future in rest {
            assert!(future.await.expect("a job").is_done());
        }
        assert!(opened.await.expect("a job").is_done());
        assert!(first.completion().await.expect("a job").is_done());
    });
}

#[test]
fn future_of_a_blocked_job_is_ready_and_says_why() {
    let (emulator, scratch) = (Emulator::start(&["--key", "another-key"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let job = block_on(router.submit(&batch_of(1)).expect("a job").completion()).expect("a job");
    assert!(job.is_blocked() && !job.is_done());
    assert_eq!(job.error().map(|error| error.kind()), Some(ErrorKind::Auth));
}

#[test]
fn future_fails_when_the_router_is_dropped() {
    let scratch = Scratch::new();
    let router = Router::new(&config_without_vendor(&scratch.file("state"))).expect("a router");
    let future = router.submit(&batch_of(1)).expect("a job").completion();
    let waiting = thread::spawn(move || block_on(future));
    router.wakeup();
    drop(router);
    let error = waiting.join().expect("no panic").expect_err("the router is gone");
    assert_eq!(error.kind(), ErrorKind::Closed);
}

#[test]
fn dropped_future_leaves_the_job() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "3"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let job = router.submit(&batch_of(2)).expect("a job");
    let id = job.id().to_owned();
    let mut future = Box::pin(job.completion());
    assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(future);
    let mut job = router.job(&id).expect("the job");
    job.wait(LIMIT).expect("done");
    assert_eq!(job.counts().succeeded, 2);
}

#[test]
fn events_logs_and_the_end_are_told_on_the_polling_thread() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "3"]), Scratch::new());
    let (seen, logged) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    let mut config = emulator.config(&scratch.file("state"));
    let (events, lines, here) = (Arc::clone(&seen), Arc::clone(&logged), thread::current().id());
    config.on_event(move |event| {
        assert_eq!(thread::current().id(), here);
        assert!(event.json.contains(event.job_id) && event.json.contains(event.kind.name()));
        events.lock().expect("no panic").push(event.kind);
    });
    let log = move |level: LogLevel, line: &str| {
        assert!(level <= LogLevel::Debug && !line.is_empty());
        lines.fetch_add(1, Ordering::SeqCst);
    };
    config.on_log(LogLevel::Debug, log).expect("a log");
    let router = Router::new(&config).expect("a router");
    drop(config);
    let (tell, told) = mpsc::channel();
    let done = move |job: &Job| tell.send((job.id().to_owned(), job.is_done())).expect("a listener");
    let job = router.submit_then(&batch_of(2), done).expect("a job");
    let end = loop {
        router.poll(LIMIT).expect("callbacks");
        if let Ok(end) = told.try_recv() {
            break end;
        }
    };
    assert_eq!(end, (job.id().to_owned(), true));
    while !seen.lock().expect("no panic").contains(&EventKind::JobDone) {
        router.poll(LIMIT).expect("callbacks");
    }
    let seen = seen.lock().expect("no panic");
    for kind in [EventKind::RequestsQueued, EventKind::BatchSubmitted, EventKind::JobDone] {
        assert!(seen.contains(&kind), "{kind}: {seen:?}");
    }
    assert!(logged.load(Ordering::SeqCst) > 0);
}

#[test]
fn panic_of_a_callback_goes_on_in_poll_and_harms_nothing() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "3"]), Scratch::new());
    let mut config = emulator.config(&scratch.file("state"));
    config.on_event(|event| panic!("on purpose: {}", event.kind));
    let router = Router::new(&config).expect("a router");
    let mut job = router.submit_then(&batch_of(2), |_| panic!("at the end")).expect("a job");
    let panic = catch_unwind(AssertUnwindSafe(|| router.poll(LIMIT))).expect_err("a panic");
    assert!(panic.downcast_ref::<String>().is_some_and(|text| text.starts_with("on purpose")));
    router.start_poller();
    job.wait(LIMIT).expect("done");
    assert_eq!(router.results(&job).map(|item| item?.ack()).filter(Result::is_ok).count(), 2);
    let job = block_on(router.submit(&batch_of(1)).expect("a job").completion()).expect("a job");
    assert!(job.is_done());
}

#[test]
fn router_dropped_in_a_callback_of_its_poller_ends_well() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "3"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let (tell, told) = mpsc::channel();
    let place: Arc<Mutex<Option<Router>>> = Arc::default();
    let inside = Arc::clone(&place);
    let drop_router = move |_: &Job| {
        drop(inside.lock().expect("no panic").take());
        tell.send(()).expect("a listener");
    };
    let mut job = router.submit_then(&batch_of(1), drop_router).expect("a job");
    let mut place = place.lock().expect("no panic");
    router.start_poller();
    *place = Some(router);
    drop(place);
    told.recv_timeout(LIMIT).expect("the callback");
    while job.update().is_ok() {
        thread::yield_now();
    }
    assert_eq!(job.update().expect_err("closed").kind(), ErrorKind::Closed);
}

#[test]
fn wakeup_breaks_a_wait_from_another_thread() {
    let scratch = Scratch::new();
    let router = Router::new(&config_without_vendor(&scratch.file("state"))).expect("a router");
    let job = router.submit(&batch_of(1)).expect("a job");
    let interrupted = |error: Error| assert_eq!(error.kind(), ErrorKind::Interrupted);
    thread::scope(|scope| {
        let mut other = router.job(job.id()).expect("the job");
        let waiting = scope.spawn(move || other.wait(None));
        while !waiting.is_finished() {
            router.wakeup();
            thread::yield_now();
        }
        interrupted(waiting.join().expect("no panic").expect_err("interrupted"));
    });
    router.wakeup();
    assert!(matches!(router.next_result(&job, LIMIT), Ok(Delivery::Again)));
    let mut arrivals = router.results(&job);
    router.wakeup();
    interrupted(arrivals.next().expect("an item").expect_err("interrupted"));
}

#[test]
fn closed_router_says_so() {
    let scratch = Scratch::new();
    let router = Router::new(&config_without_vendor(&scratch.file("state"))).expect("a router");
    router.close(LIMIT).expect("closed");
    router.close(LIMIT).expect("closed twice");
    assert_eq!(router.submit(&batch_of(1)).expect_err("closed").kind(), ErrorKind::Closed);
    assert_eq!(router.poll(LIMIT).expect_err("closed").kind(), ErrorKind::Closed);
    assert_eq!(
        router.all_results().map(|item| item.expect_err("closed").kind()).collect::<Vec<_>>(),
        [ErrorKind::Closed]
    );
}
