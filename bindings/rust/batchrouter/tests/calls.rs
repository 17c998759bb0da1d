//! Every other call of the crate, each with what it promises.

mod support;

use std::collections::BTreeSet;
use std::io;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, SystemTime};

use batchrouter::{
    Batch, Config, Delivery, ErrorKind, JobState, Order, Plan, Request, ResultStatus, Role, Router, Source, Submission,
};
use support::json::Json;
use support::{Emulator, LIMIT, Scratch, batch_of, config_without_vendor};

fn lines(bytes: &[u8]) -> Vec<Json> {
    std::str::from_utf8(bytes).expect("UTF-8").lines().map(Json::parse).collect()
}

#[test]
fn request_is_written_as_it_was_built() {
    let mut request = Request::new("r1", "m").expect("a request");
    let built = (|| {
        request.system("a")?.add_system("b")?.user("Look:")?.image(Source::Url, None, "https://example.com/a.png")?;
        request.assistant("A cat.")?.message(Role::User)?.text("And?")?;
        request.document(Source::Base64, Some("application/pdf"), "QUJD")?.audio(Source::Base64, None, "QUJD")?;
        request.generation("max_tokens", "64")?.field("seed", "7")?.field("provider", r#""openai""#).map(drop)
    })();
    batchrouter::Result::expect(built, "built");
    let json = Json::parse(&request.to_json());
    assert_eq!(json["system_prompt"].texts(), ["a", "b"]);
    let messages = json["messages"].list();
    let kinds = |message: &Json| message["content"].list().iter().filter_map(|p| p["type"].text()).collect::<String>();
    assert_eq!(messages.iter().map(kinds).collect::<Vec<_>>(), ["textimage", "text", "textdocumentaudio"]);
    assert_eq!(messages[0]["content"].list()[1]["media_type"].text(), Some("image/jpeg"));
    assert_eq!((json["generation_config"]["max_tokens"].number(), json["seed"].number()), (Some(64), Some(7)));
    let again = Request::from_json(&request.to_json()).expect("readable");
    assert_eq!(Json::parse(&again.to_json()), json);
    assert_eq!(Request::from_json("{").expect_err("no JSON").kind(), ErrorKind::Input);
}

#[test]
fn name_with_a_nul_is_refused() {
    assert_eq!(Request::new("a\0b", "m").expect_err("a NUL").kind(), ErrorKind::InvalidArgument);
    assert_eq!(Config::new().set("split\0", "auto").expect_err("a NUL").kind(), ErrorKind::InvalidArgument);
    assert_eq!(Config::from_settings(["split"]).expect_err("no value").kind(), ErrorKind::InvalidArgument);
}

#[test]
fn settings_are_listed_set_and_read_but_keys_stay_inside() {
    let mut config = Config::from_settings(["poll.interval_ms=50"]).expect("settings");
    config.set("openai.api_key", "secret").expect("a key");
    assert_eq!(config.get("poll.interval_ms").as_deref(), Some("50"));
    assert_eq!((config.get("openai.api_key"), config.get("no.such")), (None, None));
    assert!(!format!("{config:?}").contains("secret"));
    let property = batchrouter::properties().find(|p| p.name == "poll.interval_ms").expect("the property");
    assert_eq!(property.default, "60000");
    assert!(!property.doc.is_empty());
}

#[test]
fn library_tells_its_version_and_providers() {
    assert_eq!(batchrouter::version(), env!("CARGO_PKG_VERSION"));
    assert_eq!(Json::parse(batchrouter::build_info())["version"].text(), Some(batchrouter::version()));
    assert!(batchrouter::providers().any(|name| name == "openai"));
    assert!(batchrouter::providers().all(|name| batchrouter::provider_json(name).is_some()));
    assert!(batchrouter::provider_json("nowhere").is_none());
}

#[test]
fn batch_is_checked_converted_and_planned_offline() {
    let (config, scratch) = (Config::new(), Scratch::new());
    let batch = batch_of(3);
    batchrouter::validate(&config, &batch).expect("valid");
    let mut native = Vec::new();
    batchrouter::convert(&config, &batch, &mut native).expect("converted");
    assert_eq!(lines(&native).iter().filter(|line| line["custom_id"].text().is_some()).count(), 3);

    let plan = Plan::new(&config, &batch).expect("a plan");
    assert_eq!((plan.batches(), plan.requests(), plan.bytes() as usize), (1, 3, native.len()));
    assert!(plan.input_tokens() > 0 && plan.output_tokens_max() > 0);
    assert!(plan.sync_usd().expect("a price") > plan.batch_usd().expect("a price"));
    assert!(!Json::parse(plan.json()).is_null());

    let row =
        r#"{"id":"b","custom_id":"r0","response":{"status_code":500,"body":{"error":{"message":"no"}}},"error":null}"#;
    std::fs::write(scratch.file("native.jsonl"), row).expect("a file");
    let mut unified = Vec::new();
    let written =
        batchrouter::decode_file(&config, "openai", scratch.file("native.jsonl"), &mut unified).expect("decoded");
    assert_eq!((written.rows, written.failed), (1, 1));
    assert_eq!(lines(&unified)[0]["status"].text(), Some("errored"));

    let wrong = batchrouter::validate(&config, Batch::new("openai").expect("a batch").add_jsonl("{}").expect("added"));
    let error = wrong.expect_err("no request");
    assert_eq!((error.kind(), error.issue_total(), error.issues().len()), (ErrorKind::Input, 1, 1));
}

#[test]
fn error_and_panic_of_a_writer_come_out_as_they_are() {
    struct Broken(bool);
    impl io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            assert!(!self.0, "on purpose");
            Err(io::Error::other("disk full"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (config, batch) = (Config::new(), batch_of(1));
    let error = batchrouter::convert(&config, &batch, Broken(false)).expect_err("a broken writer");
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(std::error::Error::source(&error).map(ToString::to_string).as_deref(), Some("disk full"));
    let panicked = catch_unwind(AssertUnwindSafe(|| batchrouter::convert(&config, &batch, Broken(true))));
    assert!(panicked.expect_err("a panic").downcast_ref::<&str>().is_some_and(|text| text.contains("on purpose")));
    batchrouter::convert(&config, &batch, io::sink()).expect("still usable");
}

#[test]
fn job_tells_all_that_is_known_of_it() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "3"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let mut batch = batch_of(2);
    batch.name("my-batch").expect("a name").meta("team", "a").expect("metadata");
    batch.set("output", &scratch.file("out.jsonl")).expect("an output");
    let mut job = router.submit(&batch).expect("a job");
    assert!(matches!(
        job.submission(),
        Submission::NotSubmitted | Submission::PossiblySubmitted | Submission::Submitted
    ));
    job.wait_submitted(LIMIT).expect("submitted");
    assert_eq!(job.submission(), Submission::Submitted);
    job.refresh(LIMIT).expect("an answer");
    assert_eq!(job.results().err().map_or(ErrorKind::NotComplete, |error| error.kind()), ErrorKind::NotComplete);
    job.wait(LIMIT).expect("done");
    assert_eq!((job.name(), job.provider(), job.parent(), job.attempt()), (Some("my-batch"), "openai", None, 1));
    assert_eq!((job.output(), job.base_url()), (Some(&*scratch.file("out.jsonl")), &*emulator.base_url));
    assert!(job.state().is_terminal() && job.state() == JobState::Completed && job.state().compat() == job.state());
    assert!(job.is_done() && !job.is_blocked() && job.error().is_none() && !job.is_continued());
    assert!(job.created_at() <= job.completed_at() && job.completed_at() <= Some(SystemTime::now()));
    assert!(job.submitted_at() >= job.created_at() && job.expires_at() > job.created_at());
    assert!(job.batch_ids().all(|id| id.is_some()) && job.batch_ids().count() == 1);
    assert_eq!(Json::parse(job.json())["id"].text(), Some(job.id()));
    job.ack_all().expect("acknowledged");
    assert_eq!((job.counts().acked, job.counts().total), (2, 2));
    let id = job.id().to_owned();
    job.remove().expect("removed");
    assert_eq!(router.job(&id).expect_err("removed").kind(), ErrorKind::NotFound);
}

#[test]
fn results_are_read_in_both_orders_and_written() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "3"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let mut job = router.submit(&batch_of(300)).expect("a job");
    job.wait(LIMIT).expect("done");
    let ids = |order| -> Vec<String> {
        let results = job.results().expect("results").order(order).expect("an order");
        results.map(|item| item.expect("a result").custom_id().to_owned()).collect()
    };
    assert_eq!(ids(Order::Input), (0..300).map(|i| format!("r{i}")).collect::<Vec<_>>());
    assert_eq!(ids(Order::Arrival).into_iter().collect::<BTreeSet<_>>().len(), 300);
    let mut results = job.results().expect("results");
    let first = results.next().expect("one").expect("a result");
    assert_eq!(
        (first.status(), first.http_status(), first.is_transient()),
        (ResultStatus::Succeeded, Some(200), false)
    );
    assert!(first.is_success() && first.error_type().or(first.error_code()).or(first.error_message()).is_none());
    assert!(first.model().is_some() && first.finish_reason().is_some() && first.tool_calls().is_none());
    assert!(first.usage().input.is_some() && first.usage().output.is_some());
    assert_eq!((first.job_id(), first.batch_id()), (job.id(), job.batch_ids().next().flatten()));
    assert!(Json::parse(first.response().expect("the vendor's object"))["choices"].list().len() == 1);
    let mut rest = Vec::new();
    let written = results.write(&mut rest).expect("written");
    assert_eq!((written.rows, written.failed, lines(&rest).len()), (299, 0, 299));
}

#[test]
fn results_of_an_iterator_that_was_left_come_from_the_next() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "3"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let mut job = router.submit(&batch_of(20)).expect("a job");
    job.wait(LIMIT).expect("done");
    let mut seen: Vec<_> = router.results(&job).take(5).collect::<Result<_, _>>().expect("results");
    match router.next_result(&job, Duration::ZERO).expect("a result") {
        Delivery::Result(item) => seen.push(item),
        other => panic!("{other:?}"),
    }
    seen.extend(router.all_results().map(|item| item.expect("a result")));
    assert_eq!(seen.iter().map(|item| item.custom_id()).collect::<BTreeSet<_>>().len(), 20);
    assert_eq!(seen.len(), 20);
    assert!(matches!(router.next_result(None, Duration::ZERO), Ok(Delivery::End)));
}

#[test]
fn many_batches_are_submitted_waited_for_refreshed_and_cancelled() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "3"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let batches = [batch_of(1), batch_of(2)];
    let run = router.run(&batches, LIMIT).expect("run");
    run.waited.expect("in time");
    assert_eq!(run.jobs.iter().map(|job| job.as_ref().expect("a job").counts().succeeded).collect::<Vec<_>>(), [1, 2]);
    let jobs = router.submit_many(&batches).expect("submitted");
    let mut jobs: Vec<_> = jobs.into_iter().map(|job| job.expect("a job")).collect();
    assert!(router.refresh_many(&mut jobs, LIMIT).expect("answers").iter().all(Result::is_ok));
    router.wait_many(&mut jobs, LIMIT).expect("in time");
    assert!(jobs.iter().all(|job| job.is_done()));
    let cancelled = router.cancel_many(&mut jobs, LIMIT).expect("answers");
    assert!(cancelled.iter().all(|one| matches!(one, Ok(false))), "{cancelled:?}");
    let wrong = router.submit_many([&batches[0], &Batch::new("nowhere").expect("a batch")]);
    assert!(wrong.is_err(), "nothing is sent if one is wrong");
    emulator.assert_creates(4);
}

#[test]
fn wait_that_runs_out_names_the_jobs() {
    let (emulator, scratch) = (Emulator::start(&["--fault", "batch stall count=0"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let run = router.run(&[batch_of(1)], Duration::from_millis(100)).expect("submitted");
    let error = run.waited.expect_err("out of time");
    assert_eq!(
        (error.kind(), error.issues()),
        (ErrorKind::Timeout, &[run.jobs[0].as_ref().expect("a job").id().to_owned()][..])
    );
}

#[test]
fn failed_requests_are_written_and_retried() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "3", "--fail-rate", "1"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let mut job = router.submit(&batch_of(2)).expect("a job");
    assert_eq!(router.retry(&job).expect_err("too early").kind(), ErrorKind::NotComplete);
    job.wait(LIMIT).expect("done");
    let mut failed = Vec::new();
    assert_eq!(job.write_failed(&mut failed).expect("written"), 2);
    assert_eq!(lines(&failed).len(), 2);
    let again = router.retry(&job).expect("a new job");
    assert_eq!((again.parent(), again.attempt()), (Some(job.id()), 2));
    assert!(!again.is_continued());
    let mut options = Batch::new(None).expect("options");
    options.set("finished", "refuse").expect("an option");
    let same = router.retry_with(&job, &options).expect("the unfinished one");
    assert!(same.is_continued() && same.id() == again.id());
}

#[test]
fn a_person_decides_what_is_in_doubt() {
    for adopt in [true, false] {
        let emulator = Emulator::start(&["--polls", "1", "--fault", "POST /v1/batches reset_after_read nth=2"]);
        let scratch = Scratch::new();
        let other = emulator.router(&scratch.file("other"));
        let mut made = other.submit(&batch_of(2)).expect("a job");
        made.wait(LIMIT).expect("done");
        let mut config = emulator.config(&scratch.file("state"));
        config.set("submit.on_unknown", "wait").and_then(|c| c.set("submit.settle_ms", "0")).expect("settings");
        let router = Router::new(&config).expect("a router");
        let mut job = router.submit(&batch_of(2)).expect("a job");
        job.wait(LIMIT).expect("blocked");
        assert!(job.is_blocked() && job.submission() == Submission::PossiblySubmitted);
        assert_eq!(job.refetch(LIMIT).expect_err("not done").kind(), ErrorKind::NotComplete);
        if adopt {
            job.adopt(0, made.batch_ids().next().flatten().expect("an id")).expect("adopted");
        } else {
            job.abandon().expect("abandoned");
        }
        let kind = |item: batchrouter::ResultItem| item.error_type().map(str::to_owned);
        let kinds: Vec<_> = router.results(&job).map(|item| kind(item.expect("a result"))).collect();
        assert_eq!(kinds, [(!adopt).then(|| "abandoned".to_owned()), (!adopt).then(|| "abandoned".to_owned())]);
        job.wait(LIMIT).expect("done");
        assert_eq!(job.adopt(0, "batch_other").expect_err("nothing in doubt").kind(), ErrorKind::InvalidArgument);
        assert_eq!(job.abandon().expect_err("nothing in doubt").kind(), ErrorKind::InvalidArgument);
        if adopt {
            assert_eq!(job.refetch(LIMIT).expect("fetched"), 0);
        }
    }
}

#[test]
fn jobs_are_listed_here_and_at_the_vendor_and_attached() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "3"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let mut job = router.submit(&batch_of(1)).expect("a job");
    job.wait(LIMIT).expect("done");
    let here = router.list("openai", Some(10)).expect("a list");
    assert_eq!(here.iter().map(|job| job.id()).collect::<Vec<_>>(), [job.id()]);
    assert!(router.list("anthropic", None).expect("a list").is_empty());
    let there = router.list_remote("openai", None, LIMIT).expect("a list");
    let vendor_id = there.iter().next().and_then(|job| job.batch_ids().next().flatten()).expect("an id").to_owned();
    assert_eq!(Some(&*vendor_id), job.batch_ids().next().flatten());
    let elsewhere = emulator.router(&scratch.file("other"));
    let mut options = Batch::new(None).expect("options");
    options.set("output", &scratch.file("attached.jsonl")).expect("an output");
    let mut attached = elsewhere.attach_with("openai", &vendor_id, &options).expect("attached");
    assert_eq!(attached.output(), Some(&*scratch.file("attached.jsonl")));
    assert_eq!(elsewhere.attach("openai", &vendor_id).expect("the same").id(), attached.id());
    attached.wait(LIMIT).expect("done");
    assert_eq!(attached.counts().succeeded, 1);
}

#[test]
fn router_has_one_owner_its_providers_and_counters() {
    let scratch = Scratch::new();
    let config = config_without_vendor(&scratch.file("state"));
    let router = Router::new(&config).expect("a router");
    assert_eq!(Router::new(&config).expect_err("one owner").kind(), ErrorKind::Locked);
    assert!(router.as_raw_fd() >= 0);
    assert!(router.has_provider("openai") && router.providers().contains(&"openai"));
    router.remove_provider("openai").expect("removed");
    assert!(!router.has_provider("openai"));
    assert_eq!(router.submit(&batch_of(1)).expect_err("removed").kind(), ErrorKind::NoProvider);
    router.add_provider("openai").expect("added");
    assert_eq!(router.add_provider("openai").expect_err("twice").kind(), ErrorKind::AlreadyExists);
    assert!(Json::parse(&router.stats_json())["jobs"].number().is_some());
    router.resume(None).expect("nothing to do");
}

#[test]
fn ack_all_of_a_running_job_takes_nothing_that_nobody_saw() {
    // A job of two models are two batches, the second of which does not end.
    let (emulator, scratch) = (Emulator::start(&["--polls", "1", "--fault", "batch stall nth=2"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let mut batch = Batch::new("openai").expect("a batch");
    for i in 0..10 {
        let mut request =
            Request::new(&format!("r{i}"), if i < 5 { "gpt-4o-mini" } else { "gpt-4o" }).expect("a request");
        request.user("?").expect("a message");
        batch.add(&request).expect("room for it");
    }
    let mut job = router.submit(&batch).expect("a job");
    assert_eq!(router.results(&job).take(2).filter(Result::is_ok).count(), 2);
    assert_eq!(job.ack_all().expect_err("three were not seen").kind(), ErrorKind::NotComplete);
    assert_eq!(router.results(&job).take(3).filter(Result::is_ok).count(), 3);
    job.ack_all().expect("all were seen");
    job.update().expect("a snapshot");
    assert_eq!(job.counts().acked, 5);
}

#[test]
fn submit_many_tells_of_each_wrong_batch_and_attach_of_a_known_one() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "1"]), Scratch::new());
    let router = emulator.router(&scratch.file("state"));
    let (mut wrong, good) = (Batch::new("openai").expect("a batch"), batch_of(1));
    wrong.add_jsonl("{}").expect("a line");
    let error = router.submit_many([&wrong, &good, &wrong]).expect_err("two are wrong");
    assert_eq!(error.kind(), ErrorKind::Input);
    assert_eq!(error.each().iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);
    let mut job = router.submit(&good).expect("a job");
    job.wait(LIMIT).expect("done");
    let attached = router.attach("openai", job.batch_ids().next().flatten().expect("an id")).expect("attached");
    assert!(attached.is_continued() && attached.id() == job.id());
}
