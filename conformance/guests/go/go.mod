module ostiary/conformance/guests

go 1.24
