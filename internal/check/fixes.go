package check

import (
	"context"
	"fmt"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// Remedy is a fix that applies to a finding, with what it takes to make the change.
type Remedy struct {
	rules.Fix

	// Finding is what it mends, Index the number of the fix in the rule.
	Finding Finding
	Index   int
	// Message says what to change, with the names of the objects at hand.
	Message string
	// Object is the object that changes, and Container the container in it that runs Component, where it is about one.
	Object               *inventory.Object
	Container, Component string
	// User is the entry of a password file that it is about, in the key Key.
	Key, User string
	// Changed is the content of the object after a mutation or a patch; nil for other changes.
	Changed map[string]any
}

// Remedies are the fixes of the findings that some mode asks for, in the order of the findings and of their rules. What is the trust
// model's choice is left out where the configuration has chosen otherwise.
func (j *Judged) Remedies(ctx context.Context, result Result) ([]Remedy, error) {
	var list []Remedy
	for _, f := range result.Findings {
		if f.of == nil || f.Action == ActionNone {
			continue
		}
		for _, fix := range f.fixes {
			r, err := j.remedy(ctx, f, fix)
			if err != nil {
				return nil, err
			}
			list = append(list, r)
		}
	}
	return list, nil
}

func (j *Judged) remedy(ctx context.Context, f Finding, fix engine.AppliedFix) (Remedy, error) {
	v := f.of
	r := Remedy{Fix: fix.Fix, Finding: f, Index: fix.Index, Message: fix.Message, Object: v.subject, Container: v.container}
	if v.known != nil {
		switch known := v.known.Facts; {
		case known.Component != nil:
			r.Container, r.Component = known.Component.Container, known.Component.Component
		case known.Gateway != nil:
			r.Container, r.Component = known.Gateway.Container, "gateway"
		case known.Credential != nil:
			r.Key, r.User = known.Credential.Key, known.Credential.User
		}
		if e := v.known.Exposure; e != nil {
			of := e.Entry
			if len(fix.Change.Env) > 0 {
				of = e.Target
			}
			if len(fix.Change.Env) > 0 || len(fix.Change.PathsWithout) > 0 || fix.Change.Inside {
				ref := of.Ref()
				r.Object = j.view.Get(ref.GroupKind(), ref.Namespace, ref.Name)
			}
		}
	}
	if r.Object == nil {
		r.Object = v.subject
		r.Change = rules.Change{}
	}
	judging := &judging{checker: j.checker, ctx: ctx, view: j.view}
	in := engine.Input{
		Object: r.Object.Content(), Request: judging.request(r.Object), Namespace: judging.namespace(r.Object), Params: v.rule.params,
	}
	if v.known != nil {
		in.Facts = &v.known.Facts
	}
	var err error
	switch {
	case fix.Change.Mutations && !j.checker.config.Mutates(v.rule.Metadata.Name):
		r.Change = rules.Change{} // the configuration does not want it
	case fix.Change.Mutations:
		r.Changed, _, err = v.rule.compiled.Mutate(ctx, in)
	case fix.Change.Patch != "":
		r.Changed, err = v.rule.compiled.Patched(ctx, in, fix)
	}
	if err != nil {
		return Remedy{}, fmt.Errorf("rule %s: %w", v.rule.Metadata.Name, err)
	}
	return r, nil
}

// fixes are those of the violation's rule that apply to it. One that cannot be evaluated is none.
func (c *Checker) fixes(view *world.View, v *violation) []engine.AppliedFix {
	if len(v.rule.Spec.Fixes) == 0 || v.broken {
		return nil
	}
	in := engine.Input{Content: v.subject.Content, Params: v.rule.params}
	if v.known != nil {
		known := v.known.Facts
		known.Channel = Channel(v.subject)
		in.Facts = &known
	}
	list, err := v.rule.compiled.Fixes(view.Context(), in)
	if err != nil && len(list) == 0 {
		return nil
	}
	kept := list[:0]
	for _, fix := range list {
		if wanted := c.config.TrustModel; fix.Model != "" && wanted != config.TrustAuto && fix.Model != string(wanted) {
			continue
		}
		if fix.Purpose != "" && v.known != nil {
			fix.Message = advised(v.known.Facts, fix)
		}
		if fix.Message != "" {
			kept = append(kept, fix)
		}
	}
	return kept
}

// advised is what the package of the edge says for a purpose: what its patch does where it has one, else its advice.
func advised(known facts.Facts, fix engine.AppliedFix) string {
	var of facts.Fix
	switch {
	case known.Exposure != nil && fix.Purpose == rules.LimitRequests:
		of = known.Exposure.Fixes.LimitRequests
	case known.Exposure != nil && fix.Purpose == rules.ServeTLS:
		of = known.Exposure.Fixes.ServeTLS
	case known.Edge != nil && fix.Purpose == rules.StripIdentity:
		of = known.Edge.Fixes.StripIdentity
	case known.Edge != nil && fix.Purpose == rules.HideHeaders:
		of = known.Edge.Fixes.HideHeaders
	}
	return of.Advice
}

// Channel is how an object is changed: in values of the chart that rendered it, by a patch, or in its file; see facts.Channel….
func Channel(o *inventory.Object) string {
	switch {
	case fromChart(o):
		return facts.ChannelValues
	case o.Source.Folder != "" && !o.Source.Chart:
		return facts.ChannelPatch
	}
	return facts.ChannelFile
}
