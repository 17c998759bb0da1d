//! The C interface of libbatchrouter, declaration by declaration: `batchrouter.h` says what each one does, and a test
//! compares them all with it. The crate `batchrouter` is the safe interface.

#![no_std]
#![allow(non_camel_case_types)]
#![allow(missing_docs)] // The header is the documentation; a copy here could only differ from it.

mod constants;
mod functions;

pub use constants::*;
pub use functions::*;

use core::ffi::{c_char, c_void};

/// What a call came to: 0 is success, above 0 a normal state, below 0 an error.
pub type br_status = i32;

macro_rules! opaque {
    ($($name:ident)*) => {$(
        /// An opaque handle of the library.
        #[repr(C)]
        pub struct $name {
            _private: [u8; 0],
            _not_send_sync_unpin: core::marker::PhantomData<(*mut u8, core::marker::PhantomPinned)>,
        }
    )*};
}

opaque!(br_config br_error br_request br_batch br_router br_job br_job_list br_result br_results br_plan
        br_provider_call br_exchange br_capture br_answer);

pub type br_destroy_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;
pub type br_log_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, level: i32, message: *const c_char)>;
pub type br_event_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, event: i32, job_id: *const c_char, json: *const c_char)>;
pub type br_write_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, data: *const c_char, length: usize) -> i32>;
pub type br_done_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, job: *mut br_job)>;
pub type br_answer_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, answer: *mut br_answer)>;

/// The type of most functions of the table; the header has no name for it.
pub type br_provider_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, call: *mut br_provider_call) -> br_status>;

/// The one struct of the interface: a provider written outside of the library.
#[repr(C)]
pub struct br_provider_vtbl {
    pub size: usize,
    pub name: *const c_char,
    pub capabilities: *const c_char,
    pub supports_model: Option<unsafe extern "C" fn(user_data: *mut c_void, model: *const c_char) -> i32>,
    pub prepare: Option<
        unsafe extern "C" fn(
            user_data: *mut c_void,
            call: *mut br_provider_call,
            line: *const c_char,
            length: usize,
        ) -> br_status,
    >,
    pub submit: br_provider_fn,
    pub poll: br_provider_fn,
    pub fetch: br_provider_fn,
    pub cancel: br_provider_fn,
    pub list: br_provider_fn,
    pub close: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
}
