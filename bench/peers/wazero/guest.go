package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

// The limits that the other variants of the benchmark have.
const (
	memoryPages = 128 << 20 / 65536
	callTimeout = 2 * time.Second
)

type guestOptions struct {
	module    string
	abi       string
	operation string
	input     []byte
	cache     string
	// data is the data document of modules in Rego.
	data []byte
}

// caller answers one call from an instance of its own.
type caller interface {
	call(ctx context.Context) ([]byte, error)
}

// guest is a module that is ready to be called.
type guest struct {
	guestOptions
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	config   wazero.ModuleConfig
	// startUp are the functions that run before the operation, where the module exports them.
	startUp []string
}

func load(ctx context.Context, options guestOptions) (caller, error) {
	if options.abi == "rego" {
		return loadRego(ctx, options)
	}
	runtime, compiled, err := compile(ctx, options)
	if err != nil {
		return nil, err
	}
	wasi_snapshot_preview1.MustInstantiate(ctx, runtime)
	if err := instantiateWapc(ctx, runtime); err != nil {
		return nil, err
	}
	// Without a name, so that instances don't exclude each other; the start functions are called below.
	moduleConfig := wazero.NewModuleConfig().WithName("").WithStartFunctions().WithSysWalltime().WithSysNanotime()
	startUp, err := startUpOf(options.abi, compiled)
	return &guest{options, runtime, compiled, moduleConfig, startUp}, err
}

func compile(ctx context.Context, options guestOptions) (wazero.Runtime, wazero.CompiledModule, error) {
	cache, err := wazero.NewCompilationCacheWithDir(options.cache)
	if err != nil {
		return nil, nil, err
	}
	config := wazero.NewRuntimeConfigCompiler().
		WithCompilationCache(cache).
		WithMemoryLimitPages(memoryPages).
		WithCloseOnContextDone(true)
	runtime := wazero.NewRuntimeWithConfig(ctx, config)
	code, err := os.ReadFile(options.module)
	if err != nil {
		return nil, nil, err
	}
	compiled, err := runtime.CompileModule(ctx, code)
	return runtime, compiled, err
}

func startUpOf(abi string, compiled wazero.CompiledModule) ([]string, error) {
	exports := compiled.ExportedFunctions()
	var wanted []string
	switch abi {
	case "wasi-reactor":
		wanted = []string{"_initialize"}
	case "wasi-command":
	case "wapc":
		wanted = []string{"_start", "wapc_init"}
		if exports["_start"] == nil {
			wanted[0] = "_initialize"
		}
	default:
		return nil, fmt.Errorf("unknown ABI %s", abi)
	}
	var present []string
	for _, name := range wanted {
		if exports[name] != nil {
			present = append(present, name)
		}
	}
	return present, nil
}

// call makes an instance, runs its start-up and the operation, and closes it.
func (g *guest) call(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	exchange := &exchange{operation: g.operation, payload: g.input}
	ctx = withExchange(ctx, exchange)
	var out bytes.Buffer
	instance, err := g.runtime.InstantiateModule(ctx, g.compiled, g.config.WithStdin(bytes.NewReader(g.input)).WithStdout(&out))
	if err != nil {
		return nil, err
	}
	defer instance.Close(ctx)
	for _, name := range g.startUp {
		if err := endedWell(callFunction(ctx, instance, name)); err != nil {
			return nil, err
		}
	}
	switch g.abi {
	case "wapc":
		results, err := instance.ExportedFunction("__guest_call").Call(ctx, uint64(len(g.operation)), uint64(len(g.input)))
		if err == nil && results[0] == 0 {
			err = errors.New("the guest call failed")
		}
		return exchange.response, err
	case "wasi-command":
		err = callFunction(ctx, instance, "_start")
	default:
		err = callFunction(ctx, instance, g.operation)
	}
	return out.Bytes(), endedWell(err)
}

func callFunction(ctx context.Context, instance api.Module, name string) error {
	_, err := instance.ExportedFunction(name).Call(ctx)
	return err
}

// endedWell counts proc_exit(0) as a normal end.
func endedWell(err error) error {
	var exit *sys.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 0 {
		return nil
	}
	return err
}
