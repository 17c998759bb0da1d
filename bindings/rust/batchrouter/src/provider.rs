//! Providers written in Rust.

mod calls;

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use batchrouter_sys as sys;

use crate::check_abi;
use crate::error::{Result, call};
use crate::ffi::{copy, destroy_box, name};
use crate::job_state::JobState;

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
    let table = calls::table(&provider_name, capabilities.as_deref());
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
