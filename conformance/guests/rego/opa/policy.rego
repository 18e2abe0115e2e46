# A policy in the form of Kubewarden's OPA family: the answer is an AdmissionReview, settings are the data document.
package opa

import rego.v1

main := {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}

default response := {"uid": "", "allowed": false}

response := {"uid": input.request.uid, "allowed": true} if count(denials) == 0

response := {"uid": input.request.uid, "allowed": false, "status": {"message": message, "code": 422}} if {
	count(denials) > 0
	message := concat("; ", sort([text | some text in denials]))
}

containers := array.concat(
	object.get(input.request.object.spec, "containers", []),
	object.get(input.request.object.spec, "initContainers", []),
)

denials contains sprintf("container %q runs %v, which is not from an allowed registry", [container.name, container.image]) if {
	some container in containers
	count(data.registries) > 0
	not allowed_registry(container.image)
}

denials contains sprintf("label %v is required", [label]) if {
	some label in data.required_labels
	not input.request.object.metadata.labels[label]
}

denials contains sprintf("container %q is privileged", [container.name]) if {
	some container in containers
	container.securityContext.privileged
}

allowed_registry(image) if {
	some registry in data.registries
	startswith(image, concat("", [registry, "/"]))
}
