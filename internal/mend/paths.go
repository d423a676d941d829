package mend

import (
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/edit"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// apiPaths are what clients need of a gateway, each with whether it is a single path (RootRoute.java in Ditto's
// gateway).
var apiPaths = []struct {
	path  string
	exact bool
}{
	{"/api/2/things", false}, {"/api/2/policies", false}, {"/api/2/search", false}, {"/api/2/messages", false},
	{"/api/2/cloudevents", false}, {"/api/2/whoami", true}, {"/api/2/checkPermissions", true}, {"/ws/2", true},
}

// touched are marks in annotations of an Ingress whose paths are not what arrives, so that they cannot be changed
// without knowing what they are for.
var touched = []string{"rewrite", "regex", "strip", "replace-path", "path-prefix", "snippet", "middleware", "transform",
	"actions."}

// variant is one way to take paths out of an entry: edits, or that it is removed since no path is left.
type variant struct {
	edits  []edit.Edit
	remove bool
}

// pathVariants take paths of the gateway out of an entry, the least first; routes are what the finding says that
// clients can ask for.
func pathVariants(o *inventory.Object, without, routes []string) (list []variant, why string) {
	for name, value := range o.Meta.Annotations {
		for _, mark := range touched {
			if strings.Contains(name, mark) &&
				(!strings.Contains(name, "snippet") || strings.Contains(value, "rewrite")) {
				return nil, "annotation " + name + " of " + o.Ref.String() + " may change paths; take them out by hand"
			}
		}
	}
	switch o.Ref.GroupKind().String() {
	case "Ingress.networking.k8s.io":
		least := ingressEdits(o, without, nil, false)
		for _, v := range []variant{least, ingressEdits(o, without, nil, true),
			ingressEdits(o, without, routes, true)} {
			if len(v.edits) > 0 {
				list = append(list, v)
			}
		}
		return list, ""
	case "HTTPRoute.gateway.networking.k8s.io":
		return routeVariants(o, without)
	case "Route.route.openshift.io":
		spec, _ := o.Content()["spec"].(map[string]any)
		path, _ := spec["path"].(string)
		if _, leads := narrow("/"+strings.Trim(path, "/"), false, without); leads &&
			!slices.Contains(without, "/api/2/connections") {
			return []variant{{edits: []edit.Edit{edit.Set("/api/2", "spec", "path")}}}, ""
		}
	}
	return nil, ""
}

// narrowed is a path that an entry is for instead of another one.
type narrowed struct {
	path  string
	exact bool
}

// narrow says what a path becomes that leads to one of others: nothing where it is for one of them alone, and the paths
// of the API below it where it is for more. It says false of a path that leads to none of them.
func narrow(path string, exact bool, without []string) ([]narrowed, bool) {
	trimmed := strings.TrimSuffix(path, "/")
	leads := false
	for _, w := range without {
		if trimmed == w || strings.HasPrefix(trimmed, w+"/") {
			return nil, true
		}
		leads = leads || !exact && strings.HasPrefix(w, trimmed+"/")
	}
	if !leads {
		return nil, false
	}
	var list []narrowed
	for _, a := range apiPaths {
		if strings.HasPrefix(a.path, trimmed+"/") {
			list = append(list, narrowed{a.path, a.exact})
		}
	}
	return list, true
}

// ingressEdits take paths out of an Ingress; with routes, also the entries for what clients can ask for. The default
// backend, which is for every path that no other is for, goes with them or stays.
func ingressEdits(o *inventory.Object, without, routes []string, backend bool) variant {
	spec, _ := o.Content()["spec"].(map[string]any)
	rules, _ := spec["rules"].([]any)
	left := 0
	var edits, empty []edit.Edit
	for i, rule := range rules {
		paths, _ := field(field(rule, "http"), "paths").([]any)
		if len(paths) == 0 {
			continue
		}
		host, _ := field(rule, "host").(string)
		changes, kept := entries(paths, []any{"spec", "rules", edit.At(i), "http", "paths"},
			func(fields map[string]any) (list []any, changed bool) {
				path, _ := fields["path"].(string)
				instead, changed := narrow(path, fields["pathType"] == "Exact", without)
				for _, n := range instead {
					replaced := copied(fields)
					replaced["path"], replaced["pathType"] = n.path, "Prefix"
					if n.exact {
						replaced["pathType"] = "Exact"
					}
					if !slices.ContainsFunc(paths, func(other any) bool { return field(other, "path") == n.path }) {
						list = append(list, replaced)
					}
				}
				if !changed && slices.Contains(routes, host+path) {
					return nil, true
				}
				return list, changed
			})
		if kept == 0 {
			empty = append(empty, edit.Remove("spec", "rules", edit.Same{Value: rule}))
			continue
		}
		left++
		edits = append(edits, changes...)
	}
	edits = append(edits, empty...)
	if backend && spec["defaultBackend"] != nil {
		edits = append(edits, edit.Remove("spec", "defaultBackend"))
	}
	return variant{edits: edits, remove: left == 0 && (backend || spec["defaultBackend"] == nil)}
}

func routeVariants(o *inventory.Object, without []string) (list []variant, why string) {
	spec, _ := o.Content()["spec"].(map[string]any)
	rules, _ := spec["rules"].([]any)
	left := 0
	var edits, empty []edit.Edit
	for i, rule := range rules {
		filters, _ := field(rule, "filters").([]any)
		for _, f := range filters {
			if kind, _ := field(f, "type").(string); kind != "RequestHeaderModifier" &&
				kind != "ResponseHeaderModifier" {
				return nil, "a filter of type " + kind + " of " + o.Ref.String() +
					" may change paths; take them out by hand"
			}
		}
		matches, _ := field(rule, "matches").([]any)
		if len(matches) == 0 {
			var list []any
			instead, _ := narrow("/", false, without)
			for _, n := range instead {
				list = append(list, map[string]any{"path": match(n)})
			}
			left++
			edits = append(edits, edit.Set(list, "spec", "rules", edit.At(i), "matches"))
			continue
		}
		changes, kept := entries(matches, []any{"spec", "rules", edit.At(i), "matches"},
			func(fields map[string]any) (list []any, changed bool) {
				kind, _ := field(fields["path"], "type").(string)
				path, _ := field(fields["path"], "value").(string)
				if kind == "RegularExpression" {
					return nil, false
				}
				if path == "" {
					path = "/"
				}
				instead, changed := narrow(path, kind == "Exact", without)
				for _, n := range instead {
					replaced := copied(fields)
					replaced["path"] = match(n)
					list = append(list, replaced)
				}
				return list, changed
			})
		if kept == 0 {
			empty = append(empty, edit.Remove("spec", "rules", edit.Same{Value: rule}))
			continue
		}
		left++
		edits = append(edits, changes...)
	}
	edits = append(edits, empty...)
	if len(edits) == 0 {
		return nil, ""
	}
	return []variant{{edits: edits, remove: left == 0}}, ""
}

func match(n narrowed) map[string]any {
	if n.exact {
		return map[string]any{"type": "Exact", "value": n.path}
	}
	return map[string]any{"type": "PathPrefix", "value": n.path}
}

// entries are the edits of a list of paths, and how many there are afterwards.
func entries(list, at []any, instead func(map[string]any) ([]any, bool)) (edits []edit.Edit, kept int) {
	for _, entry := range list {
		fields, _ := entry.(map[string]any)
		others, changed := instead(fields)
		if !changed {
			kept++
			continue
		}
		kept += len(others)
		edits = append(edits, edit.Replace(others, append(slices.Clone(at), edit.Same{Value: entry})...))
	}
	return edits, kept
}
