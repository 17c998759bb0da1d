//! The cases of `bindings/conformance`, which mean the same in every language.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use batchrouter::{Batch, Config, Error, Job, ResultItem, Router};
use support::json::Json;
use support::{Emulator, LIMIT, Scratch};

const CHILD: &str = "BATCHROUTER_TEST_CHILD";

/// Waits for the job; takes every result when it is done.
fn settle(router: &Router, mut job: Job, time: Duration, acknowledge: bool) -> Outcome {
    let wait = job.wait(time).map_or_else(|error| error.code_name(), |()| "BR_OK");
    let done = wait == "BR_OK" && job.is_done();
    let taken: Option<Vec<_>> = done.then(|| router.results(&job).map(|item| item.expect("a result")).collect());
    if acknowledge {
        taken.iter().flatten().for_each(|item| item.ack().expect("acknowledged"));
    }
    Outcome { job, wait, taken }
}

fn cases() -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/cases.json");
    let all = Json::parse(&fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
    assert_eq!(all["format"].number(), Some(1));
    all
}

/// One case, with what the file says for all of them.
#[derive(Clone, Copy)]
struct Case<'a> {
    file: &'a Json,
    case: &'a Json,
}

/// What became of a job.
struct Outcome {
    job: Job,
    wait: &'static str,
    taken: Option<Vec<ResultItem>>,
}

impl<'a> Case<'a> {
    /// The case's own, else the file's.
    fn of(&self, key: &str) -> &'a Json {
        let own = &self.case[key];
        if own.is_null() { &self.file[key] } else { own }
    }
    fn expect(&self, key: &str) -> &'a Json {
        &self.case["expect"][key]
    }
    fn provider(&self) -> &'a str {
        self.of("provider").text().expect("a provider")
    }

    fn emulator(&self) -> Emulator {
        let mut arguments = self.of("emulator").texts();
        for fault in self.case["faults"].texts() {
            arguments.extend(["--fault".into(), fault]);
        }
        Emulator::start(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn config(&self, base_url: &str, state_dir: &str) -> Result<Config, Error> {
        let mut config = Config::new();
        for (key, value) in self.file["config"].entries().chain(self.case["config"].entries()) {
            config.set(key, value.text().expect("a value"))?;
        }
        config.set("openai.base_url", base_url)?.set("state_dir", state_dir)?;
        Ok(config)
    }

    fn batch(&self) -> Batch {
        let mut batch = Batch::new(self.provider()).expect("a batch");
        for (key, value) in self.case["batch"].entries() {
            batch.set(key, value.text().expect("a value")).expect("a setting");
        }
        for line in self.case["requests"].texts() {
            batch.add_jsonl(&line).expect("a line");
        }
        let repeat = &self.case["repeat"];
        for n in 0..repeat["count"].number().unwrap_or(0) {
            let line = repeat["line"].text().expect("a line").replace("{n}", &n.to_string());
            batch.add_jsonl(&line).expect("a line");
        }
        batch
    }

    fn run(&self) {
        let (emulator, scratch) = (self.emulator(), Scratch::new());
        match self.config(&emulator.base_url, &scratch.file("state")) {
            Ok(config) => {
                assert!(self.expect("config").is_null(), "the configuration was taken");
                self.run_with(&config, &emulator, &scratch);
            }
            Err(error) => self.check_error(&error, "config"),
        }
        let ledger = emulator.ledger();
        for (field, wanted) in self.expect("ledger").entries() {
            assert_eq!(ledger[field], *wanted, "ledger: {field}");
        }
    }

    fn run_with(&self, config: &Config, emulator: &Emulator, scratch: &Scratch) {
        let act = self.case["act"].text().unwrap_or("take");
        if act == "kill" {
            self.kill_a_child(emulator, scratch);
        }
        let mut router = Router::new(config).expect("a router");
        let submitted = match act {
            "kill" => {
                let list = router.list(None, None).expect("a list");
                assert_eq!(list.len(), 1);
                router.job(list.iter().next().expect("a job").id())
            }
            _ => router.submit(&self.batch()),
        };
        let mut job = match submitted {
            Err(error) => return self.check_error(&error, "submit"),
            Ok(job) => job,
        };
        assert_eq!(self.expect("submit").text(), Some("BR_OK"));

        match act {
            "cancel" => {
                job.wait_submitted(LIMIT).expect("submitted");
                let cancelled = job.cancel(LIMIT).expect("an answer");
                assert_eq!(self.expect("cancelled").bool(), Some(cancelled));
            }
            "submit_again" => {
                let again = router.submit(&self.batch()).expect("a job");
                assert_eq!(self.expect("again").text(), Some(if again.is_continued() { "BR_EXISTS" } else { "BR_OK" }));
                assert_eq!(again.id(), job.id());
            }
            "attach" => {
                job.wait_submitted(LIMIT).expect("submitted");
                let batch_id = job.batch_ids().next().flatten().expect("an id").to_owned();
                let config = self.config(&emulator.base_url, &scratch.file("other")).expect("a configuration");
                router = Router::new(&config).expect("another router");
                job = router.attach(self.provider(), &batch_id).expect("attached");
            }
            "retry" => {
                let failed = settle(&router, job, LIMIT, true);
                job = router.retry(&failed.job).expect("a new job");
            }
            "reopen_without_ack" => {
                let first = settle(&router, job, LIMIT, false);
                let id = first.job.id().to_owned();
                router.close(LIMIT).expect("closed");
                router = Router::new(config).expect("a router");
                job = router.job(&id).expect("the job");
            }
            _ => (),
        }
        let time = if act == "wait_briefly" { Duration::from_millis(200) } else { LIMIT };
        self.check_outcome(&settle(&router, job, time, true));
    }

    /// A process that submits is killed once the vendor has made the batch.
    fn kill_a_child(&self, emulator: &Emulator, scratch: &Scratch) {
        let name = self.case["name"].text().expect("a name");
        let mut child = Command::new(env::current_exe().expect("this program"))
            .args(["--exact", "child_that_submits"])
            .env(CHILD, format!("{name}\n{}\n{}", emulator.base_url, scratch.file("state")))
            .stdout(Stdio::null())
            .spawn()
            .expect("a child");
        let begin = Instant::now();
        while emulator.ledger()["creates"].number() != Some(1) {
            assert!(begin.elapsed() < LIMIT, "the child submits nothing");
            thread::yield_now();
        }
        child.kill().expect("SIGKILL");
        child.wait().expect("its end");
    }

    fn check_outcome(&self, outcome: &Outcome) {
        let Outcome { job, wait, taken } = outcome;
        assert_eq!(self.expect("wait").text(), Some(*wait));
        let text = |key: &str, actual: &str| {
            if let Some(wanted) = self.expect(key).text() {
                assert_eq!(actual, wanted, "{key}");
            }
        };
        text("state", job.state().name());
        text("job_error", job.error().map_or("BR_OK", |error| error.code_name()));
        for (key, actual) in [("done", job.is_done()), ("blocked", job.is_blocked())] {
            assert_eq!(self.expect(key).bool().unwrap_or(actual), actual, "{key}: {job:?}");
        }
        let attempt = u64::from(job.attempt());
        assert_eq!(self.expect("attempt").number().unwrap_or(attempt), attempt);
        let counts = job.counts();
        let counted = BTreeMap::from([
            ("total", counts.total),
            ("succeeded", counts.succeeded),
            ("errored", counts.errored),
            ("processing", counts.processing),
            ("cancelled", counts.cancelled),
            ("expired", counts.expired),
        ]);
        for (name, wanted) in self.expect("counts").entries() {
            assert_eq!(Some(counted[name]), wanted.number(), "{name}: {counts:?}");
        }
        if let Some(taken) = taken {
            let ids: BTreeSet<_> = taken.iter().map(ResultItem::custom_id).collect();
            assert_eq!((ids.len(), taken.len() as u64), (taken.len(), counts.total), "each id once");
            self.check_results(taken);
        }
    }

    fn check_results(&self, taken: &[ResultItem]) {
        for (id, wanted) in self.expect("results").entries() {
            let item = taken.iter().find(|item| item.custom_id() == id).unwrap_or_else(|| panic!("no result {id}"));
            for (key, value) in wanted.entries() {
                let holds = match key {
                    "status" => value.text() == Some(item.status().name()),
                    "text_has" => item.text().is_some_and(|text| text.contains(value.text().expect("a part"))),
                    "error_type" => value.text() == item.error_type(),
                    "http_status" => value.number() == Some(u64::from(item.http_status().unwrap_or(0))),
                    "transient" => value.bool() == Some(item.is_transient()),
                    other => panic!("the case expects {other}, which is not known"),
                };
                assert!(holds, "{id}: {key} is not {value:?}: {item:?}");
            }
        }
        for (kind, wanted) in self.expect("error_types").entries() {
            let count = taken.iter().filter(|item| item.error_type() == Some(kind)).count();
            assert_eq!(Some(count as u64), wanted.number(), "{kind}");
        }
        if let Some(wanted) = self.expect("redelivered").bool() {
            assert!(taken.iter().all(|item| item.is_redelivered() == wanted));
        }
    }

    fn check_error(&self, error: &Error, call: &str) {
        assert_eq!(self.expect(call).text(), Some(error.code_name()), "{error}");
        if let Some(part) = self.expect("hint_has").text() {
            assert!(error.hint().unwrap_or_default().contains(part), "{error}");
        }
        if let Some(total) = self.expect("issues").number() {
            assert_eq!(error.issue_total() as u64, total, "{:?}", error.issues());
        }
        if let Some(part) = self.expect("issue_has").text() {
            assert!(error.issues()[0].contains(part), "{:?}", error.issues());
        }
    }
}

/// No test of its own: the process that `kill_a_child` kills.
#[test]
fn child_that_submits() {
    let Ok(text) = env::var(CHILD) else { return };
    let [name, base_url, state_dir] = text.lines().collect::<Vec<_>>()[..] else { panic!("three lines") };
    let file = cases();
    let case = file["cases"].list().iter().find(|case| case["name"].text() == Some(name)).expect("the case");
    let case = Case { file: &file, case };
    let router = Router::new(&case.config(base_url, state_dir).expect("a configuration")).expect("a router");
    router.submit(&case.batch()).expect("a job").wait(None).expect("to be killed before");
    panic!("the job ended before the process was killed");
}

#[test]
fn every_case_holds() {
    let file = cases();
    let mut failed = Vec::new();
    for case in file["cases"].list() {
        let name = case["name"].text().expect("a name");
        let case = Case { file: &file, case };
        if catch_unwind(AssertUnwindSafe(|| case.run())).is_err() {
            eprintln!("FAILED: {name}");
            failed.push(name);
        }
    }
    assert!(file["cases"].list().len() > 20, "the cases were not understood");
    assert!(failed.is_empty(), "{} cases failed: {failed:?}", failed.len());
}
