package edge

import (
	"maps"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/f5"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// TestF5Minion: a minion is read with what its master says, and without it is unknown.
func TestF5Minion(t *testing.T) {
	const p = f5.Prefix
	const sets = "proxy_set_header x-ditto-pre-authenticated me;"
	// words are what is read of a minion: identity, authentication, header hidden, TLS and plain HTTP, limit, the path /api.
	words := func(master, minion notes) string {
		in := served(way.NameF5Nginx, maps.Clone(minion))
		in.Ingress.Annotations[f5.MergeableType] = "minion"
		if master != nil {
			in.Master = ingress("c", master)
			in.Master.Spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{"a.example.com"}, SecretName: "tls"}}
		}
		e, tr, path := Read(in), ReadTransport(in, "a.example.com"), "read"
		if ReadPath(in, nil, "/api").Rewrite.Kind == way.RewriteUnknown {
			path = "unknown"
		}
		return strings.Join([]string{
			e.Identity.State, e.Authentication.State, e.HidesHeaders.State, tr.TLS.State + "/" + tr.Plain.State, ReadRate(in).Limited.State, path,
		}, " ")
	}
	for _, test := range []struct {
		name           string
		master, minion notes
		want           string
	}{
		{"without its master", nil, notes{}, "unknown unknown unknown unknown/unknown unknown read"},
		{"without its master, whatever it says", nil, notes{p + "location-snippets": sets, p + "server-tokens": "false"}, "unknown unknown unknown unknown/unknown unknown read"},
		{"nothing said", notes{}, notes{}, "client off off on/redirected off read"},
		{"the master's user names", notes{p + "basic-auth-secret": "users"}, notes{}, "client on off on/redirected off read"},
		{"the master's tokens", notes{"nginx.com/jwt-key": "key"}, notes{}, "client unknown off on/redirected off read"},
		{"the master hides the version", notes{p + "server-tokens": "false"}, notes{}, "client off on on/redirected off read"},
		{"the minion cannot", notes{}, notes{p + "server-tokens": "false"}, "client off off on/redirected off read"},
		{"the master does not redirect", notes{p + "ssl-redirect": "false"}, notes{}, "client off off on/served off read"},
		{"the minion cannot say so", notes{}, notes{p + "ssl-redirect": "false", way.PrefixIngress + "ssl-redirect": "false"}, "client off off on/redirected off read"},
		{"the master's limit", notes{p + "limit-req-rate": "5r/s"}, notes{}, "client off off on/redirected on read"},
		{"a limit of its own that is none", notes{p + "limit-req-rate": "5r/s"}, notes{p + "limit-req-rate": ""}, "client off off on/redirected off read"},
		{"the master's snippet", notes{p + "location-snippets": sets}, notes{}, "set off off on/redirected off read"},
		{"a snippet of its own in its place", notes{p + "location-snippets": sets}, notes{p + "location-snippets": "add_header x y;"}, "client off off on/redirected off read"},
		{"the master's snippet for the server", notes{p + "server-snippets": "location /api { return 403; }"}, notes{}, "client off off on/redirected off unknown"},
		{"its own for the server does not count", notes{}, notes{p + "server-snippets": "location /api { return 403; }"}, "client off off on/redirected off read"},
		{"paths of the master's are no minion's", notes{p + "path-regex": "exact", p + "rewrite-target": "/x"}, notes{}, "client off off on/redirected off read"},
	} {
		if got := words(test.master, test.minion); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestF5Master: of several masters of a host the oldest counts, and none if nothing says which that is.
func TestF5Master(t *testing.T) {
	at := func(name string, second int64, uid string) *networkingv1.Ingress {
		ing := ingress("c", notes{f5.MergeableType: "master"})
		ing.Name, ing.UID = name, types.UID(uid)
		ing.Spec.Rules = []networkingv1.IngressRule{{Host: "a.example.com"}}
		if second > 0 {
			ing.CreationTimestamp = metav1.Unix(second, 0)
		}
		return ing
	}
	refused := at("refused", 1, "")
	refused.Spec.Rules[0].HTTP = &networkingv1.HTTPIngressRuleValue{Paths: make([]networkingv1.HTTPIngressPath, 1)}
	for _, test := range []struct {
		name    string
		masters []*networkingv1.Ingress
		want    string
	}{
		{"none", nil, ""},
		{"one in manifests", []*networkingv1.Ingress{at("a", 0, "")}, "a"},
		{"two in manifests", []*networkingv1.Ingress{at("a", 0, ""), at("b", 0, "")}, ""},
		{"the oldest", []*networkingv1.Ingress{at("a", 3, ""), at("b", 2, ""), at("c", 4, "")}, "b"},
		{"in the same second", []*networkingv1.Ingress{at("a", 3, "1"), at("b", 3, "2")}, "b"},
		{"one with paths is none", []*networkingv1.Ingress{refused, at("b", 2, "")}, "b"},
	} {
		got := ""
		if master := f5.Master(test.masters); master != nil {
			got = master.Name
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
