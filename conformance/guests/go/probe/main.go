// Command probe shows what a module sees of its host and what its host sees of it.
package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {}

var (
	count = 0
	// On the heap, where the counter of the same name is in a static variable.
	heap = map[string]int{}
)

//go:wasmexport echo
func echo() {
	if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
		panic(err)
	}
}

//go:wasmexport count
func counted() {
	count++
	heap["calls"]++
	write(map[string]int{"global": count, "memory": heap["calls"]})
}

//go:wasmexport now
func now() {
	start := time.Now()
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		panic(err)
	}
	write(map[string]any{
		"unixMillis": start.UnixMilli(), "elapsedNanos": time.Since(start).Nanoseconds(), "random": fmt.Sprintf("%x", random),
	})
}

//go:wasmexport surroundings
func surroundings() {
	_, err := os.Open("/etc/passwd")
	write(map[string]any{"arguments": len(os.Args), "environment": len(os.Environ()), "files": err == nil})
}

//go:wasmexport fail
func fail() {
	fmt.Fprintln(os.Stderr, "stderr output")
	panic("panic output")
}

//go:wasmexport exit_zero
func exitZero() { os.Exit(0) }

//go:wasmexport exit_one
func exitOne() {
	write("an answer before the exit")
	os.Exit(1)
}

func write(value any) {
	if err := json.NewEncoder(os.Stdout).Encode(value); err != nil {
		panic(err)
	}
}
