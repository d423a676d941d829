// Package policydoc finds Ditto policies in text and says who may change them.
//
// A policy is recognised by its shape: an object whose `entries` hold subjects, and permissions on resources such as
// `policy:/`. It may lie anywhere in the JSON, in a list of policies, a command's envelope or a thing.
//
// Sources: Ditto's documentation, basic-policy.md; ImmutablePolicyEntry and ImportableType in policies/model.
package policydoc

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Policy is one policy document.
type Policy struct {
	// Pointer is where the document lies in the text, as a JSON pointer; empty if it is the whole of it.
	Pointer string
	// ID is the policy's ID, empty if the document does not give it.
	ID string
	// Imports are the IDs of the policies that it takes entries from.
	Imports []string
	// Entries are in the order of their labels.
	Entries []Entry
}

// Entry is one entry of a policy: who may do what.
type Entry struct {
	Label    string
	Subjects []string
	// Importable is implicit, explicit or never. Implicit, which is what an entry is that says nothing, comes along
	// with every import of the policy.
	Importable string
	// Grants and Revokes are the resources of those in [Resources] on which it grants or revokes WRITE.
	Grants, Revokes []string
}

// Resources are what somebody may write who may change the policy: all of it, or all of its entries.
func Resources() []string { return []string{"policy:/", "policy:/entries"} }

// How an entry may be imported.
const (
	Implicit = "implicit"
	Explicit = "explicit"
	Never    = "never"
)

// Find returns the policies in a text, which is one JSON value or several in a row; anything else holds none.
func Find(text string) []Policy {
	trimmed := strings.TrimLeft(text, " \t\r\n")
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' || !strings.Contains(text, `"grant"`) {
		return nil
	}
	var found []Policy
	decoder := json.NewDecoder(strings.NewReader(text))
	for i := 0; ; i++ {
		var value any
		if decoder.Decode(&value) != nil {
			return found
		}
		pointer := ""
		if i > 0 || decoder.More() {
			pointer = "/" + strconv.Itoa(i)
		}
		find(value, pointer, &found)
	}
}

func find(value any, pointer string, found *[]Policy) {
	switch v := value.(type) {
	case []any:
		for i, element := range v {
			find(element, pointer+"/"+strconv.Itoa(i), found)
		}
	case map[string]any:
		if p, ok := read(v); ok {
			p.Pointer = pointer
			*found = append(*found, p)
			return
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			find(v[key], pointer+"/"+escape(key), found)
		}
	}
}

// escape writes a key as a part of a JSON pointer (RFC 6901).
func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// Writers are the subjects that may change the policy, each with the label of the entry that lets it. A permission that
// an entry revokes for the subject on the same resource is none.
func (p Policy) Writers() map[string]string {
	writers := map[string]string{}
	for _, e := range p.Entries {
		for _, subject := range e.Subjects {
			if _, known := writers[subject]; !known && p.lets(e, subject) {
				writers[subject] = e.Label
			}
		}
	}
	return writers
}

// lets says whether an entry lets a subject change the policy.
func (p Policy) lets(e Entry, subject string) bool {
	return slices.ContainsFunc(e.Grants, func(resource string) bool {
		return !slices.ContainsFunc(p.Entries, func(other Entry) bool {
			return slices.Contains(other.Revokes, resource) && slices.Contains(other.Subjects, subject)
		})
	})
}

// Shared are the labels of entries that hand the permission to change a policy on to every policy that imports this
// one: their subjects may then change that as well. An entry without subjects hands nothing on by itself.
func (p Policy) Shared() []string {
	var labels []string
	for _, e := range p.Entries {
		if e.Importable == Implicit &&
			slices.ContainsFunc(e.Subjects, func(subject string) bool { return p.lets(e, subject) }) {
			labels = append(labels, e.Label)
		}
	}
	return labels
}

// Wide says why a subject stands for many, or for anyone: it is empty of one that does not.
func Wide(subject string) string {
	issuer, name, hasIssuer := strings.Cut(subject, ":")
	switch {
	case subject == "nginx:ditto":
		return "the user of Ditto's samples"
	case hasIssuer && name == "":
		return "what a proxy calls a client without a name"
	case issuer == "integration" && hasIssuer:
		return "every holder of a token of an application"
	}
	switch strings.ToLower(subject[strings.LastIndexByte(subject, ':')+1:]) {
	case "anonymous", "anyone", "anybody", "everyone", "everybody", "public", "guest", "all", "*":
		return "anyone, by its name"
	}
	return ""
}
