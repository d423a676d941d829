// Package edit says how an object is changed, in a form that can be carried out on the object and on the text that it
// was read from alike: comments, order and quoting of what does not change stay.
package edit

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Edit is one change. Edits name elements of lists by what they are rather than by number, so that one does not depend
// on another.
type Edit struct {
	path []any
	// splice are what comes in the place of the element that path names; nil of an edit that sets.
	splice []any
	remove bool
	value  any
}

// Where is an element of a list of objects: the last whose field By is Is.
type Where struct{ By, Is string }

// Named is the element with a name.
func Named(name string) Where { return Where{"name", name} }

// Same is an element of a list that equals a value, which has the types of decoded JSON.
type Same struct{ Value any }

// At is an element of a list by its number, for lists whose elements have nothing else to tell them by.
type At int

// Set sets what a path of keys (string), Where and Same leads to. What is missing on the way is made.
func Set(value any, path ...any) Edit { return Edit{path: path, value: value} }

// Remove removes what a path leads to, if it is there.
func Remove(path ...any) Edit { return Edit{path: path, remove: true} }

// Replace puts other elements in the place of an element of a list, if it is there.
func Replace(values []any, path ...any) Edit { return Edit{path: path, splice: values} }

// Op is an operation of a JSON patch (RFC 6902).
type Op struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// Apply carries edits out on the YAML of an object, and returns what they did as operations of a JSON patch. Edits that
// are done already do nothing.
func Apply(root *yaml.Node, edits ...Edit) ([]Op, error) {
	if root.Kind == yaml.DocumentNode {
		root = root.Content[0]
	}
	var ops []Op
	for _, e := range edits {
		made, err := e.apply(root, e.path, "")
		if err != nil {
			return nil, err
		}
		ops = append(ops, made...)
	}
	return ops, nil
}

// Content carries edits out on decoded JSON and returns what it is then; the content itself is left as it is.
func Content(content map[string]any, edits ...Edit) (map[string]any, []Op, error) {
	var root yaml.Node
	if err := root.Encode(content); err != nil {
		return nil, nil, fmt.Errorf("encoding an object: %w", err)
	}
	ops, err := Apply(&root, edits...)
	if err != nil {
		return nil, nil, err
	}
	changed, err := value(&root)
	if err != nil {
		return nil, nil, err
	}
	fields, _ := changed.(map[string]any)
	return fields, ops, nil
}

func (e Edit) apply(n *yaml.Node, path []any, at string) ([]Op, error) {
	last := len(path) == 1
	switch step := path[0].(type) {
	case string:
		if n.Kind != yaml.MappingNode {
			return nil, fmt.Errorf("%s: expected a mapping", shown(at))
		}
		at += "/" + escape.Replace(step)
		i := key(n, step)
		switch {
		case i >= 0 && !isNull(n.Content[i+1]) && !last:
			return e.apply(n.Content[i+1], path[1:], at)
		case e.value == nil && i < 0, e.value == nil && !last:
			return nil, nil // there is nothing to remove
		case e.remove:
			n.Content = slices.Delete(n.Content, i, i+2)
			return []Op{{"remove", at, nil}}, nil
		case i >= 0 && last && same(n.Content[i+1], e.value):
			return nil, nil
		}
		made, err := node(e.made(path[1:]))
		if err != nil {
			return nil, err
		}
		if i >= 0 {
			n.Content[i+1] = keeping(n.Content[i+1], made)
			return []Op{{"replace", at, e.made(path[1:])}}, nil
		}
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: step}, made)
		return []Op{{"add", at, e.made(path[1:])}}, nil
	default:
		if n.Kind != yaml.SequenceNode {
			return nil, fmt.Errorf("%s: expected a list", shown(at))
		}
		return e.element(n, path, at)
	}
}

// element carries the edit out on an element of a list.
func (e Edit) element(n *yaml.Node, path []any, at string) ([]Op, error) {
	i := find(n, path[0])
	last := len(path) == 1
	if i < 0 && e.value == nil {
		return nil, nil
	}
	if i < 0 {
		made, err := node(e.made(path))
		if err != nil {
			return nil, err
		}
		if len(n.Content) == 0 {
			n.Style &^= yaml.FlowStyle
		}
		n.Content = append(n.Content, made.Content...)
		list, _ := e.made(path).([]any)
		return []Op{{"add", at + "/-", list[0]}}, nil
	}
	at += "/" + strconv.Itoa(i)
	switch {
	case !last:
		return e.apply(n.Content[i], path[1:], at)
	case e.remove:
		n.Content = slices.Delete(n.Content, i, i+1)
		return []Op{{"remove", at, nil}}, nil
	case e.value != nil:
		if same(n.Content[i], e.value) {
			return nil, nil
		}
		made, err := node(e.value)
		if err != nil {
			return nil, err
		}
		n.Content[i] = keeping(n.Content[i], made)
		return []Op{{"replace", at, e.value}}, nil
	}
	ops := []Op{{"remove", at, nil}}
	var all []*yaml.Node
	for k, v := range e.splice {
		made, err := node(v)
		if err != nil {
			return nil, err
		}
		made.Style = n.Content[i].Style
		if k == 0 {
			made = keeping(n.Content[i], made)
		}
		all = append(all, made)
		ops = append(ops, Op{"add", at[:strings.LastIndex(at, "/")+1] + strconv.Itoa(i+k), v})
	}
	n.Content = slices.Replace(n.Content, i, i+1, all...)
	return ops, nil
}

// made is what has to be made for the rest of a path: the value, in what leads to it.
func (e Edit) made(path []any) any {
	if len(path) == 0 {
		return e.value
	}
	inner := e.made(path[1:])
	switch step := path[0].(type) {
	case string:
		return map[string]any{step: inner}
	case Where:
		fields, is := inner.(map[string]any)
		if !is {
			return []any{inner}
		}
		if fields[step.By] == nil {
			fields[step.By] = step.Is
		}
		return []any{fields}
	}
	return []any{inner}
}

// key is where a key of a mapping is, -1 if it is not there.
func key(n *yaml.Node, name string) int {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return i
		}
	}
	return -1
}

// find is where an element of a list is, -1 if it is not there.
func find(n *yaml.Node, step any) int {
	if i, is := step.(At); is && int(i) < len(n.Content) {
		return int(i)
	}
	for i, element := range slices.Backward(n.Content) {
		switch step := step.(type) {
		case Where:
			if element.Kind != yaml.MappingNode {
				continue
			}
			if k := key(element, step.By); k >= 0 && element.Content[k+1].Value == step.Is {
				return i
			}
		case Same:
			if same(element, step.Value) {
				return i
			}
		}
	}
	return -1
}

// keeping is a new node with the comments, and the way of quoting, of the one in whose place it comes.
func keeping(old, made *yaml.Node) *yaml.Node {
	made.HeadComment, made.LineComment, made.FootComment = old.HeadComment, old.LineComment, old.FootComment
	if old.Kind == yaml.ScalarNode && made.Kind == yaml.ScalarNode && old.Tag == made.Tag &&
		old.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		made.Style = old.Style
	}
	return made
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// Null is the value null, which says nothing in a content and takes a default away in values of a Helm chart.
type Null struct{}

// MarshalYAML implements yaml.Marshaler.
func (Null) MarshalYAML() (any, error) { return nil, nil } //nolint:nilnil // that is what it is

// same says whether a node is a value.
func same(n *yaml.Node, v any) bool {
	if v == (Null{}) {
		return isNull(n)
	}
	is, err := value(n)
	return err == nil && reflect.DeepEqual(is, v)
}

// value is what a node is, in the types of decoded JSON.
func value(n *yaml.Node) (any, error) {
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, fmt.Errorf("decoding YAML: %w", err)
	}
	return Plain(v)
}

// Plain is a value in the types that JSON decodes to, with integers as int64.
func Plain(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encoding JSON: %w", err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var out any
	if err := decoder.Decode(&out); err != nil {
		return nil, fmt.Errorf("decoding JSON: %w", err)
	}
	return numbers(out), nil
}

func numbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, child := range v {
			v[key] = numbers(child)
		}
	case []any:
		for i, child := range v {
			v[i] = numbers(child)
		}
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
	}
	return v
}

func node(v any) (*yaml.Node, error) {
	var n yaml.Node
	if err := n.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding YAML: %w", err)
	}
	return &n, nil
}

// escape writes a key in a JSON pointer (RFC 6901).
var escape = strings.NewReplacer("~", "~0", "/", "~1")

func shown(at string) string {
	if at == "" {
		return "the object"
	}
	return at
}
