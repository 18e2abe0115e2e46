//! The three deciding test modules of contract fork §9 in one: test-authn, test-authz and test-admission.

use envelope::serve;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(default)]
struct AuthnSettings {
    token: String,
    uid: String,
    user: String,
    groups: Vec<String>,
}

impl Default for AuthnSettings {
    fn default() -> Self {
        AuthnSettings {
            token: "my-test-token".into(),
            uid: "1337".into(),
            user: "my-user".into(),
            groups: vec!["system:masters".into()],
        }
    }
}

#[derive(Deserialize)]
struct TokenReview {
    spec: TokenSpec,
}

#[derive(Deserialize)]
struct TokenSpec {
    #[serde(default)]
    token: String,
    audiences: Option<Vec<String>>,
}

#[unsafe(no_mangle)]
pub extern "C" fn authn() {
    serve(|review: TokenReview, settings: Option<AuthnSettings>| {
        let settings = settings.unwrap_or_default();
        let status = if review.spec.token == settings.token {
            let user = json!({"username": settings.user, "uid": settings.uid, "groups": settings.groups});
            json!({"authenticated": true, "user": user, "audiences": review.spec.audiences})
        } else {
            json!({"authenticated": false, "error": "invalid token"})
        };
        Ok(json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}))
    });
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AuthzSettings {
    allow_all: bool,
    magic_group: Option<String>,
    magic_name: Option<String>,
}

#[derive(Deserialize)]
struct AccessReview {
    spec: AccessSpec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct AccessSpec {
    groups: Vec<String>,
    resource_attributes: ResourceAttributes,
}

#[derive(Deserialize, Default)]
struct ResourceAttributes {
    name: Option<String>,
}

/// Beside `allow_all`, a member of `magic_group` may touch what is called `magic_name`; the rest is left to others.
#[unsafe(no_mangle)]
pub extern "C" fn authz() {
    serve(|review: AccessReview, settings: Option<AuthzSettings>| {
        let settings = settings.unwrap_or(AuthzSettings { allow_all: true, ..Default::default() });
        let member = settings.magic_group.is_some_and(|group| review.spec.groups.contains(&group));
        let named = settings.magic_name.is_some() && review.spec.resource_attributes.name == settings.magic_name;
        let status = json!({"allowed": settings.allow_all || member && named});
        Ok(json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "status": status}))
    });
}

#[derive(Deserialize)]
struct AdmissionReview {
    request: Option<AdmissionRequest>,
}

#[derive(Deserialize)]
struct AdmissionRequest {
    uid: String,
    namespace: Option<String>,
    kind: Kind,
    object: Option<Object>,
}

#[derive(Deserialize)]
struct Kind {
    kind: String,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
struct Metadata {
    name: Option<String>,
}

/// In the namespace "default" only pods named "foo" may be.
#[unsafe(no_mangle)]
pub extern "C" fn validate() {
    serve(|review: AdmissionReview, _: Option<serde::de::IgnoredAny>| {
        let request = review.request.ok_or("request not set in AdmissionReview")?;
        let in_default = request.namespace.as_deref() == Some("default");
        let pod = request.object.filter(|_| request.kind.kind == "Pod");
        let denied = in_default && pod.is_some_and(|pod| pod.metadata.name.as_deref() != Some("foo"));
        let response = json!({"uid": request.uid, "allowed": !denied});
        Ok(json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}))
    });
}
