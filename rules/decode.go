package rules

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	sigsjson "sigs.k8s.io/json"
)

// decode makes a rule of one document. It reports false, and says why, where the document does not have a rule's shape.
func decode(doc *yaml.Node, file string, probs *problems) (HardeningRule, bool) {
	before := len(probs.list)
	d := decoder{file: file, probs: probs, lines: map[string]int{"": doc.Line}}
	value := d.value(doc, reflect.TypeFor[HardeningRule](), "")
	if len(probs.list) > before {
		return HardeningRule{}, false
	}
	// The values have been checked node by node, which is what gives each problem its line; the strict decoder is the
	// same as the API server's and has the last word.
	var rule HardeningRule
	data, err := json.Marshal(value)
	if err == nil {
		var strict []error
		strict, err = sigsjson.UnmarshalStrict(data, &rule)
		for _, e := range strict {
			probs.add(file, doc.Line, "", "%v", e)
		}
	}
	if err != nil {
		probs.add(file, doc.Line, "", "%v", err)
	}
	rule.Source = Source{File: file, Line: doc.Line, LineOf: d.lineOf}
	return rule, len(probs.list) == before
}

// decoder walks a document along the Go types that it has to fit.
type decoder struct {
	file  string
	probs *problems
	lines map[string]int
}

// lineOf gives the line of a field, or of what is nearest above it in the document.
func (d *decoder) lineOf(field string) int {
	for {
		if line, ok := d.lines[field]; ok {
			return line
		}
		i := strings.LastIndexAny(field, ".[")
		if i < 0 {
			return d.lines[""]
		}
		field = field[:i]
	}
}

func (d *decoder) problem(n *yaml.Node, field, format string, args ...any) {
	d.probs.add(d.file, n.Line, field, format, args...)
}

// value returns the JSON value of a node that has to fit t, and reports what does not.
func (d *decoder) value(n *yaml.Node, t reflect.Type, field string) any {
	if n.Kind == yaml.AliasNode {
		d.problem(n, field, "YAML aliases are not supported; write the value out")
		return nil
	}
	if isNull(n) {
		return nil
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct:
		return d.object(n, t, field)
	case reflect.Map:
		return d.table(n, t, field)
	case reflect.Slice:
		return d.list(n, t, field)
	case reflect.String:
		if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
			return n.Value
		}
		d.problem(n, field, "expected a string, got %s", describe(n))
		return nil
	case reflect.Interface:
		return d.any(n, field)
	default:
		var v any
		if n.Kind == yaml.ScalarNode && n.Decode(&v) == nil {
			return v
		}
		d.problem(n, field, "expected %s, got %s", t, describe(n))
		return nil
	}
}

// any is a value of whatever type it has: a number stays one.
func (d *decoder) any(n *yaml.Node, field string) any {
	switch n.Kind {
	case yaml.MappingNode:
		return d.table(n, reflect.TypeFor[map[string]any](), field)
	case yaml.SequenceNode:
		return d.list(n, reflect.TypeFor[[]any](), field)
	default:
	}
	if n.Tag == "!!str" || n.Tag == "!!timestamp" {
		return n.Value
	}
	var v any
	if err := n.Decode(&v); err != nil {
		d.problem(n, field, "expected a value, got %s", describe(n))
	}
	return v
}

func (d *decoder) object(n *yaml.Node, t reflect.Type, field string) any {
	fields := jsonFields(t)
	return d.entries(n, field, func(key string) (reflect.Type, bool) {
		ft, ok := fields[key]
		return ft, ok
	})
}

func (d *decoder) table(n *yaml.Node, t reflect.Type, field string) any {
	return d.entries(n, field, func(string) (reflect.Type, bool) { return t.Elem(), true })
}

func (d *decoder) entries(n *yaml.Node, field string, typeOf func(string) (reflect.Type, bool)) any {
	if n.Kind != yaml.MappingNode {
		d.problem(n, field, "expected fields, got %s", describe(n))
		return nil
	}
	out := make(map[string]any, len(n.Content)/2)
	seen := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Tag != "!!str" {
			d.problem(key, field, "expected the name of a field, got %s", describe(key))
			continue
		}
		name := key.Value
		if field != "" {
			name = field + "." + name
		}
		if first, ok := seen[key.Value]; ok {
			d.problem(key, name, "duplicate field, first on line %d", first)
			continue
		}
		seen[key.Value] = key.Line
		d.lines[name] = key.Line
		t, ok := typeOf(key.Value)
		if !ok {
			d.problem(key, name, "unknown field")
			continue
		}
		out[key.Value] = d.value(val, t, name)
	}
	return out
}

func (d *decoder) list(n *yaml.Node, t reflect.Type, field string) any {
	if n.Kind != yaml.SequenceNode {
		d.problem(n, field, "expected a list, got %s", describe(n))
		return nil
	}
	out := make([]any, len(n.Content))
	for i, item := range n.Content {
		name := fmt.Sprintf("%s[%d]", field, i)
		d.lines[name] = item.Line
		if isNull(item) {
			d.problem(item, name, "expected a value, got nothing")
			continue
		}
		out[i] = d.value(item, t.Elem(), name)
	}
	return out
}

// jsonFields are the fields of a struct by their JSON names, those of embedded structs included.
func jsonFields(t reflect.Type) map[string]reflect.Type {
	fields := make(map[string]reflect.Type, t.NumField())
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported() || name == "-":
		case name == "" && f.Anonymous && f.Type.Kind() == reflect.Struct:
			maps.Copy(fields, jsonFields(f.Type))
		case name == "":
			fields[f.Name] = f.Type
		default:
			fields[name] = f.Type
		}
	}
	return fields
}

// describe says what a node is, for people.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "fields"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	case yaml.DocumentNode, yaml.ScalarNode:
	}
	switch n.Tag {
	case "!!int", "!!float":
		return "a number (quote it)"
	case "!!bool":
		return "a boolean (quote it)"
	case "!!timestamp":
		return "a date (quote it)"
	case "!!null":
		return "nothing"
	case "!!str":
		return "a string"
	}
	// A tag can hold any escaped character, the end of a line among them.
	return "a value tagged " + strconv.Quote(n.Tag)
}
