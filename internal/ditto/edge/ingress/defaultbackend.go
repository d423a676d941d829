package ingress

import (
	"reflect"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// defaultRoute is one of the ways to a default backend.
type defaultRoute struct {
	// Host is a host of the Ingress's rules, `*` for any.
	Host string
	Path way.Path
}

// sharesDefault says whether what becomes of the Ingress's default backend depends on the other Ingresses of its hosts.
func sharesDefault(in way.Input) bool {
	return in.Ingress.Spec.DefaultBackend != nil && len(in.Ingress.Spec.Rules) > 0 &&
		controllerByName(in.Class.Controller).DefaultBackend.Shared
}

// asDefault is an Ingress as it is read for its default backend: some controllers do not apply all of its annotations
// there.
func asDefault(in way.Input) way.Input {
	f := controllerByName(in.Class.Controller).DefaultBackend
	if len(f.Only) > 0 {
		in.Ingress = withOnly(in.Ingress, f.Only)
	}
	in.ByDefault = f.Otherwise
	return in
}

// defaultRoutes are the requests that the Ingress's default backend gets; read is what asDefault is read to be.
// siblings are the Ingresses of its namespace that have a host and the class in common with it.
func defaultRoutes(in way.Input, read way.Reading, siblings []*networkingv1.Ingress) (routes []defaultRoute) {
	controller := controllerByName(in.Class.Controller)
	f := controller.DefaultBackend
	where := f.Beside
	if len(in.Ingress.Spec.Rules) == 0 {
		where = f.Alone
	}
	// A canary takes its share of what others have.
	if controller.IsCanary != nil && controller.IsCanary(in.Ingress) {
		where = way.Everywhere
	}
	prefix := networkingv1.PathTypePrefix
	switch where {
	case way.Everywhere:
		path := pathOf(read, &prefix, "/")
		if f.Bare {
			path = way.Everything()
		}
		return []defaultRoute{{"*", path}}
	case way.Nowhere:
		return nil
	case way.OwnHosts:
	}
	for _, rule := range in.Ingress.Spec.Rules {
		host := rule.Host
		if host == "" && f.Named || taken(f, in.Ingress, host) {
			continue
		}
		if f.Shared && slices.ContainsFunc(siblings,
			func(o *networkingv1.Ingress) bool { return takenBy(controller, in, o, host) }) {
			continue
		}
		if host == "" {
			host = "*"
		}
		if !slices.ContainsFunc(routes, func(r defaultRoute) bool { return r.Host == host }) {
			routes = append(routes, defaultRoute{host, pathOf(read, &prefix, "/")})
		}
	}
	return routes
}

// taken says whether a path of the Ingress takes the place of a default backend for a host.
func taken(f way.DefaultBackend, ing *networkingv1.Ingress, host string) bool {
	return slices.ContainsFunc(ing.Spec.Rules, func(rule networkingv1.IngressRule) bool {
		return rule.Host == host && rule.HTTP != nil && slices.ContainsFunc(rule.HTTP.Paths, f.Replaced)
	})
}

// takenBy says whether another Ingress certainly takes the place of the default backend for a host: with a path of its
// own, or since it was there before. One with a snippet may be refused as a whole, and is not certain to be there.
func takenBy(c *way.Controller, in way.Input, other *networkingv1.Ingress, host string) bool {
	if c.IsCanary != nil && c.IsCanary(other) {
		return false
	}
	certain := !slices.ContainsFunc(way.KeysOf(other.Annotations),
		func(key string) bool { return strings.HasSuffix(key, "-snippet") })
	if certain && taken(c.DefaultBackend, other, host) {
		return true
	}
	has := slices.ContainsFunc(other.Spec.Rules, func(rule networkingv1.IngressRule) bool { return rule.Host == host })
	own, theirs := in.Ingress.CreationTimestamp, other.CreationTimestamp
	older := !theirs.IsZero() && (own.IsZero() || theirs.Before(&own))
	// Of Ingresses of the same second the last one by name is the first (store.go: sortIngressSlice). Those of
	// manifests have no time, and may be made one after the other; that counts only where it makes no difference which
	// is first.
	before := older || theirs.Equal(&own) && other.Name > in.Ingress.Name
	return has && (older && certain || before && sameDefault(in, other))
}

// sameDefault says whether the default backends of two Ingresses of a class are the same way in.
func sameDefault(in way.Input, other *networkingv1.Ingress) bool {
	if !reflect.DeepEqual(in.Ingress.Spec.DefaultBackend, other.Spec.DefaultBackend) {
		return false
	}
	theirs := in
	theirs.Ingress, theirs.ServiceAnnotations = other, nil
	own := in
	own.ServiceAnnotations = nil
	a, b := readAs(own), readAs(theirs)
	prefix := networkingv1.PathTypePrefix
	return a.Identity.State == b.Identity.State && a.Authentication.State == b.Authentication.State &&
		reflect.DeepEqual(pathOf(a, &prefix, "/").Rewrite, pathOf(b, &prefix, "/").Rewrite)
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
