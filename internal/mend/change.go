// Package mend carries out what rules say would mend an object: as edits of the object, and as values of Ditto's Helm
// chart that do the same.
package mend

import (
	"encoding/json"
	"fmt"

	"github.com/dittoguard/dittoguard/internal/edit"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// Target is what a rule's change is made in.
type Target struct {
	// Object is the object that changes, Container the container in it that runs Component, where the change is about
	// one.
	Object               *inventory.Object
	Container, Component string
	// User is the entry of a password file that it is about, in the key Key.
	Key, User string
	// Routes are what clients can ask for through the object, where it opens a way in.
	Routes []string
	// Changed is the content of the object after a mutation or a patch; nil for other changes.
	Changed map[string]any
}

// Change is a change of one object.
type Change struct {
	Target

	// Edits are made in the object. Gone says that the object is removed instead.
	Edits []edit.Edit
	Gone  bool
	// Secrets are keys of Secrets that have to be there then.
	Secrets []rules.SecretKey

	// what says it in the words of the rule, for values of a chart.
	what rules.Change
}

// Changes are the ways to make a rule's change, the least first; none if it changes nothing, or if people have to make
// it, with the reason where there is one to tell.
func Changes(what rules.Change, in Target) (list []Change, why string) {
	o := in.Object
	variants := []variant{{}}
	first := &variants[0]
	var secrets []rules.SecretKey
	switch {
	case len(o.Meta.OwnerReferences) > 0:
		return nil, o.Ref.String() + " is made by a controller; change what it is made from"
	case len(what.Env) > 0:
		first.edits, secrets = envEdits(o, in.Container, what.Env)
	case len(what.PathsWithout) > 0:
		variants, why = pathVariants(o, what.PathsWithout, in.Routes)
	case what.Inside:
		first.edits = insideEdits(o)
	case what.DropUser:
		first.edits, why = userEdits(o, in.Key, in.User)
	case in.Changed != nil:
		first.edits = edit.Diff(o.Content(), in.Changed)
	}
	for _, v := range variants {
		if len(v.edits) > 0 {
			list = append(list, Change{Target: in, Edits: v.edits, Gone: v.remove, Secrets: secrets, what: what})
		}
	}
	return list, why
}

// Apply carries the change out on an object. It is nil if it is gone then; the operations of a JSON patch say what was
// done.
func (c *Change) Apply(o *inventory.Object) (*inventory.Object, []edit.Op, error) {
	if c.Gone {
		return nil, nil, nil
	}
	content, ops, err := edit.Content(o.Content(), c.Edits...)
	if err != nil {
		return nil, nil, fmt.Errorf("changing %s: %w", o.Ref, err)
	}
	raw, err := json.Marshal(content)
	if err != nil {
		return nil, nil, fmt.Errorf("changing %s: %w", o.Ref, err)
	}
	changed, err := inventory.Decode(raw, o.Source)
	if err != nil {
		return nil, nil, fmt.Errorf("changing %s: %w", o.Ref, err)
	}
	return changed, ops, nil
}
