package traefik

import (
	"maps"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
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
	limited, redirect tri.State
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
	return &chainReading{objects: objects, config: config, limited: tri.Is(tri.Off, "default",
		"no Middleware limits requests"), effects: way.Effects{
		Identity:       tri.Is(way.IdentityClient, "default", "no Middleware changes the header"),
		Authentication: tri.Is(tri.Off, "default", "no Middleware asks for credentials"),
		HidesHeaders:   tri.Is(tri.Off, "default", "no Middleware removes Server headers"),
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
		t.step(way.ReplaceRegex(strings.TrimSpace(spec.ReplacePathRegex.Regex),
			strings.TrimSpace(spec.ReplacePathRegex.Replacement)))
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
		t.effects.Identity = tri.Is(way.IdentityUnknown, name, reason.Of("traefik-header-twice", name))
	case len(values) == 1 && values[0] == "":
		t.effects.Identity = tri.Is(way.IdentityRemoved, name,
			name+" removes the header, but not the query parameter of the same name")
	case len(values) == 1:
		t.effects.Identity = tri.Is(way.IdentitySet, name, name+" sets the header to a fixed value")
	}
	for key := range h.CustomResponseHeaders {
		if strings.EqualFold(key, "Server") {
			t.effects.HidesHeaders = tri.Is(tri.On, name, name+" removes or replaces the Server header")
		}
	}
}

// canonicalHeader is the identity header in the spelling that Go's net/http gives every header of a client.
const canonicalHeader = "X-Ditto-Pre-Authenticated"

// opaque notes a Middleware that may do anything to a request. It takes no authentication away.
func (t *chainReading) opaque(source, why string) {
	t.effects.Identity = tri.Is(way.IdentityUnknown, source, why)
	if t.effects.Authentication.State != tri.On {
		t.effects.Authentication = tri.Is(tri.Unknown, source, why)
	}
	if t.effects.HidesHeaders.State != tri.On {
		t.effects.HidesHeaders = tri.Is(tri.Unknown, source, why)
	}
	if t.limited.State != tri.On {
		t.limited = tri.Is(tri.Unknown, source, why)
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

// handling is what the Middlewares amount to. Those of entry points come first, so that they decide nothing about a
// header that is set later. limits says how to limit requests.
func (t *chainReading) handling(limits string) way.Handling {
	// An entry point removes what Connection names, and that itself, before anything else
	// (pkg/middlewares/forwardedheaders).
	h := way.Handling{Effects: t.effects, Rate: way.Rate{Limited: t.limited}, Nominated: way.Nominated{Ends: true}}
	h.Spelling = t.spelling()
	h.Fixes[way.ResolvePaths].Advice = "update Traefik to 3.3.6 or newer, whose entry points resolve dot segments"
	e := &h.Effects
	e.Assumptions = slices.Clone(e.Assumptions)
	if e.Identity.State == way.IdentityClient {
		e.Assumptions = append([]string{"the entry points of Traefik have no middlewares of their own"},
			e.Assumptions...)
	}
	e.StripsIdentity = way.Strips(e.Identity)
	if t.closed != "" {
		e.Doubt(t.closed)
		h.Rate.Doubt(t.closed)
	}
	h.Fixes[way.StripIdentity].Advice = stripAdvice
	h.Fixes[way.HideHeaders].Advice = hideAdvice
	h.Fixes[way.LimitRequests].Advice = limits
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
