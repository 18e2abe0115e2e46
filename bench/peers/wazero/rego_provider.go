package main

// providerModule is a module in binary form that imports the functions of the host, has a memory of so many pages, and
// exports all of them under the names that modules of OPA import.
func providerModule(pages uint32) []byte {
	const i32, function, memory = 0x7f, 0, 2
	var types, imports, exports [][]byte
	for index, imported := range regoFunctions {
		signature := append([]byte{0x60, byte(imported.takes)}, numbers(imported.takes)...)
		if imported.answers {
			signature = append(signature, 1, i32)
		} else {
			signature = append(signature, 0)
		}
		types = append(types, signature)
		imports = append(imports, concat(name(regoHost), name(imported.name), []byte{function, byte(index)}))
		exports = append(exports, concat(name(imported.name), []byte{function, byte(index)}))
	}
	exports = append(exports, concat(name("memory"), []byte{memory, 0}))
	return concat(
		[]byte("\x00asm\x01\x00\x00\x00"),
		section(1, types),
		section(2, imports),
		section(5, [][]byte{concat([]byte{0}, unsigned(pages))}),
		section(7, exports),
	)
}

func section(id byte, entries [][]byte) []byte {
	body := concat(append([][]byte{unsigned(uint32(len(entries)))}, entries...)...)
	return concat([]byte{id}, unsigned(uint32(len(body))), body)
}

func name(text string) []byte {
	return concat(unsigned(uint32(len(text))), []byte(text))
}

// unsigned is a number in LEB128.
func unsigned(value uint32) []byte {
	var encoded []byte
	for ; value >= 0x80; value >>= 7 {
		encoded = append(encoded, byte(value)|0x80)
	}
	return append(encoded, byte(value))
}

func concat(parts ...[]byte) []byte {
	var whole []byte
	for _, part := range parts {
		whole = append(whole, part...)
	}
	return whole
}
