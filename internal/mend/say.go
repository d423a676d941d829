package mend

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/edit"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// mostPaths is how many paths a list of paths names.
const mostPaths = 3

// InValues says which values of Ditto's chart make a rule's change, one a string; none where the chart has no value for
// it.
func InValues(what rules.Change, in Target) []string {
	t, err := table()
	if err != nil {
		return nil
	}
	c := Change{Target: in, what: what}
	version := t.version(in.Object)
	if ChartVersion(in.Object) == "" {
		// It was not rendered yet: there is nothing to look at but what it says itself.
		if len(what.Env) == 0 || version == "" {
			return nil
		}
		return c.said(nil, t.env(&c, version))
	}
	changes, _ := Changes(what, in)
	if len(changes) == 0 {
		return nil
	}
	c = changes[0]
	after := in.Object
	switch {
	case what.DropUser:
		return []string{"user " + in.User + " out of " + t.Users.Passwords + " or " + t.Users.Hashes}
	case c.Gone:
		after = nil
	case in.Object.Ref.Kind == "Ingress":
		if after, _, err = c.Apply(in.Object); err != nil {
			return nil
		}
	}
	values, err := c.Values(after)
	if err != nil {
		return nil
	}
	return c.said(c.paths(t, version), values)
}

// Annotations is the value of Ditto's chart that holds the annotations of an Ingress that it rendered; empty where it
// has none.
func Annotations(o *inventory.Object) string {
	t, err := table()
	if err != nil || o.Ref.Kind != "Ingress" || ChartVersion(o) == "" {
		return ""
	}
	if e := t.ingressOf(o, t.version(o)); e != nil {
		return e.Annotations
	}
	return ""
}

// paths are those of an Ingress before the change, as the chart's values have them.
func (c *Change) paths(t *chartTable, version string) []any {
	e := t.ingressOf(c.Object, version)
	if e == nil || c.Object.Ref.Kind != "Ingress" {
		return nil
	}
	spec, _ := c.Object.Content()["spec"].(map[string]any)
	list, _ := chartPaths(spec, strings.TrimSuffix(c.Object.Ref.Name, e.Name), e.Service)
	return list
}

// said are values for people; before are the paths of the Ingress that they are about.
func (c *Change) said(before []any, values []Value) []string {
	var list []string
	for _, v := range values {
		text := strings.Join(v.Path, ".")
		switch is := v.Value.(type) {
		case nil:
			continue // it means nothing any more
		case edit.Null:
			text += ": null"
		case []any:
			text += saidPaths(pathsIn(before), pathsIn(is))
		default:
			text += fmt.Sprint(": ", is)
			if slices.ContainsFunc(c.what.Env, func(e rules.EnvChange) bool {
				return e.Secret != nil && e.Secret.Name == is
			}) {
				text += " (a Secret of your own)"
			}
		}
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}

func pathsIn(list []any) []string {
	var paths []string
	for _, entry := range list {
		path, _ := field(entry, "path").(string)
		paths = append(paths, path)
	}
	return paths
}

func saidPaths(before, after []string) string {
	gone := slices.DeleteFunc(slices.Clone(before), func(p string) bool { return slices.Contains(after, p) })
	added := slices.DeleteFunc(slices.Clone(after), func(p string) bool { return slices.Contains(before, p) })
	if len(added) == 0 {
		return " without " + strings.Join(gone, ", ")
	}
	text := strings.Join(added[:min(len(added), mostPaths)], ", ")
	if more := len(added) - mostPaths; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return ": " + text + " instead of " + strings.Join(gone, ", ")
}
