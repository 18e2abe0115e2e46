// Command go-policy is a Kubewarden policy as a WASI command: it refuses objects that carry one of the labels that the
// settings deny, or lack one that they want. What it does is its first argument.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
)

type settings struct {
	DeniedLabels    []string `json:"denied_labels"`
	MandatoryLabels []string `json:"mandatory_labels"`
}

type validation struct {
	Settings settings `json:"settings"`
	Request  struct {
		Object struct {
			Metadata struct {
				Labels map[string]string `json:"labels"`
			} `json:"metadata"`
		} `json:"object"`
	} `json:"request"`
}

type verdict struct {
	Accepted bool   `json:"accepted"`
	Message  string `json:"message,omitempty"`
}

type settingsVerdict struct {
	Valid   bool   `json:"valid"`
	Message string `json:"message,omitempty"`
}

func judge(in validation) verdict {
	labels := in.Request.Object.Metadata.Labels
	for _, label := range in.Settings.DeniedLabels {
		if _, found := labels[label]; found {
			return verdict{Message: fmt.Sprintf("the label %s is denied", label)}
		}
	}
	for _, label := range in.Settings.MandatoryLabels {
		if _, found := labels[label]; !found {
			return verdict{Message: fmt.Sprintf("the label %s is mandatory", label)}
		}
	}
	return verdict{Accepted: true}
}

func judgeSettings(s settings) settingsVerdict {
	for _, label := range s.DeniedLabels {
		if slices.Contains(s.MandatoryLabels, label) {
			return settingsVerdict{Message: fmt.Sprintf("the label %s is denied and mandatory", label)}
		}
	}
	return settingsVerdict{Valid: true}
}

func answer(command string, text []byte) (any, error) {
	switch command {
	case "validate":
		var in validation
		err := json.Unmarshal(text, &in)
		return judge(in), err
	case "validate-settings":
		var in settings
		err := json.Unmarshal(text, &in)
		return judgeSettings(in), err
	}
	return nil, fmt.Errorf("there is no command %q", command)
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("one command is needed")
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	out, err := answer(os.Args[1], text)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
