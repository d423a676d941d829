package edge

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// implementation is one row of the table of those that serve Gateways.
type implementation struct {
	// name is its name in facts, title names it in sentences.
	name, title string
	// controllers are the values of GatewayClass spec.controllerName.
	controllers []string
	// usual are the names of classes in its manuals and charts.
	usual []string
	// reads says how it compares paths, regex how it reads an expression; a nil regex cannot be told.
	reads reads
	regex func(expression string) Matcher
	// value says what a header set to the value carries; nil where every value is a constant.
	value func(value string, users trust) State
	// backendFilters says that it does what the filters of a backend say. Whoever does not is to refuse the route.
	backendFilters bool
	// requestHeaders and responseHeaders say that it certainly knows the filters RequestHeaderModifier and
	// ResponseHeaderModifier. The first is Core, the second Extended in the Gateway API.
	requestHeaders, responseHeaders bool
	// ignoresHeaders says that it certainly knows neither.
	ignoresHeaders bool
	// parameters are the kinds that its Gateways and classes name for settings that decide who reaches them.
	parameters []schema.GroupKind
	// ownBalancer says that its Gateways share a Service that was there before, so that infrastructure.annotations do nothing.
	ownBalancer bool
	// exposes says whether outsiders reach a Gateway; nil where only infrastructure.annotations decide.
	exposes func(c Context, gw *gatewayv1.Gateway, class gatewayClass, p parameters) exposure
	// policies reads the objects that change what happens to requests without being named by the route; nil where there are
	// none.
	policies func(c Context, at place) policies
	// extension reads the object that an ExtensionRef names, nil if it is not at hand; ok is false for a kind that is not read.
	extension func(o *inventory.Object, kind schema.GroupKind) (e extension, ok bool)
	// assumption is what its reading rests on and cannot see; asks says what can ask for credentials and is not read.
	assumption, asks string
	// limits reads the objects that limit requests and make error pages; nil where none is read, which unreadLimits says for
	// people. limit says how requests are limited.
	limits              func(c Context, at place) limits
	limit, unreadLimits string
	// redirects says what may redirect plain HTTP and cannot be seen.
	redirects string
	// hide is how to hide headers where ResponseHeaderModifier does not.
	hide string
}

// place is where requests for a rule of a route come in.
type place struct {
	route    gatewayRoute
	rule     gatewayRule
	gateway  *gatewayv1.Gateway
	class    gatewayClass
	listener listener
	// unserved says why it cannot be told what happens at it; empty where a Gateway takes the route for certain.
	unserved string
}

// policies is what objects beside the route do to its requests.
type policies struct {
	// early happens before the route's own filters, and before authentication.
	early func(State) State
	// auth is what authentication does to the identity, authentication whether every client is asked; its zero is nobody.
	auth           func(State) State
	authentication State
	// hides says that Server is kept from the client.
	hides bool
	// opaque says what may change everything and is not read.
	opaque      string
	assumptions []string
}

// extension is what the object that an ExtensionRef names does.
type extension struct {
	// asks says that every client is asked for credentials; users says what it knows of the user of basic authentication.
	asks  bool
	users trust
	why   string
	// identity is what becomes of the header, nil where it is left alone.
	identity func(State) State
	// rewrite replaces the path, answers says that no backend is asked; mirror gets a copy of each request.
	rewrite *Rewrite
	answers bool
	mirror  *gatewayv1.BackendObjectReference
	// opaque says what it may do and is not read.
	opaque      string
	assumptions []string
}

// implementations is the table, most widespread first. It is never changed.
var implementations = []implementation{
	envoyGatewayImplementation(),
	{
		name: "istio", title: "Istio",
		controllers: []string{"istio.io/gateway-controller", "istio.io/unmanaged-gateway", istioMeshController},
		usual:       []string{"istio", istioWaypoint}, regex: wholeRegex, value: envoyValue, backendFilters: true,
		requestHeaders: true, responseHeaders: true, exposes: istioExposes,
		assumption:   "no EnvoyFilter or RequestAuthentication of Istio changes the header",
		asks:         "an AuthorizationPolicy of Istio can ask for credentials, and is not read",
		hide:         "set meshConfig.defaultConfig.proxyHeaders.server.disabled: true; Istio writes the header after filters",
		unreadLimits: "an EnvoyFilter of Istio can limit requests, and is not read",
		limit:        "limit requests by an EnvoyFilter with a local rate limit, or in an nginx with limit_req before the gateway",
	},
	nginxGatewayImplementation(),
	{
		name: "cilium", title: "Cilium", controllers: []string{"io.cilium/gateway-controller"}, usual: []string{"cilium"},
		regex: wholeRegex, value: envoyValue, requestHeaders: true, responseHeaders: true,
		unreadLimits: "a CiliumEnvoyConfig can limit requests, and is not read",
		limit:        "limit requests in an nginx with limit_req before the gateway",
	},
	{
		name: "gke", title: "GKE", controllers: []string{"networking.gke.io/gateway"},
		usual:          slices.Concat(gkePublic(), gkeInternal()),
		requestHeaders: true, responseHeaders: true, exposes: gkeExposes,
		asks:         "a GCPBackendPolicy can put Identity-Aware Proxy before it, and is not read",
		unreadLimits: "a GCPBackendPolicy can limit requests by a security policy of Cloud Armor, and is not read",
		limit:        "let a GCPBackendPolicy name a security policy of Cloud Armor that limits requests",
	},
	{
		name: "aws", title: "the AWS Load Balancer Controller", controllers: []string{"gateway.k8s.aws/alb", "gateway.k8s.aws/nlb"},
		parameters: []schema.GroupKind{crd.LoadBalancerConfiguration}, exposes: awsExposes, ignoresHeaders: true,
		asks:         "a ListenerRuleConfiguration can ask for a login, and is not read",
		hide:         "set the listener attribute routing.http.response.server.enabled=false in its LoadBalancerConfiguration",
		unreadLimits: "a web application firewall of AWS can limit requests, and is not read",
		limit:        "let a LoadBalancerConfiguration name a web ACL of AWS WAF with a rate-based rule",
	},
	{
		name: "traefik", title: "Traefik", controllers: []string{"traefik.io/gateway-controller"}, usual: []string{"traefik"},
		regex:          func(e string) Matcher { return regex(raw, e, false, anywhere) },
		requestHeaders: true, responseHeaders: true, ownBalancer: true,
		redirects:    "whether the entry points of Traefik redirect plain HTTP cannot be seen",
		unreadLimits: "a Middleware of Traefik can limit requests, and is not read here",
		limit:        "let its rules have a filter ExtensionRef that names a Middleware with spec.rateLimit {average: 50, burst: 250}",
	},
	{
		name: "contour", title: "Contour", controllers: []string{"projectcontour.io/gateway-controller"}, usual: []string{"contour"},
		regex: wholeRegex, value: envoyValue, requestHeaders: true, responseHeaders: true,
		unreadLimits: "the configuration of Contour can limit requests, and is not read",
		limit:        "use an HTTPProxy with rateLimitPolicy.local, or an nginx with limit_req before the gateway",
	},
	{
		name: "kong", title: "Kong", controllers: []string{"konghq.com/kic-gateway-controller", "konghq.com/gateway-operator"},
		usual: []string{"kong"}, requestHeaders: true, responseHeaders: true,
		assumption:   "no KongPlugin changes the header",
		asks:         "a KongPlugin can ask for credentials, and is not read",
		ownBalancer:  true,
		unreadLimits: "a KongPlugin can limit requests, and is not read here",
		limit:        "name a KongPlugin in its annotation konghq.com/plugins: plugin rate-limiting, config {second: 50, policy: local}",
	},
}

func wholeRegex(expression string) Matcher { return regex(raw, expression, false, whole) }

// unknownImplementation knows what the Gateway API itself says.
func unknownImplementation() implementation {
	return implementation{name: Unknown, title: "an unknown implementation"}
}

// gatewayClass is a class and who serves it.
type gatewayClass struct {
	object *gatewayv1.GatewayClass
	impl   implementation
	// assumption says what a guess rests on.
	assumption string
}

// gatewayClassOf finds who serves a Gateway. A class that is not at hand is told by its name, where manuals use it for one
// implementation.
func (c Context) gatewayClassOf(gw *gatewayv1.Gateway) gatewayClass {
	name := string(gw.Spec.GatewayClassName)
	class := gatewayClass{impl: unknownImplementation()}
	if o := c.Objects.Get(crd.GatewayClass, "", name); o != nil {
		class.object = o.Typed.(*gatewayv1.GatewayClass)
		for _, row := range implementations {
			if slices.Contains(row.controllers, string(class.object.Spec.ControllerName)) {
				class.impl = row
			}
		}
		return class
	}
	class.assumption = "GatewayClass " + quote(name) + " is not at hand; taken for one that makes no Gateway internal"
	if slices.Contains(gkeInternal(), name) || name == istioWaypoint {
		class.assumption = "GatewayClass " + quote(name) + " is not at hand; taken for one that makes Gateways internal"
	}
	for _, row := range implementations {
		if slices.Contains(row.usual, name) {
			class.impl = row
			class.assumption += ", and for " + row.title + "'s because of its name"
			break
		}
	}
	return class
}

// implementationOf names, for facts, who serves the first of the Gateways that take a route.
func (c Context) implementationOf(r gatewayRoute) string {
	for _, a := range c.attachments(r) {
		if a.gateway != nil {
			return c.gatewayClassOf(a.gateway).impl.name
		}
	}
	return Unknown
}

// envoyValue is what a header carries that Envoy sets: a text in which `%NAME%` stands for something of the request.
// Source: Envoy's custom request headers; `%%` is a percent sign.
func envoyValue(value string, _ trust) State {
	rest := strings.ReplaceAll(value, "%%", "")
	switch {
	case strings.Contains(rest, "%REQ(") || strings.Contains(rest, "%REQUEST_HEADER("):
		return State{State: IdentityClient, Why: "it is set to what a header of the client says"}
	case strings.Contains(rest, "%"):
		return State{State: IdentityUnknown, Why: "it is set to " + quote(value) + ", which Envoy makes from the request"}
	}
	return constantValue(value, 0)
}

func constantValue(value string, _ trust) State {
	if value == "" {
		return State{State: IdentityEmpty, Why: "it is set to the empty string"}
	}
	return State{State: IdentitySet, Why: "it is set to a constant"}
}

func (i implementation) headerValue(value string, users trust) State {
	if i.value == nil {
		return constantValue(value, users)
	}
	return i.value(value, users)
}

func (i implementation) regexMatcher(expression string) Matcher {
	if i.regex == nil {
		return undecided(fmt.Sprintf("how %s reads the regular expression %s cannot be told", i.title, quote(expression)))
	}
	return i.regex(expression)
}
