#![doc = include_str!("../README.md")]

mod answer;
mod batch;
mod capture;
mod completion;
mod config;
mod core;
mod error;
mod event;
mod exchange;
mod fetched;
mod ffi;
mod job;
mod job_list;
mod job_state;
mod many;
mod offline;
mod panics;
mod provider;
mod request;
mod result_item;
mod results;
mod router;

use std::ffi::c_char;

use batchrouter_sys as sys;

pub use answer::Answer;
pub use batch::Batch;
pub use capture::{Call, Capture};
pub use completion::Completion;
pub use config::{Config, Property, properties};
pub use error::{Error, ErrorKind, Result};
pub use event::{Event, EventKind, LogLevel};
pub use exchange::Exchange;
pub use job::Job;
pub use job_list::JobList;
pub use job_state::{JobState, RequestCounts, Submission};
pub use many::Run;
pub use offline::{Plan, Written, convert, decode_file, provider_json, providers, validate};
pub use provider::{
    BatchStatus, BatchToSubmit, ListedBatch, Provider, ProviderError, ProviderResult, is_registered, register_provider,
    registered_provider_json, registered_providers, unregister_provider,
};
pub use request::{Request, Role, Source};
pub use result_item::{ResultItem, ResultStatus, Usage};
pub use results::{Arrivals, Delivery, Order, Results};
pub use router::Router;

/// The version of the library that runs, such as `0.1.0`.
pub fn version() -> &'static str {
    // SAFETY: the text lives as long as the library.
    constant(unsafe { sys::br_version() })
}

/// How the library was built, as a JSON object.
pub fn build_info() -> &'static str {
    // SAFETY: the text lives as long as the library.
    constant(unsafe { sys::br_build_info() })
}

fn constant(text: *const c_char) -> &'static str {
    // SAFETY: the callers pass constants of the library.
    unsafe { ffi::borrow(text) }.unwrap_or_default()
}

/// The file that the library was loaded from, as far as the system tells.
fn path() -> String {
    // SAFETY: takes nothing.
    let address = unsafe { sys::br_version() } as usize;
    let mappings = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let holds = |line: &&str| {
        let range = line.split_once(' ').and_then(|(range, _)| range.split_once('-'));
        let number = |text| usize::from_str_radix(text, 16).unwrap_or_default();
        range.is_some_and(|(from, to)| (number(from)..number(to)).contains(&address))
    };
    let file = mappings.lines().find(holds).and_then(|line| line.find('/').map(|at| line[at..].to_owned()));
    file.unwrap_or_else(|| "the library".to_owned())
}

/// A library of another generation than the one this crate was made for is refused before anything is done with it.
pub(crate) fn check_abi() -> Result<()> {
    // SAFETY: takes nothing.
    let running = unsafe { sys::br_abi_version() };
    if running == sys::BR_ABI_VERSION {
        return Ok(());
    }
    let needed = sys::BR_ABI_VERSION;
    let message = format!("{} is libbatchrouter {} with ABI {running}, and ABI {needed} is needed", path(), version());
    let hint = format!(
        "install libbatchrouter {} (Debian: libbatchrouter0), or the crate that was made for the other one",
        env!("CARGO_PKG_VERSION")
    );
    Err(Error::new(sys::BR_EUNSUPPORTED, message, &hint))
}

/// What the header says about threads, checked when this is compiled.
const _: () = {
    const fn send<T: Send>() {}
    const fn sync<T: Sync>() {}
    send::<Router>();
    sync::<Router>();
    send::<Job>();
    sync::<Job>();
    send::<Error>();
    sync::<Error>();
    send::<Config>();
    send::<Request>();
    send::<Batch>();
    send::<ResultItem>();
    send::<Results>();
    send::<Arrivals<'static>>();
    send::<JobList>();
    send::<Plan>();
    send::<Completion>();
    sync::<Completion>();
    send::<Capture>();
    sync::<Capture>();
    send::<Call>();
    send::<Exchange>();
    send::<Answer>();
};
