//! The wire format of the k8s-wasm module specification (contract: fork §4): one JSON document `{"request","settings"}`
//! on standard input, one `{"response","error"}` on standard output.

mod base64;

use std::error::Error;
use std::io::{Read, Write, stdin, stdout};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use base64::base64;

#[derive(Deserialize)]
struct Envelope<R, S> {
    request: R,
    settings: Option<S>,
}

/// What a decision gives: the review as answered, or an error that the envelope carries.
pub type Answer = Result<Value, Box<dyn Error>>;

/// Answers the one request on standard input; absent and null settings are None. An error, also one of decoding, is
/// answered in the envelope: the call itself succeeds.
///
/// # Panics
/// When standard input or output fails.
pub fn serve<R: DeserializeOwned, S: DeserializeOwned>(decide: impl FnOnce(R, Option<S>) -> Answer) {
    let mut text = Vec::new();
    stdin().read_to_end(&mut text).expect("standard input can be read");
    let answer = serde_json::from_slice::<Envelope<R, S>>(&text)
        .map_err(Into::into)
        .and_then(|envelope| decide(envelope.request, envelope.settings));
    let envelope = match answer {
        Ok(response) => json!({"response": response, "error": null}),
        Err(error) => json!({"response": null, "error": error.to_string()}),
    };
    let mut out = stdout();
    out.write_all(envelope.to_string().as_bytes()).expect("standard output can be written");
    // A module without a main function is never told to flush at its end.
    out.flush().expect("standard output can be written");
}
