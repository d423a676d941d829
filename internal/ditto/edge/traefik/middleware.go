package traefik

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// chainReading is what a list of Middlewares does to requests. They are applied in the order in which a request meets
// them, so that the last one that touches something decides about it.
type chainReading struct {
	objects inventory.Reader
	config  way.Config
	effects way.Effects
	// stages are what happens to the path.
	stages []way.Stage
	// closed, if it is not empty, says why perhaps nobody gets through.
	closed string
	// limited says whether requests are limited; redirect is set where plain HTTP is redirected.
	limited, redirect way.State
	// within are the chains that are being applied, applied is how many Middlewares were.
	within  []inventory.ID
	applied int
}

// mostMiddlewares bounds the work: chains that name one another twice double with each level.
const mostMiddlewares = 256

// passive are the kinds of Middleware that change neither path nor identity and ask nobody for anything; what limits
// requests and what redirects to TLS is among them, and noted (limiting).
var passive = []string{
	"buffering", "circuitBreaker", "compress", "contentType", "encodedCharacters", "errors", "grpcWeb", "inFlightReq",
	"passTLSClientCert", "rateLimit", "redirectScheme", "retry",
}

func newTraefikChain(objects inventory.Reader, config way.Config) *chainReading {
	return &chainReading{objects: objects, config: config, limited: way.State{State: way.Off, Source: "default", Why: "no Middleware limits requests"}, effects: way.Effects{
		Identity:       way.State{State: way.IdentityClient, Source: "default", Why: "no Middleware changes the header"},
		Authentication: way.State{State: way.Off, Source: "default", Why: "no Middleware asks for credentials"},
		HidesHeaders:   way.State{State: way.Off, Source: "default", Why: "no Middleware removes Server headers"},
	}}
}

func (t *chainReading) apply(refs []reference) {
	for _, ref := range refs {
		t.one(ref)
	}
}

// one applies one Middleware (pkg/server/middleware/middlewares.go). Whatever is wrong with one makes Traefik leave the
// whole router out.
func (t *chainReading) one(ref reference) {
	if t.applied++; t.applied > mostMiddlewares {
		if t.applied == mostMiddlewares+1 {
			t.opaque(ref.String(), "there are more Middlewares than are followed")
		}
		return
	}
	if ref.outside() {
		t.assume("Traefik allows references to other namespaces (allowCrossNamespace)")
	}
	if p := ref.provider(); p != "" && p != providerCRD && p != providerIngress {
		t.opaque(ref.String(), ref.String()+" comes from a provider of Traefik that no object shows")
		return
	}
	o, ambiguous := ref.resolve(t.objects)
	switch {
	case ambiguous:
		t.opaque(ref.String(), ref.String()+" can mean several Middlewares")
		return
	case o == nil:
		t.close(reason.Of("traefik-middleware-not-found", ref.String()))
		return
	}
	m, ok := inventory.As[crd.TraefikMiddleware](o)
	if !ok {
		t.opaque(o.Ref.String(), reason.Of("traefik-version-not-read", o.Ref.String()))
		return
	}
	t.middleware(o, m)
}

func (t *chainReading) middleware(o *inventory.Object, m *crd.TraefikMiddleware) {
	name, spec := o.Ref.String(), &m.Spec
	kinds := middlewareKinds(o)
	if len(kinds) != 1 {
		t.close(reason.Of("traefik-middleware-of-no-kind", name))
		return
	}
	switch kind := kinds[0]; {
	case spec.Chain != nil:
		t.chain(o, spec.Chain.Middlewares)
	case spec.Headers != nil:
		t.headers(name, spec.Headers)
	case spec.BasicAuth != nil:
		t.users(o, spec.BasicAuth, "basicAuth")
	case spec.DigestAuth != nil:
		t.users(o, spec.DigestAuth, "digestAuth")
	case spec.ForwardAuth != nil:
		t.forward(o.Ref.Namespace, name, spec.ForwardAuth)
	case spec.IPAllowList != nil:
		t.addresses(name, spec.IPAllowList)
	case spec.IPWhiteList != nil:
		t.addresses(name, spec.IPWhiteList)
	case slices.Contains(passive, kind):
		t.limiting(name, spec)
	case t.path(name, spec):
	default:
		t.opaque(name, reason.Of("traefik-middleware-not-read", name, kind))
	}
}

// middlewareKinds are the fields of a Middleware's spec that are set.
func middlewareKinds(o *inventory.Object) []string {
	spec, _ := o.Content()["spec"].(map[string]any)
	var kinds []string
	for _, key := range slices.Sorted(maps.Keys(spec)) {
		if spec[key] != nil {
			kinds = append(kinds, key)
		}
	}
	return kinds
}

// path applies what changes the path, and says whether the Middleware does.
func (t *chainReading) path(name string, spec *crd.TraefikMiddlewareSpec) bool {
	switch {
	case spec.AddPrefix != nil:
		if spec.AddPrefix.Prefix == "" {
			t.close(reason.Of("traefik-prefix-missing", name))
			break
		}
		t.step(way.AddPrefix(spec.AddPrefix.Prefix))
	case spec.StripPrefix != nil:
		var prefixes []string
		for _, p := range spec.StripPrefix.Prefixes {
			prefixes = append(prefixes, strings.TrimSpace(p))
		}
		t.step(way.StripPrefix(prefixes))
	case spec.StripPrefixRegex != nil:
		t.step(way.UnknownStep(reason.Of("traefik-strips-by-expression", name)))
	case spec.ReplacePath != nil:
		t.step(way.ReplaceWhole(way.Raw.Text(spec.ReplacePath.Path)))
	case spec.ReplacePathRegex != nil:
		t.step(way.ReplaceRegex(strings.TrimSpace(spec.ReplacePathRegex.Regex), strings.TrimSpace(spec.ReplacePathRegex.Replacement)))
	case spec.RedirectRegex != nil:
		if redirectsPlain(spec.RedirectRegex.Regex, spec.RedirectRegex.Replacement) {
			t.redirect = way.Redirected(name, name+" redirects plain HTTP")
		}
		if !strings.HasPrefix(spec.RedirectRegex.Regex, "^http://") {
			t.stages = append(t.stages, way.Matching(way.Undecided(reason.Of("traefik-middleware-redirects", name))))
		}
	default:
		return false
	}
	return true
}

func (t *chainReading) step(s way.PathStep) { t.stages = append(t.stages, way.Changing(s)) }

// chain applies a list of Middlewares. One that contains itself is refused.
func (t *chainReading) chain(o *inventory.Object, refs []crd.TraefikRef) {
	if slices.Contains(t.within, o.Ref.ID()) {
		t.close(reason.Of("traefik-chain-circle", o.Ref.String()))
		return
	}
	t.within = append(t.within, o.Ref.ID())
	t.apply(referencesOf(o, "Middleware", refs))
	t.within = t.within[:len(t.within)-1]
}

// headers: a value replaces the header, an empty one removes it (pkg/middlewares/headers/header.go).
func (t *chainReading) headers(name string, h *crd.TraefikHeaders) {
	var values []string
	for _, key := range way.KeysOf(h.CustomRequestHeaders) {
		if strings.EqualFold(key, way.Header) {
			values = append(values, h.CustomRequestHeaders[key])
		}
	}
	switch {
	case len(values) > 1:
		t.effects.Identity = way.State{State: way.IdentityUnknown, Source: name, Why: reason.Of("traefik-header-twice", name)}
	case len(values) == 1 && values[0] == "":
		t.effects.Identity = way.State{State: way.IdentityRemoved, Source: name, Why: name + " removes the header, but not the query parameter of the same name"}
	case len(values) == 1:
		t.effects.Identity = way.State{State: way.IdentitySet, Source: name, Why: name + " sets the header to a fixed value"}
	}
	for key := range h.CustomResponseHeaders {
		if strings.EqualFold(key, "Server") {
			t.effects.HidesHeaders = way.State{State: way.On, Source: name, Why: name + " removes or replaces the Server header"}
		}
	}
}

// users: basicAuth and digestAuth let nobody through without a password, and put the user's name into a header if they are
// told to (pkg/middlewares/auth). Without its Secret such a Middleware is not made, and nothing that names it is served.
func (t *chainReading) users(o *inventory.Object, a *crd.TraefikUserAuth, kind string) {
	name := o.Ref.String()
	if a.Secret == "" {
		t.close(reason.Of("traefik-secret-missing", name))
		return
	}
	t.effects.AuthSecrets = append(t.effects.AuthSecrets, secretsOf(o)...)
	t.effects.Authentication = way.State{State: way.On, Source: name, Why: name + " (" + kind + ") asks every client for credentials"}
	if !strings.EqualFold(a.HeaderField, way.Header) {
		return
	}
	if t.writes(a.HeaderField) || t.effects.Identity.State == way.IdentityRemoved {
		t.effects.Identity = way.State{State: way.IdentitySet, Source: name, Why: name + " sets the header to the user whose password it has checked"}
		return
	}
	if t.effects.Identity.State == way.IdentityClient {
		t.effects.Identity = way.State{State: way.IdentityClient, Source: name, Why: name + " writes headerField as it is spelt, beside the client's header, unless Traefik is v3.7 or " +
			"later; write " + canonicalHeader + ", or say the version in the configuration (edges.controllers.traefik.version)"}
	}
}

// canonicalHeader is the identity header in the spelling that Go's net/http gives every header of a client.
const canonicalHeader = "X-Ditto-Pre-Authenticated"

// writes says whether a headerField certainly takes the place of the client's header. Up to v2.11.41, v3.6.11 and
// v3.7.0-ea.2 Traefik writes it as it is spelt, so that only the canonical spelling does (CVE-2026-33433,
// GHSA-qr99-7898-vr7c). Versions are stated by major and minor number, so the first that counts is 3.7.
func (t *chainReading) writes(field string) bool {
	v, stated := way.ParseVersion(t.config.Controllers[way.NameTraefik].Version)
	return field == canonicalHeader || stated && v.AtLeast(3, 7)
}

// forward: the headers of the answer that are named replace the client's, which are removed in any case
// (pkg/middlewares/auth/forward.go). The expression is compared with header names in their canonical form.
func (t *chainReading) forward(namespace, name string, f *crd.TraefikForwardAuth) {
	if f.Address == "" {
		t.close(reason.Of("traefik-address-missing", name))
		return
	}
	answered := slices.ContainsFunc(f.AuthResponseHeaders, func(h string) bool { return strings.EqualFold(h, way.Header) })
	if f.AuthResponseHeadersRegex != "" {
		re, err := regexp.Compile(f.AuthResponseHeadersRegex)
		if err != nil {
			t.close(reason.Of("traefik-expression-broken", name))
			return
		}
		answered = answered || re.MatchString(canonicalHeader)
	}
	t.effects.Authentication = way.State{State: way.On, Source: name, Why: name + " (forwardAuth) asks another service about every request"}
	if asked := t.config.Asking.Ask(namespace, f.Address, nil); asked.State != "" {
		t.effects.Authentication = way.Agreed(asked, name+" (forwardAuth)")
		if answered {
			t.effects.Identity = way.State{State: way.IdentityRemoved, Source: name, Why: name + " (forwardAuth) takes the header from an answer that has none"}
		}
		return
	}
	if answered {
		t.effects.Identity = way.State{State: way.IdentitySet, Source: name, Why: name + " (forwardAuth) sets the header from the answer of another service"}
		t.assume("the service that " + name + " asks answers every request that it lets in with a non-empty " + way.Header)
	}
}

// addresses: whose address Traefik sees depends on what stands before it.
func (t *chainReading) addresses(name string, list *crd.TraefikIPAllowList) {
	if way.EveryAddress(list.SourceRange) {
		return
	}
	t.close(reason.Of("traefik-middleware-by-address", name))
}

// opaque notes a Middleware that may do anything to a request. It takes no authentication away.
func (t *chainReading) opaque(source, why string) {
	t.effects.Identity = way.State{State: way.IdentityUnknown, Source: source, Why: why}
	if t.effects.Authentication.State != way.On {
		t.effects.Authentication = way.State{State: way.Unknown, Source: source, Why: why}
	}
	if t.effects.HidesHeaders.State != way.On {
		t.effects.HidesHeaders = way.State{State: way.Unknown, Source: source, Why: why}
	}
	if t.limited.State != way.On {
		t.limited = way.State{State: way.Unknown, Source: source, Why: why}
	}
	t.step(way.UnknownStep(why))
}

func (t *chainReading) close(why string) {
	if t.closed == "" {
		t.closed = why
	}
}

func (t *chainReading) assume(what string) {
	if !slices.Contains(t.effects.Assumptions, what) {
		t.effects.Assumptions = append(t.effects.Assumptions, what)
	}
}

// spelling: entry points resolve dot segments (sanitizePath), by default since v2.11.24 and v3.3.6.
func (t *chainReading) spelling() way.Spelling {
	v, stated := way.ParseVersion(t.config.Controllers[way.NameTraefik].Version)
	if stated && (!v.AtLeast(2, 11) || v.Major == 3 && !v.AtLeast(3, 3)) {
		return way.SpellingVerbatim
	}
	return way.SpellingResolved
}

// handling is what the Middlewares amount to. Those of entry points come first, so that they decide nothing about a header
// that is set later. limits says how to limit requests.
func (t *chainReading) handling(limits string) way.Handling {
	// An entry point removes what Connection names, and that itself, before anything else (pkg/middlewares/forwardedheaders).
	h := way.Handling{Effects: t.effects, Rate: way.Rate{Limited: t.limited}, Nominated: way.Nominated{Ends: true}}
	h.Spelling = t.spelling()
	h.Fixes[way.ResolvePaths].Advice = "update Traefik to 3.3.6 or newer, whose entry points resolve dot segments"
	e := &h.Effects
	e.Assumptions = slices.Clone(e.Assumptions)
	if e.Identity.State == way.IdentityClient {
		e.Assumptions = append([]string{"the entry points of Traefik have no middlewares of their own"}, e.Assumptions...)
	}
	e.StripsIdentity = way.Strips(e.Identity)
	if t.closed != "" {
		e.Doubt(t.closed)
		h.Rate.Doubt(t.closed)
	}
	h.Fixes[way.StripIdentity].Advice, h.Fixes[way.HideHeaders].Advice, h.Fixes[way.LimitRequests].Advice = stripAdvice, hideAdvice, limits
	return h
}

// secretsOf are the password files that a Middleware names. A Secret of type kubernetes.io/basic-auth holds a
// password itself, and a file for digest authentication has another form; neither is one.
func secretsOf(o *inventory.Object) []way.AuthSecret {
	m, ok := inventory.As[crd.TraefikMiddleware](o)
	if !ok || m.Spec.BasicAuth == nil || m.Spec.BasicAuth.Secret == "" {
		return nil
	}
	return []way.AuthSecret{{Namespace: o.Ref.Namespace, Name: m.Spec.BasicAuth.Secret, Kind: way.AuthFile}}
}
