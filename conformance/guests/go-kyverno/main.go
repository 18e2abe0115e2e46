// A policy that runs rules written for Kyverno: settings are ClusterPolicies, and what matches patterns, reads anchors and
// applies patches are the packages of Kyverno's own engine. Those of its packages that need a cluster, registries or files
// can't be built for WASI, so the loop over rules is here. See docs/kyverno.md for what it reads and what it refuses.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

type request struct {
	Kind struct {
		Group   string `json:"group"`
		Version string `json:"version"`
		Kind    string `json:"kind"`
	} `json:"kind"`
	SubResource string         `json:"subResource"`
	Namespace   string         `json:"namespace"`
	Operation   string         `json:"operation"`
	Object      map[string]any `json:"object"`
	OldObject   map[string]any `json:"oldObject"`
}

type verdict struct {
	Accepted      bool           `json:"accepted"`
	Message       string         `json:"message,omitempty"`
	Code          int            `json:"code,omitempty"`
	Warnings      []string       `json:"warnings,omitempty"`
	MutatedObject map[string]any `json:"mutated_object,omitempty"`
}

type settingsVerdict struct {
	Valid   bool   `json:"valid"`
	Message string `json:"message,omitempty"`
}

func main() {
	warm()
	answer, err := run(os.Args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answer)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) (any, error) {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		return nil, err
	}
	switch operation := strings.Join(arguments, " "); operation {
	case "validate":
		return validate(input)
	case "validate-settings":
		if _, err := readSettings(input); err != nil {
			return settingsVerdict{Message: err.Error()}, nil
		}
		return settingsVerdict{Valid: true}, nil
	default:
		return nil, fmt.Errorf("unknown operation %q", operation)
	}
}

func validate(input []byte) (verdict, error) {
	var review struct {
		Request  json.RawMessage `json:"request"`
		Settings json.RawMessage `json:"settings"`
	}
	if err := json.Unmarshal(input, &review); err != nil {
		return verdict{}, err
	}
	given, err := readSettings(review.Settings)
	if err != nil {
		return verdict{}, fmt.Errorf("settings: %w", err)
	}
	run, err := newEvaluation(review.Request)
	if err != nil {
		return verdict{}, fmt.Errorf("request: %w", err)
	}
	return run.judge(given.Policies), nil
}
