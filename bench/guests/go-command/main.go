// Command go-command decides as the conformance suite's guest `gates` does on admission: in the namespace "default" only
// pods named "foo" may be. It speaks the same JSON, but as a command: its main function answers the one request.
package main

import (
	"encoding/json"
	"io"
	"os"
)

type input struct {
	Request struct {
		Request *struct {
			UID       string `json:"uid"`
			Namespace string `json:"namespace"`
			Kind      struct {
				Kind string `json:"kind"`
			} `json:"kind"`
			Object struct {
				Metadata struct {
					Name string `json:"name"`
				} `json:"metadata"`
			} `json:"object"`
		} `json:"request"`
	} `json:"request"`
}

type output struct {
	Response review  `json:"response"`
	Error    *string `json:"error"`
}

type review struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Response   response `json:"response"`
}

type response struct {
	UID     string `json:"uid"`
	Allowed bool   `json:"allowed"`
}

func main() {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	var in input
	if err := json.Unmarshal(text, &in); err != nil {
		panic(err)
	}
	request := in.Request.Request
	denied := request.Namespace == "default" && request.Kind.Kind == "Pod" && request.Object.Metadata.Name != "foo"
	out := output{Response: review{"admission.k8s.io/v1", "AdmissionReview", response{request.UID, !denied}}}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		panic(err)
	}
}
