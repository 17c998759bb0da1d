//! One answer.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr;

use batchrouter_sys as sys;

use crate::error::{Result, call};
use crate::event::numbers;
use crate::ffi::{Owned, borrow, borrow_bytes, borrow_sized};

numbers! {
    /// How a request fared.
    ResultStatus {
        /// It has an answer.
        Succeeded = BR_RESULT_SUCCEEDED,
        /// It has an error.
        Errored = BR_RESULT_ERRORED,
        /// It was cancelled before its turn.
        Cancelled = BR_RESULT_CANCELLED,
        /// The vendor's time ran out before its turn.
        Expired = BR_RESULT_EXPIRED,
    }
}

impl ResultStatus {
    /// The unified format's name for it, such as `succeeded`.
    pub fn name(self) -> &'static str {
        // SAFETY: the names live as long as the library.
        unsafe { borrow(sys::br_result_status_name(self.as_raw())) }.unwrap_or("unknown")
    }
}

/// Tokens of one answer; `None` where the vendor did not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
#[allow(missing_docs)] // Their names say what they count.
pub struct Usage {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub cached_input: Option<u64>,
    pub reasoning: Option<u64>,
}

/// One answer. Its texts are borrowed from it: nothing is copied.
pub struct ResultItem(Owned<sys::br_result>);

// SAFETY: the header says that a br_result may move between threads.
unsafe impl Send for ResultItem {}

type GetText = unsafe extern "C" fn(*const sys::br_result) -> *const std::ffi::c_char;
type GetSized = unsafe extern "C" fn(*const sys::br_result, *mut usize) -> *const std::ffi::c_char;

impl ResultItem {
    pub(crate) fn new(handle: *mut sys::br_result) -> ResultItem {
        ResultItem(Owned::new(handle))
    }

    /// The id that the request was given.
    #[inline]
    pub fn custom_id(&self) -> &str {
        self.sized(sys::br_result_custom_id).unwrap_or_default()
    }
    /// How the request fared.
    #[inline]
    pub fn status(&self) -> ResultStatus {
        // SAFETY: the handle is valid.
        ResultStatus::from_raw(unsafe { sys::br_result_status(self.as_ptr()) })
    }
    /// Whether there is an answer.
    #[inline]
    pub fn is_success(&self) -> bool {
        self.status() == ResultStatus::Succeeded
    }
    /// The job that it belongs to.
    pub fn job_id(&self) -> &str {
        self.text_of(sys::br_result_job_id).unwrap_or_default()
    }
    /// The vendor's id of the remote batch.
    pub fn batch_id(&self) -> Option<&str> {
        self.text_of(sys::br_result_batch_id)
    }
    /// The answer's text, unescaped.
    #[inline]
    pub fn text(&self) -> Option<&str> {
        self.sized(sys::br_result_text)
    }
    /// The model that answered.
    pub fn model(&self) -> Option<&str> {
        self.text_of(sys::br_result_model)
    }
    /// Why the answer ends.
    pub fn finish_reason(&self) -> Option<&str> {
        self.text_of(sys::br_result_finish_reason)
    }
    /// Tool calls as a JSON array.
    pub fn tool_calls(&self) -> Option<&str> {
        self.sized(sys::br_result_tool_calls)
    }
    /// The vendor's response object, untouched.
    pub fn response(&self) -> Option<&str> {
        self.sized(sys::br_result_response)
    }
    /// The vendor's own row of this result, with all that stands around the response: the line of the vendor's results, byte
    /// for byte as it was downloaded; of a result of type `malformed` that need not be JSON. `None`: the vendor gave no row.
    /// Reads files. Fails when the router is closed or the job was removed.
    pub fn raw(&self) -> Result<Option<&[u8]>> {
        let (mut row, mut length) = (ptr::null(), 0);
        // SAFETY: the handle is valid, and no other thread can use it meanwhile.
        call(|err| unsafe { sys::br_result_raw(self.as_ptr(), &mut row, &mut length, err) })?;
        // SAFETY: the row is as long as the handle, and as large as it says.
        Ok(unsafe { borrow_bytes(row, length) })
    }
    /// The kind of this request's error.
    pub fn error_type(&self) -> Option<&str> {
        self.text_of(sys::br_result_error_type)
    }
    /// The vendor's code of this request's error.
    pub fn error_code(&self) -> Option<&str> {
        self.text_of(sys::br_result_error_code)
    }
    /// What went wrong with this request.
    pub fn error_message(&self) -> Option<&str> {
        self.text_of(sys::br_result_error_message)
    }
    /// The vendor's HTTP status for this request, if there was one.
    pub fn http_status(&self) -> Option<u16> {
        // SAFETY: the handle is valid.
        u16::try_from(unsafe { sys::br_result_http_status(self.as_ptr()) }).ok().filter(|status| *status != 0)
    }
    /// Whether asking the same again may work.
    pub fn is_transient(&self) -> bool {
        // SAFETY: the handle is valid.
        unsafe { sys::br_result_is_transient(self.as_ptr()) != 0 }
    }
    /// Tokens.
    pub fn usage(&self) -> Usage {
        // SAFETY: the handle is valid.
        let tokens = |which| u64::try_from(unsafe { sys::br_result_tokens(self.as_ptr(), which) }).ok();
        Usage {
            input: tokens(sys::BR_TOKENS_INPUT),
            output: tokens(sys::BR_TOKENS_OUTPUT),
            cached_input: tokens(sys::BR_TOKENS_CACHED_INPUT),
            reasoning: tokens(sys::BR_TOKENS_REASONING),
        }
    }
    /// Whether it may have been handed out before, by a process that did not acknowledge it.
    pub fn is_redelivered(&self) -> bool {
        // SAFETY: the handle is valid.
        unsafe { sys::br_result_redelivered(self.as_ptr()) != 0 }
    }
    /// The result as one line of the unified format, without newline.
    pub fn json(&self) -> &str {
        self.sized(sys::br_result_json).unwrap_or_default()
    }
    /// Marks it as taken: it will not be handed out again. Durable at the next save.
    pub fn ack(&self) -> Result<()> {
        // SAFETY: the handle is valid, and no other thread can use it meanwhile.
        call(|err| unsafe { sys::br_result_ack(self.as_ptr(), err) }).map(drop)
    }

    /// Back to the library, as if it had not been handed out.
    pub(crate) fn give_back(self) {
        let item = ManuallyDrop::new(self);
        // SAFETY: the handle is valid, and freed by this.
        unsafe { sys::br_result_return(item.as_ptr(), ptr::null_mut()) };
    }
    fn as_ptr(&self) -> *mut sys::br_result {
        self.0.as_ptr()
    }
    #[inline]
    fn text_of(&self, get: GetText) -> Option<&str> {
        // SAFETY: the handle is valid, and the text as long as it.
        unsafe { borrow(get(self.as_ptr())) }
    }
    #[inline]
    fn sized(&self, get: GetSized) -> Option<&str> {
        let mut length = 0;
        // SAFETY: the handle is valid, and the text as long as it.
        unsafe { borrow_sized(get(self.as_ptr(), &mut length), length) }
    }
}

impl fmt::Debug for ResultItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.json())
    }
}
