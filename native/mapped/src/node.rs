//! The little of Node-API (Node's documentation, "Node-API") that is called. It is a stable ABI; the declarations are by hand, since the
//! crate that has them (napi-sys) brings another one that would be loaded by nobody.

use core::ffi::{c_char, c_int, c_void};

/// napi_status.
pub(crate) type Status = c_int;
/// napi_ok.
pub(crate) const OK: Status = 0;
/// napi_env, opaque.
pub(crate) type Env = *mut c_void;
/// napi_value, opaque.
pub(crate) type Value = *mut c_void;
/// napi_callback_info, opaque.
pub(crate) type CallbackInfo = *mut c_void;
/// napi_callback.
pub(crate) type Callback = unsafe extern "C" fn(Env, CallbackInfo) -> Value;
/// napi_finalize: the data, and the hint that was given with it.
pub(crate) type Finalize = unsafe extern "C" fn(Env, *mut c_void, *mut c_void);

unsafe extern "C" {
    pub(crate) fn napi_create_function(
        env: Env,
        name: *const c_char,
        length: usize,
        function: Callback,
        data: *mut c_void,
        result: *mut Value,
    ) -> Status;
    pub(crate) fn napi_set_named_property(
        env: Env,
        object: Value,
        name: *const c_char,
        value: Value,
    ) -> Status;
    pub(crate) fn napi_get_cb_info(
        env: Env,
        info: CallbackInfo,
        count: *mut usize,
        arguments: *mut Value,
        this: *mut Value,
        data: *mut *mut c_void,
    ) -> Status;
    pub(crate) fn napi_get_value_string_utf8(
        env: Env,
        value: Value,
        buffer: *mut c_char,
        size: usize,
        length: *mut usize,
    ) -> Status;
    pub(crate) fn napi_throw_error(env: Env, code: *const c_char, message: *const c_char)
    -> Status;
    pub(crate) fn napi_create_external_buffer(
        env: Env,
        length: usize,
        data: *mut c_void,
        finalize: Finalize,
        hint: *mut c_void,
        result: *mut Value,
    ) -> Status;
    /// `copied`: whether Node took a copy, and gave the data back already.
    pub(crate) fn node_api_create_external_string_latin1(
        env: Env,
        text: *mut c_char,
        length: usize,
        finalize: Finalize,
        hint: *mut c_void,
        result: *mut Value,
        copied: *mut bool,
    ) -> Status;
}
