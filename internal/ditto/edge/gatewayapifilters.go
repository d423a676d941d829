package edge

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// filtered is what the filters of a rule, or of a backend in it, do.
type filtered struct {
	// before is what authentication among them does to the identity, then what the header filter does; nil where they do
	// nothing.
	before, header func(State) State
	asks           *State
	rewrite        *Rewrite
	// hides says that Server is kept from the client.
	hides bool
	// ends says that no request gets to a backend.
	ends        bool
	opaque      []string
	assumptions []string
}

// filters reads the filters of a rule or of a backend; path is what the rule matches.
func (c Context) filters(at place, list []gatewayv1.HTTPRouteFilter, path *gatewayv1.HTTPPathMatch) filtered {
	var f filtered
	users := unverified
	for _, filter := range list {
		if filter.ExtensionRef != nil {
			users = max(users, c.extension(&f, at, *filter.ExtensionRef))
		}
		if filter.ExternalAuth != nil {
			f.externalAuth(filter.ExternalAuth)
		}
	}
	for _, filter := range list {
		switch {
		case filter.RequestHeaderModifier != nil:
			f.header = headerStep(filter.RequestHeaderModifier, "RequestHeaderModifier", func(value string) State {
				return at.class.impl.headerValue(value, users)
			})
			if f.header != nil && at.class.impl.ignoresHeaders {
				f.header = func(State) State {
					return State{IdentityUnknown, "RequestHeaderModifier", at.class.impl.title + " does not know the filter RequestHeaderModifier"}
				}
			}
		case filter.ResponseHeaderModifier != nil:
			f.hides = f.hides || hidesServer(filter.ResponseHeaderModifier) && !at.class.impl.ignoresHeaders
		case filter.RequestRedirect != nil:
			f.ends = true
		case filter.URLRewrite != nil && filter.URLRewrite.Path != nil:
			w := urlRewrite(filter.URLRewrite.Path, path)
			f.rewrite = &w
		}
	}
	return f
}

// missingExtension is an object of a kind that is read, which is not at hand.
func missingExtension() extension { return extension{opaque: ", which a filter names, is not at hand"} }

// extension reads what an ExtensionRef names.
func (c Context) extension(f *filtered, at place, ref gatewayv1.LocalObjectReference) trust {
	id := at.route.extensionID(ref)
	kind := schema.GroupKind{Group: id.Group, Kind: id.Kind}
	var e extension
	read := false
	if at.class.impl.extension != nil {
		e, read = at.class.impl.extension(c.Objects.Get(kind, id.Namespace, id.Name), kind)
	}
	if !read {
		f.opaque = append(f.opaque, id.Kind+" "+id.Namespace+"/"+id.Name+", which a filter names, is not read")
		return unverified
	}
	if e.opaque != "" {
		f.opaque = append(f.opaque, id.Kind+" "+id.Namespace+"/"+id.Name+e.opaque)
	}
	f.ends = f.ends || e.answers
	if e.rewrite != nil {
		f.rewrite = e.rewrite
	}
	if e.asks {
		f.asks = &State{On, id.Kind + " " + id.Name, e.why}
	}
	if e.identity != nil {
		f.before = e.identity
	}
	f.assumptions = append(f.assumptions, e.assumptions...)
	return e.users
}

// externalAuth: the filter ExternalAuth asks a service of the operator's about every request. Headers of the answer take
// the place of the request's, as far as the filter lists them.
func (f *filtered) externalAuth(filter *gatewayv1.HTTPExternalAuthFilter) {
	const source = "ExternalAuth"
	f.asks = &State{On, source, "the filter ExternalAuth asks another service about every request"}
	f.assumptions = append(f.assumptions, "the service behind the filter ExternalAuth lets nobody in without credentials")
	switch {
	case filter.HTTPAuthConfig != nil && slices.ContainsFunc(filter.HTTPAuthConfig.AllowedResponseHeaders, isIdentity):
		f.before = func(State) State {
			return State{IdentitySet, source, "the filter ExternalAuth sets the header from the answer of another service"}
		}
		f.assumptions = append(f.assumptions, "the service behind the filter ExternalAuth answers every request that it lets in with a non-empty "+Header)
	case filter.ExternalAuthProtocol == gatewayv1.HTTPRouteExternalAuthGRPCProtocol:
		f.before = func(State) State {
			return State{IdentityUnknown, source, "the service behind the filter ExternalAuth can change every header, and is not read"}
		}
	}
}

func isIdentity(name string) bool { return strings.EqualFold(strings.TrimSpace(name), Header) }

// headerStep is what a header filter does to the identity; nil if it leaves the header alone. What is added stands behind
// what the client sends, and Ditto reads the first. Two actions for one name are not allowed, but names that differ in case
// are not noticed.
func headerStep(f *gatewayv1.HTTPHeaderFilter, source string, value func(string) State) func(State) State {
	var steps []func(State) State
	of := func(v string) State {
		s := value(v)
		s.Source = source
		s.Why = source + " changes the header: " + s.Why
		return s
	}
	for _, h := range f.Set {
		if isIdentity(string(h.Name)) {
			steps = append(steps, func(State) State { return of(h.Value) })
		}
	}
	for _, h := range f.Add {
		if isIdentity(string(h.Name)) {
			steps = append(steps, func(before State) State { return added(before, of(h.Value), source) })
		}
	}
	if slices.ContainsFunc(f.Remove, isIdentity) {
		steps = append(steps, func(State) State { return removedBy(source) })
	}
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

func removedBy(source string) State {
	return State{IdentityRemoved, source, source + " removes the header, but not the query parameter of the same name"}
}

// added is what becomes of the identity where another value is put behind the one that is there.
func added(before, value State, source string) State {
	switch before.State {
	case IdentityClient:
		return State{IdentityClient, source, source + " adds a value to the header, behind that of the client"}
	case IdentityRemoved, IdentityEmpty:
		return value
	}
	return before
}

// hidesServer says whether a filter keeps the header Server from clients.
func hidesServer(f *gatewayv1.HTTPHeaderFilter) bool {
	isServer := func(name string) bool { return strings.EqualFold(name, "Server") }
	return slices.ContainsFunc(f.Remove, isServer) ||
		slices.ContainsFunc(f.Set, func(h gatewayv1.HTTPHeader) bool { return isServer(string(h.Name)) })
}

// urlRewrite is what the backend gets as the path. ReplacePrefixMatch puts another text in place of the elements that the
// rule matches; a slash at the end of either is not counted.
func urlRewrite(m *gatewayv1.HTTPPathModifier, match *gatewayv1.HTTPPathMatch) Rewrite {
	switch {
	case m.Type == gatewayv1.FullPathHTTPPathModifier && m.ReplaceFullPath != nil:
		return Rewrite{Kind: RewriteConstant, To: raw.text(*m.ReplaceFullPath)}
	case m.Type == gatewayv1.PrefixMatchHTTPPathModifier && m.ReplacePrefixMatch != nil && isPrefix(match):
		from := "/"
		if match != nil && match.Value != nil {
			from = *match.Value
		}
		return Rewrite{
			Kind: RewritePrefix, From: []string{strings.TrimRight(raw.text(from), "/")},
			To: strings.TrimRight(raw.text(*m.ReplacePrefixMatch), "/"),
		}
	}
	return rewriteUnknown("the filter URLRewrite does not fit the path that the rule matches")
}

func isPrefix(match *gatewayv1.HTTPPathMatch) bool {
	return match == nil || match.Type == nil || *match.Type == gatewayv1.PathMatchPathPrefix
}
