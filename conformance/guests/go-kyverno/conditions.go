package main

import (
	"fmt"
	"strings"

	"github.com/go-logr/logr"
	"github.com/kyverno/kyverno/pkg/engine/pattern"
)

// conditions hold when one of any holds and all of all hold.
type conditions struct {
	Any []condition `json:"any"`
	All []condition `json:"all"`
}

type condition struct {
	Key      any    `json:"key"`
	Operator string `json:"operator"`
	Value    any    `json:"value"`
	Message  string `json:"message"`
}

func (c *conditions) check() error {
	if c == nil {
		return nil
	}
	for _, each := range append(append([]condition{}, c.Any...), c.All...) {
		if _, known := operators[strings.ToLower(each.Operator)]; !known {
			return fmt.Errorf("operator %q is not supported", each.Operator)
		}
	}
	return nil
}

func (c *conditions) hold(scope scope) (bool, error) {
	if c == nil {
		return true, nil
	}
	for _, each := range c.All {
		if ok, err := each.holds(scope); !ok || err != nil {
			return false, err
		}
	}
	for _, each := range c.Any {
		if ok, err := each.holds(scope); ok || err != nil {
			return ok, err
		}
	}
	return len(c.Any) == 0, nil
}

func (c condition) holds(scope scope) (bool, error) {
	key, err := scope.substitute(c.Key)
	if err != nil {
		return false, err
	}
	value, err := scope.substitute(c.Value)
	if err != nil {
		return false, err
	}
	return operators[strings.ToLower(c.Operator)](key, value), nil
}

var operators = map[string]func(key, value any) bool{
	"equals":              equal,
	"notequals":           func(key, value any) bool { return !equal(key, value) },
	"anyin":               func(key, value any) bool { return countIn(key, value) > 0 },
	"allin":               func(key, value any) bool { return countIn(key, value) == len(list(key)) },
	"anynotin":            func(key, value any) bool { return countIn(key, value) < len(list(key)) },
	"allnotin":            func(key, value any) bool { return countIn(key, value) == 0 },
	"greaterthan":         compare(">"),
	"greaterthanorequals": compare(">="),
	"lessthan":            compare("<"),
	"lessthanorequals":    compare("<="),
}

// equal compares as patterns do: wildcards in strings, quantities by their amount.
func equal(key, value any) bool {
	return pattern.Validate(logr.Discard(), key, value)
}

func compare(operator string) func(key, value any) bool {
	return func(key, value any) bool {
		return pattern.Validate(logr.Discard(), key, operator+fmt.Sprint(value))
	}
}

func list(value any) []any {
	if values, ok := value.([]any); ok {
		return values
	}
	return []any{value}
}

func countIn(key, value any) int {
	count := 0
	for _, each := range list(key) {
		for _, allowed := range list(value) {
			if equal(each, allowed) {
				count++
				break
			}
		}
	}
	return count
}
