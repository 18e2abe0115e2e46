// A context-aware policy, written with Kubewarden's own Go SDK for the official compiler: an object may only be created
// where its namespace carries the label that the settings name, with the object's own value. When the settings name
// services, it looks each of them up, in the random order of a Go map.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	sdk "github.com/kubewarden/policy-sdk-go"
	"github.com/kubewarden/policy-sdk-go/pkg/capabilities"
	"github.com/kubewarden/policy-sdk-go/pkg/capabilities/kubernetes"
)

type settings struct {
	Label    string   `json:"label"`
	Services []string `json:"services"`
}

type metadata struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
}

type object struct {
	Metadata metadata `json:"metadata"`
}

type review struct {
	Request struct {
		Namespace string `json:"namespace"`
		Object    object `json:"object"`
	} `json:"request"`
	Settings settings `json:"settings"`
}

func main() {
	answer, err := run(os.Args[1])
	if err != nil {
		fmt.Fprint(os.Stderr, err)
		os.Exit(1)
	}
	_, _ = os.Stdout.Write(answer)
}

func run(operation string) ([]byte, error) {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		return nil, err
	}
	switch operation {
	case "validate":
		return validate(input)
	case "validate-settings":
		return validateSettings(input)
	default:
		return nil, fmt.Errorf("unknown operation %s", operation)
	}
}

func validateSettings(input []byte) ([]byte, error) {
	var given settings
	if err := json.Unmarshal(input, &given); err != nil {
		return nil, err
	}
	if given.Label == "" {
		return sdk.RejectSettings(sdk.Message("label must be set"))
	}
	return sdk.AcceptSettings()
}

func validate(input []byte) ([]byte, error) {
	var given review
	if err := json.Unmarshal(input, &given); err != nil {
		return nil, err
	}
	host := capabilities.NewHost()
	found, err := kubernetes.ListResources(&host, kubernetes.ListAllResourcesRequest{APIVersion: "v1", Kind: "Namespace"})
	if err != nil {
		return nil, err
	}
	var namespaces struct {
		Items []object `json:"items"`
	}
	if err := json.Unmarshal(found, &namespaces); err != nil {
		return nil, err
	}
	label := given.Settings.Label
	expected := ""
	for _, namespace := range namespaces.Items {
		if namespace.Metadata.Name == given.Request.Namespace {
			expected = namespace.Metadata.Labels[label]
		}
	}
	if actual := given.Request.Object.Metadata.Labels[label]; actual != expected {
		return sdk.RejectRequest(sdk.Message(fmt.Sprintf("label %s must be %q, found %q", label, expected, actual)), sdk.Code(403))
	}
	if err := lookUp(&host, given); err != nil {
		return nil, err
	}
	return sdk.AcceptRequest()
}

func lookUp(host *capabilities.Host, given review) error {
	names := map[string]bool{}
	for _, name := range given.Settings.Services {
		names[name] = true
	}
	for name := range names {
		request := kubernetes.GetResourceRequest{APIVersion: "v1", Kind: "Service", Name: name, Namespace: &given.Request.Namespace}
		if _, err := kubernetes.GetResource(host, request); err != nil {
			return err
		}
	}
	return nil
}
