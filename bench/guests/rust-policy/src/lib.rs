//! Refuses objects that carry one of the labels that the settings deny, or lack one that they want.

use std::collections::BTreeSet;

use kubewarden_policy_sdk::request::ValidationRequest;
use kubewarden_policy_sdk::settings::Validatable;
use kubewarden_policy_sdk::{accept_request, protocol_version_guest, reject_request, validate_settings};
use serde::{Deserialize, Serialize};
use wapc_guest::{CallResult, register_function};

/// The benchmark of start-up makes modules that differ of this one, by other digits here.
const VARIANT: &str = "variant-0000";

#[derive(Serialize, Deserialize, Default, Debug)]
#[serde(default)]
struct Settings {
    denied_labels: BTreeSet<String>,
    mandatory_labels: BTreeSet<String>,
    /// Makes it a policy that never comes to an end.
    endless: bool,
}

impl Validatable for Settings {
    fn validate(&self) -> Result<(), String> {
        match self.denied_labels.intersection(&self.mandatory_labels).next() {
            Some(label) => Err(format!("{VARIANT}: the label {label} is denied and mandatory")),
            None => Ok(()),
        }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wapc_init() {
    register_function("validate", validate);
    register_function("validate_settings", validate_settings::<Settings>);
    register_function("protocol_version", protocol_version_guest);
}

fn validate(payload: &[u8]) -> CallResult {
    let ValidationRequest { settings, request } = ValidationRequest::<Settings>::new(payload)?;
    while settings.endless {
        std::hint::spin_loop();
    }
    let labels: BTreeSet<String> = request.object["metadata"]["labels"]
        .as_object()
        .map(|labels| labels.keys().cloned().collect())
        .unwrap_or_default();
    if let Some(label) = settings.denied_labels.intersection(&labels).next() {
        return reject_request(Some(format!("the label {label} is denied")), None, None, None);
    }
    if let Some(label) = settings.mandatory_labels.difference(&labels).next() {
        return reject_request(Some(format!("the label {label} is mandatory")), None, None, None);
    }
    accept_request()
}
