package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-logr/logr"
	"github.com/kyverno/kyverno/pkg/engine/mutate/patch"
	engine "github.com/kyverno/kyverno/pkg/engine/validate"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// evaluation is one request on its way through all rules; mutating rules change its object.
type evaluation struct {
	request  request
	object   unstructured.Unstructured
	scope    scope
	mutated  bool
	failures []string
	warnings []string
}

func newEvaluation(raw []byte) (*evaluation, error) {
	var document map[string]any
	// Kubernetes reads whole numbers as integers, which its patches and patterns then count on.
	var object unstructured.Unstructured
	run := &evaluation{}
	if err := json.Unmarshal(raw, &run.request); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		return nil, err
	}
	member := "object"
	if run.request.Object == nil {
		member = "oldObject"
	}
	if document[member] != nil {
		text, err := json.Marshal(document[member])
		if err != nil {
			return nil, err
		}
		if err := object.UnmarshalJSON(text); err != nil {
			return nil, err
		}
	}
	run.object = object
	run.scope = scope{"request": document}
	return run, nil
}

// judge changes the object first and then checks what has become of it, as two admission phases would.
func (e *evaluation) judge(policies []clusterPolicy) verdict {
	for _, changing := range []bool{true, false} {
		for _, policy := range policies {
			for _, rule := range policy.Spec.Rules {
				if (rule.Mutate != nil) == changing {
					e.apply(policy, rule)
				}
			}
		}
	}
	if len(e.failures) > 0 {
		return verdict{Message: strings.Join(e.failures, "; "), Code: http.StatusForbidden, Warnings: e.warnings}
	}
	result := verdict{Accepted: true, Warnings: e.warnings}
	if e.mutated {
		result.MutatedObject = e.object.Object
	}
	return result
}

func (e *evaluation) apply(policy clusterPolicy, rule rule) {
	complaint, err := e.run(rule)
	if err != nil {
		complaint = err.Error()
	}
	if complaint == "" {
		return
	}
	text := fmt.Sprintf("%s/%s: %s", policy.Metadata.Name, rule.Name, complaint)
	// A change that can't be made refuses: the object would otherwise go in without it.
	if rule.Validate != nil && rule.audits(policy) {
		e.warnings = append(e.warnings, text)
	} else {
		e.failures = append(e.failures, text)
	}
}

func (e *evaluation) run(rule rule) (string, error) {
	if applies, err := e.applies(rule); !applies || err != nil {
		return "", err
	}
	if rule.Mutate != nil {
		return "", e.mutate(*rule.Mutate)
	}
	return e.check(*rule.Validate)
}

func (e *evaluation) applies(rule rule) (bool, error) {
	if matched, err := rule.Match.match(e.request, e.object); !matched || err != nil {
		return false, err
	}
	if excluded, err := rule.Exclude.match(e.request, e.object); excluded || err != nil {
		return false, err
	}
	return rule.Preconditions.hold(e.scope)
}

func (e *evaluation) mutate(mutation mutation) error {
	if e.request.Object == nil {
		return nil
	}
	before, err := e.object.MarshalJSON()
	if err != nil {
		return err
	}
	patcher, err := e.patcher(mutation)
	if err != nil {
		return err
	}
	after, err := patcher.Patch(logr.Discard(), before)
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(before)) == strings.TrimSpace(string(after)) {
		return nil
	}
	var patched unstructured.Unstructured
	if err := patched.UnmarshalJSON(after); err != nil {
		return err
	}
	var plain map[string]any
	if err := json.Unmarshal(after, &plain); err != nil {
		return err
	}
	e.object, e.mutated = patched, true
	if document, ok := e.scope["request"].(map[string]any); ok {
		document["object"] = plain
	}
	return nil
}

func (e *evaluation) patcher(mutation mutation) (patch.Patcher, error) {
	if mutation.PatchStrategicMerge != nil {
		overlay, err := e.scope.substitute(mutation.PatchStrategicMerge)
		return patch.NewPatchStrategicMerge(overlay), err
	}
	text, err := e.scope.substitute(mutation.PatchesJSON6902)
	return patch.NewPatchesJSON6902(asText(text)), err
}

// check gives what is wrong with the object, or nothing.
func (e *evaluation) check(validation validation) (string, error) {
	if validation.Deny != nil {
		denied, err := validation.Deny.Conditions.hold(e.scope)
		if !denied || err != nil {
			return "", err
		}
		return e.message(validation), nil
	}
	if e.request.Object == nil {
		return "", nil
	}
	patterns := validation.AnyPattern
	if validation.Pattern != nil {
		patterns = []any{validation.Pattern}
	}
	var paths []string
	for _, each := range patterns {
		wanted, err := e.scope.substitute(each)
		if err != nil {
			return "", err
		}
		switch failure := engine.MatchPattern(logr.Discard(), e.object.Object, wanted).(type) {
		case nil:
			return "", nil
		case *engine.PatternError:
			if !failure.Skip {
				paths = append(paths, failure.Path)
			}
		default:
			return "", failure
		}
	}
	// Patterns whose conditions don't hold say nothing of the object.
	if len(paths) == 0 {
		return "", nil
	}
	return fmt.Sprintf("%s (at %s)", e.message(validation), strings.Join(paths, ", ")), nil
}

func (e *evaluation) message(validation validation) string {
	if validation.Message == "" {
		return "refused"
	}
	text, err := e.scope.substitute(validation.Message)
	if err != nil {
		return validation.Message
	}
	return asText(text)
}
