package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	jmespath "github.com/kyverno/go-jmespath"
	"github.com/kyverno/kyverno/pkg/engine/variables/regex"
)

// scope is what variables see: the request under its name.
type scope map[string]any

// leading says with how many characters a match of the engine's own expression begins before the variable.
var leading = regexp.MustCompile(`^[^{]?`)

// substitute puts the values of variables into every string of a document. A string that is one variable alone becomes
// the value itself, of whatever type; inside of longer strings values are written as text.
func (s scope) substitute(value any) (any, error) {
	switch value := value.(type) {
	case map[string]any:
		result := make(map[string]any, len(value))
		for key, each := range value {
			substituted, err := s.substitute(each)
			if err != nil {
				return nil, err
			}
			result[key] = substituted
		}
		return result, nil
	case []any:
		result := make([]any, len(value))
		for index, each := range value {
			substituted, err := s.substitute(each)
			if err != nil {
				return nil, err
			}
			result[index] = substituted
		}
		return result, nil
	case string:
		return s.substituteText(value)
	default:
		return value, nil
	}
}

func (s scope) substituteText(text string) (any, error) {
	if alone := strings.TrimSpace(text); regex.RegexVariableInit.FindString(alone) == alone && alone != "" {
		return s.search(alone)
	}
	var failure error
	result := regex.RegexVariables.ReplaceAllStringFunc(text, func(match string) string {
		before := leading.FindString(match)
		value, err := s.search(match[len(before):])
		if err != nil {
			failure = err
			return match
		}
		return before + asText(value)
	})
	return result, failure
}

func (s scope) search(variable string) (any, error) {
	query := strings.TrimSpace(variable[2 : len(variable)-2])
	value, err := jmespath.Search(query, map[string]any(s))
	if err != nil {
		return nil, fmt.Errorf("variable %s: %w", query, err)
	}
	return value, nil
}

func asText(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(raw)
}
