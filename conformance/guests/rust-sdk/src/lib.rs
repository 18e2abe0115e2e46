//! A context-aware policy, written with Kubewarden's own Rust SDK: an object may only be created where its namespace
//! carries the label that the settings name, and the label's value must be the object's own. It logs what it does, lists
//! all namespaces and, when the settings name services, looks each of them up: as many host calls as there are names.

use std::collections::HashMap;

use k8s_openapi::api::core::v1::{Namespace, Service};
use kubewarden_policy_sdk::host_capabilities::kubernetes::{
    GetResourceRequest, ListAllResourcesRequest, get_resource, list_all_resources,
};
use kubewarden_policy_sdk::request::ValidationRequest;
use kubewarden_policy_sdk::settings::Validatable;
use kubewarden_policy_sdk::{accept_request, logging, protocol_version_guest, reject_request, validate_settings};
use serde::{Deserialize, Serialize};
use slog::{Logger, info, o};
use wapc_guest::{CallResult, register_function};

#[derive(Serialize, Deserialize, Default, Debug)]
#[serde(default)]
struct Settings {
    label: String,
    services: Vec<String>,
}

impl Validatable for Settings {
    fn validate(&self) -> Result<(), String> {
        let log = Logger::root(logging::KubewardenDrain::new(), o!("policy" => "context-aware"));
        info!(log, "validating settings");
        if self.label.is_empty() { Err("label must be set".to_string()) } else { Ok(()) }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wapc_init() {
    let log = Logger::root(logging::KubewardenDrain::new(), o!("policy" => "context-aware"));
    info!(log, "starting");
    register_function("validate", validate);
    register_function("validate_settings", validate_settings::<Settings>);
    register_function("protocol_version", protocol_version_guest);
}

fn validate(payload: &[u8]) -> CallResult {
    let request: ValidationRequest<Settings> = ValidationRequest::new(payload)?;
    let log = Logger::root(logging::KubewardenDrain::new(), o!("policy" => "context-aware"));
    info!(log, "looking at an object"; "object" => &request.request.name);

    let namespaces = list_all_resources::<Namespace>(&ListAllResourcesRequest {
        api_version: "v1".to_string(),
        kind: "Namespace".to_string(),
        label_selector: None,
        field_selector: None,
        field_masks: None,
    })?;
    let home = namespaces
        .items
        .into_iter()
        .find(|namespace| namespace.metadata.name.as_deref() == Some(&request.request.namespace));
    let expected = home
        .and_then(|namespace| namespace.metadata.labels)
        .and_then(|labels| labels.get(&request.settings.label).cloned());
    let found = request.request.object["metadata"]["labels"][&request.settings.label].as_str();
    if expected.as_deref() != found {
        return refuse(format!("label {} must be {expected:?}, found {found:?}", request.settings.label));
    }

    // The order of a HashMap is random, and so is the order of these questions.
    let services: HashMap<&String, ()> = request.settings.services.iter().map(|name| (name, ())).collect();
    for name in services.keys() {
        get_resource::<Service>(&GetResourceRequest {
            api_version: "v1".to_string(),
            kind: "Service".to_string(),
            name: name.to_string(),
            namespace: Some(request.request.namespace.clone()),
            disable_cache: false,
            field_masks: None,
        })?;
    }
    info!(log, "accepted"; "services" => services.len());
    accept_request()
}

fn refuse(message: String) -> CallResult {
    reject_request(Some(message), Some(403), None, None)
}
