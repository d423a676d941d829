package edge

import (
	"reflect"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// fallback is what a controller makes of spec.defaultBackend. The API says that it takes what no rule takes; of what, and
// whose rules, controllers understand differently.
type fallback struct {
	// beside is where it counts in an Ingress with rules, alone in one without.
	beside, alone takes
	// replaced says whether a path of a rule takes the place of it for the rule's host; only for ownHosts.
	replaced func(p networkingv1.HTTPIngressPath) bool
	// named says that it does not count for rules without a host; shared that the Ingresses of a host have one between
	// them, so that a path of another one can take its place, or an older one come first. Only for ownHosts.
	named, shared bool
	// only are the annotations that count for it, all of them if it is empty.
	only []string
}

// takes is which requests a default backend can get.
type takes int

const (
	// everywhere: those of any host that nothing else takes.
	everywhere takes = iota
	// ownHosts: those of the hosts of its Ingress's rules.
	ownHosts
	// nowhere: the controller does not read it.
	nowhere
)

// fallbacks has a line for each controller whose reading is not `everywhere`. That is the reading of Contour
// (internal/dag/ingress_processor.go: rulesFromSpec), Kong (translate_ingress.go: the oldest one), haproxy-ingress
// (addDefaultHostBackend), the AWS Load Balancer Controller (buildListenerDefaultActions) and GKE, and is taken for that of
// whoever else is not here.
var fallbacks = map[string]fallback{
	// controller.go: createServers makes a location / of it for each host that has none yet, from the oldest Ingress that
	// has the host; getBackendServers replaces it by a path / of the same type. The server without a host is there before.
	way.NameIngressNginx: {beside: ownHosts, named: true, shared: true, replaced: isRootPrefix},
	// internal/configs/ingress.go: generateNginxCfg; validateIngressSpec refuses an Ingress without rules.
	way.NameF5Nginx: {beside: ownHosts, alone: nowhere, replaced: isRootPrefix},
	// pkg/provider/kubernetes/ingress/kubernetes.go: loadConfigurationFromIngresses.
	way.NameTraefik: {beside: nowhere},
	// pkg/ingress/ingress.go: Update makes it the frontend's own, and rules that annotations make are only for paths.
	way.NameHAProxy: {only: []string{"backend-config-snippet", "cr-backend"}},
	// pkg/appgw/requestroutingrules.go: getDefaultFromRule, noRulesIngress.
	"agic": {beside: ownHosts, replaced: isRootOfAGIC},
	// pilot/pkg/config/kube/ingress: "currently not supported".
	"istio": {beside: nowhere, alone: nowhere},
	// pkg/route/ingress/ingress.go makes Routes of rules alone.
	"openshift": {beside: nowhere, alone: nowhere},
}

// isRootPrefix says whether a path is /, of a type that nginx's controllers read as Prefix.
func isRootPrefix(p networkingv1.HTTPIngressPath) bool {
	return (p.Path == "" || p.Path == "/") && (p.PathType == nil || *p.PathType != networkingv1.PathTypeExact) && p.Backend.Service != nil
}

func isRootOfAGIC(p networkingv1.HTTPIngressPath) bool {
	return p.Path == "" || p.Path == "/*" || p.Path == "/" && p.PathType != nil && *p.PathType == networkingv1.PathTypePrefix
}

// DefaultRoute is one of the ways to a default backend.
type DefaultRoute struct {
	// Host is a host of the Ingress's rules, `*` for any.
	Host string
	Path way.Path
}

// SharesDefault says whether what becomes of the Ingress's default backend depends on the other Ingresses of its hosts.
func SharesDefault(in way.Input) bool {
	return in.Ingress.Spec.DefaultBackend != nil && len(in.Ingress.Spec.Rules) > 0 && HostsShareDefault(in.Class)
}

// HostsShareDefault says whether the Ingresses of a host have one default backend between them.
func HostsShareDefault(c way.Class) bool { return fallbacks[c.Controller].shared }

// DefaultRoutes are the requests that the Ingress's default backend gets. as is the Ingress as it is read for them: some
// controllers do not apply all of its annotations there. siblings are the Ingresses of its namespace that have a host and the
// class in common with it.
func DefaultRoutes(in way.Input, siblings []*networkingv1.Ingress) (as way.Input, routes []DefaultRoute) {
	f := fallbacks[in.Class.Controller]
	as = in
	if len(f.only) > 0 {
		as.Ingress = withOnly(in.Ingress, f.only)
	}
	where := f.beside
	if len(in.Ingress.Spec.Rules) == 0 {
		where = f.alone
	}
	// A canary takes its share of what others have.
	if in.Class.Controller == way.NameIngressNginx && in.Ingress.Annotations[way.PrefixIngressNginx+"canary"] == "true" {
		where = everywhere
	}
	prefix := networkingv1.PathTypePrefix
	switch where {
	case everywhere:
		path := ReadPath(as, &prefix, "/")
		if in.Class.Controller == way.NameIngressNginx {
			// The server of no host takes neither redirects nor rewrites over.
			path = way.Everything()
		}
		return as, []DefaultRoute{{"*", path}}
	case nowhere:
		return as, nil
	}
	for _, rule := range in.Ingress.Spec.Rules {
		host := rule.Host
		if host == "" && f.named || f.taken(in.Ingress, host) {
			continue
		}
		if f.shared && slices.ContainsFunc(siblings, func(o *networkingv1.Ingress) bool { return f.takenBy(in, o, host) }) {
			continue
		}
		if host == "" {
			host = "*"
		}
		if !slices.ContainsFunc(routes, func(r DefaultRoute) bool { return r.Host == host }) {
			routes = append(routes, DefaultRoute{host, ReadPath(as, &prefix, "/")})
		}
	}
	return as, routes
}

// taken says whether a path of the Ingress takes the place of a default backend for a host.
func (f fallback) taken(ing *networkingv1.Ingress, host string) bool {
	return slices.ContainsFunc(ing.Spec.Rules, func(rule networkingv1.IngressRule) bool {
		return rule.Host == host && rule.HTTP != nil && slices.ContainsFunc(rule.HTTP.Paths, f.replaced)
	})
}

// takenBy says whether another Ingress certainly takes the place of the default backend for a host: with a path of its
// own, or since it was there before. One with a snippet may be refused as a whole, and is not certain to be there.
func (f fallback) takenBy(in way.Input, other *networkingv1.Ingress, host string) bool {
	if other.Annotations[way.PrefixIngressNginx+"canary"] == "true" {
		return false
	}
	certain := !slices.ContainsFunc(way.KeysOf(other.Annotations), func(key string) bool { return strings.HasSuffix(key, "-snippet") })
	if certain && f.taken(other, host) {
		return true
	}
	has := slices.ContainsFunc(other.Spec.Rules, func(rule networkingv1.IngressRule) bool { return rule.Host == host })
	own, theirs := in.Ingress.CreationTimestamp, other.CreationTimestamp
	older := !theirs.IsZero() && (own.IsZero() || theirs.Before(&own))
	// Of Ingresses of the same second the last one by name is the first (store.go: sortIngressSlice). Those of manifests
	// have no time, and may be made one after the other; that counts only where it makes no difference which is first.
	before := older || theirs.Equal(&own) && other.Name > in.Ingress.Name
	return has && (older && certain || before && f.same(in, other))
}

// same says whether the default backends of two Ingresses of a class are the same way in.
func (f fallback) same(in way.Input, other *networkingv1.Ingress) bool {
	if !reflect.DeepEqual(in.Ingress.Spec.DefaultBackend, other.Spec.DefaultBackend) {
		return false
	}
	theirs := in
	theirs.Ingress, theirs.ServiceAnnotations = other, nil
	own := in
	own.ServiceAnnotations = nil
	a, b := Read(own), Read(theirs)
	prefix := networkingv1.PathTypePrefix
	return a.Identity.State == b.Identity.State && a.Authentication.State == b.Authentication.State &&
		reflect.DeepEqual(ReadPath(own, &prefix, "/").Rewrite, ReadPath(theirs, &prefix, "/").Rewrite)
}

// withOnly is an Ingress with none but some of its annotations, whatever their prefix.
func withOnly(ing *networkingv1.Ingress, names []string) *networkingv1.Ingress {
	copied := *ing
	copied.Annotations = map[string]string{}
	for key, value := range ing.Annotations {
		if _, name, ok := strings.Cut(key, "/"); slices.Contains(names, name) || !ok && slices.Contains(names, key) {
			copied.Annotations[key] = value
		}
	}
	return &copied
}
