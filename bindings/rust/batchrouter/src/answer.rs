//! The vendor's HTTP answer to a captured call.

use std::ffi::c_char;
use std::fmt;

use batchrouter_sys as sys;

use crate::error::{Result, call};
use crate::ffi::{Owned, borrow};

/// The vendor's HTTP answer to a captured call. Unless [`Answer::delivered`] is called, the next call that asks the same gets
/// it when this one is dropped.
pub struct Answer(Owned<sys::br_answer>);

// SAFETY: the header says that a br_answer may move between threads.
unsafe impl Send for Answer {}

impl Answer {
    pub(crate) fn new(handle: *mut sys::br_answer) -> Answer {
        Answer(Owned::new(handle))
    }
    fn as_ptr(&self) -> *mut sys::br_answer {
        self.0.as_ptr()
    }
    /// That of its [`Call`](crate::Call).
    pub fn id(&self) -> i64 {
        // SAFETY: the handle is valid.
        unsafe { sys::br_answer_id(self.as_ptr()) }
    }
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        // SAFETY: the handle is valid.
        u16::try_from(unsafe { sys::br_answer_status(self.as_ptr()) }).unwrap_or_default()
    }
    /// The headers, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        // SAFETY: the handle is valid.
        let count = unsafe { sys::br_answer_header_count(self.as_ptr()) };
        (0..count).filter_map(|index| {
            // SAFETY: the handle is valid; the texts live as long as it.
            unsafe {
                Some((
                    borrow(sys::br_answer_header_name(self.as_ptr(), index))?,
                    borrow(sys::br_answer_header_value(self.as_ptr(), index))?,
                ))
            }
        })
    }
    /// The body: of a stream that succeeded its events.
    pub fn body(&self) -> &[u8] {
        let mut length = 0;
        // SAFETY: the handle is valid; the bytes live as long as it.
        unsafe { bytes(sys::br_answer_body(self.as_ptr(), &mut length), length) }.unwrap_or_default()
    }
    /// What a stream goes on with whose status 200 is sent already: the events of the answer, or of the error that it became.
    /// `None` for a call that asked for no stream.
    pub fn events(&self) -> Option<&[u8]> {
        let mut length = 0;
        // SAFETY: as above.
        unsafe { bytes(sys::br_answer_events(self.as_ptr(), &mut length), length) }
    }
    /// The vendor's id of the batch that it came from.
    pub fn batch_id(&self) -> Option<&str> {
        // SAFETY: the handle is valid; the text lives as long as it.
        unsafe { borrow(sys::br_answer_batch_id(self.as_ptr())) }
    }
    /// An earlier answer: nothing was paid for this one.
    pub fn is_cached(&self) -> bool {
        // SAFETY: the handle is valid.
        unsafe { sys::br_answer_is_cached(self.as_ptr()) != 0 }
    }
    /// Its caller has it whole. From then on it only serves as an earlier answer, and an error is forgotten.
    pub fn delivered(&self) -> Result<()> {
        // SAFETY: the handle is valid.
        call(|err| unsafe { sys::br_answer_delivered(self.as_ptr(), err) }).map(drop)
    }
}

/// # Safety
/// `text` is NULL or has `length` bytes that are valid for `'a`.
unsafe fn bytes<'a>(text: *const c_char, length: usize) -> Option<&'a [u8]> {
    // SAFETY: as the caller promises.
    (!text.is_null()).then(|| unsafe { std::slice::from_raw_parts(text.cast(), length) })
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("id", &self.id()).field("status", &self.status()).finish_non_exhaustive()
    }
}
