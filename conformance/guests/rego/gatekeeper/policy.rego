# A policy in the form of Gatekeeper: every member of `violation` is an objection.
package gatekeeper

import rego.v1

violation contains {"msg": message, "details": {"missing": missing}} if {
	provided := {label | some label, _ in input.review.object.metadata.labels}
	required := {label | some label in input.parameters.labels}
	missing := required - provided
	count(missing) > 0
	message := sprintf("you must provide labels: %v", [missing])
}

violation contains {"msg": message} if {
	some namespace, _ in data.inventory.namespace
	some name, ingress in data.inventory.namespace[namespace]["networking.k8s.io/v1"].Ingress
	ingress.spec.host == input.review.object.spec.host
	message := sprintf("host %v is taken by %v/%v", [ingress.spec.host, namespace, name])
}
