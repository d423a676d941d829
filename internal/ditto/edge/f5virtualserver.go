package edge

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

func f5Resources() []resource {
	controller := func(Context, *inventory.Object) string { return nameF5Nginx }
	return []resource{
		{kind: crd.F5VirtualServer, links: virtualServerLinks, routes: virtualServerRoutes, controller: controller},
		{kind: crd.F5VirtualServerRoute, links: virtualServerRouteLinks, routes: virtualServerRouteRoutes, controller: controller},
		{kind: crd.F5TransportServer, links: transportServerLinks, routes: transportServerRoutes, controller: controller},
		{kind: crd.F5Policy, links: f5PolicyLinks},
	}
}

// routesWith stands for the VirtualServerRoutes with a label, which a VirtualServer can select.
func routesWith(key, value string) inventory.ID {
	return inventory.ID{GroupKind: schema.GroupKind{Kind: "VirtualServerRoutesWith"}, Name: key + "=" + value}
}

func virtualServerLinks(o *inventory.Object) Links {
	vs := o.Typed.(*crd.VirtualServer)
	links := Links{
		Backends: f5Backends(vs.Spec.Upstreams, vs.Namespace),
		Uses:     f5PolicyIDs(vs.Spec.Policies, vs.Namespace),
	}
	for i := range vs.Spec.Routes {
		route := &vs.Spec.Routes[i]
		links.Uses = append(links.Uses, f5PolicyIDs(route.Policies, vs.Namespace)...)
		if route.Route != "" {
			if ns, name, ok := secretName(route.Route, vs.Namespace); ok {
				links.Governs = append(links.Governs, inventory.ID{GroupKind: crd.F5VirtualServerRoute, Namespace: ns, Name: name})
			}
		}
		if s := route.RouteSelector; s != nil {
			for _, key := range keysOf(s.MatchLabels) {
				links.Governs = append(links.Governs, routesWith(key, s.MatchLabels[key]))
			}
		}
	}
	return links
}

func virtualServerRouteLinks(o *inventory.Object) Links {
	vsr := o.Typed.(*crd.VirtualServerRoute)
	links := Links{Backends: f5Backends(vsr.Spec.Upstreams, vsr.Namespace)}
	for i := range vsr.Spec.Subroutes {
		links.Uses = append(links.Uses, f5PolicyIDs(vsr.Spec.Subroutes[i].Policies, vsr.Namespace)...)
	}
	for _, key := range keysOf(vsr.Labels) {
		links.Uses = append(links.Uses, routesWith(key, vsr.Labels[key]))
	}
	return links
}

// f5Backends are the Services of upstreams, those that stand in for them included.
func f5Backends(upstreams []crd.NginxUpstream, namespace string) []Backend {
	var list []Backend
	for _, u := range upstreams {
		if ns, name, ok := secretName(u.Service, namespace); ok {
			list = append(list, Backend{Namespace: ns, Name: name, Port: intstr.FromInt32(u.Port)})
		}
		if u.Backup != "" {
			list = append(list, Backend{Namespace: namespace, Name: u.Backup, Port: intstr.FromInt32(u.BackupPort)})
		}
	}
	return list
}

func virtualServerRoutes(c Context, o *inventory.Object) []Route {
	vs := o.Typed.(*crd.VirtualServer)
	r := f5Reader{c: c, server: vs, upstreams: vs.Spec.Upstreams, namespace: vs.Namespace}
	var routes []Route
	for i := range vs.Spec.Routes {
		if route := &vs.Spec.Routes[i]; route.Route == "" && route.RouteSelector == nil {
			routes = append(routes, r.location(route)...)
		}
	}
	return routes
}

// virtualServerRouteRoutes reads a VirtualServerRoute through each VirtualServer of the same host that takes it over. What
// a subroute does not say itself (policies, snippets) it has from the route there.
func virtualServerRouteRoutes(c Context, o *inventory.Object) []Route {
	vsr := o.Typed.(*crd.VirtualServerRoute)
	var routes []Route
	for _, server := range f5Servers(c, o) {
		vs := server.Typed.(*crd.VirtualServer)
		if vs.Spec.Host != vsr.Spec.Host {
			continue
		}
		r := f5Reader{
			c: c, server: vs, upstreams: vsr.Spec.Upstreams, namespace: vsr.Namespace, suffix: ", part of " + server.Ref.String(),
		}
		for i := range vs.Spec.Routes {
			outer := &vs.Spec.Routes[i]
			if !f5Takes(outer, vs.Namespace, vsr) {
				continue
			}
			r.outer = outer
			for j := range vsr.Spec.Subroutes {
				if sub := &vsr.Spec.Subroutes[j]; f5Within(sub.Path, outer.Path) {
					routes = append(routes, r.location(sub)...)
				}
			}
		}
	}
	return routes
}

// f5Servers are the VirtualServers that name or select a VirtualServerRoute.
func f5Servers(c Context, o *inventory.Object) []*inventory.Object {
	var list []*inventory.Object
	ids := []inventory.ID{o.Ref.ID()}
	for _, key := range keysOf(o.Meta.Labels) {
		ids = append(ids, routesWith(key, o.Meta.Labels[key]))
	}
	for _, id := range ids {
		for _, server := range c.governors(id) {
			if _, ok := server.Typed.(*crd.VirtualServer); ok && !slices.Contains(list, server) {
				list = append(list, server)
			}
		}
	}
	return list
}

func f5Takes(outer *crd.NginxRoute, namespace string, vsr *crd.VirtualServerRoute) bool {
	if outer.Route != "" {
		ns, name, ok := secretName(outer.Route, namespace)
		return ok && ns == vsr.Namespace && name == vsr.Name
	}
	if outer.RouteSelector == nil {
		return false
	}
	selector, err := metav1.LabelSelectorAsSelector(&metav1.LabelSelector{MatchLabels: outer.RouteSelector.MatchLabels})
	return err == nil && selector.Matches(labels.Set(vsr.Labels))
}

// f5Within says whether a subroute's path lies in that of the route: it begins with it, or is the same where the route's is
// exact. Subroutes of an expression are expressions of their own.
func f5Within(sub, outer string) bool {
	if strings.HasPrefix(outer, "~") {
		return strings.HasPrefix(sub, "~")
	}
	if strings.HasPrefix(outer, "=") {
		return strings.ReplaceAll(sub, " ", "") == strings.ReplaceAll(outer, " ", "")
	}
	trim := func(path string) string { return strings.TrimSpace(strings.TrimPrefix(path, "^~")) }
	return strings.HasPrefix(trim(sub), trim(outer))
}

// f5Reader reads locations of one VirtualServer.
type f5Reader struct {
	c         Context
	server    *crd.VirtualServer
	upstreams []crd.NginxUpstream
	namespace string
	// outer is the VirtualServer's route that takes a VirtualServerRoute over; nil for a route of its own.
	outer  *crd.NginxRoute
	suffix string
}

// location reads each action of a route. Which of several a request meets is chance, or up to the client.
func (r f5Reader) location(route *crd.NginxRoute) []Route {
	var routes []Route
	inside := len(route.Splits) > 0 || len(route.Matches) > 0
	add := func(action *crd.NginxAction, which string) {
		if found, ok := r.action(route, action, which, inside); ok {
			routes = append(routes, found)
		}
	}
	add(route.Action, "")
	for i, s := range route.Splits {
		if s.Nothing() {
			continue
		}
		add(s.Action, fmt.Sprintf(", split %d", i+1))
	}
	for i, m := range route.Matches {
		add(m.Action, fmt.Sprintf(", match %d", i+1))
		for j, s := range m.Splits {
			if s.Nothing() {
				continue
			}
			add(s.Action, fmt.Sprintf(", match %d, split %d", i+1, j+1))
		}
	}
	return routes
}

// action reads one action; ok is false if it passes nothing on. inside says that the controller puts it into a location of
// its own that the route's leads to.
func (r f5Reader) action(route *crd.NginxRoute, action *crd.NginxAction, which string, inside bool) (found Route, ok bool) {
	if action == nil {
		return Route{}, false
	}
	proxy := action.Proxy
	name := action.Pass
	if proxy == nil {
		proxy = &crd.NginxProxying{}
	} else {
		name = proxy.Upstream
	}
	at := slices.IndexFunc(r.upstreams, func(u crd.NginxUpstream) bool { return u.Name == name })
	if at < 0 {
		return Route{}, false
	}
	path := f5Location(route.Path)
	path.Rewrite = f5RewritePath(route.Path, proxy.RewritePath, inside)
	asks := r.server.Spec.Host + strings.TrimLeft(route.Path, "~*^= ")
	found = Route{
		Hosts: []string{r.server.Spec.Host}, Door: r.suffix + which,
		Text: r.server.Spec.Host + route.Path + which + r.suffix, Asks: asks, Path: &path,
		Backends: f5Backends(r.upstreams[at:at+1], r.namespace),
		Public:   !slices.Contains(r.c.Config.InternalIngressClasses, r.server.Spec.IngressClass),
	}
	found.Effects = r.effects(route, proxy, r.upstreams[at].Type == "grpc")
	found.Transport, found.Rate = virtualServerTransport(&r.server.Spec), r.rate(route)
	for _, s := range []string{r.server.Spec.ServerSnippets, r.snippets(route)} {
		if directives, parsed := parseSnippet(s); !parsed || containsAny(directives, "location", "rewrite", "include", "proxy_pass", "grpc_pass", "try_files") {
			found.Path.Rewrite = rewriteUnknown("a snippet may route or change paths")
		}
	}
	return found, true
}

// snippets are a route's own, or else those of the route that takes it over.
func (r f5Reader) snippets(route *crd.NginxRoute) string {
	if route.LocationSnippets == "" && r.outer != nil {
		return r.outer.LocationSnippets
	}
	return route.LocationSnippets
}

func (r f5Reader) effects(route *crd.NginxRoute, proxy *crd.NginxProxying, grpc bool) Effects {
	var e Effects
	policies := f5PolicyIDs(r.server.Spec.Policies, r.server.Namespace)
	switch {
	case len(route.Policies) > 0:
		policies = append(policies, f5PolicyIDs(route.Policies, r.namespace)...)
	case r.outer != nil:
		policies = append(policies, f5PolicyIDs(r.outer.Policies, r.server.Namespace)...)
	}
	tls := r.server.Spec.TLS
	e.Authentication, e.AuthSecrets = f5Policies(r.c.Objects, policies, tls != nil && tls.Redirect != nil && tls.Redirect.Enable)
	e.Identity = f5Sets(proxy, grpc, f5Users(e), e.Authentication.State == On && f5Tokens(r.c.Objects, policies))
	r.snippet(route, grpc, &e)
	e.StripsIdentity = strips(e.Identity)
	if e.StripsIdentity.State != On {
		e.StripAdvice = `write to the action: proxy: {upstream: …, requestHeaders: {set: [{name: ` + Header + `, value: ""}]}}`
	}
	r.hides(proxy, &e)
	return e
}

// f5Users says what $remote_user is worth.
func f5Users(e Effects) trust {
	switch {
	case e.Authentication.State == On && len(e.AuthSecrets) > 0:
		return verified
	case e.Authentication.State == Unknown:
		return doubtful
	}
	return unverified
}

// f5Sets: a header that is set to nothing is not sent. Those of clients are left out altogether if pass is false, but not
// for gRPC (nginx.virtualserver.tmpl).
//
// tokens says that every client needs a token, which names whom it is for; its other claims it need not have.
func f5Sets(proxy *crd.NginxProxying, grpc bool, users trust, tokens bool) State {
	const source = "requestHeaders"
	state := State{IdentityClient, "default", "no action changes the header"}
	headers := proxy.RequestHeaders
	if headers == nil {
		return state
	}
	if headers.Pass != nil && !*headers.Pass && !grpc {
		state = State{IdentityRemoved, source, "requestHeaders.pass is false, which leaves the header out"}
	}
	var set *State
	for _, h := range headers.Set {
		if strings.EqualFold(h.Name, Header) {
			value := h.Value
			if tokens {
				value = strings.ReplaceAll(value, "${jwt_claim_sub}", "sub")
			}
			s := nginxValue(value, users)
			switch {
			case tokens && s.State == IdentityEmpty:
				s.Why = strings.Replace(s.Why, ", which is empty without a token", ", a claim that a token need not have", 1)
			case value != h.Value && s.State == IdentitySet:
				s.Why = "it is set to $jwt_claim_sub, of a token that is checked"
			}
			s.Source, s.Why = source, "in requestHeaders.set "+s.Why
			set = worse(set, &s)
		}
	}
	if set != nil {
		return *set
	}
	return state
}

// snippet takes a location's snippets into account, which count if the controller allows them.
func (r f5Reader) snippet(route *crd.NginxRoute, grpc bool, e *Effects) {
	text := r.snippets(route)
	server := r.server.Spec.ServerSnippets
	if strings.TrimSpace(text) == "" && strings.TrimSpace(server) == "" {
		return
	}
	const source = "location-snippets"
	setHeader := "proxy_set_header"
	if grpc {
		setHeader = "grpc_set_header"
	}
	reading := readSnippet(text, setHeader, f5Users(*e))
	opens := reading.opens || readSnippet(server, setHeader, unverified).opens
	for _, s := range []string{text, server} {
		if directives, ok := parseSnippet(s); !ok || containsAny(directives, "auth_basic", "auth_jwt", "auth_request", "js_access") {
			opens = true
		}
	}
	if opens {
		e.Authentication = State{Unknown, source, "a snippet may change who is asked for credentials"}
	}
	if reading.identity == nil {
		return
	}
	if e.Identity.Source == "requestHeaders" {
		e.Identity = State{IdentityUnknown, source, "the header is set by the action and by the location snippet, which makes two of it"}
		return
	}
	e.Identity = State{reading.identity.State, source, "in the location snippet " + reading.identity.Why}
	if e.Identity.State != IdentityClient && e.Identity.State != IdentityUnknown {
		e.Assumptions = append(e.Assumptions, "the NGINX Ingress Controller runs with -enable-snippets, without which snippets do nothing")
	}
}

// hides: nginx sends its own Server header. Whether the version is in it is said in the controller's ConfigMap.
func (r f5Reader) hides(proxy *crd.NginxProxying, e *Effects) {
	const advice = `say server-tokens: "False" in the controller's ConfigMap, and responseHeaders: {hide: [X-Powered-By]} in the action`
	if headers := proxy.ResponseHeaders; headers != nil && slices.ContainsFunc(headers.Pass, func(h string) bool { return strings.EqualFold(h, "Server") }) {
		e.HidesHeaders = State{Off, "responseHeaders", "responseHeaders.pass passes Server on"}
		e.HideAdvice = "take Server out of responseHeaders.pass, and " + advice
		return
	}
	if directives, ok := parseSnippet(r.server.Spec.ServerSnippets); ok && slices.ContainsFunc(directives, func(d directive) bool {
		return d.name == "server_tokens" && slices.Equal(d.args, []string{"off"})
	}) {
		e.HidesHeaders = State{On, "server-snippets", "server_tokens is off"}
		return
	}
	e.HidesHeaders = State{Unknown, "default", "whether nginx sends its version is said in the controller's ConfigMap, which cannot be told from the others"}
	e.HideAdvice = advice
}

// f5Location reads a path: `~ expression`, `~* expression` without regard to case, both anywhere in the path, `= path`,
// `^~ prefix`, or a prefix by characters. nginx compares the decoded path.
func f5Location(path string) Path {
	after := func(modifier string) (string, bool) {
		text, ok := strings.CutPrefix(path, modifier)
		return strings.TrimSpace(text), ok
	}
	if text, ok := after("~*"); ok {
		return Path{Matcher: regex(decoded, text, true, anywhere)}
	}
	if text, ok := after("~"); ok {
		return Path{Matcher: regex(decoded, text, false, anywhere)}
	}
	if text, ok := after("="); ok {
		return Path{Matcher: exact(decoded, text)}
	}
	text, _ := after("^~")
	return Path{Matcher: plainLocation(text)}
}

// f5RewritePath: a rewrite takes the place of a prefix or of an exact path, and is a replacement with captures for an
// expression (generateRewrites, generateProxyPassRewrite).
func f5RewritePath(path, target string, inside bool) Rewrite {
	prefix := strings.TrimSpace(strings.TrimPrefix(path, "^~"))
	switch {
	case target == "":
		return Rewrite{}
	case strings.HasPrefix(path, "~*"):
		return captureRewrite(strings.TrimSpace(strings.TrimPrefix(path, "~*")), target)
	case strings.HasPrefix(path, "~"):
		return captureRewrite(strings.TrimSpace(strings.TrimPrefix(path, "~")), target)
	case strings.HasPrefix(path, "=") && inside, strings.HasPrefix(path, "^~") && inside, strings.Contains(target, "$"):
		return rewriteUnknown("what the rewrite of " + quote(path) + " to " + quote(target) + " leads to cannot be told")
	case strings.HasPrefix(path, "="):
		return Rewrite{Kind: RewriteConstant, To: target}
	}
	return Rewrite{Kind: RewritePrefix, From: []string{prefix}, To: target}
}
