package check

import (
	"context"
	"fmt"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/rendered"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/mend"
	"github.com/dittoguard/dittoguard/rules"
)

// Remedy is a fix that applies to a finding, with what it takes to make the change.
type Remedy struct {
	rules.Fix
	mend.Target

	// Finding is what it mends, Index the number of the fix in the rule.
	Finding Finding
	Index   int
	// Message says what to change, with the names of the objects at hand.
	Message string
}

// Remedies are the fixes of the findings that some mode asks for, in the order of the findings and of their rules. What
// is the trust model's choice is left out where the configuration has chosen otherwise.
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
	r := Remedy{Fix: fix.Fix, Target: target(j.view, v, fix.Change), Finding: f, Index: fix.Index, Message: fix.Message}
	r.Routes = f.Routes
	if r.Object == nil {
		r.Object = v.subject
		r.Change = rules.Change{}
	}
	judging := &judging{checker: j.checker, ctx: ctx, view: j.view}
	in := engine.Input{
		Object: r.Object.Content(), Request: judging.request(r.Object), Namespace: judging.namespace(r.Object),
		Params: v.rule.params,
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

// target is what a change that mends a violation is made in. Its object is nil if that is not there.
func target(view *world.View, v *violation, change rules.Change) mend.Target {
	t := mend.Target{Object: v.subject, Container: v.container}
	if v.known == nil {
		return t
	}
	switch known := &v.known.Facts; {
	case known.Component != nil:
		t.Container, t.Component = known.Component.Container, known.Component.Component
	case known.Gateway != nil:
		t.Container, t.Component = known.Gateway.Container, "gateway"
	case known.Credential != nil:
		t.Key, t.User = known.Credential.Key, known.Credential.User
	}
	if e := v.known.Facts.Exposure; e != nil && (len(change.Env) > 0 || len(change.PathsWithout) > 0 || change.Inside) {
		ref := e.Entry.Ref()
		if len(change.Env) > 0 {
			ref = e.Target.Ref()
		}
		t.Object = view.Get(ref.GroupKind(), ref.Namespace, ref.Name)
	}
	return t
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
			fix.Message = ofEdge(&v.known.Facts, fix.Purpose).Advice
		}
		if fix.Message != "" {
			kept = append(kept, fix)
		}
	}
	return kept
}

// ofEdge is what the package of the edge has for a purpose.
func ofEdge(known *facts.Facts, purpose rules.Purpose) facts.Fix {
	switch {
	case known.Exposure != nil && purpose == rules.LimitRequests:
		return known.Exposure.Fixes.LimitRequests
	case known.Exposure != nil && purpose == rules.ServeTLS:
		return known.Exposure.Fixes.ServeTLS
	case known.Exposure != nil && purpose == rules.ResolvePaths:
		return known.Exposure.Fixes.ResolvePaths
	case known.Edge != nil && purpose == rules.StripIdentity:
		return known.Edge.Fixes.StripIdentity
	case known.Edge != nil && purpose == rules.HideHeaders:
		return known.Edge.Fixes.HideHeaders
	}
	return facts.Fix{}
}

// Channel is how an object is changed: in values of the chart that rendered it, by a patch, or in its file; see
// facts.Channel….
func Channel(o *inventory.Object) string {
	switch {
	case mend.ChartVersion(o) != "" || rendered.Is(o):
		return facts.ChannelValues
	case o.Source.Folder != "" && !o.Source.Chart:
		return facts.ChannelPatch
	}
	return facts.ChannelFile
}
