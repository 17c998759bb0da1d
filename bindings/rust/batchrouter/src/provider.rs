//! Providers written in Rust.

use std::ffi::{CString, c_char, c_void};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fmt, ptr};

use batchrouter_sys as sys;

use crate::check_abi;
use crate::error::{Result, call};
use crate::ffi::{borrow, borrow_sized, copy, destroy_box, name};
use crate::job::JobState;

/// What a function of a [`Provider`] returns.
pub type ProviderResult<T> = std::result::Result<T, ProviderError>;

/// A provider of one's own; see `docs/adding-a-provider.md` for what each function promises.
///
/// [`supports_model`](Provider::supports_model) and [`prepare`](Provider::prepare) run on the thread that submits or
/// validates, the others on a thread that waits in the router or runs its callbacks, one at a time for each router. They
/// may block. A panic is caught at the border: it fails that call for good, and a submit that panicked counts as
/// [`ProviderError::unknown`].
pub trait Provider: Send + Sync + 'static {
    /// Whether it serves the model.
    fn supports_model(&self, model: &str) -> bool {
        let _ = model;
        true
    }
    /// The line that goes into the request file for one request in the unified format.
    fn prepare(&self, line: &str) -> ProviderResult<String> {
        Ok(line.to_owned())
    }
    /// Makes the batch, once, and gives its id. The batch should carry [`BatchToSubmit::marker`].
    fn submit(&self, batch: &BatchToSubmit<'_>) -> ProviderResult<String>;
    /// What is known of a batch.
    fn poll(&self, batch_id: &str) -> ProviderResult<BatchStatus>;
    /// Writes the result lines of a batch that has ended, in the unified format and in any order.
    fn fetch(&self, batch_id: &str, rows: &mut dyn Write) -> ProviderResult<()>;
    /// Asks the batch to stop. A state that is terminal means that it had ended.
    fn cancel(&self, batch_id: &str) -> ProviderResult<BatchStatus> {
        let _ = batch_id;
        Err(ProviderError::new(sys::BR_EUNSUPPORTED, "the provider cannot cancel"))
    }
    /// Every batch there is, or at least each with that marker; without a marker the newest `limit` are enough. Without
    /// this function a batch whose submission is not known stays possibly submitted and blocked.
    fn list(&self, marker: Option<&str>, limit: usize) -> ProviderResult<Vec<ListedBatch>> {
        let _ = (marker, limit);
        Err(ProviderError::new(sys::BR_EUNSUPPORTED, "the provider cannot list"))
    }
}

/// What [`Provider::submit`] is asked for.
#[derive(Debug)]
#[non_exhaustive]
pub struct BatchToSubmit<'a> {
    /// The file of the prepared lines. It stays there until the job is removed.
    pub requests_path: &'a Path,
    /// How many requests the batch has.
    pub rows: u64,
    /// The model of its first request.
    pub model: &'a str,
    /// Unique for each batch: an idempotency key, and what [`Provider::list`] looks for.
    pub marker: &'a str,
    /// The metadata of the batch.
    pub meta: Vec<(&'a str, &'a str)>,
}

/// What a provider knows of a batch.
#[derive(Debug, Clone, Default)]
pub struct BatchStatus {
    /// `None`: not known, so that it is asked again.
    pub state: Option<JobState>,
    /// The vendor's own word for it.
    pub word: Option<String>,
    /// Total, succeeded, errored, cancelled, expired.
    pub counts: Option<[u64; 5]>,
    /// When it was made.
    pub created: Option<SystemTime>,
    /// When it ended.
    pub completed: Option<SystemTime>,
    /// When it will expire.
    pub expires: Option<SystemTime>,
    /// Why it failed.
    pub message: Option<String>,
}

impl BatchStatus {
    /// Only a state.
    pub fn new(state: JobState) -> BatchStatus {
        BatchStatus { state: Some(state), ..BatchStatus::default() }
    }
}

/// One batch of [`Provider::list`].
#[derive(Debug, Clone)]
pub struct ListedBatch {
    /// The vendor's id.
    pub id: String,
    /// As [`BatchToSubmit::marker`] gave it.
    pub marker: Option<String>,
    /// What is known of it.
    pub status: BatchStatus,
}

/// Why a call of a provider failed.
#[derive(Debug, Clone)]
pub struct ProviderError {
    code: i32,
    message: String,
    transient: bool,
    retry_after: Option<Duration>,
    vendor_code: Option<String>,
}

impl ProviderError {
    /// A permanent failure, by the number of the header, such as `-6`.
    pub fn new(code: i32, message: impl Into<String>) -> ProviderError {
        ProviderError { code, message: message.into(), transient: false, retry_after: None, vendor_code: None }
    }
    /// Permanent: the same again would fail again. A batch that was refused is not submitted again.
    pub fn permanent(message: impl Into<String>) -> ProviderError {
        ProviderError::new(sys::BR_EPROVIDER, message)
    }
    /// Transient: the same later may work. A submit that fails so has certainly made no batch.
    pub fn transient(message: impl Into<String>) -> ProviderError {
        ProviderError { transient: true, ..ProviderError::new(sys::BR_ENETWORK, message) }
    }
    /// There is no such batch.
    pub fn not_found(message: impl Into<String>) -> ProviderError {
        ProviderError::new(sys::BR_ENOTFOUND, message)
    }
    /// A submit that got no clear answer: the batch may exist, and is looked for before it is sent again.
    pub fn unknown(message: impl Into<String>) -> ProviderError {
        ProviderError { transient: true, ..ProviderError::new(sys::BR_EUNKNOWN, message) }
    }
    /// Not again before so long.
    pub fn retry_after(mut self, time: Duration) -> ProviderError {
        self.retry_after = Some(time);
        self
    }
    /// The vendor's own code.
    pub fn vendor_code(mut self, code: impl Into<String>) -> ProviderError {
        self.vendor_code = Some(code.into());
        self
    }
}

impl From<io::Error> for ProviderError {
    /// Permanent; the job is blocked until it is resumed.
    fn from(error: io::Error) -> ProviderError {
        ProviderError::new(sys::BR_EIO, error.to_string())
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ProviderError {}

/// Makes a provider known to the whole process; register before [`Router::new`](crate::Router::new), so that unfinished
/// jobs find it. `capabilities` is a JSON object, see `docs/adding-a-provider.md`.
pub fn register_provider(provider_name: &str, capabilities: Option<&str>, provider: impl Provider) -> Result<()> {
    check_abi()?;
    let provider_name = name(provider_name)?;
    let capabilities = capabilities.map(name).transpose()?;
    let table = sys::br_provider_vtbl {
        size: size_of::<sys::br_provider_vtbl>(),
        name: provider_name.as_ptr(),
        capabilities: capabilities.as_ref().map_or(ptr::null(), |text| text.as_ptr()),
        supports_model: Some(supports_model),
        prepare: Some(prepare),
        submit: Some(submit),
        poll: Some(poll),
        fetch: Some(fetch),
        cancel: Some(cancel),
        list: Some(list),
        close: None,
    };
    let owned: Box<dyn Provider> = Box::new(provider);
    let user_data = Box::into_raw(Box::new(owned)).cast();
    let destroy = Some(destroy_box::<Box<dyn Provider>> as _);
    // SAFETY: the table and its strings are copied; user_data is what the functions expect; destroy runs once, also on
    // failure.
    call(|err| unsafe { sys::br_registry_register(&table, user_data, destroy, err) })?;
    Ok(())
}

/// Takes no new requests for it any more. Jobs under way keep it alive until they are done.
pub fn unregister_provider(provider_name: &str) -> Result<()> {
    let provider_name = name(provider_name)?;
    // SAFETY: the name is valid for the call.
    call(|err| unsafe { sys::br_registry_unregister(provider_name.as_ptr(), err) })?;
    Ok(())
}

/// All providers, the built-in ones first.
pub fn registered_providers() -> Vec<String> {
    // SAFETY: names stay valid while the library is loaded; an index past the end gives NULL.
    (0..unsafe { sys::br_registry_count() }).filter_map(|i| unsafe { copy(sys::br_registry_name(i)) }).collect()
}

/// Whether there is a provider of that name, built in or registered.
pub fn is_registered(provider_name: &str) -> bool {
    // SAFETY: the name is valid for the call.
    name(provider_name).is_ok_and(|name| unsafe { sys::br_registry_is_registered(name.as_ptr()) } != 0)
}

/// Capabilities and limits of any provider as a JSON object; `None` for an unknown name.
pub fn registered_provider_json(provider_name: &str) -> Option<String> {
    let provider_name = name(provider_name).ok()?;
    // SAFETY: the name is valid for the call, and the answer is copied at once.
    unsafe { copy(sys::br_registry_get(provider_name.as_ptr())) }
}

// ---- the border ----

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
            // What was thrown may panic once more when it goes.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(panic)));
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
    serves.unwrap_or(false).into()
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
