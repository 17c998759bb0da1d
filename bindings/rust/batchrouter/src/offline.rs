//! What needs no router and no network: checking, converting, decoding, planning, and the table of providers.

use std::ffi::{c_char, c_void};
use std::fmt;
use std::io;
use std::path::Path;
use std::ptr;

use batchrouter_sys as sys;

use crate::batch::{Batch, path_name};
use crate::config::Config;
use crate::error::{Error, Result, call};
use crate::ffi::{Owned, borrow, borrow_sized, name};
use crate::panics;

/// How many rows a function wrote, and how many of them did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Written {
    /// All rows.
    pub rows: u64,
    /// Rows that did not succeed.
    pub failed: u64,
}

/// Checks every request as submitting would, without network and without leaving anything behind.
pub fn validate(config: &Config, batch: &Batch) -> Result<()> {
    // SAFETY: both handles are valid, and neither can be used by another thread meanwhile.
    call(|err| unsafe { sys::br_validate(config.as_ptr(), batch.as_ptr(), err) }).map(drop)
}

/// Writes the vendor's native request lines.
pub fn convert(config: &Config, batch: &Batch, writer: impl io::Write) -> Result<()> {
    write_with(writer, |write, sink, err| {
        // SAFETY: the handles are valid; write and sink belong together and outlive the call.
        unsafe { sys::br_convert(config.as_ptr(), batch.as_ptr(), write, sink, err) }
    })
}

/// Reads native result lines of a provider from a file (`-`: standard input) and writes unified results.
pub fn decode_file(config: &Config, provider: &str, path: impl AsRef<Path>, writer: impl io::Write) -> Result<Written> {
    let (provider, path) = (name(provider)?, path_name(path.as_ref())?);
    let (mut rows, mut failed) = (0, 0);
    write_with(writer, |write, sink, err| {
        let (provider, path) = (provider.as_ptr(), path.as_ptr());
        // SAFETY: the handle and the strings are valid; write and sink belong together and outlive the call.
        unsafe { sys::br_decode_file(config.as_ptr(), provider, path, write, sink, &mut rows, &mut failed, err) }
    })?;
    Ok(Written::new(rows, failed))
}

impl Written {
    pub(crate) fn new(rows: i64, failed: i64) -> Written {
        Written { rows: rows.try_into().unwrap_or(0), failed: failed.try_into().unwrap_or(0) }
    }
}

struct Sink<'a> {
    writer: &'a mut dyn io::Write,
    error: Option<io::Error>,
}

unsafe extern "C" fn write_trampoline(user_data: *mut c_void, data: *const c_char, length: usize) -> i32 {
    panics::guard(1, || {
        // SAFETY: user_data is the Sink of write_with, which waits for this call; data has length bytes.
        let (sink, data) =
            unsafe { (&mut *user_data.cast::<Sink<'_>>(), std::slice::from_raw_parts(data.cast::<u8>(), length)) };
        match sink.writer.write_all(data) {
            Ok(()) => 0,
            Err(error) => {
                sink.error = Some(error);
                1
            }
        }
    })
}

/// Lets a function of the library write to `writer`. Its error, or its panic, comes out as if it had been called here.
pub(crate) fn write_with(
    mut writer: impl io::Write,
    function: impl FnOnce(sys::br_write_fn, *mut c_void, *mut *mut sys::br_error) -> sys::br_status,
) -> Result<()> {
    let mut sink = Sink { writer: &mut writer, error: None };
    let status = call(|err| function(Some(write_trampoline), ptr::from_mut(&mut sink).cast(), err));
    panics::resume();
    match (sink.error, status) {
        (Some(error), _) => Err(Error::io(error)),
        (None, status) => status.map(drop),
    }
}

/// What a batch would bring to the vendors and cost, before anything is sent.
pub struct Plan(Owned<sys::br_plan>);

// SAFETY: a plan is a value without ties to a thread.
unsafe impl Send for Plan {}

impl Plan {
    /// One pass over the requests, as submitting would make it; offline.
    pub fn new(config: &Config, batch: &Batch) -> Result<Plan> {
        let mut plan = ptr::null_mut();
        // SAFETY: both handles are valid; plan is written on success.
        call(|err| unsafe { sys::br_plan_new(config.as_ptr(), batch.as_ptr(), &mut plan, err) })?;
        Ok(Plan(Owned::new(plan)))
    }
    /// Remote batches that the job would have.
    pub fn batches(&self) -> u64 {
        // SAFETY: the handle is valid.
        unsafe { sys::br_plan_batches(self.0.as_ptr()) }.try_into().unwrap_or(0)
    }
    /// Requests.
    pub fn requests(&self) -> u64 {
        // SAFETY: the handle is valid.
        unsafe { sys::br_plan_requests(self.0.as_ptr()) }.try_into().unwrap_or(0)
    }
    /// Bytes that would be uploaded.
    pub fn bytes(&self) -> u64 {
        // SAFETY: the handle is valid.
        unsafe { sys::br_plan_bytes(self.0.as_ptr()) }.try_into().unwrap_or(0)
    }
    /// A guess of the tokens that go in.
    pub fn input_tokens(&self) -> u64 {
        // SAFETY: the handle is valid.
        unsafe { sys::br_plan_input_tokens(self.0.as_ptr()) }.try_into().unwrap_or(0)
    }
    /// The most tokens that may come out.
    pub fn output_tokens_max(&self) -> u64 {
        // SAFETY: the handle is valid.
        unsafe { sys::br_plan_output_tokens_max(self.0.as_ptr()) }.try_into().unwrap_or(0)
    }
    /// US dollars at the standard price, an upper bound; `None` when the price of a model is not known.
    pub fn sync_usd(&self) -> Option<f64> {
        // SAFETY: the handle is valid.
        Some(unsafe { sys::br_plan_sync_usd(self.0.as_ptr()) }).filter(|usd| *usd >= 0.0)
    }
    /// US dollars at the batch price, an upper bound; `None` when the price of a model is not known.
    pub fn batch_usd(&self) -> Option<f64> {
        // SAFETY: the handle is valid.
        Some(unsafe { sys::br_plan_batch_usd(self.0.as_ptr()) }).filter(|usd| *usd >= 0.0)
    }
    /// All of it, per remote batch too, with the date of the prices and warnings.
    pub fn json(&self) -> &str {
        let mut length = 0;
        // SAFETY: the answer is valid until the plan is freed.
        unsafe { borrow_sized(sys::br_plan_json(self.0.as_ptr(), &mut length), length) }.unwrap_or_default()
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.json())
    }
}

/// The providers that the library was built with.
pub fn providers() -> impl Iterator<Item = &'static str> {
    // SAFETY: the names live as long as the library.
    (0..unsafe { sys::br_provider_count() }).filter_map(|index| unsafe { borrow(sys::br_provider_name(index)) })
}

/// Capabilities and limits of a provider as a JSON object; `None` for an unknown name.
pub fn provider_json(provider: &str) -> Option<&'static str> {
    let provider = name(provider).ok()?;
    // SAFETY: the name ends with a NUL; the answer lives as long as the library.
    unsafe { borrow(sys::br_provider_json(provider.as_ptr())) }
}
