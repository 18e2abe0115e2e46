// Command wazero-peer is a wazero host that answers every call from an instance of its own: compiled once, with wazero's
// WASI and interruption by context as its users have them.
//
// `wazero-peer <module> <abi> <operation> <input file> <code cache> [<data>]` prints one line of JSON when it is ready,
// with the answer to the input; then, for each count read from standard input, one line with the time of that many calls.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 5 && len(args) != 6 {
		return errors.New("usage: wazero-peer <module> <abi> <operation> <input file> <code cache> [<data>]")
	}
	data := []byte("{}")
	if len(args) == 6 {
		data = []byte(args[5])
	}
	started := time.Now()
	input, err := os.ReadFile(args[3])
	if err != nil {
		return err
	}
	options := guestOptions{module: args[0], abi: args[1], operation: args[2], input: input, cache: args[4], data: data}
	guest, err := load(ctx, options)
	if err != nil {
		return err
	}
	answer, err := guest.call(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("{\"readyMs\":%d,\"answer\":%q}\n", time.Since(started).Milliseconds(), hex.EncodeToString(answer))
	return serveRounds(ctx, guest, answer)
}

func serveRounds(ctx context.Context, guest caller, answer []byte) error {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		count, err := strconv.Atoi(lines.Text())
		if err != nil {
			return err
		}
		wall, cpu := time.Now(), cpuMicros()
		last := answer
		for range count {
			if last, err = guest.call(ctx); err != nil {
				return err
			}
		}
		wallMicros, cpuMicros := time.Since(wall).Microseconds(), cpuMicros()-cpu
		if !bytes.Equal(last, answer) {
			return errors.New("the answer changed")
		}
		fmt.Printf("{\"wallMicros\":%d,\"cpuMicros\":%d}\n", wallMicros, cpuMicros)
	}
	return nil
}

// cpuMicros is the user and system time of all threads of this process.
func cpuMicros() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return (usage.Utime.Nano() + usage.Stime.Nano()) / 1000
}
