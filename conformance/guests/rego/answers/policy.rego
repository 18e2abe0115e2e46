# An OPA policy that rejects everything and says what builtins of the host have answered: those that servers are known to
# have answered otherwise than OPA does.
package answers

import rego.v1

main := {"response": {"uid": input.request.uid, "allowed": false, "status": {"message": json.marshal(said)}}}

said := {
	"date": time.date(0),
	"encoded": urlquery.encode("a&b=c d"),
	"formatted": sprintf("%s|%v|%d|%5.1f|\"quoted\\\"", ["text", {"b": 1, "a": -2}, 7, 2.25]),
	"hex": hex.encode("\u0001\n"),
	"parsed": time.parse_rfc3339_ns("1970-01-01T00:00:01Z"),
	"patched": json.patch({"a": [1, 2]}, [{"op": "remove", "path": "/a/0"}]),
	"split": regex.split("[,;]", "a,b;c"),
	"versions": semver.compare("1.2.3", "1.10.0"),
	"yaml": yaml.unmarshal("a: [1, two]"),
}
