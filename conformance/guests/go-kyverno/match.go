package main

import (
	"slices"
	"strings"

	"github.com/kyverno/kyverno/ext/wildcard"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
)

// clauses hold when one of any holds, all of all hold, and resources hold.
type clauses struct {
	Any       []clause   `json:"any"`
	All       []clause   `json:"all"`
	Resources *resources `json:"resources"`
}

type clause struct {
	Resources resources `json:"resources"`
}

type resources struct {
	Kinds      []string              `json:"kinds"`
	Name       string                `json:"name"`
	Names      []string              `json:"names"`
	Namespaces []string              `json:"namespaces"`
	Operations []string              `json:"operations"`
	Selector   *metav1.LabelSelector `json:"selector"`
}

func (c clauses) empty() bool {
	return len(c.Any)+len(c.All) == 0 && c.Resources == nil
}

func (c clauses) match(request request, object unstructured.Unstructured) (bool, error) {
	if c.empty() {
		return false, nil
	}
	every := c.All
	if c.Resources != nil {
		every = append(slices.Clone(every), clause{Resources: *c.Resources})
	}
	for _, each := range every {
		if ok, err := each.Resources.match(request, object); !ok || err != nil {
			return false, err
		}
	}
	for _, each := range c.Any {
		if ok, err := each.Resources.match(request, object); ok || err != nil {
			return ok, err
		}
	}
	return len(c.Any) == 0, nil
}

func (r resources) match(request request, object unstructured.Unstructured) (bool, error) {
	name := object.GetName()
	if name == "" {
		name = object.GetGenerateName()
	}
	// A Namespace is judged by its own name where others are judged by that of the one they are in.
	namespace := object.GetNamespace()
	if request.Kind.Kind == "Namespace" {
		namespace = name
	} else if namespace == "" {
		namespace = request.Namespace
	}
	names := r.Names
	if r.Name != "" {
		names = append(slices.Clone(names), r.Name)
	}
	if !request.isOneOf(r.Kinds) || !matchesOne(names, name) || !matchesOne(r.Namespaces, namespace) {
		return false, nil
	}
	if len(r.Operations) > 0 && !slices.Contains(r.Operations, request.Operation) {
		return false, nil
	}
	if r.Selector == nil {
		return true, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(r.Selector)
	if err != nil {
		return false, err
	}
	return selector.Matches(labels.Set(object.GetLabels())), nil
}

func matchesOne(patterns []string, value string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool {
		return wildcard.Match(pattern, value)
	})
}

// isOneOf reads kinds as Kind, version/Kind, group/version/Kind, each optionally with /subresource.
func (r request) isOneOf(kinds []string) bool {
	return len(kinds) == 0 || slices.ContainsFunc(kinds, func(kind string) bool {
		parts := strings.Split(kind, "/")
		subresource := ""
		// Kinds begin with a capital letter, subresources never do.
		if last := parts[len(parts)-1]; len(parts) > 1 && strings.ToLower(last) == last && last != "*" {
			subresource, parts = last, parts[:len(parts)-1]
		}
		actual := []string{r.Kind.Group, r.Kind.Version, r.Kind.Kind}
		if len(parts) > len(actual) || subresource != r.SubResource {
			return false
		}
		for index, pattern := range parts {
			if !wildcard.Match(pattern, actual[len(actual)-len(parts)+index]) {
				return false
			}
		}
		return true
	})
}
