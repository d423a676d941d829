package haproxy

import (
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// ingressFor is an Ingress with a path for the Service gateway, for a host.
func ingressFor(host string, kind networkingv1.PathType, path string, annotations map[string]string) *networkingv1.Ingress {
	own := map[string]string{}
	for name, value := range annotations {
		own[PrefixHAProxyIngress+name] = value
	}
	service := &networkingv1.IngressServiceBackend{Name: "gateway", Port: networkingv1.ServiceBackendPort{Number: 8080}}
	return &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "ditto", Annotations: own},
		Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{
			Host: host, IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
				Paths: []networkingv1.HTTPIngressPath{{Path: path, PathType: &kind, Backend: networkingv1.IngressBackend{Service: service}}},
			}},
		}}},
	}
}

func TestIngressPath(t *testing.T) {
	const (
		prefix, exact, own = networkingv1.PathTypePrefix, networkingv1.PathTypeExact, networkingv1.PathTypeImplementationSpecific
		name, pattern      = "ditto.example.com", "*.example.com"
	)
	for _, tt := range []struct {
		about       string
		host        string
		kind        networkingv1.PathType
		path        string
		annotations map[string]string
		// leads is a path that arrives, not one that does not; doubt says that it is not known.
		leads, not string
		doubt      bool
	}{
		{"a prefix", name, prefix, "/dev", nil, "/dev/x", "/devops", false},
		{"a prefix of a pattern ends anywhere", pattern, prefix, "/dev", nil, "/devops", "/status", false},
		{"a prefix with a slash of a pattern", pattern, prefix, "/devops/", nil, "/devops/x", "/devops", false},
		{"an alias that is a pattern", name, prefix, "/dev", map[string]string{"server-alias": "*.example.org"}, "/devops", "/status", false},
		{"any case", name, own, "/DEV", nil, "/devops", "/status", false},
		{"path-type", name, own, "/devops", map[string]string{"path-type": "exact"}, "/devops", "/devops/x", false},
		{"a word that is no path-type", name, own, "/devops", map[string]string{"path-type": "none"}, "/devops/x", "/status", false},
		{"a rewrite", name, own, "/foo", map[string]string{"rewrite-target": "/de"}, "/devops", "/status", false},
		{"a rewrite of the root", name, own, "/", map[string]string{"rewrite-target": "/api"}, "/api/2", "/apix", false},
		{"a rewrite of a slash", name, own, "/foo/", map[string]string{"rewrite-target": "/api/"}, "/api/2", "/api", false},
		{"a rewrite of a slash with none", name, own, "/foo/", map[string]string{"rewrite-target": "/de"}, "/devops", "/devops", true},
		{"a rewrite with a query", name, own, "/foo", map[string]string{"rewrite-target": "/devops?x="}, "/devops", "/devops/x", false},
		{"a rewrite that may be passed over", name, own, "/foo", map[string]string{"rewrite-target": "/devops /x"}, "/foo/x", "/devops", true},
		{"a rewrite of one case", name, own, "/Foo", map[string]string{"rewrite-target": "/x"}, "/foo", "/foo", true},
		{"a rewrite of an expression", name, prefix, "/a+b", map[string]string{"rewrite-target": "/x"}, "/a+b", "/a+b", true},
		{"exact", name, exact, "/devops", nil, "/devops", "/devops/x", false},
	} {
		t.Run(tt.about, func(t *testing.T) {
			in := way.Input{Ingress: ingressFor(tt.host, tt.kind, tt.path, tt.annotations), Service: "gateway"}
			p := haproxyIngressRead(in).Path(tt.kind, tt.path)
			leads, known := p.Leads(tt.leads)
			not, _ := p.Leads(tt.not)
			if leads == tt.doubt || known == tt.doubt || not {
				t.Errorf("%s: %t (known %t), %s: %t", tt.leads, leads, known, tt.not, not)
			}
		})
	}
}

func TestIngressAlternatives(t *testing.T) {
	regex := map[string]string{"path-type": "regex"}
	for path, want := range map[string]bool{"/api/.*|/devops": true, "/(api|devops)": false, `/a\|b`: false, "/[|]": false} {
		ing := ingressFor("ditto.example.com", networkingv1.PathTypeImplementationSpecific, path, regex)
		if list := haproxyIngressAliases(ing); (len(list) == 1 && list[0].Name == "*") != want {
			t.Errorf("%s: %v, want any host: %t", path, list, want)
		}
	}
}

// What counts for all Ingresses of a Service.
func TestIngressOfService(t *testing.T) {
	const own = networkingv1.PathTypeImplementationSpecific
	header := way.Header + ": proxy"
	for _, tt := range []struct {
		about                    string
		annotations, others      map[string]string
		service                  map[string]string
		identity, authentication string
		limited                  string
	}{
		{"another's header", nil, map[string]string{"headers": header}, nil, way.IdentityUnknown, tri.Off, tri.Off},
		{
			"the same header", map[string]string{"headers": header}, map[string]string{"headers": header}, nil, way.IdentitySet,
			tri.Off, tri.Off,
		},
		{
			"headers that differ", map[string]string{"headers": header}, map[string]string{"headers": "x-user: a"}, nil,
			way.IdentityUnknown, tri.Off, tri.Off,
		},
		{
			"the Service's own", map[string]string{"headers": "x-user: b"}, map[string]string{"headers": "x-user: a"},
			map[string]string{PrefixHAProxyIngress + "headers": header}, way.IdentitySet, tri.Off, tri.Off,
		},
		{
			"another's configuration", nil, map[string]string{"config-backend": "http-request deny"}, nil, way.IdentityUnknown, tri.Off,
			tri.Unknown,
		},
		{"another's limit", nil, map[string]string{"limit-rps": "5"}, nil, way.IdentityClient, tri.Off, tri.Unknown},
		{
			"limits that differ", map[string]string{"limit-rps": "5"}, map[string]string{"limit-rps": "5000"}, nil, way.IdentityClient,
			tri.Off, tri.Unknown,
		},
		{"oauth", map[string]string{"oauth": "oauth2_proxy"}, nil, nil, way.IdentityClient, tri.On, tri.Off},
		{
			"oauth, and another's auth-url", map[string]string{"oauth": "oauth2_proxy"}, map[string]string{"auth-url": "http://auth/"}, nil,
			way.IdentityClient, tri.Off, tri.Off,
		},
		{
			"oauth below what the gateway serves", map[string]string{"oauth": "oauth2_proxy", "oauth-uri-prefix": "/api"}, nil, nil,
			way.IdentityClient, tri.Unknown, tri.Off,
		},
		{
			"a header under a condition", map[string]string{"headers": header + " if { ssl_fc }"}, nil, nil, way.IdentityUnknown, tri.Off,
			tri.Off,
		},
	} {
		t.Run(tt.about, func(t *testing.T) {
			in := way.Input{
				Ingress: ingressFor("ditto.example.com", own, "/", tt.annotations), Service: "gateway", ServiceAnnotations: tt.service,
				OfService: []*networkingv1.Ingress{ingressFor("ditto.example.com", own, "/x", tt.others)},
			}
			r := haproxyIngressRead(in)
			if r.Identity.State != tt.identity || r.Authentication.State != tt.authentication || r.Rate.Limited.State != tt.limited {
				t.Errorf("identity %+v, authentication %+v, limited %+v", r.Identity, r.Authentication, r.Rate.Limited)
			}
		})
	}
}
