package gatewayapi

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Implementation is one row of the table of those that serve Gateways.
type Implementation struct {
	// Name is its name in facts, title names it in sentences.
	Name, Title string
	// Controllers are the values of GatewayClass spec.controllerName.
	Controllers []string
	// Usual are the names of classes in its manuals and charts.
	Usual []string
	// Reads says how it compares paths, regex how it reads an expression; a nil regex cannot be determined.
	Reads way.Reads
	Regex func(expression string) way.Matcher
	// Spelling says how it writes the paths that it forwards, and ResolvePaths what to do if that is as clients wrote
	// them.
	Spelling     way.Spelling
	ResolvePaths string
	// spells says that in its place where objects decide; nil where none do.
	spells func(way.Context) way.Spelling
	// Value says what a header set to the value carries; nil where every value is a constant.
	Value func(value string, users way.Trust) tri.State
	// BackendFilters says that it does what the filters of a backend say. Whoever does not is to refuse the route.
	BackendFilters bool
	// RequestHeaders and responseHeaders say that it certainly knows the filters RequestHeaderModifier and
	// ResponseHeaderModifier. The first is Core, the second Extended in the Gateway API.
	RequestHeaders, ResponseHeaders bool
	// ignoresHeaders says that it certainly knows neither.
	ignoresHeaders bool
	// Parameters are the kinds that its Gateways and classes name for settings that decide who reaches them.
	Parameters []schema.GroupKind
	// OwnBalancer says that its Gateways share a Service that was there before, so that infrastructure.annotations do
	// nothing.
	OwnBalancer bool
	// ExternalIPs says that the IP addresses of a Gateway become external IPs of the Service that is made for it.
	ExternalIPs bool
	// byAddress says that no Service is made for a Gateway whose addresses are names: it is served behind the Services
	// of these names.
	byAddress bool
	// merges says that it makes one rule of the rules of several routes that are for the same requests, and does to
	// them what one of these says.
	merges bool
	// soleWeight says that the only backend of a rule gets all requests, whatever its weight is, or may do so.
	soleWeight bool
	// anyPort says that a parent of a route by its port is one by any port, where another parent of the route fits the
	// listener.
	anyPort bool
	// anyNamespace says that a parent of a route by its name alone is a Gateway of that name in any namespace.
	anyNamespace bool
	// listedKinds says that a listener takes routes for requests if it lists their kind, whatever its protocol is.
	listedKinds bool
	// passesOver says that a filter that it does not know does nothing, where the Gateway API has it answer with an
	// error.
	passesOver bool
	// Replaces is what it makes of ReplacePrefixMatch; nil where it does as the Gateway API says.
	Replaces func(prefix, to string) way.Rewrite
	// Exposes says whether outsiders reach a Gateway; nil where only infrastructure.annotations decide.
	Exposes func(c way.Context, gw *gatewayv1.Gateway, class GatewayClass, p Parameters) Exposure
	// Policies reads the objects that change what happens to requests without being named by the route; nil where there
	// are none.
	Policies func(c way.Context, at Place) Policies
	// Uses are what a route names that only this implementation reads; nil where there is none.
	Uses func(o *inventory.Object) []inventory.ID
	// Extension reads the object that an ExtensionRef names, nil if it was not found; ok is false for a kind that is
	// not read.
	Extension func(o *inventory.Object, kind schema.GroupKind) (e Extension, ok bool)
	// Backends are the Services behind an object of BackendKind, which a route names in the place of one; nil where
	// there is no such kind.
	Backends    func(o *inventory.Object) []way.Backend
	BackendKind schema.GroupKind
	// Copies says that such an object can have copies of requests sent somewhere.
	Copies bool
	// assumption is what its reading rests on and cannot see; asks says what can ask for credentials and is not read.
	assumption, asks string
	// Limits reads the objects that limit requests and make error pages; nil where none is read, which unreadLimits
	// says for people. limit says how requests are limited.
	Limits              func(c way.Context, at Place) Limits
	Limit, unreadLimits string
	// redirects says what may redirect plain HTTP and cannot be seen.
	redirects string
	// Strip says how to remove the identity header from requests of a rule where a filter would undo something else;
	// nil, and empty, where a filter is right.
	Strip func(c way.Context, at Place) string
	// Hide is how to hide headers where ResponseHeaderModifier does not.
	Hide string
}

// Place is where requests for a rule of a route come in.
type Place struct {
	Route    gatewayRoute
	Rule     gatewayRule
	Gateway  *gatewayv1.Gateway
	class    GatewayClass
	Listener listener
	// Match is what the rule says of the path, nil for every path.
	Match *gatewayv1.HTTPPathMatch
	// unserved says why it cannot be determined what happens at it; empty where a Gateway takes the route for certain.
	unserved string
}

// Policies is what objects beside the route do to its requests.
type Policies struct {
	// Early happens before the route's own filters, and before authentication.
	Early Step
	// Auth is what authentication does to the identity, authentication whether every client is asked; its zero is
	// nobody.
	Auth           Step
	Authentication tri.State
	// Rewrite is what becomes of the path where no filter changes it, nil if nothing.
	Rewrite *way.Rewrite
	// Hides says that Server is kept from the client.
	Hides bool
	// Opaque says what may change everything and is not read.
	Opaque      string
	Assumptions []string
}

// Extension is what the object that an ExtensionRef names does.
type Extension struct {
	// Asks says that every client is asked for credentials; users says what it knows of the user of basic
	// authentication.
	Asks  bool
	Users way.Trust
	Why   string
	// Identity is what becomes of the header, nil where it is left alone.
	Identity Step
	// Rewrite replaces the path, answers says that no backend is asked; mirror gets a copy of each request.
	Rewrite *way.Rewrite
	Answers bool
	Mirror  *gatewayv1.BackendObjectReference
	// Opaque says what it may do and is not read.
	Opaque      string
	Assumptions []string
}

// Register adds implementations that have packages of their own. It is called once, before anything is read.
func Register(list ...Implementation) { implementations = append(list, implementations...) }

// implementations is the table.
var implementations = []Implementation{
	{
		Name: "istio", Title: "Istio",
		Controllers: []string{"istio.io/gateway-controller", "istio.io/unmanaged-gateway", istioMeshController},
		Usual:       []string{"istio", istioWaypoint}, Regex: WholeRegex, spells: way.IstioSpelling,
		ResolvePaths: way.IstioNormalize,
		Value:        EnvoyValue, BackendFilters: true, Replaces: EnvoyReplaces,
		RequestHeaders: true, ResponseHeaders: true, Exposes: istioExposes, byAddress: true,
		assumption:   "no EnvoyFilter or RequestAuthentication of Istio changes the header",
		asks:         reason.Of("istio-ingress-authorization"),
		Hide:         "set meshConfig.defaultConfig.proxyHeaders.server.disabled: true; Istio writes the header after filters",
		unreadLimits: reason.Of("istio-ingress-filter"),
		Limit:        "limit requests by an EnvoyFilter with a local rate limit, or in an nginx with limit_req in front of the gateway",
	},
	{
		Name: "cilium", Title: "Cilium", Controllers: []string{"io.cilium/gateway-controller"},
		Usual: []string{"cilium"},
		// Nothing tells Envoy to normalise paths. For the rest see operator/pkg/model: GetBackendAggregationKey,
		// getRouteAction and parentRefsMatchListener.
		Regex: WholeRegex, Spelling: way.SpellingVerbatim, Value: EnvoyValue, RequestHeaders: true,
		ResponseHeaders: true, merges: true, soleWeight: true, anyPort: true,
		unreadLimits: reason.Of("cilium-limit"),
		Limit:        "limit requests in an nginx with limit_req in front of the gateway",
	},
	{
		Name: "gke", Title: "GKE", Controllers: []string{"networking.gke.io/gateway"},
		Usual:          slices.Concat(gkePublic(), gkeInternal()),
		RequestHeaders: true, ResponseHeaders: true, Exposes: gkeExposes,
		asks:         reason.Of("gke-identity-aware-proxy"),
		unreadLimits: reason.Of("gke-cloud-armor"),
		Limit:        "name a Cloud Armor security policy that limits requests in a GCPBackendPolicy",
	},
	{
		Name: "traefik", Title: "Traefik", Controllers: []string{"traefik.io/gateway-controller"},
		Usual: []string{"traefik"},
		// It normalises paths before it compares them, so that no letter is escaped any more (pkg/server).
		Reads:    way.Decoded,
		Regex:    func(e string) way.Matcher { return way.Regex(way.Decoded, e, false, way.Anywhere) },
		Spelling: way.SpellingResolved, RequestHeaders: true, ResponseHeaders: true, OwnBalancer: true,
		redirects:    reason.Of("traefik-entry-points-redirect"),
		unreadLimits: reason.Of("gateway-traefik-limit"),
		Limit:        "give its rules an ExtensionRef filter that names a Middleware with spec.rateLimit {average: 50, burst: 250}",
	},
	{
		Name: "contour", Title: "Contour", Controllers: []string{"projectcontour.io/gateway-controller"},
		Usual: []string{"contour"},
		Regex: WholeRegex, Spelling: way.SpellingResolved, Value: contourValue, RequestHeaders: true,
		ResponseHeaders: true, BackendFilters: true, passesOver: true, anyNamespace: true, listedKinds: true,
		Replaces: contourReplaces, Exposes: contourExposes,
		unreadLimits: reason.Of("gateway-contour-limit"),
		Limit:        "use an HTTPProxy with rateLimitPolicy.local, or an nginx with limit_req in front of the gateway",
	},
}

// copying reads the kinds of filters that send copies of requests.
func copying(o *inventory.Object, kind schema.GroupKind) (Extension, bool) {
	for _, row := range implementations {
		if row.Copies {
			return row.Extension(o, kind)
		}
	}
	return Extension{}, false
}

// WholeRegex matches paths that an expression matches as a whole.
func WholeRegex(expression string) way.Matcher {
	return way.Regex(way.Raw, expression, false, way.Whole)
}

// unknownImplementation knows what the Gateway API itself says.
func unknownImplementation() Implementation {
	return Implementation{
		Name: tri.Unknown, Title: "an unknown implementation", soleWeight: true, listedKinds: true,
		Replaces: unknownReplaces,
	}
}

// GatewayClass is a class and who serves it.
type GatewayClass struct {
	object *gatewayv1.GatewayClass
	impl   Implementation
	// Assumption says what a guess rests on.
	Assumption string
}

// GatewayClassOf finds who serves a Gateway. A class that was not found is told by its name, where manuals use it for
// one implementation.
func GatewayClassOf(c way.Context, gw *gatewayv1.Gateway) GatewayClass {
	name := string(gw.Spec.GatewayClassName)
	class := GatewayClass{impl: unknownImplementation()}
	if o := c.Objects.Get(crd.GatewayClass, "", name); o != nil {
		class.object = inventory.Must[gatewayv1.GatewayClass](o)
		for _, row := range implementations {
			if slices.Contains(row.Controllers, string(class.object.Spec.ControllerName)) {
				class.impl = row
			}
		}
		return class
	}
	class.Assumption = "GatewayClass " + way.Quote(name) + " was not found; assumed to make no Gateway internal"
	if slices.Contains(gkeInternal(), name) || name == istioWaypoint {
		class.Assumption = "GatewayClass " + way.Quote(name) + " was not found; assumed to make Gateways internal"
	}
	for _, row := range implementations {
		if slices.Contains(row.Usual, name) {
			class.impl = row
			class.Assumption += ", and to be one of " + row.Title + ", because of its name"
			break
		}
	}
	return class
}

// implementationOf names, for facts, who serves the first of the Gateways that take a route.
func implementationOf(c way.Context, r gatewayRoute) string {
	for _, a := range attachments(c, r) {
		if a.gateway != nil {
			return GatewayClassOf(c, a.gateway).impl.Name
		}
	}
	return tri.Unknown
}

// EnvoyValue is what a header carries that Envoy sets: a text in which `%NAME%` stands for something of the request.
// Source: Envoy's custom request headers; `%%` is a percent sign.
func EnvoyValue(value string, _ way.Trust) tri.State {
	rest := strings.ReplaceAll(value, "%%", "")
	switch {
	case strings.Contains(rest, "%REQ(") || strings.Contains(rest, "%REQUEST_HEADER("):
		return tri.State{State: way.IdentityClient, Why: "it is set to what a header of the client says"}
	case strings.Contains(rest, "%"):
		return tri.State{State: way.IdentityUnknown, Why: reason.Of("gateway-header-from-request", way.Quote(value))}
	}
	return ConstantValue(value)
}

// ConstantValue is what a header carries that is set to a text as it stands.
func ConstantValue(value string) tri.State {
	if value == "" {
		return tri.State{State: way.IdentityEmpty, Why: "it is set to the empty string"}
	}
	return tri.State{State: way.IdentitySet, Why: "it is set to a constant"}
}

func (i Implementation) headerValue(value string, users way.Trust) tri.State {
	if i.Value == nil {
		return ConstantValue(value)
	}
	return i.Value(value, users)
}

func (i Implementation) regexMatcher(expression string) way.Matcher {
	if i.Regex == nil {
		return way.Undecided(reason.Of("gateway-expression", i.Title, way.Quote(expression)))
	}
	return i.Regex(expression)
}
