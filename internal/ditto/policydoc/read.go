package policydoc

import (
	"maps"
	"slices"
	"strings"
)

// permissions are what an entry grants and revokes on one resource.
type permissions struct{ grant, revoke []any }

// entry is an entry as it is written.
type entry struct {
	subjects   []string
	resources  map[string]permissions
	importable string
	// references are the labels of entries of the same policy that it takes content from.
	references []string
	// additions are the kinds of content that an entry may have that refers to this one; nil is any.
	additions []any
}

// read makes a policy of an object that has the shape of one.
func read(object map[string]any) (Policy, bool) {
	written, ok := object["entries"].(map[string]any)
	if !ok || len(written) == 0 {
		return Policy{}, false
	}
	entries := make(map[string]*entry, len(written))
	permits := false
	for label, value := range written {
		e, ok := readEntry(value)
		if !ok {
			return Policy{}, false
		}
		entries[label] = e
		permits = permits || len(e.resources) > 0
	}
	if !permits {
		return Policy{}, false
	}
	p := Policy{}
	p.ID, _ = object["policyId"].(string)
	if imports, ok := object["imports"].(map[string]any); ok {
		p.Imports = slices.Sorted(maps.Keys(imports))
	}
	for _, label := range slices.Sorted(maps.Keys(entries)) {
		p.Entries = append(p.Entries, resolve(label, entries))
	}
	return p, true
}

// readEntry reads an entry; ok is false for what has not the shape of one.
func readEntry(value any) (e *entry, ok bool) {
	object, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	e = &entry{resources: map[string]permissions{}, importable: Implicit}
	subjects, hasSubjects := object["subjects"].(map[string]any)
	resources, hasResources := object["resources"].(map[string]any)
	references, hasReferences := object["references"].([]any)
	if !hasSubjects && !hasResources && !hasReferences {
		return nil, false
	}
	e.subjects = slices.Sorted(maps.Keys(subjects))
	for key, value := range resources {
		kind, path, ok := strings.Cut(key, ":/")
		of, isObject := value.(map[string]any)
		if !ok || !isObject {
			return nil, false
		}
		var p permissions
		p.grant, _ = of["grant"].([]any)
		p.revoke, _ = of["revoke"].([]any)
		e.resources[kind+":/"+strings.TrimRight(path, "/")] = p
	}
	if importable, ok := object["importable"].(string); ok {
		e.importable = importable
	}
	if additions, ok := object["allowedAdditions"].([]any); ok {
		e.additions = append([]any{}, additions...)
	}
	for _, value := range references {
		reference, _ := value.(map[string]any)
		label, _ := reference["entry"].(string)
		if _, imported := reference["import"]; label != "" && !imported {
			e.references = append(e.references, label)
		}
	}
	return e, true
}

// resolve adds to an entry what it takes from others of the same policy, one level deep, and takes away what these do
// not allow it to have of its own.
func resolve(label string, entries map[string]*entry) Entry {
	e := entries[label]
	subjects := map[string]bool{}
	ownSubjects, ownResources := true, true
	out := Entry{Label: label, Importable: e.importable}
	for _, name := range e.references {
		other := entries[name]
		if other == nil || other.importable == Never {
			continue
		}
		for _, s := range other.subjects {
			subjects[s] = true
		}
		out.take(other)
		if other.additions != nil {
			ownResources = ownResources && slices.Contains(other.additions, any("resources"))
			ownSubjects = ownSubjects && slices.Contains(other.additions, any("subjects"))
		}
	}
	if ownResources {
		out.take(e)
	}
	if ownSubjects {
		for _, s := range e.subjects {
			subjects[s] = true
		}
	}
	out.Subjects = slices.Sorted(maps.Keys(subjects))
	return out
}

// take adds the permissions of an entry.
func (out *Entry) take(e *entry) {
	for _, resource := range Resources() {
		p := e.resources[resource]
		if slices.Contains(p.grant, any("WRITE")) && !slices.Contains(out.Grants, resource) {
			out.Grants = append(out.Grants, resource)
		}
		if slices.Contains(p.revoke, any("WRITE")) && !slices.Contains(out.Revokes, resource) {
			out.Revokes = append(out.Revokes, resource)
		}
	}
}
