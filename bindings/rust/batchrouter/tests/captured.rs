//! HTTP calls answered by batches: the cases of bindings/conformance/captured.json, and what else a capture promises.

mod support;

use std::fs;
use std::path::Path;
use std::pin::pin;
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use batchrouter::{Call, Capture, Config, ErrorKind, Exchange, Router};
use support::json::Json;
use support::{Emulator, LIMIT, Scratch, example};

fn open(emulator: &Emulator, scratch: &Scratch, settings: &[(&str, &str)]) -> (Router, Capture) {
    let mut config: Config = emulator.config(&scratch.file("state"));
    for (name, value) in [("capture.window_ms", "60000"), ("capture.poll_interval_ms", "5")].iter().chain(settings) {
        config.set(name, value).expect("a setting");
    }
    let router = Router::new(&config).expect("a router");
    let capture = router.capture().expect("a capture");
    (router, capture)
}

fn question(emulator: &Emulator, text: &str) -> Exchange {
    let body = format!(r#"{{"model":"gpt-4o-mini","messages":[{{"role":"user","content":"{text}"}}]}}"#);
    let mut exchange = Exchange::new("POST", &format!("{}/chat/completions", emulator.base_url)).expect("an exchange");
    exchange.header("content-type", "application/json").expect("a header");
    exchange.header("authorization", "Bearer sk-caller").expect("a header").body(body).expect("a body");
    exchange
}

fn assert_paid(emulator: &Emulator, count: u64) {
    assert_eq!(emulator.ledger()["requests_billed"].number(), Some(count));
}

fn exchange_of(call: &Json, base_url: &str) -> Exchange {
    let text = |key| call[key].text().unwrap_or_default();
    let url = format!("{base_url}{}", text("path"));
    let mut exchange = Exchange::new(text("method"), &url).expect("an exchange");
    exchange.body(text("body")).expect("a body");
    for (name, value) in call["headers"].entries() {
        exchange.header(name, value.text().expect("a text")).expect("a header");
    }
    for (name, value) in call["options"].entries() {
        exchange.set(name, value.text().expect("a text")).expect("an option");
    }
    exchange
}

fn check_answer(description: &Json, call: Call) {
    let (want, id) = (&description["expect"], call.id());
    let answer = call.wait().expect("an answer");
    let body = String::from_utf8_lossy(answer.body()).into_owned();
    assert_eq!(answer.id(), id);
    assert_eq!(Some(u64::from(answer.status())), want["status"].number(), "{body}");
    assert_eq!(answer.is_cached(), want["cached"].bool().unwrap_or_default());
    let header = answer.headers().find(|(name, _)| *name == "content-type").expect("a content type");
    assert!(header.1.starts_with(want["content_type"].text().expect("a text")), "{header:?}");
    assert!(body.contains(want["body_has"].text().expect("a text")), "{body}");
    if description["act"].text() != Some("drop") {
        answer.delivered().expect("taken down");
    }
}

#[test]
fn every_case_of_the_list_holds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/captured.json");
    let file = Json::parse(&fs::read_to_string(path).expect("the cases"));
    assert!(file["format"].number() == Some(1) && file["cases"].list().len() >= 9);
    let arguments = file["emulator"].texts();
    for case in file["cases"].list() {
        println!("{}", case["name"].text().expect("a name"));
        let emulator = Emulator::start(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let scratch = Scratch::new();
        let settings: Vec<_> =
            file["config"].entries().map(|(name, value)| (name, value.text().expect("a text"))).collect();
        let (_router, capture) = open(&emulator, &scratch, &settings);
        for round in case["rounds"].list() {
            let exchanges: Vec<_> = round.list().iter().map(|call| exchange_of(call, &emulator.base_url)).collect();
            let calls = capture.take_many(&exchanges.iter().collect::<Vec<_>>()).expect("they are taken");
            let mut waiting = Vec::new();
            for (description, call) in round.list().iter().zip(calls) {
                assert_eq!(call.is_none(), description["expect"]["passed"].bool().unwrap_or_default());
                if description["act"].text() != Some("leave") {
                    waiting.extend(call.map(|call| (description, call)));
                } // else it is dropped
            }
            capture.flush().expect("submitted");
            waiting.into_iter().for_each(|(description, call)| check_answer(description, call));
        }
        let ledger = emulator.ledger();
        for (name, value) in case["ledger"].entries() {
            assert_eq!(ledger[name].number(), value.number(), "{name}");
        }
    }
}

struct Tell(Sender<()>);

impl Wake for Tell {
    fn wake(self: Arc<Self>) {
        self.0.send(()).expect("somebody listens");
    }
}

#[test]
fn call_is_a_future_that_is_woken_by_its_answer() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "1"]), Scratch::new());
    let (_router, capture) = open(&emulator, &scratch, &[]);
    let mut call = pin!(capture.take(&question(&emulator, "a")).expect("taken").expect("a call for a batch"));
    let (sender, receiver) = channel();
    let waker = Waker::from(Arc::new(Tell(sender)));
    let mut context = Context::from_waker(&waker);
    assert!(call.poll_answer(&mut context).is_pending());
    assert!(call.json().expect("somebody waits").contains("\"state\""));
    capture.flush().expect("submitted");
    receiver.recv_timeout(LIMIT).expect("it is woken");
    let Poll::Ready(answer) = call.poll_answer(&mut context) else { panic!("woken without an answer") };
    assert_eq!(answer.expect("an answer").status(), 200);
}

#[test]
fn many_threads_get_their_own_answers() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "1"]), Scratch::new());
    let (_router, capture) = open(&emulator, &scratch, &[("capture.max_requests", "50")]);
    thread::scope(|scope| {
        for number in 0..50 {
            let exchange = question(&emulator, &format!("question {number}"));
            let capture = &capture;
            scope.spawn(move || {
                let answer = capture.send(&exchange).expect("an answer").expect("a call for a batch");
                assert_eq!(answer.status(), 200);
                answer.delivered().expect("taken down");
            });
        }
    });
    assert_paid(&emulator, 50);
    emulator.assert_creates(1);
}

#[test]
fn closed_capture_ends_the_calls_and_the_next_one_answers_them_without_paying_again() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "1"]), Scratch::new());
    let (router, capture) = open(&emulator, &scratch, &[]);
    let calls: Vec<_> =
        (0..3).map(|_| capture.take(&question(&emulator, "same")).expect("taken").expect("a call")).collect();
    assert_eq!(router.capture().expect_err("one at a time").kind(), ErrorKind::AlreadyExists);
    capture.close(LIMIT).expect("closed");
    for call in calls {
        assert_eq!(call.wait().expect_err("closed").kind(), ErrorKind::Closed);
    }
    assert_eq!(capture.take(&question(&emulator, "same")).expect_err("closed").kind(), ErrorKind::Closed);
    drop((capture, router));
    let (_router, capture) = open(&emulator, &scratch, &[]);
    let calls: Vec<_> =
        (0..3).map(|_| capture.take(&question(&emulator, "same")).expect("taken").expect("a call")).collect();
    for call in calls {
        call.wait().expect("an answer").delivered().expect("taken down");
    }
    assert_paid(&emulator, 3);
}

#[test]
fn closed_router_ends_the_calls() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "1"]), Scratch::new());
    let (router, capture) = open(&emulator, &scratch, &[]);
    let call = capture.take(&question(&emulator, "a")).expect("taken").expect("a call");
    drop(router);
    assert_eq!(call.wait().expect_err("closed").kind(), ErrorKind::Closed);
}

#[test]
fn wrong_headers_and_options_are_refused() {
    let mut exchange = Exchange::new("POST", "http://localhost/").expect("an exchange");
    assert_eq!(exchange.header("a", "b\r\nc: d").expect_err("two lines").kind(), ErrorKind::InvalidArgument);
    assert_eq!(exchange.header("a", "b\0").expect_err("a NUL").kind(), ErrorKind::InvalidArgument);
    assert_eq!(exchange.set("no such", "option").expect_err("no option").kind(), ErrorKind::Config);
}

#[test]
fn example_of_a_plain_client_is_answered_by_one_batch_and_passes_the_rest() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "1"]), Scratch::new());
    for _ in 0..2 {
        let output = Command::new(example("capture"))
            .current_dir(scratch.path())
            .env("OPENAI_API_KEY", "test-key")
            .args(["capture.window_ms=60000", "capture.max_requests=3", "capture.poll_interval_ms=5"])
            .arg(format!("openai.base_url={}", emulator.base_url))
            .output()
            .expect("the example");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.starts_with("models: ") && text.matches("? 200 {").count() == 3, "{text}");
    }
    assert_paid(&emulator, 3); // the second run is answered by the answers of the first
    emulator.assert_creates(1);
}
