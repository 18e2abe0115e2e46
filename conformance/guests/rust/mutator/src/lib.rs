//! test-admission-mut of contract fork §9, and mut-helper when its settings name the annotations.

use std::collections::BTreeMap;

use envelope::{base64, serve};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Review {
    request: Option<Request>,
}

#[derive(Deserialize)]
struct Request {
    uid: String,
    object: Option<Value>,
}

#[unsafe(no_mangle)]
pub extern "C" fn validate() {
    serve(|review: Review, settings: Option<Settings>| {
        let test = || BTreeMap::from([("puzzle.ch/test-annotation".into(), "foo".into())]);
        let annotations = settings.map_or_else(test, |settings| settings.annotations);
        let request = review.request.ok_or("request not set in AdmissionReview")?;
        let mut object = request.object.ok_or("no object in admission request")?;
        if !object.is_object() {
            return Err("the object is not a JSON object".into());
        }
        let place = &mut object["metadata"]["annotations"];
        if !place.is_null() && !place.is_object() {
            return Err("metadata.annotations is not a map".into());
        }
        for (name, value) in annotations {
            place[name] = value.into();
        }
        let patch = base64(object.to_string().as_bytes());
        let response = json!({"uid": request.uid, "allowed": true, "patchType": "Full", "patch": patch});
        Ok(json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}))
    });
}
