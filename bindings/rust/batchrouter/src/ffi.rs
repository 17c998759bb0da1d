//! The little that every file needs to cross the border: strings, times, owned handles.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::NonNull;
use std::time::Duration;

use crate::error::{Error, Result};

/// A type of the library with its free function.
pub(crate) trait Native {
    /// Frees a handle that nobody else uses.
    unsafe fn free(handle: *mut Self);
}

macro_rules! native {
    ($($name:ident $free:ident)*) => {$(
        impl Native for sys::$name {
            unsafe fn free(handle: *mut Self) {
                // SAFETY: the caller owns the handle.
                unsafe { sys::$free(handle) }
            }
        }
    )*};
}
use batchrouter_sys as sys;
native!(br_config br_config_free br_request br_request_free br_batch br_batch_free br_router br_router_free
        br_job br_job_free br_job_list br_job_list_free br_result br_result_free br_results br_results_free
        br_plan br_plan_free br_error br_error_free br_exchange br_exchange_free
        br_capture br_capture_free br_answer br_answer_free);

/// The one owner of a handle.
pub(crate) struct Owned<T: Native>(NonNull<T>);

impl<T: Native> Owned<T> {
    /// NULL means that memory is out, as failed allocations do in Rust.
    pub(crate) fn new(handle: *mut T) -> Owned<T> {
        Owned(NonNull::new(handle).expect("out of memory"))
    }
    pub(crate) fn as_ptr(&self) -> *mut T {
        self.0.as_ptr()
    }
}

impl<T: Native> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: this is the one owner, and it is going.
        unsafe { T::free(self.0.as_ptr()) }
    }
}

/// A name for the library; one with an embedded NUL is refused.
pub(crate) fn name(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::invalid(format!("the name {text:?} has a NUL in it"), "leave it out"))
}

/// The bytes of a text as the library takes them.
pub(crate) fn bytes(text: &str) -> (*const c_char, usize) {
    (text.as_ptr().cast(), text.len())
}

/// A borrowed string of the library that ends with a NUL.
///
/// # Safety
/// `text` is NULL or valid for `'a`.
#[inline]
pub(crate) unsafe fn borrow<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the library ends its strings with a NUL.
    utf8(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// A borrowed string of the library of that length.
///
/// # Safety
/// `text` is NULL or has `length` bytes that are valid for `'a`.
#[inline]
pub(crate) unsafe fn borrow_sized<'a>(text: *const c_char, length: usize) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    utf8(unsafe { std::slice::from_raw_parts(text.cast(), length) })
}

/// Bytes that the library lends, of any kind; `None` for NULL.
///
/// # Safety
/// They are `length` bytes that stay as they are for `'a`.
pub(crate) unsafe fn borrow_bytes<'a>(data: *const c_char, length: usize) -> Option<&'a [u8]> {
    // SAFETY: as the caller promises.
    (!data.is_null()).then(|| unsafe { std::slice::from_raw_parts(data.cast(), length) })
}

/// The library writes UTF-8 only; were it not so, the valid beginning is what can be shown.
#[inline]
fn utf8(bytes: &[u8]) -> Option<&str> {
    // Most texts are ASCII, which is seen in a third of the time.
    if is_ascii(bytes) {
        // SAFETY: ASCII is UTF-8.
        return Some(unsafe { std::str::from_utf8_unchecked(bytes) });
    }
    checked(bytes)
}

/// As in the standard library, and inline: ids and answers are mostly short, and a call costs as much as the look.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk::<8>() else { return bytes.iter().all(u8::is_ascii) };
    let mut seen = u64::from_ne_bytes(*last);
    for word in bytes.chunks_exact(8) {
        seen |= word.first_chunk().map_or(0, |word| u64::from_ne_bytes(*word));
    }
    seen & 0x8080_8080_8080_8080 == 0
}

#[inline(never)]
fn checked(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).ok(),
    }
}

/// As `borrow`, copied.
///
/// # Safety
/// `text` is NULL or valid now.
pub(crate) unsafe fn copy(text: *const c_char) -> Option<String> {
    // SAFETY: as the caller promises.
    unsafe { borrow(text) }.map(str::to_owned)
}

/// `None` waits without limit; a part of a millisecond counts as a whole one.
pub(crate) fn milliseconds(timeout: impl Into<Option<Duration>>) -> i64 {
    match timeout.into() {
        None => -1,
        Some(time) => i64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX),
    }
}

/// Runs `drop` for what `Box::into_raw` gave the library.
pub(crate) unsafe extern "C" fn destroy_box<T>(user_data: *mut c_void) {
    // SAFETY: the library calls this once, with the pointer that it was given.
    let owned = unsafe { Box::from_raw(user_data.cast::<T>()) };
    crate::panics::guard((), || drop(owned));
}
