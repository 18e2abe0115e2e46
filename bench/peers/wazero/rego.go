package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// regoGuest is a module that OPA compiled from Rego (ABI 1.x): the host owns the memory, and an evaluation is a
// conversation about addresses.
type regoGuest struct {
	guestOptions
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	// provider has nothing but a memory, and the host's functions under the names that the guest imports: a host module
	// of wazero can't export a memory.
	provider wazero.CompiledModule
}

var anonymous = wazero.NewModuleConfig().WithName("").WithStartFunctions()

func loadRego(ctx context.Context, options guestOptions) (*regoGuest, error) {
	runtime, compiled, err := compile(ctx, options)
	if err != nil {
		return nil, err
	}
	if err := instantiateBuiltins(ctx, runtime); err != nil {
		return nil, err
	}
	memories := compiled.ImportedMemories()
	if len(memories) != 1 {
		return nil, errors.New("the module does not import a memory")
	}
	provider, err := runtime.CompileModule(ctx, providerModule(memories[0].Min()))
	if err != nil {
		return nil, err
	}
	guest := &regoGuest{options, runtime, compiled, provider}
	return guest, guest.checkBuiltins(ctx)
}

// call makes an instance, lets it read the data document and the input, evaluates, and closes it.
func (g *regoGuest) call(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	program, err := g.instantiate(ctx)
	if err != nil {
		return nil, err
	}
	defer program.close(ctx)
	data := program.put(ctx, g.data)
	document := program.run(ctx, "opa_json_parse", data, uint64(len(g.data)))
	if program.failure == nil && document == 0 {
		return nil, errors.New("the data document is no JSON")
	}
	input := program.put(ctx, g.input)
	heap := program.run(ctx, "opa_heap_ptr_get")
	// Context (there is none), entrypoint, data, input and its length, end of the heap, format of the answer (JSON).
	result := program.run(ctx, "opa_eval", 0, 0, document, input, uint64(len(g.input)), heap, 0)
	return program.text(result), program.failure
}

func (g *regoGuest) instantiate(ctx context.Context) (*program, error) {
	provider, err := g.runtime.InstantiateModule(ctx, g.provider, anonymous)
	if err != nil {
		return nil, err
	}
	resolve := func(string) api.Module { return provider }
	instance, err := g.runtime.InstantiateModule(experimental.WithImportResolver(ctx, resolve), g.compiled, anonymous)
	if err != nil {
		return nil, errors.Join(err, provider.Close(ctx))
	}
	return &program{Module: instance, provider: provider}, nil
}

// checkBuiltins: the guest numbers the builtins that it wants; there is one answer here, whatever the number.
func (g *regoGuest) checkBuiltins(ctx context.Context) error {
	program, err := g.instantiate(ctx)
	if err != nil {
		return err
	}
	defer program.close(ctx)
	listing := program.text(program.run(ctx, "opa_json_dump", program.run(ctx, "builtins")))
	if program.failure != nil {
		return program.failure
	}
	var wanted map[string]int
	if err := json.Unmarshal(listing, &wanted); err != nil {
		return err
	}
	for name := range wanted {
		if name != "sprintf" {
			return fmt.Errorf("the peer has no builtin %s", name)
		}
	}
	return nil
}

// program is an instance in conversation; after a failure nothing more is run.
type program struct {
	api.Module
	provider api.Module
	failure  error
}

func (p *program) close(ctx context.Context) {
	_ = p.Module.Close(ctx)
	_ = p.provider.Close(ctx)
}

func (p *program) run(ctx context.Context, name string, arguments ...uint64) uint64 {
	if p.failure != nil {
		return 0
	}
	results, err := p.ExportedFunction(name).Call(ctx, arguments...)
	p.failure = err
	if err != nil || len(results) == 0 {
		return 0
	}
	return results[0]
}

// put copies bytes into memory that the guest gives for them.
func (p *program) put(ctx context.Context, data []byte) uint64 {
	address := p.run(ctx, "opa_malloc", uint64(len(data)))
	if p.failure == nil && !p.Memory().Write(uint32(address), data) {
		p.failure = errors.New("outside the guest's memory")
	}
	return address
}

// text is the zero-terminated text at an address; a copy, as the memory is given back with the instance.
func (p *program) text(address uint64) []byte {
	if p.failure != nil {
		return nil
	}
	rest, ok := p.Memory().Read(uint32(address), p.Memory().Size()-uint32(address))
	end := bytes.IndexByte(rest, 0)
	if !ok || end < 0 {
		p.failure = errors.New("outside the guest's memory")
		return nil
	}
	return bytes.Clone(rest[:end])
}
