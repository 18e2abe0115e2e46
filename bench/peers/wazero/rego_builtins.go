package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// regoHost is the module of the host's functions; the provider gives them to the guest under the name it knows.
const regoHost = "rego-host"

// regoFunctions are the functions that a guest may import, with how many numbers each takes, and whether it answers one.
var regoFunctions = []struct {
	name     string
	takes    int
	answers  bool
	function api.GoModuleFunc
}{
	{"opa_abort", 1, false, func(_ context.Context, guest api.Module, stack []uint64) {
		panic(fmt.Sprintf("the policy aborted: %s", (&program{Module: guest}).text(stack[0])))
	}},
	{"opa_println", 1, false, func(context.Context, api.Module, []uint64) {}},
	{"opa_builtin0", 2, true, otherBuiltin},
	{"opa_builtin1", 3, true, otherBuiltin},
	{"opa_builtin2", 4, true, sprintfBuiltin},
	{"opa_builtin3", 5, true, otherBuiltin},
	{"opa_builtin4", 6, true, otherBuiltin},
}

func instantiateBuiltins(ctx context.Context, runtime wazero.Runtime) error {
	builder := runtime.NewHostModuleBuilder(regoHost)
	for _, imported := range regoFunctions {
		takes, answers := numbers(imported.takes), numbers(0)
		if imported.answers {
			answers = numbers(1)
		}
		builder.NewFunctionBuilder().WithGoModuleFunction(imported.function, takes, answers).Export(imported.name)
	}
	_, err := builder.Instantiate(ctx)
	return err
}

func numbers(count int) []api.ValueType {
	types := make([]api.ValueType, count)
	for index := range types {
		types[index] = api.ValueTypeI32
	}
	return types
}

func otherBuiltin(context.Context, api.Module, []uint64) {
	panic("the peer has no builtin with this number of arguments")
}

// sprintfBuiltin is the one builtin that the guests of the benchmark ask for; its arguments are addresses of values.
func sprintfBuiltin(ctx context.Context, guest api.Module, stack []uint64) {
	program := &program{Module: guest}
	format := program.text(program.run(ctx, "opa_value_dump", stack[2]))
	values := program.text(program.run(ctx, "opa_value_dump", stack[3]))
	if program.failure == nil {
		answer, err := sprintf(string(format), string(values))
		program.failure = err
		stack[0] = program.run(ctx, "opa_value_parse", program.put(ctx, answer), uint64(len(answer)))
	}
	if program.failure != nil {
		panic(program.failure)
	}
}

// sprintf knows `%v` of strings and of what is printed as it stands. Everything is text as OPA prints it, the answer as well.
func sprintf(format, values string) ([]byte, error) {
	var plain string
	if err := json.Unmarshal([]byte(format), &plain); err != nil {
		return nil, err
	}
	pieces := strings.Split(plain, "%v")
	if strings.Contains(strings.Join(pieces, ""), "%") {
		return nil, errors.New("sprintf: the peer knows no verb but %v")
	}
	elements := elementsOf(strings.TrimSuffix(strings.TrimPrefix(values, "["), "]"))
	if len(elements) < len(pieces)-1 {
		return nil, errors.New("sprintf: a value is missing")
	}
	var text strings.Builder
	for index, piece := range pieces {
		if index > 0 {
			value := elements[index-1]
			if strings.HasPrefix(value, `"`) {
				if err := json.Unmarshal([]byte(value), &value); err != nil {
					return nil, err
				}
			}
			text.WriteString(value)
		}
		text.WriteString(piece)
	}
	return json.Marshal(text.String())
}

// elementsOf are the elements between the brackets of an array.
func elementsOf(text string) []string {
	var elements []string
	depth, start, quoted, escaped := 0, 0, false, false
	for at := range len(text) {
		switch character := text[at]; {
		case escaped:
			escaped = false
		case quoted && character == '\\':
			escaped = true
		case character == '"':
			quoted = !quoted
		case quoted:
		case character == '[' || character == '{':
			depth++
		case character == ']' || character == '}':
			depth--
		case character == ',' && depth == 0:
			elements = append(elements, strings.TrimSpace(text[start:at]))
			start = at + 1
		}
	}
	if text != "" {
		elements = append(elements, strings.TrimSpace(text[start:]))
	}
	return elements
}
