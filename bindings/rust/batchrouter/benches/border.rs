//! What tests/bench/border.py measures of Rust against C: id, status and text of the stored results of a job.
//! Arguments: LIBRARY STATE_DIR JOB_ID PASSES; prints nanoseconds for a result. LIBRARY is tests/bench/border.c.

#![allow(missing_docs)]

use std::env;
use std::ffi::{CString, c_char, c_int, c_void};
use std::hint::black_box;
use std::mem::transmute;

use batchrouter::{Config, Job, ResultItem, Router};

const BLOCK: usize = 256;
const REPEATS: usize = 100;

type InC = unsafe extern "C" fn(*const c_char, *const c_char, *mut f64);
type Now = unsafe extern "C" fn() -> f64;

/// What border.c gives: the figures of C, and a clock.
struct Border {
    in_c: InC,
    now: Now,
}

impl Border {
    fn load(library: &str) -> Border {
        const RTLD_NOW: c_int = 2;
        let path = CString::new(library).expect("no NUL");
        // SAFETY: every string ends with a NUL, and border.c has these functions.
        unsafe {
            let library = dlopen(path.as_ptr(), RTLD_NOW);
            assert!(!library.is_null(), "{path:?} cannot be loaded");
            let (in_c, now) = (dlsym(library, c"border".as_ptr()), dlsym(library, c"border_now".as_ptr()));
            assert!(!in_c.is_null() && !now.is_null(), "{path:?} is no border.c");
            Border { in_c: transmute::<*mut c_void, InC>(in_c), now: transmute::<*mut c_void, Now>(now) }
        }
    }

    fn now(&self) -> f64 {
        // SAFETY: it takes nothing.
        unsafe { (self.now)() }
    }

    fn in_c(&self, state: &CString, id: &CString) -> [f64; 3] {
        let mut found = [0.0; 3];
        // SAFETY: both strings end with a NUL, and there is room for three numbers.
        unsafe { (self.in_c)(state.as_ptr(), id.as_ptr(), found.as_mut_ptr()) };
        found
    }

    /// All results. What opening costs is no cost of a result.
    fn read(&self, job: &Job) -> f64 {
        let mut results = job.results().expect("a cursor").map(|item| item.expect("a result"));
        let first = results.next().expect("a result");
        let (began, mut sum, mut rows) = (self.now(), borrowed(&first), 1);
        drop(first);
        for item in results {
            sum += borrowed(&item);
            rows += 1;
        }
        black_box(sum);
        (self.now() - began) / f64::from(rows)
    }

    fn again<T>(&self, all: &[T], ask: impl Fn(&T) -> usize) -> f64 {
        let began = self.now();
        for _ in 0..REPEATS {
            black_box(all.iter().map(&ask).sum::<usize>());
        }
        (self.now() - began) / (REPEATS * all.len()) as f64
    }
}

unsafe extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
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

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    // `cargo test --all-targets` runs benchmarks too, and wants none of this.
    let [library, state, id, passes] = &arguments[..] else { return };
    let border = Border::load(library);
    let (state_name, id_name) = (CString::new(&state[..]).expect("no NUL"), CString::new(&id[..]).expect("no NUL"));
    let config = Config::from_settings([format!("state_dir={state}")]).expect("settings");
    let in_c = || {
        let c = border.in_c(&state_name, &id_name);
        println!("c.read {:.2}\nc.again {:.2}\nc.copy {:.2}", c[0], c[1], c[2]);
    };
    // Who comes second finds the memory that the first one left: each is first in every other pass.
    for pass in 0..passes.parse().expect("a number") {
        if pass % 2 == 0 {
            in_c();
        }
        in_rust(&border, &config, id);
        if pass % 2 != 0 {
            in_c();
        }
    }
}

fn in_rust(border: &Border, config: &Config, id: &str) {
    let router = Router::new(config).expect("a router");
    let job = router.job(id).expect("the job");
    println!("read {:.2}", border.read(&job));
    let items: Vec<_> = job.results().expect("a cursor").take(BLOCK).map(|item| item.expect("a result")).collect();
    let texts: Vec<_> =
        items.iter().map(|item| (item.custom_id().to_owned(), item.text().unwrap_or_default().to_owned())).collect();
    println!("again {:.2}\ncopy {:.2}", border.again(&items, borrowed), border.again(&items, copied));
    println!("own {:.2}", border.again(&texts, own));
}
