# Policies that take more than they are given, each in its own entrypoint.
package hostile

import rego.v1

# Far more triples than any deadline has time for, and little memory.
spin if {
	some a in numbers.range(1, 1000)
	some b in numbers.range(1, 1000)
	some c in numbers.range(1, 1000)
	bits.xor(bits.xor(a, b), c) == 100000
}

# As deep as an array can be read.
deep := count(json.unmarshal(concat("", [s | some i in numbers.range(1, 200000); s := "["])))

# Two values of one complete rule: the module aborts.
conflict := 1 if input.a

conflict := 2 if input.b

# As much memory as there is.
hoard := count([s | some i in numbers.range(1, 100000000); s := numbers.range(1, 1000000 + i)])
