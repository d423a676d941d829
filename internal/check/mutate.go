package check

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// Mutate implements Judge. A rule changes only what nobody has decided: see the rules themselves. Nothing is changed in
// a dry run (modes.enforce: off), and a pod template or an entry only where the request changes it anyway.
func (c *Checker) Mutate(ctx context.Context, inv inventory.Reader, change Change) (Mutation, error) {
	if change.Object == nil || !mutable(change) {
		return Mutation{}, nil
	}
	recorder := inventory.NewRecorder(inv)
	o := change.Object
	notes := map[string]string{}
	// What is read of the object is read once for all rules, until one changes it.
	var kept *world.View
	var seen *inventory.Object
	look := func() *world.View {
		if seen != o {
			kept = c.view(ctx, inventory.NewOverlay(recorder, inventory.Change{ID: o.Ref.ID(), Object: o}), nil)
			seen = o
		}
		return kept
	}
	// Each rule sees what the rules before it made of the object, as in a chain of mutating policies.
	for _, each := range []rules.Each{rules.EachGateway, rules.EachEdge, rules.EachExposure, rules.EachObject} {
		if (each == rules.EachEdge || each == rules.EachExposure) && !touchesEntry(change) {
			continue
		}
		for _, r := range c.rules[each] {
			if len(r.Spec.Mutations) == 0 || !c.config.Mutates(r.Metadata.Name) {
				continue
			}
			view := look()
			j := &judging{checker: c, ctx: ctx, view: view, admission: change.Request}
			if each == rules.EachObject && !r.compiled.Matches(j.attributes(o)) {
				continue
			}
			cases := mutationCases(view, each, o)
			if err := world.CutShort(ctx, view); err != nil {
				return Mutation{}, err
			}
			for i := 0; i < len(cases); i++ {
				known := cases[i]
				changed, done, err := r.compiled.Mutate(ctx, engine.Input{
					Facts: asInput(known), Content: o.Content, Request: change.Request, Namespace: j.namespace(o),
					Params: r.params,
				})
				if err := world.CutShort(ctx, view); err != nil {
					return Mutation{}, err
				}
				if err != nil {
					return Mutation{}, fmt.Errorf("rule %s: %w", r.Metadata.Name, err)
				}
				if changed == nil {
					continue
				}
				raw, err := json.Marshal(changed)
				if err != nil {
					return Mutation{}, fmt.Errorf("rule %s: encoding the changed object: %w", r.Metadata.Name, err)
				}
				if o, err = inventory.Decode(raw, o.Source); err != nil {
					return Mutation{}, fmt.Errorf("rule %s: reading the changed object: %w", r.Metadata.Name, err)
				}
				for _, note := range done {
					// Of several containers in one pod each has its note.
					if was := notes[r.Metadata.Name]; !slices.Contains(strings.Split(was, "; "), note) {
						notes[r.Metadata.Name] = strings.TrimPrefix(was+"; "+note, "; ")
					}
				}
				if each == rules.EachExposure {
					// Ways in that begin at one object share what was changed: the next is seen as it is now.
					cases = mutationCases(look(), each, o)
				}
			}
		}
	}
	if len(notes) == 0 {
		return Mutation{Notes: notes, Read: recorder.Asked()}, nil
	}
	if moved := putBack(change, o); moved != nil {
		raw, err := json.Marshal(moved)
		if err != nil {
			return Mutation{}, fmt.Errorf("encoding the changed object: %w", err)
		}
		if o, err = inventory.Decode(raw, o.Source); err != nil {
			return Mutation{}, fmt.Errorf("reading the changed object: %w", err)
		}
	}
	return Mutation{Object: o.Raw(), Notes: notes, Read: recorder.Asked()}, nil
}

// mutationCases are the facts that a mutating rule is evaluated with, for the object itself only.
func mutationCases(view *world.View, each rules.Each, o *inventory.Object) []*facts.Facts {
	var cases []*facts.Facts
	if each == rules.EachObject {
		return []*facts.Facts{nil}
	}
	if each == rules.EachGateway {
		for _, part := range recognize.Named(view.Parts(o), recognize.Gateway) {
			cases = append(cases, &facts.Facts{Gateway: facts.OfGateway(view, part)})
		}
		return cases
	}
	if each == rules.EachExposure {
		for _, workload := range topology.Follow(view, o).Workloads {
			for _, part := range view.Parts(workload) {
				cases = append(cases, waysFrom(view, o, part)...)
			}
		}
		return cases
	}
	if edge := topology.EdgeFacts(view, o); edge != nil {
		cases = append(cases, &facts.Facts{Edge: edge})
	}
	return cases
}

// waysFrom are the ways in to a part that begin at an object.
func waysFrom(view *world.View, o *inventory.Object, part recognize.Part) []*facts.Facts {
	var cases []*facts.Facts
	for _, e := range topology.ExposuresBy(view, part, o.Ref.ID()) {
		known := &facts.Facts{Exposure: e}
		if part.Component == recognize.Gateway {
			known.Gateway = facts.OfGateway(view, part)
		}
		cases = append(cases, known)
	}
	return cases
}

// mutable says whether an object may be changed by this request: an Ingress always; a pod template on CREATE, and on an
// UPDATE that changes it anyway, so that no label or scale restarts a gateway; a Pod on CREATE, since most of a running
// one cannot be changed. What a controller makes from a template is left alone: the template is the place.
func mutable(change Change) bool {
	template := change.Object.PodTemplate()
	if template == nil {
		return true
	}
	switch change.Object.Ref.Kind {
	case "Deployment", "StatefulSet", "DaemonSet":
	case "Pod", "ReplicaSet":
		if len(change.Object.Meta.OwnerReferences) > 0 {
			return false
		}
	default:
		return false
	}
	if change.Request.Operation == admissionv1.Create || change.OldObject == nil {
		return true
	}
	return change.Object.Ref.Kind != "Pod" && !reflect.DeepEqual(template, change.OldObject.PodTemplate())
}
