//! An HTTP call as it would have gone to the vendor.

use std::ffi::{CStr, CString};
use std::fmt;

use batchrouter_sys as sys;

use crate::error::{Error, Result, call};
use crate::ffi::{Owned, name};

/// An HTTP call as it would have gone to the vendor, for [`Capture`](crate::Capture).
pub struct Exchange(Owned<sys::br_exchange>);

// SAFETY: the header says that a br_exchange may move between threads.
unsafe impl Send for Exchange {}

impl Exchange {
    /// Method, such as `POST`, and the absolute URL: the address tells the provider.
    pub fn new(method: &str, url: &str) -> Result<Exchange> {
        crate::check_abi()?;
        let (method, url) = (name(method)?, name(url)?);
        // SAFETY: the strings are valid.
        Ok(Exchange(Owned::new(unsafe { sys::br_exchange_new(method.as_ptr(), url.as_ptr()) })))
    }

    /// One header more, the caller's key among them. A value may be any bytes.
    pub fn header(&mut self, header: &str, value: impl AsRef<[u8]>) -> Result<&mut Exchange> {
        let header = name(header)?;
        let value = CString::new(value.as_ref());
        let value = value.map_err(|_| Error::invalid("an HTTP header has a NUL in it", "leave it out"))?;
        self.add(&header, &value)
    }
    fn add(&mut self, header: &CStr, value: &CStr) -> Result<&mut Exchange> {
        // SAFETY: the handle and the strings are valid.
        call(|err| unsafe { sys::br_exchange_add_header(self.as_ptr(), header.as_ptr(), value.as_ptr(), err) })?;
        Ok(self)
    }

    /// Replaces the body.
    pub fn body(&mut self, body: impl AsRef<[u8]>) -> Result<&mut Exchange> {
        let body = body.as_ref();
        // SAFETY: the handle and the bytes are valid; they are copied.
        call(|err| unsafe { sys::br_exchange_set_body(self.as_ptr(), body.as_ptr().cast(), body.len(), err) })?;
        Ok(self)
    }

    /// `provider`, instead of what the URL tells, such as `openai@team`; `cache`: `hit`, `once` or `off`; `repeated`: `1` for
    /// a client that asks again; `key`: `configured` for the configured key instead of the one in the headers.
    pub fn set(&mut self, option: &str, value: &str) -> Result<&mut Exchange> {
        let (option, value) = (name(option)?, name(value)?);
        // SAFETY: the handle and the strings are valid.
        call(|err| unsafe { sys::br_exchange_set(self.as_ptr(), option.as_ptr(), value.as_ptr(), err) })?;
        Ok(self)
    }

    pub(crate) fn as_ptr(&self) -> *mut sys::br_exchange {
        self.0.as_ptr()
    }
}

impl fmt::Debug for Exchange {
    /// Without headers and body, which hold keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exchange")
    }
}
