//! One question, being built.

use std::fmt;
use std::ptr;

use batchrouter_sys as sys;

use crate::check_abi;
use crate::error::{Result, call};
use crate::ffi::{Owned, borrow_sized, bytes, name};

/// Who says a message. The system prompt is no message: see [`Request::system`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Role {
    /// The one who asks.
    User = sys::BR_ROLE_USER,
    /// The model, in an earlier turn.
    Assistant = sys::BR_ROLE_ASSISTANT,
}

/// Where the bytes of an image, document or audio part are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Source {
    /// The data is a URL.
    Url = sys::BR_SOURCE_URL,
    /// The data is base64 text.
    Base64 = sys::BR_SOURCE_BASE64,
    /// The data is the URI of a file at the vendor.
    FileUri = sys::BR_SOURCE_FILE_URI,
}

/// One question. Checked when the batch that it is in is submitted.
///
/// ```
/// # use batchrouter::{Request, Result};
/// # fn main() -> Result<()> {
/// let mut request = Request::new("r1", "gpt-4o-mini")?;
/// request.system("Be brief.")?.user("What is 2+2?")?.generation("max_tokens", "64")?;
/// assert!(request.to_json().contains(r#""custom_id":"r1""#));
/// # Ok(())
/// # }
/// ```
pub struct Request(Owned<sys::br_request>);

// SAFETY: the header says that a br_request may move between threads.
unsafe impl Send for Request {}

type AddMedia = unsafe extern "C" fn(
    *mut sys::br_request,
    i32,
    *const std::ffi::c_char,
    *const std::ffi::c_char,
    usize,
    *mut *mut sys::br_error,
) -> sys::br_status;

impl Request {
    /// `custom_id` is unique in the batch; `model` is passed to the vendor as it is.
    pub fn new(custom_id: &str, model: &str) -> Result<Request> {
        check_abi()?;
        let (custom_id, model) = (name(custom_id)?, name(model)?);
        // SAFETY: both strings are valid for the call.
        Ok(Request(Owned::new(unsafe { sys::br_request_new(custom_id.as_ptr(), model.as_ptr()) })))
    }

    /// Reads one request in the unified format.
    pub fn from_json(json: &str) -> Result<Request> {
        check_abi()?;
        let mut request = ptr::null_mut();
        let (data, length) = bytes(json);
        // SAFETY: data has length bytes; request is written on success.
        call(|err| unsafe { sys::br_request_from_json(data, length, &mut request, err) })?;
        Ok(Request(Owned::new(request)))
    }

    /// Replaces the system prompt.
    pub fn system(&mut self, text: &str) -> Result<&mut Request> {
        let (data, length) = bytes(text);
        // SAFETY: data has length bytes.
        self.done(|request, err| unsafe { sys::br_request_set_system(request, data, length, err) })
    }

    /// Makes the system prompt a list and appends to it.
    pub fn add_system(&mut self, text: &str) -> Result<&mut Request> {
        let (data, length) = bytes(text);
        // SAFETY: data has length bytes.
        self.done(|request, err| unsafe { sys::br_request_add_system(request, data, length, err) })
    }

    /// A message of the user with one text.
    pub fn user(&mut self, text: &str) -> Result<&mut Request> {
        self.message(Role::User)?.text(text)
    }

    /// A message of the model, from an earlier turn, with one text.
    pub fn assistant(&mut self, text: &str) -> Result<&mut Request> {
        self.message(Role::Assistant)?.text(text)
    }

    /// Begins a message; what follows is added to the newest one, in order.
    pub fn message(&mut self, role: Role) -> Result<&mut Request> {
        // SAFETY: the handle is valid.
        self.done(|request, err| unsafe { sys::br_request_add_message(request, role as i32, err) })
    }

    /// Adds a text to the newest message.
    pub fn text(&mut self, text: &str) -> Result<&mut Request> {
        let (data, length) = bytes(text);
        // SAFETY: data has length bytes.
        self.done(|request, err| unsafe { sys::br_request_add_text(request, data, length, err) })
    }

    /// Adds an image to the newest message; without a media type it is `image/jpeg`.
    pub fn image(&mut self, source: Source, media_type: Option<&str>, data: &str) -> Result<&mut Request> {
        self.media(sys::br_request_add_image, source, media_type, data)
    }

    /// Adds a document to the newest message; without a media type it is `application/pdf`.
    pub fn document(&mut self, source: Source, media_type: Option<&str>, data: &str) -> Result<&mut Request> {
        self.media(sys::br_request_add_document, source, media_type, data)
    }

    /// Adds a recording to the newest message; without a media type it is `audio/wav`.
    pub fn audio(&mut self, source: Source, media_type: Option<&str>, data: &str) -> Result<&mut Request> {
        self.media(sys::br_request_add_audio, source, media_type, data)
    }

    /// One field of `generation_config` as a JSON value: `("max_tokens", "64")`, `("stop_sequences", "[\"END\"]")`.
    pub fn generation(&mut self, field: &str, json: &str) -> Result<&mut Request> {
        let (field, (data, length)) = (name(field)?, bytes(json));
        // SAFETY: the name ends with a NUL, data has length bytes.
        self.done(|request, err| unsafe { sys::br_request_set_generation(request, field.as_ptr(), data, length, err) })
    }

    /// Any other top-level field as a JSON value: `provider`, `endpoint`, `tools`, `response_format`, `body`, …
    pub fn field(&mut self, field: &str, json: &str) -> Result<&mut Request> {
        let (field, (data, length)) = (name(field)?, bytes(json));
        // SAFETY: the name ends with a NUL, data has length bytes.
        self.done(|request, err| unsafe { sys::br_request_set_field(request, field.as_ptr(), data, length, err) })
    }

    /// The request as one line of the unified format.
    pub fn to_json(&self) -> String {
        let mut length = 0;
        // SAFETY: the answer is valid until the request is changed or freed, and is copied before.
        let text = unsafe { borrow_sized(sys::br_request_json(self.as_ptr(), &mut length), length) };
        text.unwrap_or_default().to_owned()
    }

    fn media(&mut self, add: AddMedia, source: Source, media_type: Option<&str>, data: &str) -> Result<&mut Request> {
        let media_type = media_type.map(name).transpose()?;
        let media_type = media_type.as_ref().map_or(ptr::null(), |text| text.as_ptr());
        let (data, length) = bytes(data);
        // SAFETY: media_type is NULL or ends with a NUL, data has length bytes.
        self.done(|request, err| unsafe { add(request, source as i32, media_type, data, length, err) })
    }

    fn done(
        &mut self,
        function: impl FnOnce(*mut sys::br_request, *mut *mut sys::br_error) -> sys::br_status,
    ) -> Result<&mut Request> {
        call(|err| function(self.as_ptr(), err))?;
        Ok(self)
    }

    pub(crate) fn as_ptr(&self) -> *mut sys::br_request {
        self.0.as_ptr()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}
