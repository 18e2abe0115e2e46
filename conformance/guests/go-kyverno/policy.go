package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// settings are the policies as they are written for a cluster, each a ClusterPolicy of kyverno.io/v1.
type settings struct {
	Policies []clusterPolicy `json:"policies"`
}

type clusterPolicy struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec spec `json:"spec"`
}

type spec struct {
	ValidationFailureAction string `json:"validationFailureAction"`
	Rules                   []rule `json:"rules"`
}

// rule has exactly one of its two actions. Fields that would change what a rule means and that nothing here acts on are
// not declared, so that decoding refuses them: a rule must never apply to more or less than its author wrote.
type rule struct {
	Name          string      `json:"name"`
	Match         clauses     `json:"match"`
	Exclude       clauses     `json:"exclude"`
	Preconditions *conditions `json:"preconditions"`
	Validate      *validation `json:"validate"`
	Mutate        *mutation   `json:"mutate"`
}

type validation struct {
	FailureAction string `json:"failureAction"`
	Message       string `json:"message"`
	Pattern       any    `json:"pattern"`
	AnyPattern    []any  `json:"anyPattern"`
	Deny          *deny  `json:"deny"`
}

type deny struct {
	Conditions *conditions `json:"conditions"`
}

type mutation struct {
	PatchStrategicMerge any    `json:"patchStrategicMerge"`
	PatchesJSON6902     string `json:"patchesJson6902"`
}

// readSettings decodes settings and says of the first rule that can't be run why not.
func readSettings(raw []byte) (settings, error) {
	var given settings
	// Annotations, labels and the like say nothing to the engine, so metadata alone may hold anything.
	raw, err := trimMetadata(raw)
	if err != nil {
		return given, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&given); err != nil {
		return given, err
	}
	if len(given.Policies) == 0 {
		return given, errors.New("policies must list at least one ClusterPolicy")
	}
	for index, policy := range given.Policies {
		if err := policy.check(); err != nil {
			return given, fmt.Errorf("policies[%d]: %w", index, err)
		}
	}
	return given, nil
}

// harmless are the members of a policy's spec that say when Kyverno's own controllers run it, not what it decides.
var harmless = []string{"background", "admission", "failurePolicy", "emitWarning", "webhookTimeoutSeconds"}

func trimMetadata(raw []byte) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(raw, &document); err != nil {
		return nil, err
	}
	policies, _ := document["policies"].([]any)
	for _, each := range policies {
		policy, _ := each.(map[string]any)
		delete(policy, "status")
		if metadata, ok := policy["metadata"].(map[string]any); ok {
			policy["metadata"] = map[string]any{"name": metadata["name"]}
		}
		if spec, ok := policy["spec"].(map[string]any); ok {
			for _, name := range harmless {
				delete(spec, name)
			}
		}
	}
	return json.Marshal(document)
}

func (p clusterPolicy) check() error {
	if p.Kind != "ClusterPolicy" || p.APIVersion != "kyverno.io/v1" {
		return errors.New("must be a ClusterPolicy of kyverno.io/v1")
	}
	if p.Metadata.Name == "" {
		return errors.New("metadata.name is missing")
	}
	if len(p.Spec.Rules) == 0 {
		return errors.New("spec.rules is empty")
	}
	if err := checkAction(p.Spec.ValidationFailureAction); err != nil {
		return err
	}
	for _, rule := range p.Spec.Rules {
		if err := rule.check(); err != nil {
			return fmt.Errorf("rule %q: %w", rule.Name, err)
		}
	}
	return nil
}

func (r rule) check() error {
	if r.Name == "" {
		return errors.New("name is missing")
	}
	if len(r.Match.Any)+len(r.Match.All) == 0 && r.Match.Resources == nil {
		return errors.New("match is empty")
	}
	if (r.Validate == nil) == (r.Mutate == nil) {
		return errors.New("needs either validate or mutate")
	}
	if err := r.Preconditions.check(); err != nil {
		return err
	}
	if r.Mutate != nil {
		if (r.Mutate.PatchStrategicMerge == nil) == (r.Mutate.PatchesJSON6902 == "") {
			return errors.New("mutate needs either patchStrategicMerge or patchesJson6902")
		}
		return nil
	}
	return r.Validate.check()
}

func (v validation) check() error {
	checks := 0
	for _, given := range []bool{v.Pattern != nil, len(v.AnyPattern) > 0, v.Deny != nil} {
		if given {
			checks++
		}
	}
	if checks != 1 {
		return errors.New("validate needs one of pattern, anyPattern and deny")
	}
	if v.Deny != nil {
		if err := v.Deny.Conditions.check(); err != nil {
			return err
		}
	}
	return checkAction(v.FailureAction)
}

func checkAction(action string) error {
	switch strings.ToLower(action) {
	case "", "enforce", "audit":
		return nil
	default:
		return fmt.Errorf("unknown failure action %q", action)
	}
}

// audits tells whether failing only warns: the rule's own action comes before its policy's, and Audit is the default, as
// for Kyverno.
func (r rule) audits(policy clusterPolicy) bool {
	action := policy.Spec.ValidationFailureAction
	if r.Validate != nil && r.Validate.FailureAction != "" {
		action = r.Validate.FailureAction
	}
	return !strings.EqualFold(action, "enforce")
}
