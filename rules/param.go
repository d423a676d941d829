package rules

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Param is something that the configuration can say to a rule, under rules.NAME.params; expressions read it as
// `params.NAME`. It always has a value.
type Param struct {
	Name string    `json:"name"`
	Type ParamType `json:"type"`
	// Default is the value where the configuration says nothing.
	Default any `json:"default"`
	// Minimum and Maximum bound an integer.
	Minimum *int64 `json:"minimum,omitempty"`
	Maximum *int64 `json:"maximum,omitempty"`
	// Enum lists what a string, or each of several, may be; empty for anything.
	Enum []string `json:"enum,omitempty"`
	// Description says in one sentence what it decides.
	Description string `json:"description"`
}

// ParamType is the type of a parameter.
type ParamType string

// The types of parameters: int, bool, string and list of strings to CEL.
const (
	ParamInteger ParamType = "integer"
	ParamBoolean ParamType = "boolean"
	ParamString  ParamType = "string"
	ParamStrings ParamType = "strings"
)

// Check says what is wrong with a value, as JSON has it with integers as int64; empty if nothing is.
func (p Param) Check(value any) string {
	fits := false
	switch v := value.(type) {
	case int64:
		fits = p.Type == ParamInteger && (p.Minimum == nil || v >= *p.Minimum) && (p.Maximum == nil || v <= *p.Maximum)
	case bool:
		fits = p.Type == ParamBoolean
	case string:
		fits = p.Type == ParamString && p.allows(v)
	case []any:
		fits = p.Type == ParamStrings &&
			!slices.ContainsFunc(v, func(item any) bool { s, ok := item.(string); return !ok || !p.allows(s) })
	}
	if fits {
		return ""
	}
	return "expected " + p.Expected() + ", found " + shown(value)
}

func (p Param) allows(text string) bool { return len(p.Enum) == 0 || slices.Contains(p.Enum, text) }

// Expected is what the parameter may be: `an integer from 1 to 1000`.
func (p Param) Expected() string {
	switch p.Type {
	case ParamInteger:
		switch {
		case p.Minimum != nil && p.Maximum != nil:
			return fmt.Sprintf("an integer from %d to %d", *p.Minimum, *p.Maximum)
		case p.Minimum != nil:
			return fmt.Sprintf("an integer of at least %d", *p.Minimum)
		case p.Maximum != nil:
			return fmt.Sprintf("an integer of at most %d", *p.Maximum)
		}
		return "an integer"
	case ParamBoolean:
		return "true or false"
	case ParamStrings:
		if len(p.Enum) > 0 {
			return "a list of " + words(p.Enum)
		}
		return "a list of strings"
	case ParamString:
	}
	if len(p.Enum) > 0 {
		return words(p.Enum)
	}
	return "a text"
}

// shown is a value for people.
func shown(value any) string {
	switch v := value.(type) {
	case nil:
		return "nothing"
	case string:
		return fmt.Sprintf("%q", v)
	case map[string]any:
		return "a mapping"
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = shown(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return fmt.Sprint(value)
}

// DefaultText is the default for people.
func (p Param) DefaultText() string { return shown(p.Default) }

// Values are what a rule's expressions see as `params`: what is said, and the defaults of the rest; nil for a rule
// without parameters.
func (r HardeningRule) Values(said map[string]any) map[string]any {
	if len(r.Spec.Params) == 0 {
		return nil
	}
	values := make(map[string]any, len(r.Spec.Params))
	for _, p := range r.Spec.Params {
		values[p.Name] = p.Default
		if v, is := said[p.Name]; is {
			values[p.Name] = v
		}
	}
	return values
}

// Param is the rule's parameter of that name.
func (r HardeningRule) Param(name string) (Param, bool) {
	for _, p := range r.Spec.Params {
		if p.Name == name {
			return p, true
		}
	}
	return Param{}, false
}

// params checks what a rule declares. CEL has names of its own for some words, which the compiler would refuse later.
func (v *validator) params() {
	names := map[string]bool{}
	for i := range v.rule.Spec.Params {
		p := &v.rule.Spec.Params[i]
		at := fmt.Sprintf("spec.params[%d]", i)
		v.name(at+".name", p.Name, names)
		v.text(at+".description", p.Description)
		oneOf(v, at+".type", p.Type, ParamInteger, ParamBoolean, ParamString, ParamStrings)
		if p.Type != ParamInteger && (p.Minimum != nil || p.Maximum != nil) {
			v.bad(at, "minimum and maximum belong to integers only")
		}
		if p.Type != ParamString && p.Type != ParamStrings && p.Enum != nil {
			v.bad(at+".enum", "belongs to strings only")
		}
		if p.Minimum != nil && p.Maximum != nil && *p.Minimum > *p.Maximum {
			v.bad(at+".maximum", "is below the minimum")
		}
		// JSON has one kind of number.
		if f, ok := p.Default.(float64); ok && p.Type == ParamInteger && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			p.Default = int64(f)
		}
		if problem := p.Check(p.Default); problem != "" {
			v.bad(at+".default", "%s", problem)
		}
	}
}
