//! A Kubewarden policy over waPC, with the ABI written out (contract: policy-server §7.1). It serialises every optional
//! field of its answer, null ones too, as the Rust SDK of Kubewarden does.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU8, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[link(wasm_import_module = "wapc")]
unsafe extern "C" {
    fn __guest_request(operation: *mut u8, payload: *mut u8);
    fn __guest_response(at: *const u8, length: usize);
    fn __guest_error(at: *const u8, length: usize);
}

static INITIALISED: AtomicU8 = AtomicU8::new(0);
static CALLS: AtomicU8 = AtomicU8::new(0);

#[unsafe(no_mangle)]
pub extern "C" fn wapc_init() {
    INITIALISED.store(1, Ordering::Relaxed);
}

#[unsafe(no_mangle)]
pub extern "C" fn __guest_call(operation_length: usize, payload_length: usize) -> i32 {
    let mut operation = vec![0; operation_length];
    let mut payload = vec![0; payload_length];
    // SAFETY: the host writes exactly as many bytes as it announced, into buffers of that size.
    unsafe { __guest_request(operation.as_mut_ptr(), payload.as_mut_ptr()) };
    match dispatch(&operation, &payload) {
        // SAFETY: the host copies the range before it returns.
        Ok(response) => unsafe { __guest_response(response.as_ptr(), response.len()) },
        Err(error) if error.is_empty() => return 0,
        Err(error) => {
            // SAFETY: as above.
            unsafe { __guest_error(error.as_ptr(), error.len()) };
            return 0;
        }
    }
    1
}

fn dispatch(operation: &[u8], payload: &[u8]) -> Result<String, String> {
    if INITIALISED.load(Ordering::Relaxed) == 0 {
        return Err("called before wapc_init".into());
    }
    match operation {
        b"protocol_version" => Ok(r#""v1""#.into()),
        b"count" => Ok((CALLS.fetch_add(1, Ordering::Relaxed) + 1).to_string()),
        b"fail" => Err(String::new()),
        b"trap" => panic!("panic output"),
        b"validate_settings" => decode(payload).map(|settings| validate_settings(settings).to_string()),
        b"validate" => decode(payload).map(|request| encode(&validate(request))),
        _ => Err("unknown operation".into()),
    }
}

fn decode<T: serde::de::DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
    serde_json::from_slice(payload).map_err(|error| error.to_string())
}

fn encode(response: &Response) -> String {
    serde_json::to_string(response).expect("a response is JSON")
}

#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

fn validate_settings(settings: Value) -> Value {
    match serde_json::from_value::<Option<Settings>>(settings) {
        Ok(_) => json!({"valid": true, "message": null}),
        Err(_) => json!({"valid": false, "message": "annotations must be strings"}),
    }
}

#[derive(Deserialize)]
struct ValidationRequest {
    request: AdmissionRequest,
    settings: Option<Settings>,
}

#[derive(Deserialize)]
struct AdmissionRequest {
    name: Option<String>,
    object: Option<Value>,
}

#[derive(Serialize, Default)]
struct Response {
    accepted: bool,
    message: Option<&'static str>,
    code: Option<u16>,
    mutated_object: Option<Value>,
    audit_annotations: Option<BTreeMap<String, String>>,
    warnings: Option<Vec<String>>,
}

/// Refuses objects named "forbidden" and puts the annotations of the settings on all others.
fn validate(document: ValidationRequest) -> Response {
    if document.request.name.as_deref() == Some("forbidden") {
        let message = Some("the name 'forbidden' is not allowed");
        return Response { message, code: Some(422), ..Response::default() };
    }
    let mutated_object = document.settings.zip(document.request.object).map(|(settings, mut object)| {
        for (name, value) in settings.annotations {
            object["metadata"]["annotations"][name] = value.into();
        }
        object
    });
    Response { accepted: true, mutated_object, ..Response::default() }
}
