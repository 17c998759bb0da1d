//! The examples, run as the programs that they are.

mod support;

use std::fs;
use std::process::{Command, Output};

use support::{Emulator, Scratch, example};

fn run(name: &str, scratch: &Scratch, base_url: &str) -> Output {
    Command::new(example(name))
        .current_dir(scratch.path())
        .env("OPENAI_API_KEY", "test-key")
        .args(["poll.interval_ms=10", "poll.max_interval_ms=20", &format!("openai.base_url={base_url}")])
        .output()
        .expect("the example")
}

#[test]
fn quick_start_prints_answers_and_progress() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "3"]), Scratch::new());
    let output = run("quick_start", &scratch, &emulator.base_url);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        text.contains("Response: answer to request-1 ") && text.contains("Response: answer to request-2 "),
        "{text}"
    );
    assert!(text.contains("Status: completed\nProgress: 2/2\n"), "{text}");
}

#[test]
fn hello_prints_answers_and_has_at_most_twelve_lines() {
    let (emulator, scratch) = (Emulator::start(&["--polls", "3"]), Scratch::new());
    let line = r#"{"custom_id":"a","model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}]}"#;
    fs::write(scratch.file("requests.jsonl"), line).expect("a file");
    let output = run("hello", &scratch, &emulator.base_url);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success() && text.starts_with("a: answer to a "), "{text}");
    let source = include_str!("../examples/hello.rs");
    let lines = source.lines().filter(|line| !line.is_empty() && !line.starts_with("//")).count();
    assert!(lines <= 12, "{lines} lines");
    let program = source.split_once("\n\n").expect("a comment first").1;
    assert!(include_str!("../README.md").contains(program), "README.md shows another program");
}

#[test]
fn hello_with_a_refused_key_fails_and_says_so() {
    let (emulator, scratch) = (Emulator::start(&["--key", "another-key"]), Scratch::new());
    let line = r#"{"custom_id":"a","model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}]}"#;
    fs::write(scratch.file("requests.jsonl"), line).expect("a file");
    let output = run("hello", &scratch, &emulator.base_url);
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("401") || text.to_lowercase().contains("key"), "{text}");
}
