package main

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// exchange is the state of one waPC guest call.
type exchange struct {
	operation string
	payload   []byte
	response  []byte
}

type exchangeKey struct{}

func withExchange(ctx context.Context, value *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, value)
}

func exchangeOf(ctx context.Context) *exchange {
	return ctx.Value(exchangeKey{}).(*exchange)
}

// instantiateWapc provides the imports of waPC that a policy without host calls uses.
func instantiateWapc(ctx context.Context, runtime wazero.Runtime) error {
	i32 := api.ValueTypeI32
	two := []api.ValueType{i32, i32}
	builder := runtime.NewHostModuleBuilder("wapc")
	provide := func(name string, function api.GoModuleFunc) {
		builder.NewFunctionBuilder().WithGoModuleFunction(function, two, nil).Export(name)
	}
	provide("__guest_request", func(ctx context.Context, guest api.Module, stack []uint64) {
		exchange, memory := exchangeOf(ctx), guest.Memory()
		if !memory.WriteString(uint32(stack[0]), exchange.operation) || !memory.Write(uint32(stack[1]), exchange.payload) {
			panic("outside the guest's memory")
		}
	})
	provide("__guest_response", func(ctx context.Context, guest api.Module, stack []uint64) {
		exchangeOf(ctx).response = append([]byte(nil), text(guest, stack)...)
	})
	provide("__guest_error", func(_ context.Context, guest api.Module, stack []uint64) {
		panic(fmt.Sprintf("guest error: %s", text(guest, stack)))
	})
	_, err := builder.Instantiate(ctx)
	return err
}

func text(guest api.Module, stack []uint64) []byte {
	bytes, ok := guest.Memory().Read(uint32(stack[0]), uint32(stack[1]))
	if !ok {
		panic("outside the guest's memory")
	}
	return bytes
}
