package ingress

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/aws"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/azure"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/f5"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/haproxy"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/kong"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/openshift"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/traefik"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

func TestReadRate(t *testing.T) {
	const n, f, h, i, r = way.PrefixIngressNginx, f5.Prefix, "haproxy.org/", haproxy.PrefixHAProxyIngress, openshift.Prefix
	for _, tt := range []struct {
		name, controller string
		notes            notes
		want             string
	}{
		{"nothing", "ingress-nginx", nil, tri.Off},
		{"requests in a second", "ingress-nginx", notes{n + "limit-rps": "50"}, tri.On},
		{"requests in a minute", "ingress-nginx", notes{n + "limit-rpm": "500"}, tri.On},
		{"connections", "ingress-nginx", notes{n + "limit-connections": "5"}, tri.On},
		{"zero", "ingress-nginx", notes{n + "limit-rps": "0"}, tri.Off},
		{"below zero", "ingress-nginx", notes{n + "limit-rps": "-1"}, tri.Off},
		{"a space, which Atoi does not take", "ingress-nginx", notes{n + "limit-rps": " 50"}, tri.Off},
		{"a fraction", "ingress-nginx", notes{n + "limit-rps": "0.5"}, tri.Off},
		{"zero, and connections", "ingress-nginx", notes{n + "limit-rps": "0", n + "limit-connections": "5"}, tri.On},
		{"some are excepted", "ingress-nginx", notes{n + "limit-rps": "50", n + "limit-allowlist": "10.0.0.0/8,192.0.2.1"}, tri.On},
		{"everyone is excepted", "ingress-nginx", notes{n + "limit-rps": "50", n + "limit-allowlist": "10.0.0.0/8, ::/0"}, tri.Off},
		{"who is excepted cannot be read", "ingress-nginx", notes{n + "limit-rps": "50", n + "limit-whitelist": "everyone"}, tri.Unknown},
		{"bytes", "ingress-nginx", notes{n + "limit-rate": "50"}, tri.Off},
		{"the annotation that is gone", "ingress-nginx", notes{n + "global-rate-limit": "50"}, tri.Off},
		{"a snippet", "ingress-nginx", notes{n + "configuration-snippet": "limit_req zone=z;"}, tri.Unknown},
		{"a snippet about something else", "ingress-nginx", notes{n + "configuration-snippet": "add_header X-A b;"}, tri.Off},
		{"passed through", "ingress-nginx", notes{n + "limit-rps": "50", n + "ssl-passthrough": "true"}, tri.Unknown},
		{"another controller's", "ingress-nginx", notes{f + "limit-req-rate": "50r/s", h + "rate-limit-requests": "5"}, tri.Off},

		{"F5", "f5-nginx", notes{f + "limit-req-rate": "50r/s"}, tri.On},
		{"F5 in minutes", "f5-nginx", notes{f + "limit-req-rate": "50r/m"}, tri.On},
		{"F5 without a unit", "f5-nginx", notes{f + "limit-req-rate": "50"}, tri.Off},
		{"F5 and zero", "f5-nginx", notes{f + "limit-req-rate": "0r/s"}, tri.Off},
		{"F5 in a dry run", "f5-nginx", notes{f + "limit-req-rate": "50r/s", f + "limit-req-dry-run": "true"}, tri.Off},
		{"F5 by address and service", "f5-nginx", notes{f + "limit-req-rate": "50r/s", f + "limit-req-key": "${binary_remote_addr}"}, tri.On},
		{"F5 by a header", "f5-nginx", notes{f + "limit-req-rate": "50r/s", f + "limit-req-key": "${http_x_client}"}, tri.Off},
		{"F5 with a burst alone", "f5-nginx", notes{f + "limit-req-burst": "50"}, tri.Off},
		{"F5 and Policies", "f5-nginx", notes{"nginx.org/policies": "p"}, tri.Unknown},
		{"a minion without its master", "f5-nginx", notes{f + "mergeable-ingress-type": "minion"}, tri.Unknown},

		{"HAProxy", "haproxy", notes{h + "rate-limit-requests": "50"}, tri.On},
		{"HAProxy by the older prefix", "haproxy", notes{"haproxy.com/rate-limit-requests": "50"}, tri.On},
		{"HAProxy, said twice", "haproxy", notes{h + "rate-limit-requests": "50", "haproxy.com/rate-limit-requests": "0"}, tri.Unknown},
		{"HAProxy with a period alone", "haproxy", notes{h + "rate-limit-period": "5s"}, tri.Off},
		{"HAProxy, everyone excepted", "haproxy", notes{h + "rate-limit-requests": "50", h + "rate-limit-whitelist": "0.0.0.0/0"}, tri.Off},
		{"HAProxy by an address that a client writes", "haproxy", notes{h + "rate-limit-requests": "50", h + "src-ip-header": "X-Real-IP"}, tri.Unknown},
		{"HAProxy hands on", "haproxy", notes{h + "rate-limit-requests": "50", h + "ssl-passthrough": "true"}, tri.Off},
		{"HAProxy and a snippet of comments", "haproxy", notes{h + "backend-config-snippet": "# http-request deny\n\n  # nothing"}, tri.Off},
		{"HAProxy and a snippet", "haproxy", notes{h + "backend-config-snippet": "http-request deny"}, tri.Unknown},

		{"haproxy-ingress", "haproxy-ingress", notes{i + "limit-rps": "50"}, tri.On},
		{"haproxy-ingress and connections", "haproxy-ingress", notes{"ingress.kubernetes.io/limit-connections": "50"}, tri.On},
		{"haproxy-ingress and zero", "haproxy-ingress", notes{i + "limit-rps": "0"}, tri.Off},

		{"Traefik", "traefik", nil, tri.Off},
		{"Traefik and a Middleware", "traefik", notes{traefik.Prefix + "router.middlewares": "m"}, tri.Unknown},
		{"Kong", "kong", nil, tri.Off},
		{"Kong and a plugin", "kong", notes{kong.Prefix + "plugins": "p"}, tri.Unknown},
		{"Contour", "contour", nil, tri.Off},
		{"Istio", "istio", nil, tri.Unknown},
		{"an ALB", "alb", nil, tri.Off},
		{"an ALB and a web ACL", "alb", notes{aws.PrefixALB + "wafv2-acl-arn": "arn"}, tri.Unknown},
		{"GKE", "gce", nil, tri.Off},
		{"Azure and a policy", "agic", notes{azure.PrefixAGIC + "waf-policy-for-path": "p"}, tri.Unknown},
		{"Cilium", "cilium", nil, tri.Off},
		{"Alibaba and its limit", "alibaba-alb", notes{aws.PrefixALB + "traffic-limit-qps": "50"}, tri.Unknown},

		{"OpenShift", "openshift", notes{r + "rate-limit-connections": "true", r + "rate-limit-connections.rate-http": "100"}, tri.On},
		{"OpenShift, not switched on", "openshift", notes{r + "rate-limit-connections.rate-http": "100"}, tri.Off},
		{"OpenShift, switched on alone", "openshift", notes{r + "rate-limit-connections": "true"}, tri.Off},
		{"OpenShift, and no number", "openshift", notes{r + "rate-limit-connections": "true", r + "rate-limit-connections.rate-tcp": "many"}, tri.Off},
		{"OpenShift hands on", "openshift", notes{r + "rate-limit-connections": "true", r + "rate-limit-connections.rate-http": "100", "route.openshift.io/termination": "passthrough"}, tri.Off},
		{"OpenShift hands on, and counts connections", "openshift", notes{r + "rate-limit-connections": "true", r + "rate-limit-connections.concurrent-tcp": "10", "route.openshift.io/termination": "passthrough"}, tri.On},

		{"nobody knows", tri.Unknown, nil, tri.Off},
		{"what no controller reads limits nothing", tri.Unknown, notes{"example.com/limit": "5"}, tri.Off},
		{"one of several would limit", tri.Unknown, notes{way.PrefixIngressNginx + "limit-rps": "5", "konghq.com/x": "y"}, tri.Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := handled(served(tt.controller, tt.notes))
			if got.Rate.Limited.State != tt.want {
				t.Errorf("got %+v, want %s", got.Rate.Limited, tt.want)
			}
			if (got.Fixes[way.LimitRequests].Advice == "") != (tt.want == tri.On) {
				t.Errorf("advice: %q", got.Fixes[way.LimitRequests].Advice)
			}
		})
	}
}

// Offered annotations limit requests once they are there, are offered to an object that says nothing, and to no other.
func TestReadRate_OfferedAnnotationsWork(t *testing.T) {
	stated := func(name string) way.Input {
		in := served(name, notes{})
		in.Config.Controllers = map[string]way.ControllerConfig{way.NameF5Nginx: {Version: "5.5"}}
		return in
	}
	offered := map[string]map[string]string{}
	for _, c := range append(table, unknown) {
		in := stated(c.Name)
		rate := handled(in)
		if rate.Fixes[way.LimitRequests].Annotations == nil {
			continue
		}
		offered[c.Name] = rate.Fixes[way.LimitRequests].Annotations
		for key, value := range rate.Fixes[way.LimitRequests].Annotations {
			in.Ingress.Annotations[key] = strings.NewReplacer(way.PlaceRate, "50", way.PlaceBurst, "250").Replace(value)
		}
		if after := handled(in); after.Rate.Limited.State != tri.On || after.Fixes[way.LimitRequests].Annotations != nil {
			t.Errorf("%s: with what it offers: %+v", c.Name, after)
		}
		for key := range rate.Fixes[way.LimitRequests].Annotations {
			for _, value := range []string{"", "0", "50"} {
				in := stated(c.Name)
				in.Ingress.Annotations[key] = value
				if again := handled(in); again.Fixes[way.LimitRequests].Annotations != nil {
					t.Errorf("%s: offers %v beside %s %q", c.Name, again.Fixes[way.LimitRequests].Annotations, key, value)
				}
			}
		}
		in = stated(c.Name)
		in.Class.Known = false
		if guess := handled(in); guess.Fixes[way.LimitRequests].Annotations != nil {
			t.Errorf("%s: offers %v to a controller that is only guessed", c.Name, guess.Fixes[way.LimitRequests].Annotations)
		}
	}
	want := map[string]map[string]string{
		"ingress-nginx":   {"nginx.ingress.kubernetes.io/limit-rps": "{rate}"},
		"f5-nginx":        {"nginx.org/limit-req-rate": "{rate}r/s", "nginx.org/limit-req-burst": "{burst}", "nginx.org/limit-req-no-delay": "true"},
		"haproxy":         {"haproxy.org/rate-limit-requests": "{burst}", "haproxy.org/rate-limit-period": "5s"},
		"haproxy-ingress": {"haproxy-ingress.github.io/limit-rps": "{rate}"},
	}
	if diff := cmp.Diff(want, offered); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for name, all := range map[string]notes{
		"a canary":                  {way.PrefixIngressNginx + "canary": "true"},
		"an edge that hands on":     {way.PrefixIngressNginx + "ssl-passthrough": "true"},
		"a list that is everyone":   {way.PrefixIngressNginx + "limit-whitelist": "0.0.0.0/0"},
		"a snippet that may do it":  {way.PrefixIngressNginx + "server-snippet": "limit_req zone=z;"},
		"the annotation, elsewhere": {way.PrefixIngressNginx + "limit-rps": "1"},
	} {
		in := stated("ingress-nginx")
		maps.Copy(in.Ingress.Annotations, all)
		if rate := handled(in); rate.Fixes[way.LimitRequests].Annotations != nil {
			t.Errorf("%s: offers %v", name, rate.Fixes[way.LimitRequests].Annotations)
		}
	}
	in := stated("f5-nginx")
	in.Config.Controllers = nil
	if rate := handled(in); rate.Fixes[way.LimitRequests].Annotations != nil {
		t.Errorf("offers %v to a release that is not stated", rate.Fixes[way.LimitRequests].Annotations)
	}
}

func TestReadErrorPages(t *testing.T) {
	const n = way.PrefixIngressNginx
	for _, tt := range []struct {
		name       string
		controller string
		notes      notes
		version    string
		want       string
	}{
		{"nothing", "ingress-nginx", nil, "", ""},
		{"pages of a backend", "ingress-nginx", notes{n + "custom-http-errors": "404,503"}, "", "unknown"},
		{"no list of codes", "ingress-nginx", notes{n + "custom-http-errors": "404,none", n + "auth-url": "http://a.b"}, "", ""},
		{"a bypass", "ingress-nginx", notes{n + "custom-http-errors": "404, 401", n + "auth-url": "http://a.b"}, "", "unknown bypass"},
		{"a bypass in a release before the fix", "ingress-nginx", notes{n + "custom-http-errors": "403", n + "auth-url": "http://a.b"}, "1.12", "unknown bypass"},
		{"a release with the fix", "ingress-nginx", notes{n + "custom-http-errors": "403", n + "auth-url": "http://a.b"}, "v1.15.1", "unknown"},
		{"codes that no authentication answers with", "ingress-nginx", notes{n + "custom-http-errors": "404", n + "auth-url": "http://a.b"}, "", "unknown"},
		{"another kind of authentication", "ingress-nginx", notes{n + "custom-http-errors": "401", n + "auth-type": "basic"}, "", "unknown"},
		{"an answer in a snippet", "ingress-nginx", notes{n + "configuration-snippet": `if ($x) { return 405 "no $http_origin"; }`}, "", "echo"},
		{"an answer that is always the same", "ingress-nginx", notes{n + "configuration-snippet": `if ($x) { return 405 "no $request_id"; }`}, "", ""},
		{"a redirect in a snippet", "ingress-nginx", notes{n + "server-snippet": `return 301 https://x$request_uri;`}, "", ""},
		{"an error page in a snippet", "ingress-nginx", notes{n + "server-snippet": `error_page 404 /e;`}, "", "unknown"},
		{"no snippet", "ingress-nginx", notes{n + "server-snippet": `}`}, "", "unknown"},
		{"F5", "f5-nginx", notes{f5.Prefix + "location-snippets": `return 404 "$uri";`}, "", "echo"},
		{"another controller", "kong", notes{n + "custom-http-errors": "404"}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := served(tt.controller, tt.notes)
			in.Config.Controllers = map[string]way.ControllerConfig{tt.controller: {Version: tt.version}}
			pages := handled(in).ErrorPages
			var got []string
			if len(pages.Echoes) > 0 {
				got = append(got, "echo")
			}
			if len(pages.Unknown) > 0 {
				got = append(got, "unknown")
			}
			if pages.Bypass != "" {
				got = append(got, "bypass")
			}
			if said := strings.Join(got, " "); said != tt.want {
				t.Errorf("got %q, want %q: %+v", said, tt.want, pages)
			}
		})
	}
}
