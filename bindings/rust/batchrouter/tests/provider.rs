//! A provider in Rust: a whole batch, and panics.

mod support;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use batchrouter::{
    Batch, BatchStatus, BatchToSubmit, Config, ErrorKind, JobState, ListedBatch, Provider, ProviderError,
    ProviderResult, Router, is_registered, register_provider, registered_provider_json, registered_providers,
    unregister_provider,
};
use support::{LIMIT, Scratch};

#[derive(Default)]
struct Echo {
    batches: Mutex<Vec<(String, PathBuf)>>,
    polls: AtomicU32,
    panics: bool,
}

impl Provider for Echo {
    fn supports_model(&self, model: &str) -> bool {
        model == "echo-1"
    }
    fn prepare(&self, line: &str) -> ProviderResult<String> {
        if line.contains("refuse me") {
            return Err(ProviderError::permanent("messages: no"));
        }
        Ok(line.to_owned())
    }
    fn submit(&self, batch: &BatchToSubmit<'_>) -> ProviderResult<String> {
        self.batches.lock().unwrap().push((batch.marker.to_owned(), batch.requests_path.to_owned()));
        assert!(!self.panics, "after the batch was made");
        Ok(format!("id-{}", batch.marker))
    }
    fn poll(&self, _batch_id: &str) -> ProviderResult<BatchStatus> {
        assert!(self.polls.fetch_add(1, Ordering::SeqCst) > 0, "the first look");
        Ok(BatchStatus::new(JobState::Completed))
    }
    fn fetch(&self, batch_id: &str, rows: &mut dyn Write) -> ProviderResult<()> {
        let batches = self.batches.lock().unwrap();
        let (_, path) = batches.iter().find(|(marker, _)| batch_id == format!("id-{marker}")).unwrap();
        for line in fs::read_to_string(path)?.lines() {
            let id = line.split('"').nth(3).unwrap();
            writeln!(rows, "{{\"custom_id\":\"{id}\",\"text\":\"echo of {id}\"}}")?;
        }
        Ok(())
    }
    fn list(&self, _marker: Option<&str>, _limit: usize) -> ProviderResult<Vec<ListedBatch>> {
        let listed = |(marker, _): &(String, PathBuf)| ListedBatch {
            id: format!("id-{marker}"),
            marker: Some(marker.clone()),
            status: BatchStatus::new(JobState::InProgress),
        };
        Ok(self.batches.lock().unwrap().iter().map(listed).collect())
    }
}

fn batch_of(provider: &str, model: &str, question: &str) -> Batch {
    let mut batch = Batch::new(provider).unwrap();
    for i in 0..100 {
        let line = format!(
            r#"{{"custom_id":"r{i}","model":"{model}","messages":[{{"role":"user","content":"{question}"}}]}}"#
        );
        batch.add_jsonl(&line).unwrap();
    }
    batch
}

fn run(provider: &str) -> usize {
    let scratch = Scratch::new();
    let settings = [format!("state_dir={}", scratch.file("state")), "poll.interval_ms=1".into()];
    let router = Router::new(&Config::from_settings(settings).unwrap()).unwrap();
    assert!(router.submit(&batch_of(provider, "echo-2", "x")).is_err());
    assert!(router.submit(&batch_of(provider, "echo-1", "refuse me")).is_err());
    let mut job = router.submit(&batch_of(provider, "echo-1", "x")).unwrap();
    job.wait(LIMIT).unwrap();
    let mut answers = 0;
    for result in router.results(&job) {
        let result = result.unwrap();
        assert_eq!(result.text(), Some(format!("echo of {}", result.custom_id()).as_str()));
        result.ack().unwrap();
        answers += 1;
    }
    answers
}

#[test]
fn whole_batch_runs_on_a_provider_in_rust() {
    register_provider("echo", Some(r#"{"title":"Echo"}"#), Echo::default()).unwrap();
    assert!(is_registered("echo") && registered_providers().contains(&"echo".to_owned()));
    assert!(registered_provider_json("echo").unwrap().contains("\"Echo\""));
    assert!(register_provider("echo", None, Echo::default()).is_err());
    assert_eq!(run("echo"), 100);
    unregister_provider("echo").unwrap();
    assert!(!is_registered("echo"));
}

#[test]
fn submit_that_panics_is_looked_for_and_not_made_again() {
    register_provider("panicking", None, Echo { panics: true, ..Echo::default() }).unwrap();
    assert_eq!(run("panicking"), 100);
    unregister_provider("panicking").unwrap();
}

/// Closes the router in the middle of a submit.
static CLOSED: OnceLock<Router> = OnceLock::new();

struct Closer;

impl Provider for Closer {
    fn prepare(&self, line: &str) -> ProviderResult<String> {
        let router = CLOSED.get().expect("the router");
        assert_eq!(router.close(LIMIT).expect_err("a submit").kind(), ErrorKind::InvalidArgument);
        Ok(line.to_owned())
    }
    fn submit(&self, batch: &BatchToSubmit<'_>) -> ProviderResult<String> {
        Ok(format!("id-{}", batch.marker))
    }
    fn poll(&self, _batch_id: &str) -> ProviderResult<BatchStatus> {
        Ok(BatchStatus::new(JobState::InProgress))
    }
    fn fetch(&self, _batch_id: &str, _rows: &mut dyn Write) -> ProviderResult<()> {
        Ok(())
    }
}

#[test]
fn close_in_prepare_is_refused_and_works_later() {
    let scratch = Scratch::new();
    let config = Config::from_settings([format!("state_dir={}", scratch.file("state"))]).unwrap();
    register_provider("closer", None, Closer).unwrap();
    let router = CLOSED.get_or_init(|| Router::new(&config).unwrap());
    router.start_poller();
    let mut job = router.submit(&batch_of("closer", "m", "?")).unwrap();
    job.update().unwrap();
    router.close(LIMIT).unwrap();
    drop(Router::new(&config).unwrap()); // the directory is free
    unregister_provider("closer").unwrap();
}
