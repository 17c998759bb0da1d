//! Errors: what the library says about a failed call, copied once.

use std::fmt;
use std::io;
use std::ptr;
use std::time::Duration;

use batchrouter_sys as sys;

use crate::ffi::{Owned, borrow, copy};

/// What fallible functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $code:ident,)*) => {
        /// What kind of failure an [`Error`] is. New kinds may appear.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)*
            /// A failure that this version of the crate has no name for; see [`Error::code`].
            Other,
        }

        impl ErrorKind {
            fn from_code(code: i32) -> ErrorKind {
                match code {
                    $(sys::$code => ErrorKind::$kind,)*
                    _ => ErrorKind::Other,
                }
            }
        }
    };
}

kinds! {
    /// The call itself is wrong.
    InvalidArgument = BR_EINVAL,
    /// A setting is unknown or has a wrong value.
    Config = BR_ECONFIG,
    /// A request is invalid; nothing was sent. See [`Error::issues`].
    Input = BR_EINPUT,
    /// The API key is missing or refused.
    Auth = BR_EAUTH,
    /// The vendor could not be reached or was overloaded; safe to do again.
    Network = BR_ENETWORK,
    /// The vendor refused.
    Provider = BR_EPROVIDER,
    /// There is no such job or batch.
    NotFound = BR_ENOTFOUND,
    /// There is no provider of that name.
    NoProvider = BR_ENOPROVIDER,
    /// The job has not ended, so its results are not there yet.
    NotComplete = BR_ENOTCOMPLETE,
    /// The time given ran out; the job goes on.
    Timeout = BR_ETIMEOUT,
    /// Out of credit or quota at the vendor.
    Quota = BR_EQUOTA,
    /// Over a limit of the vendor; splitting may help.
    Limit = BR_ELIMIT,
    /// A batch was possibly submitted; it has to be looked for before it is sent again.
    UnknownOutcome = BR_EUNKNOWN,
    /// The state directory is damaged or cannot be written.
    Store = BR_ESTORE,
    /// Another process owns the state directory.
    Locked = BR_ELOCKED,
    /// A file could not be read or written.
    Io = BR_EIO,
    /// Memory is out.
    OutOfMemory = BR_ENOMEM,
    /// The router is closed.
    Closed = BR_ECLOSED,
    /// Called in a forked child.
    Forked = BR_EFORKED,
    /// The provider, or the library that runs, has no such operation.
    Unsupported = BR_EUNSUPPORTED,
    /// The vendor's answer makes no sense.
    Protocol = BR_EPROTOCOL,
    /// A bug in the library; please report it.
    Internal = BR_EINTERNAL,
    /// Some of several operations failed.
    Partial = BR_EPARTIAL,
    /// Cancelled by the caller.
    Cancelled = BR_ECANCELLED,
    /// The name is taken.
    AlreadyExists = BR_EALREADY,
    /// Would cost more than allowed.
    Budget = BR_EBUDGET,
    /// [`Router::wakeup`](crate::Router::wakeup) broke the wait; call again.
    Interrupted = BR_AGAIN,
}

/// Why a call failed. Its text is one line: what, where, why; then the hint, if there is one.
#[derive(Debug)]
pub struct Error(Box<Details>);

#[derive(Debug, Default)]
struct Details {
    code: i32,
    message: String,
    hint: Option<String>,
    provider: Option<String>,
    vendor_code: Option<String>,
    request_id: Option<String>,
    http_status: Option<u16>,
    transient: bool,
    retry_after: Option<Duration>,
    issues: Vec<String>,
    issue_total: usize,
    each: Vec<Option<Error>>,
    source: Option<io::Error>,
}

impl Error {
    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::from_code(self.0.code)
    }
    /// The library's number for it, such as -4.
    pub fn code(&self) -> i32 {
        self.0.code
    }
    /// The library's name for it, such as `BR_EAUTH`.
    pub fn code_name(&self) -> &'static str {
        // SAFETY: the names live as long as the library.
        unsafe { borrow(sys::br_status_name(self.0.code)) }.unwrap_or("BR_UNKNOWN_STATUS")
    }
    /// One line: what, where, why. Never holds a key.
    pub fn message(&self) -> &str {
        &self.0.message
    }
    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
    /// The provider that answered.
    pub fn provider(&self) -> Option<&str> {
        self.0.provider.as_deref()
    }
    /// The vendor's own error code, such as `insufficient_quota`.
    pub fn vendor_code(&self) -> Option<&str> {
        self.0.vendor_code.as_deref()
    }
    /// The vendor's id of the refused call, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
    /// HTTP status of the vendor's answer, if there was one.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }
    /// Whether doing the same again later may work.
    pub fn is_transient(&self) -> bool {
        self.0.transient
    }
    /// The least time to wait, as the vendor asked for it.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
    /// The wrong lines of the input as `file:line:column: what, why, fix`; at most a hundred.
    pub fn issues(&self) -> &[String] {
        &self.0.issues
    }
    /// How many lines of the input are wrong.
    pub fn issue_total(&self) -> usize {
        self.0.issue_total
    }

    /// Of [`Router::submit_many`](crate::Router::submit_many) and [`Router::run`](crate::Router::run): what is wrong with
    /// each batch, in their order; else empty.
    pub fn each(&self) -> &[Option<Error>] {
        &self.0.each
    }
    pub(crate) fn with_each(mut self, each: Vec<Option<Error>>) -> Error {
        self.0.each = each;
        self
    }

    /// A failure that this crate found by itself.
    pub(crate) fn new(code: i32, message: impl Into<String>, hint: &str) -> Error {
        let hint = Some(hint.to_owned()).filter(|hint| !hint.is_empty());
        Error(Box::new(Details { code, message: message.into(), hint, ..Details::default() }))
    }
    pub(crate) fn invalid(message: impl Into<String>, hint: &str) -> Error {
        Error::new(sys::BR_EINVAL, message, hint)
    }
    pub(crate) fn interrupted() -> Error {
        Error::new(sys::BR_AGAIN, "the wait was broken by Router::wakeup", "call again")
    }
    pub(crate) fn io(error: io::Error) -> Error {
        let mut made = Error::new(sys::BR_EIO, format!("the writer failed: {error}"), "");
        made.0.source = Some(error);
        made
    }

    /// Takes the library's error; NULL when memory was too short to make one.
    pub(crate) fn take(code: i32, error: *mut sys::br_error) -> Error {
        if error.is_null() {
            return Error::new(code, format!("the call failed with status {code}"), "");
        }
        let owned = Owned::new(error);
        let e: *const sys::br_error = owned.as_ptr();
        // SAFETY: the handle is valid until `owned` goes; every string is copied before.
        unsafe {
            let issue = |index| copy(sys::br_error_issue(e, index));
            let retry_after = u64::try_from(sys::br_error_retry_after_ms(e)).ok();
            Error(Box::new(Details {
                code: sys::br_error_code(e),
                message: copy(sys::br_error_message(e)).unwrap_or_default(),
                hint: copy(sys::br_error_hint(e)),
                provider: copy(sys::br_error_provider(e)),
                vendor_code: copy(sys::br_error_vendor_code(e)),
                request_id: copy(sys::br_error_request_id(e)),
                http_status: u16::try_from(sys::br_error_http_status(e)).ok().filter(|status| *status != 0),
                transient: sys::br_error_is_transient(e) != 0,
                retry_after: retry_after.map(Duration::from_millis),
                issues: (0..sys::br_error_issue_count(e)).filter_map(issue).collect(),
                issue_total: sys::br_error_issue_total(e),
                each: Vec::new(),
                source: None,
            }))
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(issue) = self.0.issues.first() {
            write!(f, " ({issue})")?;
        }
        match &self.0.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|error| error as _)
    }
}

/// Calls a function of the library that takes `br_error **` last. Positive states are values.
pub(crate) fn call(function: impl FnOnce(*mut *mut sys::br_error) -> sys::br_status) -> Result<i32> {
    let mut error = ptr::null_mut();
    let status = function(&mut error);
    if status < 0 { Err(Error::take(status, error)) } else { Ok(status) }
}
