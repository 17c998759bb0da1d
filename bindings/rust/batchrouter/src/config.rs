//! Settings, before a router exists.

use std::cell::RefCell;
use std::ffi::{c_char, c_void};
use std::fmt;
use std::sync::Arc;

use batchrouter_sys as sys;

use crate::error::{Error, Result, call};
use crate::event::{Event, LogLevel};
use crate::ffi::{Owned, borrow, copy, destroy_box, name};
use crate::panics;

pub(crate) type EventFn = Arc<dyn Fn(&Event<'_>) + Send + Sync>;
type LogFn = Box<dyn Fn(LogLevel, &str) + Send + Sync>;

/// Settings of a [`Router`](crate::Router). `docs/configuration.md` lists all keys; [`properties`] does so in a program.
pub struct Config {
    handle: Owned<sys::br_config>,
    on_event: RefCell<Option<EventFn>>,
}

// SAFETY: the header says that a br_config may move between threads; the closures are Send.
unsafe impl Send for Config {}

impl Config {
    /// The defaults, with keys and addresses from the environment.
    pub fn new() -> Config {
        // SAFETY: takes nothing.
        let handle = Owned::new(unsafe { sys::br_config_new() });
        Config { handle, on_event: RefCell::new(None) }
    }

    /// From `KEY=VALUE` texts, as the program's `--set` takes them.
    pub fn from_settings<T: AsRef<str>>(settings: impl IntoIterator<Item = T>) -> Result<Config> {
        crate::check_abi()?;
        let mut config = Config::new();
        for setting in settings {
            let setting = setting.as_ref();
            let Some((key, value)) = setting.split_once('=') else {
                return Err(Error::invalid(format!("the setting {setting:?} has no value"), "write KEY=VALUE"));
            };
            config.set(key, value)?;
        }
        Ok(config)
    }

    /// Sets a property from its text form.
    pub fn set(&mut self, key: &str, value: &str) -> Result<&mut Config> {
        let (key, value) = (name(key)?, name(value)?);
        // SAFETY: the handle and the strings are valid for the call.
        call(|err| unsafe { sys::br_config_set(self.as_ptr(), key.as_ptr(), value.as_ptr(), err) })?;
        Ok(self)
    }

    /// The value in force, default included; `None` for an unknown key and for secrets.
    pub fn get(&self, key: &str) -> Option<String> {
        let key = name(key).ok()?;
        // SAFETY: the handle and the key are valid for the call, and the answer is copied at once.
        unsafe { copy(sys::br_config_get(self.as_ptr(), key.as_ptr())) }
    }

    /// What is called with each event of a job, on the thread that runs the router's callbacks: the one inside
    /// [`Router::poll`](crate::Router::poll), or the router's poller.
    pub fn on_event(&mut self, function: impl Fn(&Event<'_>) + Send + Sync + 'static) -> &mut Config {
        *self.on_event.get_mut() = Some(Arc::new(function));
        self
    }

    /// What is called with each log record up to `level`, on the same thread as [`Config::on_event`].
    pub fn on_log(
        &mut self,
        level: LogLevel,
        function: impl Fn(LogLevel, &str) + Send + Sync + 'static,
    ) -> Result<&mut Config> {
        let function: LogFn = Box::new(function);
        let user_data = Box::into_raw(Box::new(function)).cast();
        let destroy = Some(destroy_box::<LogFn> as _);
        // SAFETY: user_data is what log_trampoline and destroy_box expect; destroy runs once, also on failure.
        call(|err| unsafe {
            sys::br_config_set_log(self.as_ptr(), level as i32, Some(log_trampoline), user_data, destroy, err)
        })?;
        Ok(self)
    }

    pub(crate) fn as_ptr(&self) -> *mut sys::br_config {
        self.handle.as_ptr()
    }
    pub(crate) fn event_function(&self) -> Option<EventFn> {
        self.on_event.borrow().clone()
    }
}

impl Default for Config {
    fn default() -> Config {
        Config::new()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(properties().map(|p| (p.name, self.get(p.name)))).finish()
    }
}

unsafe extern "C" fn log_trampoline(user_data: *mut c_void, level: i32, message: *const c_char) {
    panics::guard((), || {
        // SAFETY: user_data is the Box<LogFn> of on_log, alive until destroy; the message is valid for the call.
        let (function, message) = unsafe { (&*user_data.cast::<LogFn>(), borrow(message)) };
        function(LogLevel::from_raw(level), message.unwrap_or_default());
    });
}

/// One setting that the library knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Property {
    /// Its key, such as `poll.interval_ms`.
    pub name: &'static str,
    /// The value that holds when none is set.
    pub default: &'static str,
    /// One line that says what it means.
    pub doc: &'static str,
}

/// All settings that the library knows.
pub fn properties() -> impl Iterator<Item = Property> {
    // SAFETY: the table is constant and lives as long as the library.
    let text = |text: *const c_char| -> &'static str { unsafe { borrow(text) }.unwrap_or_default() };
    // SAFETY: an index past the end gives NULL.
    (0..unsafe { sys::br_config_property_count() }).map(move |i| unsafe {
        Property {
            name: text(sys::br_config_property_name(i)),
            default: text(sys::br_config_property_default(i)),
            doc: text(sys::br_config_property_doc(i)),
        }
    })
}
