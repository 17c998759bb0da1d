//! The cost of a result: this crate's borrowed views and copies, against the same C functions called with nothing in
//! between, in one run. `cargo bench`; BATCHROUTER_PROGRAM names the program.

#![allow(missing_docs)]

use std::ffi::CString;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use std::{env, fs, process, ptr, slice};

use batchrouter::{Batch, Config, Request, ResultItem, Router};
use batchrouter_sys as sys;

const RESULTS: usize = 256;
const ROUNDS: usize = 41;
const REPEATS: usize = 200;

struct Emulator(Child);

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn emulator() -> (Emulator, String) {
    let program = env::var_os("BATCHROUTER_PROGRAM").expect("BATCHROUTER_PROGRAM: the program batchrouter");
    let mut process = Command::new(program)
        .args(["emulate", "--json", "--polls", "2"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program batchrouter");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("its addresses");
    let rest = line.split_once("\"openai\":\"").expect("an address").1;
    (Emulator(process), rest.split_once('"').expect("its end").0.to_owned())
}

fn submit_and_wait(config: &Config) -> String {
    let router = Router::new(config).expect("a router");
    let mut batch = Batch::new("openai").expect("a batch");
    for i in 0..RESULTS {
        let mut request = Request::new(&format!("id-{i}"), "gpt-4o-mini").expect("a request");
        batch.add(request.user(&format!("Question {i}")).expect("a message")).expect("room");
    }
    let mut job = router.submit(&batch).expect("a job");
    job.wait(None).expect("its end");
    let id = job.id().to_owned();
    router.close(None).expect("closed");
    id
}

/// The results as C hands them out. They hold nothing of the router, which is closed again.
fn raw_results(settings: &[(&str, String)], id: &str) -> Vec<*mut sys::br_result> {
    let text = |text: &str| CString::new(text).expect("no NUL");
    let (mut router, mut job, mut cursor) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    let (mut handles, mut count) = (vec![ptr::null_mut(); RESULTS], 0);
    // SAFETY: every handle is used before it is freed, and every string outlives its call.
    unsafe {
        let config = sys::br_config_new();
        for (key, value) in settings {
            sys::br_config_set(config, text(key).as_ptr(), text(value).as_ptr(), ptr::null_mut());
        }
        assert_eq!(sys::br_router_new(config, &mut router, ptr::null_mut()), sys::BR_OK);
        assert_eq!(sys::br_job_open(router, text(id).as_ptr(), &mut job, ptr::null_mut()), sys::BR_OK);
        assert_eq!(sys::br_results_open(job, &mut cursor, ptr::null_mut()), sys::BR_OK);
        let status = sys::br_results_next(cursor, handles.as_mut_ptr(), RESULTS, &mut count, ptr::null_mut());
        assert_eq!((status, count), (sys::BR_OK, RESULTS));
        sys::br_results_free(cursor);
        sys::br_job_free(job);
        sys::br_router_free(router);
        sys::br_config_free(config);
    }
    handles
}

fn raw(result: *mut sys::br_result) -> (&'static [u8], &'static [u8], i32) {
    let (mut id, mut text) = (0, 0);
    // SAFETY: the handles live until the end of main.
    unsafe {
        let id_at = sys::br_result_custom_id(result, &mut id);
        let text_at = sys::br_result_text(result, &mut text);
        let status = sys::br_result_status(result);
        (slice::from_raw_parts(id_at.cast(), id), slice::from_raw_parts(text_at.cast(), text), status)
    }
}

fn bare(result: &*mut sys::br_result) -> usize {
    let (id, text, status) = raw(*result);
    id.len() + text.len() + status as usize
}

fn borrowed(item: &ResultItem) -> usize {
    item.custom_id().len() + item.text().map_or(0, str::len) + usize::from(item.is_success())
}

fn bare_copy(result: &*mut sys::br_result) -> usize {
    let (id, text, status) = raw(*result);
    black_box(id.to_vec()).len() + black_box(text.to_vec()).len() + status as usize
}

fn copied(item: &ResultItem) -> usize {
    let text = item.text().map(str::to_owned);
    black_box(item.custom_id().to_owned()).len()
        + black_box(text).map_or(0, |text| text.len())
        + usize::from(item.is_success())
}

/// Nanoseconds for one result; the shortest of several rounds is kept.
fn time<T>(best: &mut f64, all: &[T], ask: impl Fn(&T) -> usize) {
    let began = Instant::now();
    for _ in 0..REPEATS {
        black_box(all.iter().map(&ask).sum::<usize>());
    }
    *best = best.min(began.elapsed().as_nanos() as f64 / (REPEATS * all.len()) as f64);
}

fn main() {
    // `cargo test --all-targets` runs benchmarks too, and wants none of this.
    if !env::args().any(|argument| argument == "--bench") {
        return;
    }
    let (_emulator, url) = emulator();
    let state = env::temp_dir().join(format!("batchrouter-cost-{}", process::id()));
    let settings = [
        ("state_dir", state.to_str().expect("UTF-8").to_owned()),
        ("openai.base_url", url),
        ("openai.api_key", "key".into()),
        ("poll.interval_ms", "10".into()),
    ];
    let config = Config::from_settings(settings.iter().map(|(key, value)| format!("{key}={value}"))).expect("settings");
    let id = submit_and_wait(&config);
    let handles = raw_results(&settings, &id);
    let router = Router::new(&config).expect("a router");
    let job = router.job(&id).expect("the job");
    let items: Vec<_> = job.results().expect("a cursor").map(|item| item.expect("a result")).collect();

    let [mut c, mut view, mut c_copy, mut copy] = [f64::MAX; 4];
    for _ in 0..ROUNDS {
        time(&mut c, &handles, bare);
        time(&mut view, &items, borrowed);
        time(&mut c_copy, &handles, bare_copy);
        time(&mut copy, &items, copied);
    }
    println!("C calls alone  {c:7.1} ns/result");
    println!("borrowed       {view:7.1} ns/result: {:.1} more", view - c);
    println!("bare copies    {c_copy:7.1} ns/result");
    println!("copied texts   {copy:7.1} ns/result: {:.2} times", copy / c_copy);
    // SAFETY: nothing uses them any more.
    handles.into_iter().for_each(|handle| unsafe { sys::br_result_free(handle) });
    drop((items, job, router));
    let _ = fs::remove_dir_all(state);
}
