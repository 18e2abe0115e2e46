# Calls of builtins that the host serves: each answer shows that values cross the boundary both ways.
package builtins

import rego.v1

answers := {
	"sprintf": sprintf("%5.2f|%-6s|%v|%x", [3.14159, "ab", {1, "two"}, "hi"]),
	"split": regex.split(`\s*,\s*`, input.list),
	"template": regex.template_match("urn:<[a-z]+>", "urn:abc", "<", ">"),
	"quote": glob.quote_meta("*.github.com"),
	"day": time.weekday(time.parse_rfc3339_ns("2024-02-29T12:00:00Z")),
	"date": time.date([time.parse_rfc3339_ns("2024-02-29T23:30:00Z"), "Europe/Berlin"]),
	"bytes": units.parse_bytes("1.5Gi"),
	"milli": units.parse("250m"),
	"patched": json.patch({"a": [1, 2]}, [{"op": "add", "path": "/a/1", "value": "x"}]),
	"semver": semver.compare("1.10.0", "1.9.3"),
	"query": urlquery.encode_object({"a": "1&2", "b": ["x", "y"]}),
	"yaml": yaml.unmarshal("a: [1, on]\n"),
	"cidrs": net.cidr_merge(["10.0.0.0/25", "10.0.0.128/25"]),
	"big": sprintf("%d", [123456789012345678901234567890]),
	"paths": graph.reachable_paths({"a": {"b"}, "b": set()}, {"a"}),
	"sha256": crypto.sha256("ostiary"),
	"subset": object.subset({"a": {1, 2}}, {"a": {1}}),
}

# The same within one evaluation, whatever asks.
steady if {
	time.now_ns() == time.now_ns()
	uuid.rfc4122("k") == uuid.rfc4122("k")
	rand.intn("k", 1000000) == rand.intn("k", 1000000)
}

now := time.now_ns()

identity := uuid.rfc4122("k")

# An argument that the builtin refuses.
broken := time.parse_rfc3339_ns(input.time)
