# Every host belongs to one Ingress, whichever namespace it is in.
package unique

import rego.v1

violation contains {"msg": message} if {
	some wanted in input.review.object.spec.rules
	some namespace, _ in data.inventory.namespace
	some name, ingress in data.inventory.namespace[namespace]["networking.k8s.io/v1"].Ingress
	some rule in ingress.spec.rules
	rule.host == wanted.host
	message := sprintf("host %v is taken by %v/%v", [rule.host, namespace, name])
}
