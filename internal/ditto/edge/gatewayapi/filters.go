package gatewayapi

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// filtered is what the filters of a rule, or of a backend in it, do.
type filtered struct {
	// before is what authentication among them does to the identity, then what the header filter does; nil where they
	// do nothing.
	before, header Step
	asks           *tri.State
	rewrite        *way.Rewrite
	// hides says that Server is kept from the client.
	hides bool
	// ends says that no request gets to a backend.
	ends        bool
	opaque      []string
	assumptions []string
}

// filters reads the filters of a rule or of a backend; path is what the rule matches.
func filters(c way.Context, at Place, list []gatewayv1.HTTPRouteFilter, path *gatewayv1.HTTPPathMatch) filtered {
	var f filtered
	users := way.Unverified
	for _, filter := range list {
		if filter.ExtensionRef != nil {
			users = max(users, extension(c, &f, at, *filter.ExtensionRef))
		}
		switch {
		case filter.ExternalAuth == nil:
		case at.class.impl.Name == tri.Unknown:
			f.opaque = append(f.opaque, reason.Of("gateway-filter-passed-over", "ExternalAuth"))
		default:
			f.externalAuth(filter.ExternalAuth)
		}
	}
	for _, filter := range list {
		switch {
		case filter.RequestHeaderModifier != nil:
			f.header = HeaderStep(filter.RequestHeaderModifier, "RequestHeaderModifier", func(value string) tri.State {
				return at.class.impl.headerValue(value, users)
			})
			if f.header != nil && at.class.impl.ignoresHeaders {
				f.header = Always(tri.Is(way.IdentityUnknown, "RequestHeaderModifier",
					reason.Of("gateway-filter-not-known", at.class.impl.Title)))
			}
		case filter.ResponseHeaderModifier != nil:
			f.hides = f.hides || HidesServer(filter.ResponseHeaderModifier) && !at.class.impl.ignoresHeaders
		case filter.RequestRedirect != nil:
			f.ends = true
		case filter.URLRewrite != nil && filter.URLRewrite.Path != nil:
			f.rewrite = new(urlRewrite(filter.URLRewrite.Path, path, at.class.impl))
		}
	}
	return f
}

// MissingExtension is an object of a kind that is read, which was not found.
func MissingExtension() Extension { return Extension{Opaque: ", which a filter names, was not found"} }

// extension reads what an ExtensionRef names.
func extension(c way.Context, f *filtered, at Place, ref gatewayv1.LocalObjectReference) way.Trust {
	id := at.Route.extensionID(ref)
	kind := schema.GroupKind{Group: id.Group, Kind: id.Kind}
	var e Extension
	read := false
	if at.class.impl.Extension != nil {
		e, read = at.class.impl.Extension(c.Objects.Get(kind, id.Namespace, id.Name), kind)
	}
	if !read {
		f.opaque = append(f.opaque, reason.Of("gateway-filter-not-read", id.Kind, id.Namespace, id.Name))
		return way.Unverified
	}
	if e.Opaque != "" {
		f.opaque = append(f.opaque, id.Kind+" "+id.Namespace+"/"+id.Name+e.Opaque)
	}
	f.ends = f.ends || e.Answers
	if e.Rewrite != nil {
		f.rewrite = e.Rewrite
	}
	if e.Asks {
		f.asks = &tri.State{State: tri.On, Source: id.Kind + " " + id.Name, Why: e.Why}
	}
	if e.Identity != nil {
		f.before = e.Identity
	}
	f.assumptions = append(f.assumptions, e.Assumptions...)
	return e.Users
}

// externalAuth: the filter ExternalAuth asks a service of the operator's about every request. Headers of the answer
// take the place of the request's, as far as the filter lists them.
func (f *filtered) externalAuth(filter *gatewayv1.HTTPExternalAuthFilter) {
	const source = "ExternalAuth"
	f.asks = new(tri.Is(tri.On, source, "the filter ExternalAuth asks another service about every request"))
	f.assumptions = append(f.assumptions,
		"the service behind the filter ExternalAuth lets nobody in without credentials")
	switch {
	case filter.HTTPAuthConfig != nil && slices.ContainsFunc(filter.HTTPAuthConfig.AllowedResponseHeaders, IsIdentity):
		f.before = Always(tri.Is(way.IdentitySet, source,
			"the filter ExternalAuth sets the header from the answer of another service"))
		f.assumptions = append(f.assumptions,
			"the service behind the filter ExternalAuth answers every request that it lets in with a non-empty "+
				way.Header)
	case filter.ExternalAuthProtocol == gatewayv1.HTTPRouteExternalAuthGRPCProtocol:
		f.before = Always(tri.Is(way.IdentityUnknown, source, reason.Of("gateway-authorization-sets-headers")))
	}
}

// IsIdentity says whether a header is the one that carries the identity.
func IsIdentity(name string) bool { return strings.EqualFold(strings.TrimSpace(name), way.Header) }

// HeaderStep is what a header filter does to the identity; nil if it leaves the header alone. What is added stands
// behind what the client sends, and Ditto reads the first. Two actions for one name are not allowed, but names that
// differ in case are not noticed.
func HeaderStep(f *gatewayv1.HTTPHeaderFilter, source string, value func(string) tri.State) Step {
	var steps []Step
	of := func(v string) tri.State {
		s := value(v)
		s.Source = source
		s.Why = source + " changes the header: " + s.Why
		return s
	}
	for _, h := range f.Set {
		if IsIdentity(string(h.Name)) {
			steps = append(steps, Always(of(h.Value)))
		}
	}
	for _, h := range f.Add {
		if IsIdentity(string(h.Name)) {
			steps = append(steps, func(before tri.State) tri.State { return Added(before, of(h.Value), source) })
		}
	}
	if slices.ContainsFunc(f.Remove, IsIdentity) {
		steps = append(steps, Always(RemovedBy(source)))
	}
	return TheOnly(steps, source)
}

// RemovedBy is the reading of a header that a filter removes.
func RemovedBy(source string) tri.State {
	return tri.Is(way.IdentityRemoved, source,
		source+" removes the header, but not the query parameter of the same name")
}

// Added is what becomes of the identity where another value is put behind the one that is there.
func Added(before, value tri.State, source string) tri.State {
	switch before.State {
	case way.IdentityClient:
		return tri.Is(way.IdentityClient, source, source+" adds a value to the header, behind that of the client")
	case way.IdentityRemoved, way.IdentityEmpty:
		return value
	}
	return before
}

// HidesServer says whether a filter keeps the header Server from clients.
func HidesServer(f *gatewayv1.HTTPHeaderFilter) bool {
	isServer := func(name string) bool { return strings.EqualFold(name, "Server") }
	return slices.ContainsFunc(f.Remove, isServer) ||
		slices.ContainsFunc(f.Set, func(h gatewayv1.HTTPHeader) bool { return isServer(string(h.Name)) })
}

// urlRewrite is what the backend gets as the path. ReplacePrefixMatch puts another text in place of the elements that
// the rule matches; a slash at the end of either is not counted.
func urlRewrite(m *gatewayv1.HTTPPathModifier, match *gatewayv1.HTTPPathMatch, impl Implementation) way.Rewrite {
	switch {
	case strings.Contains(Text(m.ReplaceFullPath)+Text(m.ReplacePrefixMatch), `\`):
		return way.UnknownRewrite(reason.Of("gateway-url-rewrite-reference"))
	case m.Type == gatewayv1.FullPathHTTPPathModifier && m.ReplaceFullPath != nil:
		return way.Rewrite{Kind: way.RewriteConstant, To: way.Raw.Text(*m.ReplaceFullPath)}
	case m.Type == gatewayv1.PrefixMatchHTTPPathModifier && m.ReplacePrefixMatch != nil && isPrefix(match):
		from, _ := pathText(match)
		if impl.Replaces != nil {
			return impl.Replaces(way.Raw.Text(from), way.Raw.Text(*m.ReplacePrefixMatch))
		}
		return way.Rewrite{
			Kind: way.RewritePrefix, From: []string{strings.TrimRight(way.Raw.Text(from), "/")},
			To: strings.TrimRight(way.Raw.Text(*m.ReplacePrefixMatch), "/"),
		}
	}
	return way.UnknownRewrite(reason.Of("gateway-url-rewrite-misfit"))
}

func isPrefix(match *gatewayv1.HTTPPathMatch) bool {
	return match == nil || match.Type == nil || *match.Type == gatewayv1.PathMatchPathPrefix
}
