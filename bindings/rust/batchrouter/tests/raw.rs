//! The vendor's own objects: the batch as it last told of it, and the row behind each result.

mod support;

use std::fs;

use batchrouter::ErrorKind;
use support::{Emulator, LIMIT, Scratch, batch_of};

#[test]
fn vendors_own_objects_are_at_hand() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "1"]), Scratch::new());
    let state = scratch.file("state");
    let router = emulator.router(&state);
    let mut job = router.submit(&batch_of(3)).expect("a job");
    job.wait(LIMIT).expect("done");
    let raw = job.raw(0).expect("the vendor's object");
    assert!(raw.contains(job.batch_ids().next().flatten().expect("an id")));
    assert!(raw.contains("\"completion_window\""));
    assert!(job.raw(1).is_none());

    let downloaded = fs::read_to_string(format!("{state}/spool/{}/p0.output.jsonl", job.id())).expect("a file");
    let items: Vec<_> = router.results(&job).map(|item| item.expect("a result")).collect();
    assert_eq!(items.len(), 3);
    for item in &items {
        let row = std::str::from_utf8(item.raw().expect("an answer").expect("a row")).expect("text");
        assert!(downloaded.lines().any(|line| line == row));
        assert!(row.contains(&format!("\"custom_id\":\"{}\"", item.custom_id())));
        assert_eq!(job.result_raw(item.custom_id()).expect("an answer"), Some(row.as_bytes()));
    }
    assert_eq!(job.result_raw("nobody").expect("an answer"), None);
    router.close(LIMIT).expect("closed");
    assert_eq!(job.result_raw("nobody").expect_err("closed").kind(), ErrorKind::Closed);
}
