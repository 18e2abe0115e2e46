# Objects go only where the namespace has a team, which the settings name.
package labelled

import rego.v1

main := {"response": {"uid": input.request.uid, "allowed": allowed, "status": {"message": "the namespace is of another team"}}}

default allowed := false

allowed if data.kubernetes.namespaces[input.request.namespace].metadata.labels.team == data.team
