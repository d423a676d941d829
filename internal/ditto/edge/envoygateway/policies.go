package envoygateway

import (
	"cmp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/gatewayapi"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// targetsOf are the targets of a policy of Envoy Gateway.
func targetsOf(o *inventory.Object) crd.PolicyTargets {
	switch t := o.Typed.(type) {
	case *crd.EnvoySecurityPolicy:
		return t.Spec.PolicyTargets
	case *crd.EnvoyClientTrafficPolicy:
		return t.Spec.PolicyTargets
	case *crd.EnvoyBackendTrafficPolicy:
		return t.Spec.PolicyTargets
	case *crd.EnvoyOpaquePolicy:
		return t.Spec.PolicyTargets
	}
	return crd.PolicyTargets{}
}

func namedTargets(t crd.PolicyTargets) []gatewayv1.LocalPolicyTargetReferenceWithSectionName {
	if t.TargetRef != nil {
		return append(slices.Clone(t.TargetRefs), *t.TargetRef)
	}
	return t.TargetRefs
}

// envoyTargets are the objects that a policy governs. One that selects them by labels governs its namespace, or all.
func envoyTargets(o *inventory.Object) way.Links {
	var links way.Links
	targets := targetsOf(o)
	for _, ref := range namedTargets(targets) {
		links.Governs = append(links.Governs, gatewayapi.TargetID(o.Ref.Namespace, ref.LocalPolicyTargetReference))
	}
	for _, s := range targets.TargetSelectors {
		if id := gatewayapi.NamespaceID(o.Ref.Namespace); !slices.Contains(links.Governs, id) {
			links.Governs = append(links.Governs, id)
		}
		if selectsElsewhere(s) && !slices.Contains(links.Governs, gatewayapi.Elsewhere) {
			links.Governs = append(links.Governs, gatewayapi.Elsewhere)
		}
	}
	return links
}

// selectsElsewhere says whether objects of other namespaces are selected as well.
func selectsElsewhere(s crd.PolicyTargetSelector) bool {
	return s.Namespaces != nil && s.Namespaces.From != "" && s.Namespaces.From != "Same"
}

// How specific a policy is about a place; zero is not about it at all.
const (
	ofGateway = iota + 1
	ofListenerSet
	ofListener
	ofRoute
	ofRule
)

// about says how specific a policy is about a place. doubt is set where it selects objects of other namespaces, which
// needs a ReferenceGrant, and may mean this place.
func about(o *inventory.Object, at gatewayapi.Place) (specific int, doubt string) {
	targets := targetsOf(o)
	found := func(n int) { specific = max(specific, n) }
	level := func(id inventory.ID, section string) {
		switch {
		case id == at.Route.Object.Ref.ID() && section == "":
			found(ofRoute)
		case id == at.Route.Object.Ref.ID() && section == at.Rule.Name:
			found(ofRule)
		case id == at.Listener.Of && section == string(at.Listener.Name) && section != "":
			found(ofListener)
		case section != "":
		case id == at.GatewayID() || id.GroupKind == crd.GatewayClass &&
			id.Name == string(at.Gateway.Spec.GatewayClassName):
			found(ofGateway)
		case id == at.Listener.Of:
			found(ofListenerSet)
		}
	}
	for _, ref := range namedTargets(targets) {
		level(gatewayapi.TargetID(o.Ref.Namespace, ref.LocalPolicyTargetReference), gatewayapi.Text(ref.SectionName))
	}
	for _, s := range targets.TargetSelectors {
		selector, err := metav1.LabelSelectorAsSelector(&metav1.LabelSelector{MatchLabels: s.MatchLabels,
			MatchExpressions: s.MatchExpressions})
		if err != nil {
			continue
		}
		route := at.Route.Object
		for _, target := range []struct {
			id     inventory.ID
			labels map[string]string
		}{{route.Ref.ID(), route.Meta.Labels}, {at.GatewayID(), at.Gateway.Labels}} {
			if target.id.Kind != s.Kind || !selector.Matches(labels.Set(target.labels)) {
				continue
			}
			if target.id.Namespace == o.Ref.Namespace {
				level(target.id, "")
			} else if selectsElsewhere(s) {
				doubt = reason.Of("envoy-selects-other-namespaces", o.Ref.String())
			}
		}
	}
	return specific, doubt
}

// envoyGoverning are the policies that may be about a place, in stable order.
func envoyGoverning(c way.Context, at gatewayapi.Place) []*inventory.Object {
	ids := []inventory.ID{
		at.Route.Object.Ref.ID(), at.GatewayID(),
		{GroupKind: crd.GatewayClass, Name: string(at.Gateway.Spec.GatewayClassName)},
		gatewayapi.NamespaceID(at.Route.Namespace()), gatewayapi.NamespaceID(at.Gateway.Namespace),
		gatewayapi.Elsewhere,
	}
	if at.Listener.Of.Name != "" {
		ids = append(ids, at.Listener.Of)
	}
	var list []*inventory.Object
	for _, id := range ids {
		for _, o := range c.Governors(id) {
			if o.Ref.GroupKind().Group == crd.SecurityPolicy.Group && !slices.Contains(list, o) {
				list = append(list, o)
			}
		}
	}
	// Of two that are as specific the older one counts.
	slices.SortStableFunc(list, func(a, b *inventory.Object) int {
		if n := a.Meta.CreationTimestamp.Compare(b.Meta.CreationTimestamp.Time); n != 0 {
			return n
		}
		return a.Ref.Compare(b.Ref)
	})
	return list
}

// envoyPolicies reads the policies about a place.
func envoyPolicies(c way.Context, at gatewayapi.Place) gatewayapi.Policies {
	var (
		p                         gatewayapi.Policies
		security, parent, traffic *inventory.Object
		best                      = map[**inventory.Object]int{}
	)
	take := func(into **inventory.Object, o *inventory.Object, specific int) {
		if specific > best[into] {
			best[into], *into = specific, o
		}
	}
	p.Opaque = c.Unread([]string{at.Route.Namespace(), at.Gateway.Namespace},
		crd.SecurityPolicy, crd.ClientTrafficPolicy, crd.EnvoyPatchPolicy, crd.EnvoyExtensionPolicy)
	for _, o := range envoyGoverning(c, at) {
		if o.Ref.GroupKind() == crd.BackendTrafficPolicy {
			// It is about limits and answers (envoyLimits).
			continue
		}
		specific, doubt := about(o, at)
		if doubt != "" {
			p.Opaque = cmp.Or(p.Opaque, doubt)
		}
		if specific == 0 {
			continue
		}
		switch o.Ref.GroupKind() {
		case crd.SecurityPolicy:
			take(&security, o, specific)
			if specific < ofRoute {
				take(&parent, o, specific)
			}
		case crd.ClientTrafficPolicy:
			take(&traffic, o, specific)
		default:
			p.Opaque = cmp.Or(p.Opaque, reason.Of("envoy-patch", o.Ref.String()))
		}
	}
	if traffic != nil {
		addTraffic(&p, traffic)
	}
	if security != nil {
		addSecurity(&p, c, security, parent)
	}
	return p
}

// traffic reads a ClientTrafficPolicy: what it does to headers comes before everything else.
func addTraffic(p *gatewayapi.Policies, o *inventory.Object) {
	headers := inventory.Must[crd.EnvoyClientTrafficPolicy](o).Spec.Headers
	if headers == nil {
		return
	}
	if f := headers.EarlyRequestHeaders; f != nil {
		p.Early = envoyHeaderStep(f, o.Ref.String())
	}
	if f := headers.LateResponseHeaders; f != nil {
		removed, _ := removesOnMatch(f, "server")
		p.Hides = removed || gatewayapi.HidesServer(&f.HTTPHeaderFilter)
	}
}

// envoyHeaderStep is what a header filter of Envoy Gateway does to the identity.
func envoyHeaderStep(f *crd.EnvoyHeaderFilter, source string) gatewayapi.Step {
	value := func(v string) tri.State { return gatewayapi.EnvoyValue(v, way.Unverified) }
	steps := []gatewayapi.Step{gatewayapi.HeaderStep(&f.HTTPHeaderFilter, source, value)}
	if removed, known := removesOnMatch(f, way.Header); !known {
		steps = append(steps, gatewayapi.Always(
			tri.Is(way.IdentityUnknown, source, reason.Of("envoy-removes-by-expression", source))))
	} else if removed {
		steps = append(steps, gatewayapi.Always(gatewayapi.RemovedBy(source)))
	}
	for _, h := range f.AddIfAbsent {
		if gatewayapi.IsIdentity(string(h.Name)) {
			steps = append(steps, func(before tri.State) tri.State {
				return gatewayapi.Added(before, value(h.Value), source)
			})
		}
	}
	steps = slices.DeleteFunc(steps, func(step gatewayapi.Step) bool { return step == nil })
	return gatewayapi.TheOnly(steps, source)
}

// removesOnMatch says whether a header, given in lower case, is removed by a pattern for names. Envoy has names in
// lower case by then, so that a capital letter in a pattern matches nothing.
func removesOnMatch(f *crd.EnvoyHeaderFilter, name string) (removed, known bool) {
	known = true
	for _, m := range f.RemoveOnMatch {
		switch m.Type {
		case "", "Exact":
			removed = removed || name == m.Value
		case "Prefix":
			removed = removed || strings.HasPrefix(name, m.Value)
		case "Suffix":
			removed = removed || strings.HasSuffix(name, m.Value)
		default:
			matches, decided := way.Regex(way.Decoded, m.Value, false, way.Whole).Matches(name)
			removed, known = removed || matches, known && decided
		}
	}
	return removed, known || removed
}
