package edge

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Envoy Gateway serves Gateways with Envoy. Policies change what happens to requests: they name Gateways, ListenerSets and
// routes, or select them by labels, and the most specific one counts. Source: envoyproxy/gateway, api/v1alpha1 and
// internal/gatewayapi.

func envoyGateway() []resource {
	return []resource{
		{kind: crd.SecurityPolicy, links: func(o *inventory.Object) Links {
			policy := o.Typed.(*crd.EnvoySecurityPolicy)
			links := envoyTargets(o)
			if auth := policy.Spec.BasicAuth; auth != nil {
				secret := AuthSecret{Namespace: policy.Namespace, Name: string(auth.Users.Name), Kind: AuthFile, Key: ".htpasswd"}
				if auth.Users.Namespace != nil {
					secret.Namespace = string(*auth.Users.Namespace)
				}
				links.Passwords = append(links.Passwords, secret)
			}
			return links
		}},
		{kind: crd.ClientTrafficPolicy, links: envoyTargets},
		{kind: crd.BackendTrafficPolicy, links: envoyTargets},
		{kind: crd.EnvoyPatchPolicy, links: envoyTargets},
		{kind: crd.EnvoyExtensionPolicy, links: envoyTargets},
		{kind: crd.EnvoyProxy},
		{kind: crd.HTTPRouteFilter},
	}
}

func envoyGatewayImplementation() implementation {
	return implementation{
		name: "envoy-gateway", title: "Envoy Gateway", controllers: []string{"gateway.envoyproxy.io/gatewayclass-controller"},
		usual: []string{"eg", "envoy-gateway", "envoy"}, regex: wholeRegex, value: envoyValue, backendFilters: true,
		requestHeaders: true, responseHeaders: true,
		parameters: []schema.GroupKind{crd.EnvoyProxy}, exposes: envoyExposes,
		policies: envoyPolicies, extension: envoyExtension, limits: envoyLimits,
		limit: "let a BackendTrafficPolicy name it in targetRefs, with rateLimit: {type: Local, local: {rules: [{limit: {requests: 50, unit: Second}}]}}",
	}
}

// elsewhere stands for everything that policies of other namespaces may select by labels.
var elsewhere = inventory.ID{GroupKind: crd.SecurityPolicy}

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

func targetID(namespace string, ref gatewayv1.LocalPolicyTargetReference) inventory.ID {
	id := inventory.ID{
		GroupKind: schema.GroupKind{Group: string(ref.Group), Kind: string(ref.Kind)}, Namespace: namespace, Name: string(ref.Name),
	}
	if id.GroupKind == crd.GatewayClass {
		id.Namespace = ""
	}
	return id
}

// envoyTargets are the objects that a policy governs. One that selects them by labels governs its namespace, or all.
func envoyTargets(o *inventory.Object) Links {
	var links Links
	targets := targetsOf(o)
	for _, ref := range namedTargets(targets) {
		links.Governs = append(links.Governs, targetID(o.Ref.Namespace, ref.LocalPolicyTargetReference))
	}
	for _, s := range targets.TargetSelectors {
		if id := namespaceID(o.Ref.Namespace); !slices.Contains(links.Governs, id) {
			links.Governs = append(links.Governs, id)
		}
		if selectsElsewhere(s) && !slices.Contains(links.Governs, elsewhere) {
			links.Governs = append(links.Governs, elsewhere)
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
func about(o *inventory.Object, at place) (specific int, doubt string) {
	targets := targetsOf(o)
	found := func(n int) { specific = max(specific, n) }
	level := func(id inventory.ID, section string) {
		switch {
		case id == at.route.object.Ref.ID() && section == "":
			found(ofRoute)
		case id == at.route.object.Ref.ID() && section == at.rule.name:
			found(ofRule)
		case id == at.listener.of && section == string(at.listener.Name) && section != "":
			found(ofListener)
		case section != "":
		case id == at.gatewayID() || id.GroupKind == crd.GatewayClass && id.Name == string(at.gateway.Spec.GatewayClassName):
			found(ofGateway)
		case id == at.listener.of:
			found(ofListenerSet)
		}
	}
	for _, ref := range namedTargets(targets) {
		level(targetID(o.Ref.Namespace, ref.LocalPolicyTargetReference), text(ref.SectionName))
	}
	for _, s := range targets.TargetSelectors {
		selector, err := metav1.LabelSelectorAsSelector(&metav1.LabelSelector{MatchLabels: s.MatchLabels, MatchExpressions: s.MatchExpressions})
		if err != nil {
			continue
		}
		route := at.route.object
		for _, target := range []struct {
			id     inventory.ID
			labels map[string]string
		}{{route.Ref.ID(), route.Meta.Labels}, {at.gatewayID(), at.gateway.Labels}} {
			if target.id.Kind != s.Kind || !selector.Matches(labels.Set(target.labels)) {
				continue
			}
			if target.id.Namespace == o.Ref.Namespace {
				level(target.id, "")
			} else if selectsElsewhere(s) {
				doubt = "whether " + o.Ref.String() + ", which selects objects of other namespaces, counts here cannot be told"
			}
		}
	}
	return specific, doubt
}

func (at place) gatewayID() inventory.ID { return gatewayID(at.gateway.Namespace, at.gateway.Name) }

// envoyGoverning are the policies that may be about a place, in stable order.
func (c Context) envoyGoverning(at place) []*inventory.Object {
	ids := []inventory.ID{
		at.route.object.Ref.ID(), at.gatewayID(), {GroupKind: crd.GatewayClass, Name: string(at.gateway.Spec.GatewayClassName)},
		namespaceID(at.route.namespace()), namespaceID(at.gateway.Namespace), elsewhere,
	}
	if at.listener.of.Name != "" {
		ids = append(ids, at.listener.of)
	}
	var list []*inventory.Object
	for _, id := range ids {
		for _, o := range c.governors(id) {
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
func envoyPolicies(c Context, at place) policies {
	var (
		p                         policies
		security, parent, traffic *inventory.Object
		best                      = map[**inventory.Object]int{}
	)
	take := func(into **inventory.Object, o *inventory.Object, specific int) {
		if specific > best[into] {
			best[into], *into = specific, o
		}
	}
	for _, o := range c.envoyGoverning(at) {
		if o.Ref.GroupKind() == crd.BackendTrafficPolicy {
			// It is about limits and answers (envoyLimits).
			continue
		}
		specific, doubt := about(o, at)
		if doubt != "" {
			p.opaque = firstText(p.opaque, doubt)
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
			p.opaque = firstText(p.opaque, o.Ref.String()+" can change what Envoy does with requests, and is not read")
		}
	}
	if traffic != nil {
		p.traffic(traffic)
	}
	if security != nil {
		p.security(security, parent)
	}
	return p
}

// traffic reads a ClientTrafficPolicy: what it does to headers comes before everything else.
func (p *policies) traffic(o *inventory.Object) {
	headers := o.Typed.(*crd.EnvoyClientTrafficPolicy).Spec.Headers
	if headers == nil {
		return
	}
	if f := headers.EarlyRequestHeaders; f != nil {
		p.early = envoyHeaderStep(f, o.Ref.String())
	}
	if f := headers.LateResponseHeaders; f != nil {
		removed, _ := removesOnMatch(f, "server")
		p.hides = removed || hidesServer(&f.HTTPHeaderFilter)
	}
}

// envoyHeaderStep is what a header filter of Envoy Gateway does to the identity.
func envoyHeaderStep(f *crd.EnvoyHeaderFilter, source string) func(State) State {
	value := func(v string) State { return envoyValue(v, unverified) }
	steps := []func(State) State{headerStep(&f.HTTPHeaderFilter, source, value)}
	if removed, known := removesOnMatch(f, Header); !known {
		steps = append(steps, func(State) State {
			return State{IdentityUnknown, source, source + " removes headers by an expression that cannot be evaluated"}
		})
	} else if removed {
		steps = append(steps, func(State) State { return removedBy(source) })
	}
	for _, h := range f.AddIfAbsent {
		if isIdentity(string(h.Name)) {
			steps = append(steps, func(before State) State { return added(before, value(h.Value), source) })
		}
	}
	steps = slices.DeleteFunc(steps, func(step func(State) State) bool { return step == nil })
	switch len(steps) {
	case 0:
		return nil
	case 1:
		return steps[0]
	}
	return func(State) State {
		return State{IdentityUnknown, source, source + " has several actions for the header, of which one counts"}
	}
}

// removesOnMatch says whether a header, given in lower case, is removed by a pattern for names.
func removesOnMatch(f *crd.EnvoyHeaderFilter, name string) (removed, known bool) {
	known = true
	for _, m := range f.RemoveOnMatch {
		value := strings.ToLower(m.Value)
		switch m.Type {
		case "", "Exact":
			removed = removed || name == value
		case "Prefix":
			removed = removed || strings.HasPrefix(name, value)
		case "Suffix":
			removed = removed || strings.HasSuffix(name, value)
		default:
			matches, decided := regex(decoded, m.Value, true, whole).Matches(name)
			removed, known = removed || matches, known && decided
		}
	}
	return removed, known || removed
}

// security reads the SecurityPolicy that counts. One of a route may say that it is laid over that of its parent.
func (p *policies) security(o, parent *inventory.Object) {
	spec := o.Typed.(*crd.EnvoySecurityPolicy).Spec
	if spec.MergeType != nil && parent != nil && parent != o {
		merged, err := mergedSecurity(parent, o)
		if err != nil {
			p.opaque = firstText(p.opaque, fmt.Sprintf("%s cannot be laid over %s", o.Ref, parent.Ref))
			return
		}
		spec = merged
	}
	name := o.Ref.String()
	var steps []func(State) State
	set := func(header *string, why string) {
		if header != nil && isIdentity(*header) {
			steps = append(steps, func(State) State { return State{IdentitySet, name, name + " sets the header to " + why} })
		}
	}
	var asks, doubts []string
	if auth := spec.ExtAuth; auth != nil {
		p.extAuth(auth, name, &steps)
		if isTrue(auth.FailOpen) {
			doubts = append(doubts, "external authorization of "+name+" lets requests in when its service fails")
		} else {
			asks = append(asks, "external authorization")
			p.assumptions = append(p.assumptions, "the service behind "+name+" lets nobody in without credentials")
		}
	}
	if auth := spec.APIKeyAuth; auth != nil {
		asks = append(asks, "API keys")
		set(auth.ForwardClientIDHeader, "the owner of the API key")
	}
	if auth := spec.BasicAuth; auth != nil {
		asks = append(asks, "basic authentication")
		set(auth.ForwardUsernameHeader, "the name of the user")
	}
	if auth := spec.OIDC; auth != nil && !isTrue(auth.PassThroughAuthHeader) {
		asks = append(asks, "OpenID Connect")
	}
	if auth := spec.JWT; auth != nil {
		required := !isTrue(auth.Optional) && !isTrue(auth.FailOpen)
		if required {
			asks = append(asks, "a token")
		}
		p.claims(auth, name, required, &steps)
	}
	p.auth = func(s State) State { return fold(s, steps...) }
	switch {
	case len(asks) > 0:
		p.authentication = State{On, name, name + " asks for " + strings.Join(asks, " and ")}
	case len(doubts) > 0:
		p.authentication = State{Unknown, name, strings.Join(doubts, "; ")}
	default:
		p.authentication = State{Off, name, name + " asks not every client for credentials"}
	}
}

// extAuth is what external authorization does to the identity. Envoy replaces a header of the request by that of the
// answer; where the answer has none, the client's stays.
func (p *policies) extAuth(auth *crd.EnvoyExtAuth, name string, steps *[]func(State) State) {
	switch {
	case auth.GRPC != nil:
		*steps = append(*steps, func(State) State {
			return State{IdentityUnknown, name, "the service behind " + name + " can change every header, and is not read"}
		})
	case auth.HTTP != nil && slices.ContainsFunc(auth.HTTP.HeadersToBackend, isIdentity):
		*steps = append(*steps, func(State) State {
			return State{IdentitySet, name, name + " sets the header from the answer of external authorization"}
		})
		p.assumptions = append(p.assumptions, "the service behind "+name+" answers every request that it lets in with a non-empty "+Header)
	}
}

// claims: a header that a claim is written to is first taken from the request (Envoy's jwt_authn, claim_to_headers). A
// token without the claim leaves no header. No claim is mandatory (RFC 7519, 4.1), but tokens that identify somebody have iss
// and sub (OpenID Connect Core, 2).
func (p *policies) claims(auth *crd.EnvoyJWT, name string, required bool, steps *[]func(State) State) {
	with, claim, optional := 0, "", ""
	for _, provider := range auth.Providers {
		for _, c := range provider.ClaimToHeaders {
			if isIdentity(c.Header) {
				with++
				claim = c.Claim
				if claim != "sub" && claim != "iss" {
					optional = firstText(optional, claim)
				}
				break
			}
		}
	}
	switch {
	case with == 0:
	case optional != "":
		*steps = append(*steps, func(State) State {
			return State{IdentityEmpty, name, name + " sets the header to the claim " + quote(optional) +
				", which a valid token need not have; without it the query parameter of the same name counts"}
		})
	case required && with == len(auth.Providers):
		*steps = append(*steps, func(State) State {
			return State{IdentitySet, name, name + " sets the header to the claim " + quote(claim) + " of the token"}
		})
		p.assumptions = append(p.assumptions, "every token that "+name+" accepts has the claim "+quote(claim))
	default:
		*steps = append(*steps, func(State) State {
			return State{IdentityEmpty, name, name + " sets the header to the claim " + quote(claim) + ", and not every request needs a token that has it"}
		})
	}
}

func isTrue(b *bool) bool { return b != nil && *b }

// mergedSecurity lays the policy of a route over that of its parent, as a JSON merge patch; no list in it is merged.
func mergedSecurity(parent, route *inventory.Object) (spec crd.EnvoySecurityPolicySpec, err error) {
	base, _ := parent.Content()["spec"].(map[string]any)
	over, _ := route.Content()["spec"].(map[string]any)
	text, err := json.Marshal(mergePatch(base, over))
	if err != nil {
		return spec, fmt.Errorf("encoding: %w", err)
	}
	return spec, json.Unmarshal(text, &spec)
}

func mergePatch(base, over map[string]any) map[string]any {
	out := maps.Clone(base)
	if out == nil {
		out = map[string]any{}
	}
	for key, value := range over {
		below, isMap := value.(map[string]any)
		old, wasMap := out[key].(map[string]any)
		if isMap && wasMap {
			out[key] = mergePatch(old, below)
		} else {
			out[key] = value
		}
	}
	return out
}

// envoyExposes: the EnvoyProxy of a Gateway, or else that of its class, says what kind of Service is made for it. Where the
// class's merges Gateways, it alone does: all share one Service, and annotations of one Gateway keep none of them inside.
func envoyExposes(c Context, gw *gatewayv1.Gateway, class gatewayClass, p parameters) exposure {
	if p.class == nil || !isTrue(p.class.Typed.(*crd.EnvoyProxySettings).Spec.MergeGateways) {
		o := p.own
		if o == nil {
			o = p.class
		}
		return c.envoyService(gw, class, o)
	}
	bare := *gw
	bare.Spec.Infrastructure = nil
	e := c.envoyService(&bare, class, p.class)
	if e.Public && e.doubt == "" && (!c.envoyService(gw, class, p.class).Public || p.own != nil && !c.envoyService(gw, class, p.own).Public) {
		e.doubt = p.class.Ref.String() + " makes one Service for all Gateways of its class: whether what Gateway " +
			gw.Namespace + "/" + gw.Name + " says by itself keeps it internal cannot be told"
	}
	return e
}

// envoyService is what an EnvoyProxy, nil for none, says of the Service and the pods.
func (c Context) envoyService(gw *gatewayv1.Gateway, class gatewayClass, o *inventory.Object) exposure {
	if o == nil {
		return c.byInfrastructure(gw, class, nil, nil)
	}
	provider := o.Typed.(*crd.EnvoyProxySettings).Spec.Provider
	if provider == nil || provider.Kubernetes == nil {
		return c.byInfrastructure(gw, class, nil, nil)
	}
	service := provider.Kubernetes.EnvoyService
	if service == nil {
		service = &crd.EnvoyService{}
	}
	e, told := byServiceType(service.Type, o.Ref.String())
	if !told {
		e = c.byInfrastructure(gw, class, service.Annotations, service.LoadBalancerClass)
	}
	if service.Patch != nil {
		e.doubt = o.Ref.String() + " patches the Service of Gateway " + gw.Namespace + "/" + gw.Name + ", and the patch is not read"
	}
	if e.Public {
		return e
	}
	if w := provider.Kubernetes.EnvoyDeployment; w != nil && w.Patch != nil {
		e.doubt = firstText(e.doubt, workloadPatched(o, "Deployment", gw))
	}
	if w := provider.Kubernetes.EnvoyDaemonSet; w != nil && w.Patch != nil {
		e.doubt = firstText(e.doubt, workloadPatched(o, "DaemonSet", gw))
	}
	return e
}

// envoyExtension reads an HTTPRouteFilter.
func envoyExtension(o *inventory.Object, kind schema.GroupKind) (e extension, ok bool) {
	switch {
	case kind != crd.HTTPRouteFilter:
		return extension{}, false
	case o == nil:
		return missingExtension(), true
	}
	spec := o.Typed.(*crd.EnvoyRouteFilter).Spec
	if w := spec.URLRewrite; w != nil && w.Path != nil && w.Path.ReplaceRegexMatch != nil {
		rewrite := rewriteUnknown(o.Ref.String() + " rewrites the path by a regular expression, which is not evaluated")
		e.rewrite = &rewrite
	}
	e.answers = spec.DirectResponse != nil
	if inject := spec.CredentialInjection; inject != nil && inject.Header != nil && isIdentity(*inject.Header) {
		name := o.Ref.String()
		e.identity = func(before State) State {
			set := State{IdentitySet, name, name + " sets the header to a secret"}
			if isTrue(inject.Overwrite) {
				return set
			}
			return added(before, set, name)
		}
	}
	return e, true
}
