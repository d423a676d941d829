package ingress

import (
	"maps"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

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
		e, tr, path := handled(in), readTransport(in, "a.example.com"), "read"
		if readPath(in, nil, "/api").Rewrite.Kind == way.RewriteUnknown {
			path = "unknown"
		}
		return strings.Join([]string{
			e.Identity.State, e.Authentication.State, e.HidesHeaders.State, tr.TLS.State + "/" + tr.Plain.State, handled(in).Rate.Limited.State, path,
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
