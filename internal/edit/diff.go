package edit

import (
	"maps"
	"reflect"
	"slices"
)

// Diff are the edits that make one content of another. Elements of lists are told by their names, where all have one.
func Diff(before, after map[string]any) []Edit { return diff(nil, before, after) }

func diff(path []any, before, after map[string]any) []Edit {
	var edits []Edit
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, kept := after[name]; !kept {
			edits = append(edits, Remove(with(path, name)...))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		was, known := before[name]
		is, at := after[name], with(path, name)
		if known && reflect.DeepEqual(was, is) {
			continue
		}
		switch is := is.(type) {
		case map[string]any:
			if was, fields := was.(map[string]any); fields {
				edits = append(edits, diff(at, was, is)...)
				continue
			}
		case []any:
			if was, list := was.([]any); list && named(was) && named(is) && subset(was, is) {
				edits = append(edits, elements(at, was, is)...)
				continue
			}
		}
		edits = append(edits, Set(is, at...))
	}
	return edits
}

// elements are the edits of a list whose elements have names and of which none goes.
func elements(path []any, before, after []any) []Edit {
	was := byName(before)
	var edits []Edit
	for _, element := range after {
		fields, _ := element.(map[string]any)
		name, _ := fields["name"].(string)
		at := with(path, Named(name))
		switch old, known := was[name]; {
		case !known:
			edits = append(edits, Set(fields, at...))
		case !reflect.DeepEqual(old, fields):
			edits = append(edits, diff(at, old, fields)...)
		}
	}
	return edits
}

func byName(list []any) map[string]map[string]any {
	all := make(map[string]map[string]any, len(list))
	for _, element := range list {
		fields, _ := element.(map[string]any)
		name, _ := fields["name"].(string)
		all[name] = fields
	}
	return all
}

// named says whether each element has a name of its own.
func named(list []any) bool {
	all := byName(list)
	_, nameless := all[""]
	return len(all) == len(list) && !nameless
}

func subset(before, after []any) bool {
	is := byName(after)
	for name := range byName(before) {
		if is[name] == nil {
			return false
		}
	}
	return true
}

func with(path []any, step any) []any { return append(slices.Clone(path), step) }
