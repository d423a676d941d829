package explain

import (
	"cmp"
	"context"
	"slices"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/topology"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Options say what the view itself does not show.
type Options struct {
	// Verdict is what the rules find in the same objects.
	Verdict check.Result
	// Passwords verifies password hashes; required. The caller closes it.
	Passwords *htpasswd.Verifier
	// Namespaces are those whose installations are explained; none means all.
	Namespaces []string
}

// Build explains the Ditto among objects, which are those of the view.
func Build(ctx context.Context, view *world.View, objects []*inventory.Object, opts Options) Explanation {
	b := &builder{view: view, opts: opts, byNamespace: map[string][]recognize.Part{}}
	for _, o := range objects {
		b.parts(o)
	}
	explanation := Explanation{Installations: []Installation{}}
	for _, namespace := range Namespaces(view, objects) {
		if len(opts.Namespaces) > 0 && !slices.Contains(opts.Namespaces, namespace) {
			continue
		}
		explanation.Installations = append(explanation.Installations, b.installation(ctx, namespace, objects))
	}
	withoutCredentials(&explanation)
	return explanation
}

// Namespaces are those that a part of Ditto runs in, in order.
func Namespaces(view *world.View, objects []*inventory.Object) []string {
	var list []string
	for _, o := range objects {
		if o.PodTemplate() != nil &&
			slices.ContainsFunc(view.Parts(o), func(p recognize.Part) bool { return recognize.IsDitto(p.Component) }) {
			list = append(list, o.Ref.Namespace)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

type builder struct {
	view *world.View
	opts Options
	// byNamespace are the parts of each installation.
	byNamespace map[string][]recognize.Part
}

// parts files the parts of a workload under their installations.
func (b *builder) parts(o *inventory.Object) {
	if o.PodTemplate() == nil || b.view.SameAsOwner(o) {
		return
	}
	for _, part := range b.view.Parts(o) {
		namespaces := []string{o.Ref.Namespace}
		if part.Component == recognize.Proxy {
			namespaces = b.behind(part)
		}
		for _, namespace := range namespaces {
			b.byNamespace[namespace] = append(b.byNamespace[namespace], part)
		}
	}
}

// behind are the namespaces of the Ditto that a proxy forwards to, over other proxies or not. A proxy that could not be
// read, and may well be Ditto's, belongs to its own namespace; one that has nothing to do with Ditto to none.
func (b *builder) behind(proxy recognize.Part) []string {
	var namespaces []string
	seen := map[inventory.ID]bool{}
	var follow func(o *inventory.Object)
	follow = func(o *inventory.Object) {
		if seen[o.Ref.ID()] {
			return
		}
		seen[o.Ref.ID()] = true
		for _, part := range b.view.Parts(o) {
			switch {
			case recognize.IsDitto(part.Component):
				namespaces = append(namespaces, o.Ref.Namespace)
			case part.Component == recognize.Proxy:
				for _, next := range topology.ForwardsTo(b.view, part) {
					follow(next)
				}
			}
		}
	}
	for _, next := range topology.ForwardsTo(b.view, proxy) {
		follow(next)
	}
	if len(namespaces) == 0 && len(topology.Unknowns(b.view, proxy.Workload)) > 0 {
		namespaces = append(namespaces, proxy.Workload.Ref.Namespace)
	}
	slices.Sort(namespaces)
	return slices.Compact(namespaces)
}

// order of components: Ditto's own first.
var order = []string{
	recognize.Gateway, recognize.Policies, recognize.Things, recognize.Search, recognize.Connectivity,
	recognize.Service,
	recognize.Proxy, recognize.UI, recognize.MongoDB,
}

func (b *builder) installation(ctx context.Context, namespace string, objects []*inventory.Object) Installation {
	parts := slices.Clone(b.byNamespace[namespace])
	slices.SortStableFunc(parts, func(x, y recognize.Part) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, x.Component), slices.Index(order, y.Component)),
			x.Workload.Ref.Compare(y.Workload.Ref), cmp.Compare(x.Container.Name, y.Container.Name),
		)
	})
	i := Installation{Namespace: namespace, Components: []Component{}, WaysIn: []Way{}, PasswordFiles: []PasswordFile{}}
	for _, part := range parts {
		i.Components = append(i.Components, b.component(part))
		exposures := topology.Exposures(b.view, part)
		for n := range exposures {
			i.WaysIn = append(i.WaysIn, b.way(&exposures[n]))
		}
	}
	slices.SortStableFunc(i.WaysIn, func(x, y Way) int { return cmp.Compare(rank(x), rank(y)) })
	i.PasswordFiles = b.passwordFiles(ctx, i, objects)
	i.Unknown = b.unknown(i)
	return i
}

// rank puts public ways first.
func rank(w Way) int {
	if w.Public {
		return 0
	}
	return 1
}

// component explains one part.
func (b *builder) component(part recognize.Part) Component {
	c := Component{
		Component: part.Component, Workload: part.Workload.Ref, Container: part.Container.Name,
		File: part.Workload.Source.File, Line: part.Workload.Source.Line,
		Settings: []Setting{}, WrittenOut: []string{}, Ports: []Port{}, ForwardsTo: []inventory.Ref{},
		Findings: []Finding{},
	}
	if part.Component == recognize.Gateway {
		known := facts.OfGateway(b.view, part)
		c.TrustModel = trustModel(known)
		c.Settings = append(c.Settings, gatewaySettings(known)...)
	}
	if recognize.IsDitto(part.Component) {
		known := facts.OfComponent(b.view, part)
		c.Settings = append(c.Settings, componentSettings(known)...)
		c.WrittenOut = append(c.WrittenOut, known.Literals.Places...)
		c.Ports = ports(known)
	}
	if part.Component == recognize.Proxy {
		for _, o := range topology.ForwardsTo(b.view, part) {
			c.ForwardsTo = append(c.ForwardsTo, o.Ref)
		}
	}
	for _, f := range b.opts.Verdict.Findings {
		if f.Subject == c.Workload && f.Entry == nil {
			c.Findings = append(c.Findings, finding(f))
		}
	}
	return c
}

// ports are the ports of a part of Ditto, with what NetworkPolicies let through to each.
func ports(known *facts.ComponentFacts) []Port {
	list := []Port{}
	for _, p := range known.Ports {
		port := Port{Port: p.Port, Number: p.Number, Isolated: State(p.Isolated), Allowed: []Allowed{}}
		for _, g := range known.Grants {
			if slices.Contains(g.Ports, facts.Port{Port: p.Port, Number: p.Number}) {
				port.Allowed = append(port.Allowed, Allowed{Policy: g.Policy, Who: g.Who, Scope: g.Scope})
			}
		}
		list = append(list, port)
	}
	return list
}

// trustModel tells which of the guide's models a gateway follows. Ditto's own issuer, which is always there, counts as
// left, not as chosen, unless an audience shows that somebody chose it.
func trustModel(known *facts.GatewayFacts) *TrustModel {
	m := &TrustModel{Wanted: known.TrustModelWanted}
	var own []string
	chosen := false
	for _, issuer := range known.OIDC.Issuers {
		if !issuer.IsDefault {
			own = append(own, issuer.Name)
		}
		chosen = chosen || !issuer.IsDefault || issuer.Audience.State == tri.On
	}
	proxy := known.PreAuthentication
	switch {
	case proxy.State == tri.Unknown:
		m.Model, m.Why = ModelUnknown, "pre-authentication: "+proxy.Why
	case proxy.State == tri.On && len(own) > 0:
		m.Model = ModelMixed
		m.Why = "pre-authentication is on (" + proxy.Source + "), and tokens of " + list(own) +
			" are believed as well"
	case known.OIDC.State == tri.Unknown && len(own) == 0:
		m.Model, m.Why = ModelUnknown, "issuers of tokens: "+known.OIDC.Why
	case proxy.State == tri.On:
		m.Model, m.Why = ModelProxy, "pre-authentication is on ("+proxy.Source+")"
	case chosen && len(own) > 0:
		m.Model = ModelOIDC
		m.Why = "pre-authentication is off (" + proxy.Source + "), and tokens of " + list(own) + " are believed"
	case chosen:
		m.Model = ModelOIDC
		m.Why = "pre-authentication is off (" + proxy.Source +
			"), and tokens of Ditto's default issuer are believed for one audience"
	default:
		m.Model = ModelNone
		m.Why = "pre-authentication is off (" + proxy.Source +
			"), and no issuer of tokens but Ditto's default one is there"
	}
	return m
}

func finding(f check.Finding) Finding {
	action := string(f.Action)
	if f.Action == check.ActionNone {
		action = VerdictOff
	}
	return Finding{Rule: f.Rule, Severity: string(f.Severity), Action: action, Message: f.Message, Cause: f.Cause}
}
