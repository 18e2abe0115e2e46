// Command command tells what a command sees of its host, and ends as its input says: by returning, by exiting with a
// code, or by a panic. What it does before it reads its input is done once where the host can resume it there.
package main

import (
	"encoding/json"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

var calls int

func main() {
	started := time.Now()
	arguments := os.Args
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	calls++
	text := string(input)
	if code, found := strings.CutPrefix(text, "exit "); found {
		number, _ := strconv.Atoi(code)
		os.Stderr.WriteString("exiting\n")
		os.Exit(number)
	}
	switch text {
	case "panic":
		panic("as asked")
	case "spin":
		for {
			calls++
		}
	case "grow":
		_ = make([]byte, 32<<20)
	}
	answer := map[string]any{
		"arguments":     arguments,
		"calls":         calls,
		"environment":   len(os.Environ()),
		"length":        len(text),
		"sinceStartMs":  time.Since(started).Milliseconds(),
		"unixMs":        time.Now().UnixMilli(),
		"anotherReadOf": len(rest()),
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		panic(err)
	}
}

// Stdin is at its end by now.
func rest() []byte {
	bytes, _ := io.ReadAll(os.Stdin)
	return bytes
}
