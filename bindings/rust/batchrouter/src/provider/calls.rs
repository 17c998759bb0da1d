//! The functions of a provider as the library calls them. No panic goes through C.

use std::ffi::{CStr, CString, c_char, c_void};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::ptr;
use std::time::UNIX_EPOCH;

use batchrouter_sys as sys;

use super::{BatchStatus, BatchToSubmit, Provider, ProviderError, ProviderResult};
use crate::ffi::{borrow, borrow_sized};
use crate::panics;

/// The functions for the library, whose user_data is a `Box<Box<dyn Provider>>`; it borrows the texts.
pub(super) fn table(name: &CStr, capabilities: Option<&CStr>) -> sys::br_provider_vtbl {
    sys::br_provider_vtbl {
        size: size_of::<sys::br_provider_vtbl>(),
        name: name.as_ptr(),
        capabilities: capabilities.map_or(ptr::null(), CStr::as_ptr),
        supports_model: Some(supports_model),
        prepare: Some(prepare),
        submit: Some(submit),
        poll: Some(poll),
        fetch: Some(fetch),
        cancel: Some(cancel),
        list: Some(list),
        close: None,
    }
}

type Call = *mut sys::br_provider_call;

/// A text for C; a NUL in it ends it.
fn text(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(&text[..end]).unwrap_or_default()
}

fn fail(call: Call, error: &ProviderError) -> sys::br_status {
    let retry_ms = error.retry_after.map_or(-1, |time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
    let (message, code) = (text(&error.message), error.vendor_code.as_deref().map(text));
    let code = code.as_ref().map_or(ptr::null(), |code| code.as_ptr());
    // SAFETY: the call is under way, and the strings are copied.
    unsafe { sys::br_call_fail(call, error.code, error.transient.into(), retry_ms, code, message.as_ptr()) }
}

/// Runs one function of the provider and tells how it went.
///
/// # Safety
/// `user_data` and `call` are what the library passed for a call that is under way.
unsafe fn answer(
    user_data: *mut c_void,
    call: Call,
    panicked: i32,
    work: impl FnOnce(&dyn Provider) -> ProviderResult<()>,
) -> sys::br_status {
    // SAFETY: user_data is the Box<Box<dyn Provider>> of register_provider, alive until destroy.
    let provider = unsafe { &*user_data.cast::<Box<dyn Provider>>() };
    match catch_unwind(AssertUnwindSafe(|| work(provider.as_ref()))) {
        Ok(Ok(())) => sys::BR_OK,
        Ok(Err(error)) => fail(call, &error),
        Err(panic) => {
            let why = panic.downcast_ref::<&str>().map(|text| text.to_string());
            let why = why.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            panics::discard(panic);
            fail(call, &ProviderError::new(panicked, format!("the provider panicked: {why}")))
        }
    }
}

/// # Safety
/// The call is under way, and its id is not used after it.
unsafe fn batch_id<'a>(call: Call) -> &'a str {
    // SAFETY: as the caller promises.
    unsafe { borrow(sys::br_call_batch_id(call)) }.unwrap_or_default()
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn tell(call: Call, status: &BatchStatus) {
    let word = status.word.as_deref().map(text);
    let word = word.as_ref().map_or(ptr::null(), |word| word.as_ptr());
    let times = [
        (sys::BR_TIME_CREATED, status.created),
        (sys::BR_TIME_COMPLETED, status.completed),
        (sys::BR_TIME_EXPIRES, status.expires),
    ];
    // SAFETY: the call is under way, and the strings are copied.
    unsafe {
        if let Some(state) = status.state {
            sys::br_call_set_state(call, state.as_raw(), word);
        }
        if let Some([total, succeeded, errored, cancelled, expired]) = status.counts.map(|all| all.map(number)) {
            sys::br_call_set_counts(call, total, succeeded, errored, cancelled, expired);
        }
        for (which, time) in times {
            let Some(Ok(since)) = time.map(|time| time.duration_since(UNIX_EPOCH)) else { continue };
            sys::br_call_set_time(call, which, i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        }
        if let Some(message) = &status.message {
            sys::br_call_set_message(call, text(message).as_ptr());
        }
    }
}

/// What goes to the library.
struct Rows(Call);

impl Write for Rows {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // SAFETY: the call is under way, and the bytes are copied.
        match unsafe { sys::br_call_write(self.0, bytes.as_ptr().cast(), bytes.len()) } {
            sys::BR_OK => Ok(bytes.len()),
            status => Err(io::Error::other(format!("the library cannot keep the rows: status {status}"))),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

unsafe extern "C" fn supports_model(user_data: *mut c_void, model: *const c_char) -> i32 {
    // SAFETY: as in answer; the model is valid for the call.
    let (provider, model) = unsafe { (&*user_data.cast::<Box<dyn Provider>>(), borrow(model)) };
    let serves = catch_unwind(AssertUnwindSafe(|| provider.supports_model(model.unwrap_or_default())));
    serves
        .unwrap_or_else(|panic| {
            panics::discard(panic);
            false
        })
        .into()
}

unsafe extern "C" fn prepare(user_data: *mut c_void, call: Call, line: *const c_char, length: usize) -> sys::br_status {
    // SAFETY: the library passes what belongs together, for the time of this call; so below.
    unsafe {
        answer(user_data, call, sys::BR_EINPUT, |provider| {
            let line = provider.prepare(borrow_sized(line, length).unwrap_or_default())?;
            Ok(Rows(call).write_all(line.as_bytes())?)
        })
    }
}

unsafe extern "C" fn submit(user_data: *mut c_void, call: Call) -> sys::br_status {
    // SAFETY: see prepare.
    unsafe {
        answer(user_data, call, sys::BR_EUNKNOWN, |provider| {
            let pair = |i| {
                let (key, value) = (sys::br_call_meta_key(call, i), sys::br_call_meta_value(call, i));
                (borrow(key).unwrap_or_default(), borrow(value).unwrap_or_default())
            };
            let id = provider.submit(&BatchToSubmit {
                requests_path: Path::new(borrow(sys::br_call_requests_path(call)).unwrap_or_default()),
                rows: u64::try_from(sys::br_call_rows(call)).unwrap_or(0),
                model: borrow(sys::br_call_model(call)).unwrap_or_default(),
                marker: borrow(sys::br_call_marker(call)).unwrap_or_default(),
                meta: (0..sys::br_call_meta_count(call)).map(pair).collect(),
            })?;
            // An id that is refused is none, and then the batch is looked for by its marker.
            sys::br_call_set_batch_id(call, text(&id).as_ptr());
            Ok(())
        })
    }
}

unsafe extern "C" fn poll(user_data: *mut c_void, call: Call) -> sys::br_status {
    // SAFETY: see prepare.
    unsafe {
        answer(user_data, call, sys::BR_EPROVIDER, |provider| {
            tell(call, &provider.poll(batch_id(call))?);
            Ok(())
        })
    }
}

unsafe extern "C" fn fetch(user_data: *mut c_void, call: Call) -> sys::br_status {
    // SAFETY: see prepare.
    unsafe {
        answer(user_data, call, sys::BR_EPROVIDER, |provider| {
            let mut rows = io::BufWriter::with_capacity(64 << 10, Rows(call));
            provider.fetch(batch_id(call), &mut rows)?;
            Ok(rows.flush()?)
        })
    }
}

unsafe extern "C" fn cancel(user_data: *mut c_void, call: Call) -> sys::br_status {
    // SAFETY: see prepare.
    unsafe {
        answer(user_data, call, sys::BR_EPROVIDER, |provider| {
            tell(call, &provider.cancel(batch_id(call))?);
            Ok(())
        })
    }
}

unsafe extern "C" fn list(user_data: *mut c_void, call: Call) -> sys::br_status {
    // SAFETY: see prepare.
    unsafe {
        answer(user_data, call, sys::BR_EPROVIDER, |provider| {
            let limit = usize::try_from(sys::br_call_limit(call)).unwrap_or(0);
            for batch in provider.list(borrow(sys::br_call_marker(call)), limit)? {
                let marker = batch.marker.as_deref().map(text);
                let marker = marker.as_ref().map_or(ptr::null(), |marker| marker.as_ptr());
                if sys::br_call_add_batch(call, text(&batch.id).as_ptr(), marker) == sys::BR_OK {
                    tell(call, &batch.status);
                }
            }
            Ok(())
        })
    }
}
