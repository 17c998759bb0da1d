//! Alone in its process, because it counts the process's threads and descriptors.

mod support;

use std::fs;

use support::{Scratch, config_without_vendor};

fn count(what: &str) -> usize {
    fs::read_dir(format!("/proc/self/{what}")).expect("procfs").count()
}

#[test]
fn a_thousand_routers_leave_no_thread_and_no_descriptor() {
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
