package explain

import (
	"context"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// way explains one way in.
func (b *builder) way(e *facts.Exposure) Way {
	w := Way{
		Entry: e.Entry.Ref(), Kind: e.Kind, Via: e.Via, Public: e.Public, Proxied: e.Proxied,
		Component: e.Component, Target: e.Target.Ref(), Port: e.Port, Number: e.Number, Route: e.Route,
		Steps: []Step{}, Identity: e.Identity, IdentityWhy: e.IdentityWhy, Authenticated: State(e.Authenticated),
		Reaches: Reaches{
			API: e.API, Disguised: e.Disguised, Admin: texts(e.Admin), AdminInDoubt: texts(e.AdminInDoubt),
			Other: texts(e.Other),
		},
		Properties: settingsOf(e, "authenticated"), Assumptions: distinct(e.Assumptions), Unknown: distinct(e.Unknown),
		Findings: []Finding{},
	}
	steps := topology.Steps(b.view, e)
	for i, text := range e.Hops {
		step := Step{Text: text, Object: w.Target}
		if i < len(steps) {
			step.Object = steps[i]
		}
		w.Steps = append(w.Steps, step)
	}
	// An edge is an entry by its kind; Services and workloads are none, whatever way in they open.
	if entry := b.view.Get(w.Entry.GroupKind(), w.Entry.Namespace, w.Entry.Name); entry != nil &&
		w.Kind == w.Entry.Kind {
		if edge := topology.EdgeFacts(b.view, entry); edge != nil {
			w.Properties = append(w.Properties,
				Setting{Name: "controller", Title: "controller", State: controllerState(edge), Value: edge.Controller})
			w.Properties = append(w.Properties, settingsOf(edge)...)
		}
	}
	for i := range b.opts.Verdict.Findings {
		f := &b.opts.Verdict.Findings[i]
		// A rule about the entry itself knows no way; what it finds holds for every way that begins there.
		ofEntry := f.Entry != nil && *f.Entry == w.Entry && len(f.Path) == 0
		if ofEntry || f.IsAboutWay(e.Way) {
			w.Findings = append(w.Findings, finding(*f))
		}
	}
	w.Verdict = verdict(w)
	return w
}

func controllerState(e *facts.Edge) string {
	if e.Controller == tri.Unknown {
		return tri.Unknown
	}
	return facts.Known
}

// verdict is the strictest action among the findings. Those of check are in the order of their actions.
func verdict(w Way) string {
	for _, v := range []string{string(check.ActionDeny), string(check.ActionWarn), string(check.ActionAudit),
		VerdictOff} {
		if slices.ContainsFunc(w.Findings, func(f Finding) bool { return f.Action == v }) {
			return v
		}
	}
	if len(w.Unknown) > 0 || len(w.Reaches.AdminInDoubt) > 0 || w.Identity == facts.IdentityUnknown ||
		w.Authenticated.State == tri.Unknown {
		return VerdictUnknown
	}
	return VerdictClean
}

// passwordFiles are those in the installation's namespace, and those that its ways in use.
func (b *builder) passwordFiles(ctx context.Context, i Installation, objects []*inventory.Object) []PasswordFile {
	holders := map[inventory.ID]*inventory.Object{}
	for _, o := range objects {
		if o.Ref.Namespace == i.Namespace && (o.Ref.Kind == "Secret" || o.Ref.Kind == "ConfigMap") && o.Typed != nil {
			holders[o.Ref.ID()] = o
		}
	}
	add := func(ref inventory.Ref) {
		if o := b.view.Get(ref.GroupKind(), ref.Namespace, ref.Name); o != nil {
			for _, holder := range topology.Follow(b.view, o).Holders {
				holders[holder.Ref.ID()] = holder
			}
		}
	}
	seen := map[inventory.Ref]bool{}
	for _, w := range i.WaysIn {
		for _, s := range w.Steps {
			if !seen[s.Object] {
				seen[s.Object] = true
				add(s.Object)
			}
		}
	}
	for _, c := range i.Components {
		if c.Component == recognize.Proxy && !seen[c.Workload] {
			add(c.Workload)
		}
	}
	sorted := make([]*inventory.Object, 0, len(holders))
	for _, o := range holders {
		sorted = append(sorted, o)
	}
	slices.SortFunc(sorted, func(a, b *inventory.Object) int { return a.Ref.Compare(b.Ref) })
	files := []PasswordFile{}
	for _, o := range sorted {
		for _, c := range topology.Credentials(b.view, ctx, o, b.opts.Passwords) {
			if n := len(files); n == 0 || files[n-1].Holder != o.Ref || files[n-1].Key != c.Key {
				files = append(files, PasswordFile{Holder: o.Ref, Key: c.Key})
			}
			last := &files[len(files)-1]
			last.Users = append(last.Users, User{Name: c.User, Scheme: c.Scheme, State: c.State, Why: c.Why})
		}
	}
	return files
}

// texts is the list, never nil.
func texts(list []string) []string { return append([]string{}, list...) }

// distinct is the list with each text once, never nil.
func distinct(list []string) []string {
	out := []string{}
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// list is `a`, `a and b`, `a, b and c`.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
