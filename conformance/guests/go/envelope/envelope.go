// Package envelope speaks the wire format of the k8s-wasm module specification (contract: fork §4): one JSON document
// {"request","settings"} on standard input, one {"response","error"} on standard output.
package envelope

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
)

type input struct {
	Request  json.RawMessage `json:"request"`
	Settings json.RawMessage `json:"settings"`
}

type output struct {
	Response any     `json:"response"`
	Error    *string `json:"error"`
}

// Serve answers the one request on standard input. Settings that are absent or null are the given defaults. An error,
// also one of decoding, is answered in the envelope: the call itself succeeds.
func Serve[R, S any](defaults S, decide func(request R, settings S) (any, error)) {
	response, err := answer(defaults, decide)
	out := output{Response: response}
	if err != nil {
		text := err.Error()
		out = output{Error: &text}
	}
	encoded, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	if _, err := os.Stdout.Write(encoded); err != nil {
		panic(err)
	}
}

func answer[R, S any](settings S, decide func(R, S) (any, error)) (any, error) {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return nil, err
	}
	var in input
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, err
	}
	if in.Settings != nil && !bytes.Equal(in.Settings, []byte("null")) {
		var given S
		if err := json.Unmarshal(in.Settings, &given); err != nil {
			return nil, err
		}
		settings = given
	}
	var request R
	if err := json.Unmarshal(in.Request, &request); err != nil {
		return nil, err
	}
	return decide(request, settings)
}
