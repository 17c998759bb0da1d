//! Many requests, being built.

use std::fmt;
use std::path::Path;
use std::ptr;

use batchrouter_sys as sys;

use crate::check_abi;
use crate::error::{Error, Result, call};
use crate::ffi::{Owned, bytes, name};
use crate::request::Request;

/// Many requests, submitted together. It can be submitted again: the library copies it.
pub struct Batch(Owned<sys::br_batch>);

// SAFETY: the header says that a br_batch may move between threads.
unsafe impl Send for Batch {}

impl Batch {
    /// `provider`: where requests go that name none themselves; `None` if all of them do.
    pub fn new<'a>(provider: impl Into<Option<&'a str>>) -> Result<Batch> {
        check_abi()?;
        let provider = provider.into().map(name).transpose()?;
        let provider = provider.as_ref().map_or(ptr::null(), |text| text.as_ptr());
        // SAFETY: provider is NULL or ends with a NUL.
        Ok(Batch(Owned::new(unsafe { sys::br_batch_new(provider) })))
    }

    /// A name for the audit files.
    pub fn name(&mut self, text: &str) -> Result<&mut Batch> {
        let text = name(text)?;
        // SAFETY: the string ends with a NUL.
        self.done(|batch, err| unsafe { sys::br_batch_set_name(batch, text.as_ptr(), err) })
    }

    /// Metadata that is kept with the job and sent to vendors that take it.
    pub fn meta(&mut self, key: &str, value: &str) -> Result<&mut Batch> {
        let (key, value) = (name(key)?, name(value)?);
        // SAFETY: both strings end with a NUL.
        self.done(|batch, err| unsafe { sys::br_batch_set_meta(batch, key.as_ptr(), value.as_ptr(), err) })
    }

    /// An option of this batch that overrides the router's configuration, or one of the batch's own: `output`, an
    /// absolute path that the job remembers; `continue` = `1`, to go on with an unfinished job of the same content.
    pub fn set(&mut self, key: &str, value: &str) -> Result<&mut Batch> {
        let (key, value) = (name(key)?, name(value)?);
        // SAFETY: both strings end with a NUL.
        self.done(|batch, err| unsafe { sys::br_batch_set(batch, key.as_ptr(), value.as_ptr(), err) })
    }

    /// Adds a copy of the request; the request can be used again.
    pub fn add(&mut self, request: &Request) -> Result<&mut Batch> {
        // SAFETY: both handles are valid, and neither can be used by another thread meanwhile.
        self.done(|batch, err| unsafe { sys::br_batch_add(batch, request.as_ptr(), err) })
    }

    /// Adds one or many lines in the unified format.
    pub fn add_jsonl(&mut self, lines: &str) -> Result<&mut Batch> {
        let (data, length) = bytes(lines);
        // SAFETY: data has length bytes.
        self.done(|batch, err| unsafe { sys::br_batch_add_jsonl(batch, data, length, err) })
    }

    /// Adds a file of lines in the unified format. It is opened now and read when the batch is submitted; `-` is
    /// standard input and can be read once.
    pub fn add_jsonl_file(&mut self, path: impl AsRef<Path>) -> Result<&mut Batch> {
        let path = path_name(path.as_ref())?;
        // SAFETY: the string ends with a NUL.
        self.done(|batch, err| unsafe { sys::br_batch_add_jsonl_file(batch, path.as_ptr(), err) })
    }

    fn done(
        &mut self,
        function: impl FnOnce(*mut sys::br_batch, *mut *mut sys::br_error) -> sys::br_status,
    ) -> Result<&mut Batch> {
        call(|err| function(self.as_ptr(), err))?;
        Ok(self)
    }

    pub(crate) fn as_ptr(&self) -> *mut sys::br_batch {
        self.0.as_ptr()
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").finish_non_exhaustive()
    }
}

/// A path as the library takes it.
pub(crate) fn path_name(path: &Path) -> Result<std::ffi::CString> {
    let text = path.to_str().ok_or_else(|| {
        Error::invalid(format!("the path {} is not UTF-8", path.display()), "give the file another name")
    })?;
    name(text)
}
