package ingress

import (
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// withDefault is an Ingress with a default backend and rules such as `host/path` or, of type Exact, `host=/path`.
func withDefault(name string, made int64, rules ...string) *networkingv1.Ingress {
	ing := ingress("c", nil)
	ing.Name = name
	if made > 0 {
		ing.CreationTimestamp = metav1.Unix(made, 0)
	}
	service := networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: "gateway"}}
	ing.Spec.DefaultBackend = &service
	for _, rule := range rules {
		host, path, _ := strings.Cut(rule, "/")
		kind := networkingv1.PathTypePrefix
		if strings.HasSuffix(host, "=") {
			kind = networkingv1.PathTypeExact
		}
		ing.Spec.Rules = append(ing.Spec.Rules, networkingv1.IngressRule{Host: strings.TrimSuffix(host, "="), IngressRuleValue: networkingv1.IngressRuleValue{
			HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{Path: "/" + path, PathType: &kind, Backend: service}}},
		}})
	}
	return ing
}

func annotated(ing *networkingv1.Ingress, all notes) *networkingv1.Ingress {
	ing.Annotations = all
	return ing
}

func without(ing *networkingv1.Ingress) *networkingv1.Ingress {
	ing.Spec.DefaultBackend = nil
	return ing
}

// Each controller's reading of spec.defaultBackend: the hosts whose requests it gets.
func TestDefaultRoutes(t *testing.T) {
	const beside, alone, replaced, unnamed = 0, 1, 2, 3
	shapes := [][]string{beside: {"h/api"}, alone: nil, replaced: {"h/"}, unnamed: {"/api"}}
	for controller, want := range map[string][4]string{
		"ingress-nginx":   {"h", "*", "", ""},
		"f5-nginx":        {"h", "", "", "*"},
		"traefik":         {"", "*", "", ""},
		"haproxy":         {"*", "*", "*", "*"},
		"haproxy-ingress": {"*", "*", "*", "*"},
		"contour":         {"*", "*", "*", "*"},
		"kong":            {"*", "*", "*", "*"},
		"istio":           {"", "", "", ""},
		"alb":             {"*", "*", "*", "*"},
		"gce":             {"*", "*", "*", "*"},
		"agic":            {"h", "*", "", "*"},
		"openshift":       {"", "", "", ""},
		"cilium":          {"*", "*", "*", "*"},
		"alibaba-alb":     {"*", "*", "*", "*"},
		tri.Unknown:       {"*", "*", "*", "*"},
	} {
		for shape, rules := range shapes {
			in := served(controller, nil)
			in.Ingress = withDefault("i", 0, rules...)
			if got := defaultHosts(in); got != want[shape] {
				t.Errorf("%s with rules %q: got %q, want %q", controller, rules, got, want[shape])
			}
		}
	}
}

func defaultHosts(in way.Input, siblings ...*networkingv1.Ingress) string {
	routes := defaultRoutes(in, readAs(asDefault(in)), siblings)
	var hosts []string
	for _, r := range routes {
		hosts = append(hosts, r.Host)
	}
	slices.Sort(hosts)
	return strings.Join(hosts, " ")
}

// ingress-nginx makes one location / of each host.
func TestDefaultRoutes_OfOneHost(t *testing.T) {
	asked := notes{way.PrefixIngressNginx + "auth-url": "http://auth.ns/verify"}
	for _, tt := range []struct {
		name    string
		ing     *networkingv1.Ingress
		sibling *networkingv1.Ingress
		want    string
	}{
		{"a path / of another Ingress takes its place", withDefault("a", 0, "h/api", "g/api"), withDefault("b", 0, "h/"), "g"},
		{"a path / of type Exact does not", withDefault("a", 0, "h/api"), without(withDefault("b", 0, "h=/")), "h"},
		{"nor one of a canary", withDefault("a", 0, "h/api"), annotated(withDefault("b", 0, "h/"), notes{way.PrefixIngressNginx + "canary": "true"}), "h"},
		{"nor one of an Ingress that may be refused", withDefault("a", 0, "h/api"), without(annotated(withDefault("b", 0, "h/"), notes{way.PrefixIngressNginx + "server-snippet": "x y;"})), "h"},
		{"the older one is the first", withDefault("a", 2, "h/api"), without(withDefault("b", 1, "h/x")), ""},
		{"the younger one is not", withDefault("a", 1, "h/api"), without(withDefault("b", 2, "h/x")), "h"},
		{"one that is there is older than one that is not yet", withDefault("a", 0, "h/api"), without(withDefault("b", 2, "h/x")), ""},
		{"of equally old ones the last by name", withDefault("a", 1, "h/api"), withDefault("b", 1, "h/x"), ""},
		{"and not the first by name", withDefault("b", 1, "h/api"), withDefault("a", 1, "h/x"), "h"},
		{"manifests have no order where it makes a difference", withDefault("a", 0, "h/api"), annotated(withDefault("b", 0, "h/x"), asked), "h"},
		{"another host is another server", withDefault("a", 2, "h/api"), withDefault("b", 1, "g/"), "h"},
	} {
		in := served("ingress-nginx", nil)
		in.Ingress = tt.ing
		if got := defaultHosts(in, tt.sibling); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What HAProxy Technologies' controller makes of annotations is for paths; only what changes the backend is for the default one too.
func TestDefaultRoutes_AnnotationsOfHAProxy(t *testing.T) {
	in := served("haproxy", notes{"haproxy.org/auth-type": "basic-auth", "haproxy.org/auth-secret": "users", "haproxy.org/request-set-header": way.Header + " x"})
	in.Ingress.Spec.DefaultBackend = withDefault("i", 0).Spec.DefaultBackend
	if got := handled(asDefault(in)); got.Authentication.State != tri.Off || got.Identity.State != way.IdentityClient {
		t.Errorf("got %+v and %+v", got.Authentication, got.Identity)
	}
	in.Ingress.Annotations["haproxy.org/backend-config-snippet"] = "http-request deny"
	if got := handled(asDefault(in)).Identity.State; got != way.IdentityUnknown {
		t.Errorf("with a snippet: got %s", got)
	}
}
