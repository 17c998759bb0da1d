//! What the tests share: an emulator, a directory that goes away, JSON.

#![allow(dead_code, unreachable_pub)] // Each test program uses a part of it.

pub mod json;

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use batchrouter::{Batch, Config, Request, Router};
use json::Json;

/// Far more than anything here takes: what waits longer hangs.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A directory of its own.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Scratch {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("batchrouter-rust-{}-{number}", std::process::id()));
        fs::create_dir(&path).expect("a directory");
        Scratch(path)
    }
    pub fn path(&self) -> &Path {
        &self.0
    }
    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("UTF-8").to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// `batchrouter emulate`, as a process of its own.
pub struct Emulator {
    process: Child,
    pub port: u16,
    pub base_url: String,
}

impl Emulator {
    pub fn start(arguments: &[&str]) -> Emulator {
        let program =
            env::var_os("BATCHROUTER_PROGRAM").expect("BATCHROUTER_PROGRAM: the path of the program batchrouter");
        let mut process = Command::new(program)
            .args(["emulate", "--json"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program batchrouter");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("its addresses");
        let addresses = Json::parse(&line);
        let base_url = addresses["base_urls"]["openai"].text().expect("an address").to_owned();
        Emulator { process, port: addresses["port"].number().expect("a port") as u16, base_url }
    }

    pub fn ledger(&self) -> Json {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        let request = "GET /__emulator/ledger HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("the request is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        Json::parse(answer.split_once("\r\n\r\n").expect("a body").1)
    }

    /// So many batches were made.
    pub fn assert_creates(&self, count: u64) {
        assert_eq!(self.ledger()["creates"].number(), Some(count));
    }

    pub fn config(&self, state_dir: &str) -> Config {
        let mut config = config_without_vendor(state_dir);
        config.set("openai.base_url", &self.base_url).expect("a setting");
        config
    }
    pub fn router(&self, state_dir: &str) -> Router {
        Router::new(&self.config(state_dir)).expect("a router")
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Quick looks at the vendor, and an address where nobody is.
pub fn config_without_vendor(state_dir: &str) -> Config {
    let mut config = Config::new();
    for (key, value) in [
        ("state_dir", state_dir),
        ("openai.base_url", "http://127.0.0.1:9/v1"),
        ("openai.api_key", "test-key"),
        ("poll.interval_ms", "10"),
        ("poll.max_interval_ms", "20"),
        ("retry.base_ms", "1"),
        ("retry.cap_ms", "20"),
    ] {
        config.set(key, value).expect("a setting");
    }
    config
}

pub fn batch_of(count: usize) -> Batch {
    let mut batch = Batch::new("openai").expect("a batch");
    for i in 0..count {
        let mut request = Request::new(&format!("r{i}"), "gpt-4o-mini").expect("a request");
        request.user(&format!("Question {i}")).expect("a message");
        batch.add(&request).expect("room for it");
    }
    batch
}

/// A program of this build: cargo puts the tests into `deps`, and examples beside that.
pub fn example(name: &str) -> PathBuf {
    let test = env::current_exe().expect("this program");
    test.parent().and_then(Path::parent).expect("the build directory").join("examples").join(name)
}
