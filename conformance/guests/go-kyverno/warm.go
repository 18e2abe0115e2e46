package main

import (
	"runtime"

	"github.com/go-logr/logr"
	"github.com/kyverno/kyverno/pkg/engine/mutate/patch"
)

// warm makes a merge of nothing, for what it leaves behind: the patcher parses the schemas of all of Kubernetes's types at
// its first merge. A host that keeps what a command has done before it reads its input does that once.
func warm() {
	pod := []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"warm"}}`)
	_, _ = patch.NewPatchStrategicMerge(map[string]any{"metadata": map[string]any{"labels": map[string]any{"warm": "yes"}}}).
		Patch(logr.Discard(), pod)
	// Every call begins with the heap as it is left here. After a collection the next one is due when a call has allocated as
	// much again; without it calls begin shortly before one, and each of them marks all these schemas.
	runtime.GC()
}
