package rendered

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest/position"
)

// Written is a value for Ditto's chart that is written out in an object, and what it makes of Ditto. The chart need not
// be at hand.
type Written struct {
	// Field is where it stands in the object, Line where in its file; 0 if that is not known.
	Field string
	Line  int
	// Facts are those of a part of Ditto with all the values that are written out, Before those without this one.
	Facts, Before facts.Facts
}

// WrittenOut lists the values for Ditto's chart in an object that decide something that rules judge. Of everything else
// the chart's defaults are assumed in both facts.
func WrittenOut(o *inventory.Object) []Written {
	kind, is := renderers[o.Ref.GroupKind()]
	if !is {
		return nil
	}
	var list []Written
	// Each source has a chart and values of its own.
	charts := map[string][]leaf{}
	for _, field := range append(slices.Clone(kind.values), kind.set...) {
		for _, p := range places(o.Content(), "", field) {
			source := ""
			if at := strings.LastIndex(p.field, ".helm."); at >= 0 {
				source = p.field[:at]
			}
			for _, l := range p.leaves(o) {
				if !decidedElsewhere(l.value) {
					charts[source] = append(charts[source], l)
				}
			}
		}
	}
	for _, source := range slices.Sorted(maps.Keys(charts)) {
		list = append(list, written(charts[source])...)
	}
	return list
}

// leaf is one value: its path for the chart, and where it is written.
type leaf struct {
	path, field string
	line        int
	value       any
	// below says that it is for a chart named ditto among others, not for all of them.
	below bool
}

// text is a value as Helm's templates print it; false for what is no text, number or switch.
func (l leaf) text() (string, bool) {
	switch v := l.value.(type) {
	case string:
		return v, true
	case bool, int64, float64, int:
		return fmt.Sprint(v), true
	}
	return "", false
}

// decidedElsewhere says whether a value is filled in before the chart sees it: by Flux's substitution, or a template of
// Argo CD.
func decidedElsewhere(value any) bool {
	text, _ := value.(string)
	return strings.Contains(text, "${") || strings.Contains(text, "{{")
}

// place is a field with values, and its content.
type place struct {
	field   string
	content any
}

// places are those of a path, in each item of a list on the way.
func places(content any, at, path string) []place {
	if list, ok := content.([]any); ok {
		var all []place
		for i, item := range list {
			all = append(all, places(item, fmt.Sprintf("%s[%d]", at, i), path)...)
		}
		return all
	}
	if content == nil {
		return nil
	}
	if path == "" {
		return []place{{at, content}}
	}
	name, rest, _ := strings.Cut(path, ".")
	object, _ := content.(map[string]any)
	return places(object[name], strings.TrimPrefix(at+"."+name, "."), rest)
}

// leaves are the values at a place: an object, a text of YAML, or one value under a dotted name.
func (p place) leaves(o *inventory.Object) []leaf {
	line := func(field string) int {
		if o.Source.LineOf == nil {
			return 0
		}
		return o.Source.LineOf(field)
	}
	switch content := p.content.(type) {
	case string:
		var values map[string]any
		if yaml.Unmarshal([]byte(content), &values) != nil {
			return nil
		}
		// A text of several lines is a block, which begins on the line after its field's.
		first := line(p.field)
		within := position.New([]byte(content), first+1)
		return flatten("", values, func(path string) (string, int) {
			if first == 0 || !strings.Contains(content, "\n") {
				return p.field + ": " + path, first
			}
			return p.field + ": " + path, within.Line(path)
		})
	case map[string]any:
		if name, ok := content["name"].(string); ok && content["value"] != nil { // a parameter of Argo CD
			field := p.field + ".value"
			return flatten(name, content["value"], func(string) (string, int) { return field, line(field) })
		}
		return flatten("", content, func(path string) (string, int) {
			return p.field + "." + path, line(p.field + "." + path)
		})
	}
	return nil
}

// flatten lists what stands at the ends of values, in the order of their paths.
func flatten(path string, value any, where func(path string) (field string, line int)) []leaf {
	var list []leaf
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			list = append(list, flatten(strings.TrimPrefix(path+"."+name, "."), v[name], where)...)
		}
	case []any:
		for i, item := range v {
			list = append(list, flatten(fmt.Sprintf("%s[%d]", path, i), item, where)...)
		}
	default:
		field, line := where(path)
		of, below := strings.CutPrefix(path, "ditto.")
		list = append(list, leaf{path: of, field: field, line: line, value: v, below: below})
	}
	return list
}
