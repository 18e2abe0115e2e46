// Command mutator is test-admission-mut of contract fork §9, and mut-helper when its settings name the annotations.
package main

import (
	"bytes"
	"encoding/json"
	"errors"

	"ostiary/conformance/guests/envelope"
)

func main() {}

type settings struct {
	Annotations map[string]string `json:"annotations"`
}

type review struct {
	Request *struct {
		UID    string          `json:"uid"`
		Object json.RawMessage `json:"object"`
	} `json:"request"`
}

type answer struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Response   response `json:"response"`
}

type response struct {
	UID       string `json:"uid"`
	Allowed   bool   `json:"allowed"`
	PatchType string `json:"patchType"`
	// Encoded as base64, as every []byte is.
	Patch []byte `json:"patch"`
}

//go:wasmexport validate
func validate() {
	defaults := settings{map[string]string{"puzzle.ch/test-annotation": "foo"}}
	envelope.Serve(defaults, func(review review, settings settings) (any, error) {
		if review.Request == nil {
			return nil, errors.New("request not set in AdmissionReview")
		}
		patch, err := annotate(review.Request.Object, settings.Annotations)
		if err != nil {
			return nil, err
		}
		return answer{"admission.k8s.io/v1", "AdmissionReview", response{review.Request.UID, true, "Full", patch}}, nil
	})
}

// annotate decodes only the path to the annotations, so that everything else of the object stays as it was written.
func annotate(object json.RawMessage, annotations map[string]string) ([]byte, error) {
	if len(object) == 0 || bytes.Equal(object, []byte("null")) {
		return nil, errors.New("no object in admission request")
	}
	var whole, metadata map[string]json.RawMessage
	var present map[string]string
	if err := json.Unmarshal(object, &whole); err != nil {
		return nil, err
	}
	if err := unmarshalPresent(whole["metadata"], &metadata); err != nil {
		return nil, err
	}
	if err := unmarshalPresent(metadata["annotations"], &present); err != nil {
		return nil, err
	}
	if metadata == nil {
		metadata = map[string]json.RawMessage{}
	}
	if present == nil {
		present = map[string]string{}
	}
	for key, value := range annotations {
		present[key] = value
	}
	var err error
	if metadata["annotations"], err = json.Marshal(present); err != nil {
		return nil, err
	}
	if whole["metadata"], err = json.Marshal(metadata); err != nil {
		return nil, err
	}
	return json.Marshal(whole)
}

func unmarshalPresent(text json.RawMessage, target any) error {
	if len(text) == 0 {
		return nil
	}
	return json.Unmarshal(text, target)
}
