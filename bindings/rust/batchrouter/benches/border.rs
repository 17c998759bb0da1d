//! What tests/bench/border.py measures of Rust against C: id, status and text of the stored results of a job.
//! Arguments: LIBRARY STATE_DIR JOB_ID PASSES; prints nanoseconds for a result. LIBRARY is tests/bench/border.c.

#![allow(missing_docs)]

use std::env;
use std::ffi::{CString, c_char, c_int, c_void};
use std::hint::black_box;
use std::mem::transmute;
use std::time::Instant;

use batchrouter::{Config, Job, ResultItem, Router};

const BLOCK: usize = 256;
const REPEATS: usize = 100;

type InC = unsafe extern "C" fn(*const c_char, *const c_char, *mut f64);

unsafe extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
}

fn load(library: &str) -> InC {
    const RTLD_NOW: c_int = 2;
    let path = CString::new(library).expect("no NUL");
    // SAFETY: both strings end with a NUL, and border.c has that function.
    unsafe {
        let library = dlopen(path.as_ptr(), RTLD_NOW);
        assert!(!library.is_null(), "{path:?} cannot be loaded");
        let found = dlsym(library, c"border".as_ptr());
        assert!(!found.is_null(), "{path:?} has no border");
        transmute::<*mut c_void, InC>(found)
    }
}

fn borrowed(item: &ResultItem) -> usize {
    item.custom_id().len() + item.text().map_or(0, str::len) + usize::from(item.is_success())
}

fn copied(item: &ResultItem) -> usize {
    let text = item.text().map(str::to_owned);
    black_box(item.custom_id().to_owned()).len()
        + black_box(text).map_or(0, |text| text.len())
        + usize::from(item.is_success())
}

fn own(texts: &(String, String)) -> usize {
    black_box(texts.0.clone()).len() + black_box(texts.1.clone()).len()
}

/// All results. What opening costs is no cost of a result.
fn read(job: &Job) -> f64 {
    let mut results = job.results().expect("a cursor").map(|item| item.expect("a result"));
    let first = results.next().expect("a result");
    let (began, mut sum, mut rows) = (Instant::now(), borrowed(&first), 1);
    drop(first);
    for item in results {
        sum += borrowed(&item);
        rows += 1;
    }
    black_box(sum);
    began.elapsed().as_nanos() as f64 / f64::from(rows)
}

fn again<T>(all: &[T], ask: impl Fn(&T) -> usize) -> f64 {
    let began = Instant::now();
    for _ in 0..REPEATS {
        black_box(all.iter().map(&ask).sum::<usize>());
    }
    began.elapsed().as_nanos() as f64 / (REPEATS * all.len()) as f64
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    // `cargo test --all-targets` runs benchmarks too, and wants none of this.
    let [library, state, id, passes] = &arguments[..] else { return };
    let in_c = load(library);
    let (state_name, id_name) = (CString::new(&state[..]).expect("no NUL"), CString::new(&id[..]).expect("no NUL"));
    let config = Config::from_settings([format!("state_dir={state}")]).expect("settings");
    for _ in 0..passes.parse().expect("a number") {
        let mut c = [0.0; 3];
        // SAFETY: both strings end with a NUL, and there is room for three numbers.
        unsafe { in_c(state_name.as_ptr(), id_name.as_ptr(), c.as_mut_ptr()) };
        let router = Router::new(&config).expect("a router");
        let job = router.job(id).expect("the job");
        let all = read(&job);
        let items: Vec<_> = job.results().expect("a cursor").take(BLOCK).map(|item| item.expect("a result")).collect();
        let texts: Vec<_> =
            items.iter().map(|item| (item.custom_id().to_owned(), item.text().unwrap_or_default().to_owned())).collect();
        println!("c.read {:.2}\nc.again {:.2}\nc.copy {:.2}\nread {all:.2}", c[0], c[1], c[2]);
        println!("again {:.2}\ncopy {:.2}\nown {:.2}", again(&items, borrowed), again(&items, copied), again(&texts, own));
    }
}
