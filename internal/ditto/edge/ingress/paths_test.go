package ingress

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/surface"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

const (
	exactType  = networkingv1.PathTypeExact
	prefixType = networkingv1.PathTypePrefix
	ownType    = networkingv1.PathTypeImplementationSpecific
)

// served is an Ingress that a controller serves for certain.
func served(controller string, annotations notes) way.Input {
	return way.Input{Ingress: ingress("c", annotations), Class: way.Class{Controller: controller, Name: "c", Known: true}, Service: "gateway"}
}

func TestReadPath(t *testing.T) {
	everything := []string{"/devops", "/status", "/overall", "/api/2/connections"}
	apiOnly := surface.Reach{API: true}
	for _, tt := range []struct {
		name       string
		controller string
		notes      notes
		regexHost  bool
		kind       networkingv1.PathType
		path       string
		want       surface.Reach
	}{
		{name: "a slash is everything", controller: "ingress-nginx", kind: prefixType, path: "/", want: surface.Reach{Admin: everything, API: true}},
		{name: "an empty path is everything", controller: "gce", kind: exactType, path: "", want: surface.Reach{Admin: everything, API: true}},
		{name: "a broad prefix holds the connections", controller: "ingress-nginx", kind: prefixType, path: "/api", want: surface.Reach{Admin: []string{"/api/2/connections"}, API: true}},
		{name: "a narrow prefix holds the API alone", controller: "ingress-nginx", kind: prefixType, path: "/api/2/things", want: apiOnly},
		{name: "the WebSocket is the API", controller: "ingress-nginx", kind: prefixType, path: "/ws", want: apiOnly},
		{name: "health is nothing", controller: "ingress-nginx", kind: prefixType, path: "/health"},
		{name: "overall is administrative", controller: "ingress-nginx", kind: prefixType, path: "/overall", want: surface.Reach{Admin: []string{"/overall"}}},
		{name: "a path deep in DevOps is DevOps", controller: "ingress-nginx", kind: exactType, path: "/devops/logging/things/1", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "one thing is the API", controller: "ingress-nginx", kind: exactType, path: "/api/2/things/org.acme:lamp/attributes/on", want: apiOnly},
		{name: "a prefix ends at an element", controller: "ingress-nginx", kind: prefixType, path: "/dev"},
		{name: "upper case is nothing to Ditto", controller: "ingress-nginx", kind: prefixType, path: "/DEVOPS"},

		{name: "ingress-nginx reads ImplementationSpecific as Prefix", controller: "ingress-nginx", kind: ownType, path: "/dev"},
		{name: "ingress-nginx compares decoded paths", controller: "ingress-nginx", kind: prefixType, path: "/%64evops"},
		{name: "a regular expression ignores case in ingress-nginx", controller: "ingress-nginx", notes: notes{"nginx.ingress.kubernetes.io/use-regex": "true"},
			kind: ownType, path: "/DEV.*", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "another Ingress turns Exact into an open expression", controller: "ingress-nginx", regexHost: true, kind: exactType, path: "/statu",
			want: surface.Reach{Admin: []string{"/status"}}},
		{name: "only the first alternative is pinned to the start", controller: "ingress-nginx", regexHost: true, kind: ownType, path: "/x|ops/config",
			want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "a lookahead keeps the connections out", controller: "ingress-nginx", regexHost: true, kind: ownType, path: "/api/2/(?!connections)", want: apiOnly},
		{name: "a lookahead that is no expression matches nothing", controller: "ingress-nginx", kind: ownType, path: "/api/2/(?!connections)"},
		{name: "a lookbehind is undecided", controller: "ingress-nginx", regexHost: true, kind: ownType, path: "/x(?<=x)", want: surface.Reach{AdminInDoubt: everything, APIInDoubt: true, Unknown: []string{
			`whether /devops, /status, /overall, /api/2/connections, the API can be reached: the regular expression "/x(?<=x)" cannot be evaluated`,
		}}},
		{name: "a rewrite to a constant leads there", controller: "ingress-nginx", notes: notes{"nginx.ingress.kubernetes.io/rewrite-target": "/devops/config"},
			kind: prefixType, path: "/harmless", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "a captured rest leads everywhere", controller: "ingress-nginx", notes: notes{"nginx.ingress.kubernetes.io/rewrite-target": "/$2"},
			kind: ownType, path: "/ditto(/|$)(.*)", want: surface.Reach{Admin: everything, API: true}},
		{name: "a captured rest leads below the target", controller: "ingress-nginx", notes: notes{"nginx.ingress.kubernetes.io/rewrite-target": "/api/2/things/$1"},
			kind: ownType, path: "/t/(.*)", want: apiOnly},
		{name: "a rewrite that is not understood is unknown", controller: "ingress-nginx", notes: notes{"nginx.ingress.kubernetes.io/rewrite-target": "/$1/$2"},
			kind: ownType, path: "/(a|b)/(.*)", want: surface.Reach{Unknown: []string{`what the rewrite of "/(a|b)/(.*)" to "/$1/$2" leads to cannot be determined`}}},
		{name: "a server snippet with a location is unknown", controller: "ingress-nginx", notes: notes{"nginx.ingress.kubernetes.io/server-snippet": "location /x { proxy_pass http://y; }"},
			kind: prefixType, path: "/x", want: surface.Reach{Unknown: []string{"the server snippet may route or change paths"}}},

		{name: "F5's prefix goes by characters", controller: "f5-nginx", kind: prefixType, path: "/dev", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "F5's rewrite replaces the prefix", controller: "f5-nginx", notes: notes{"nginx.org/rewrites": "serviceName=gateway rewrite=/devops"},
			kind: prefixType, path: "/x", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "F5's rewrite for another service changes nothing", controller: "f5-nginx", notes: notes{"nginx.org/rewrites": "serviceName=other rewrite=/devops"},
			kind: prefixType, path: "/x"},
		{name: "F5's expression can mind the case", controller: "f5-nginx", notes: notes{"nginx.org/path-regex": "case_sensitive"}, kind: ownType, path: "/DEV.*"},
		{name: "F5's expression can ignore the case", controller: "f5-nginx", notes: notes{"nginx.org/path-regex": "case_insensitive"}, kind: ownType, path: "/DEV.*",
			want: surface.Reach{Admin: []string{"/devops"}}},

		{name: "HAProxy's prefix ends at an element", controller: "haproxy", kind: prefixType, path: "/dev"},
		{name: "HAProxy's own type goes by characters", controller: "haproxy", kind: ownType, path: "/dev", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "HAProxy does not decode", controller: "haproxy", kind: exactType, path: "/%64evops/config", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "an escape that is cut off is undecided", controller: "haproxy", kind: ownType, path: "/%6", want: surface.Reach{AdminInDoubt: everything, APIInDoubt: true, Unknown: []string{
			"whether /devops, /status, /overall, /api/2/connections, the API can be reached: the path ends within a percent-escape",
		}}},
		{name: "HAProxy's rewrite to one word is constant", controller: "haproxy", notes: notes{"haproxy.org/path-rewrite": "/status/health"}, kind: prefixType, path: "/x",
			want: surface.Reach{Admin: []string{"/status"}}},
		{name: "HAProxy's rewrite by expression is unknown", controller: "haproxy", notes: notes{"haproxy.org/path-rewrite": `(.*) \1`}, kind: prefixType, path: "/x",
			want: surface.Reach{Unknown: []string{"path-rewrite changes the path, and its expression is not evaluated"}}},

		{name: "haproxy-ingress begins without case", controller: "haproxy-ingress", kind: ownType, path: "/DEV", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "haproxy-ingress can be told to be exact", controller: "haproxy-ingress", notes: notes{"haproxy-ingress.github.io/path-type": "Exact"}, kind: ownType, path: "/"},
		{name: "haproxy-ingress puts the rest behind the target", controller: "haproxy-ingress", notes: notes{"ingress.kubernetes.io/rewrite-target": "/devops"},
			kind: prefixType, path: "/x", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "haproxy-ingress cuts the path off", controller: "haproxy-ingress", notes: notes{"haproxy-ingress.github.io/rewrite-target": "/"},
			kind: prefixType, path: "/ditto", want: surface.Reach{Admin: everything, API: true}},
		{name: "an expression on undecoded text does not stop other spellings", controller: "haproxy-ingress", notes: notes{"haproxy-ingress.github.io/path-type": "regex"},
			kind: ownType, path: "/(?!devops)", want: surface.Reach{Admin: everything, API: true}},

		{name: "Traefik's prefix goes by characters", controller: "traefik", kind: prefixType, path: "/dev", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "Traefik's expression is not pinned", controller: "traefik", notes: notes{"traefik.ingress.kubernetes.io/router.pathmatcher": "PathRegexp"},
			kind: ownType, path: "ops/con", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "a middleware may change the path", controller: "traefik", notes: notes{"traefik.ingress.kubernetes.io/router.middlewares": "ns-m@kubernetescrd"},
			kind: prefixType, path: "/", want: surface.Reach{Unknown: []string{
				"Middleware ns-m@kubernetescrd was not found, and Traefik does not serve a router that names a missing Middleware"}}},
		{name: "Contour's own type goes by characters", controller: "contour", kind: ownType, path: "/dev", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "Contour's expression is for the whole path", controller: "contour", kind: ownType, path: "/dev[o]p"},
		{name: "Contour's expression can match", controller: "contour", kind: ownType, path: "/dev[o]ps.*", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "Kong's expression begins with a tilde", controller: "kong", kind: ownType, path: "/~/dev.ps", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "Kong can strip the path", controller: "kong", notes: notes{"konghq.com/strip-path": "true"}, kind: prefixType, path: "/ditto/", want: surface.Reach{Admin: everything, API: true}},
		{name: "Istio's own type is exact", controller: "istio", kind: ownType, path: "/"},
		{name: "Istio's own type knows an ending", controller: "istio", kind: ownType, path: "/api/2/things/*", want: apiOnly},
		{name: "an ALB knows wildcards", controller: "alb", kind: ownType, path: "/de?ops*", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "an ALB's own type is for the whole path", controller: "alb", kind: ownType, path: "/dev"},
		{name: "GKE knows a star at the end", controller: "gce", kind: ownType, path: "/devops/*", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "GKE's own type is exact", controller: "gce", kind: ownType, path: "/"},
		{name: "an Application Gateway ignores case", controller: "agic", kind: prefixType, path: "/Dev", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "an Application Gateway puts a prefix in place", controller: "agic", notes: notes{"appgw.ingress.kubernetes.io/backend-path-prefix": "/devops/"},
			kind: prefixType, path: "/x", want: surface.Reach{Admin: []string{"/devops"}}},
		{name: "OpenShift reads all types as Prefix", controller: "openshift", kind: exactType, path: "/api", want: surface.Reach{Admin: []string{"/api/2/connections"}, API: true}},
		{name: "Cilium's own type is an expression", controller: "cilium", kind: ownType, path: "/.*", want: surface.Reach{Admin: everything, API: true}},
		{name: "an unknown controller reads what the API defines", controller: tri.Unknown, kind: prefixType, path: "/status", want: surface.Reach{Admin: []string{"/status"}}},
		{name: "an unknown controller changes no path by what nobody reads", controller: tri.Unknown, notes: notes{"team": "a"}, kind: prefixType, path: "/status", want: surface.Reach{Admin: []string{"/status"}}},
		{name: "one of several would change the path", controller: tri.Unknown, kind: prefixType, path: "/api",
			notes: notes{way.PrefixIngressNginx + "rewrite-target": "/devops", "konghq.com/x": "y"},
			want:  surface.Reach{Unknown: []string{"which controller serves the Ingress cannot be determined, and ingress-nginx would read it differently"}}},
		{name: "an unknown controller may go by characters", controller: tri.Unknown, kind: prefixType, path: "/stat",
			want: surface.Reach{AdminInDoubt: []string{"/status"}, Unknown: []string{"whether /status can be reached: which controller serves it is not known"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := served(tt.controller, tt.notes)
			in.HostForcesRegex = tt.regexHost
			if diff := cmp.Diff(tt.want, readPath(in, &tt.kind, tt.path).Reach(), cmpopts.IgnoreFields(surface.Reach{}, "Other", "InDoubt")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestReadPath_NoTypeIsImplementationSpecific(t *testing.T) {
	if matches, _ := readPath(served("haproxy", nil), nil, "/dev").Matcher.Matches("/devops"); !matches {
		t.Error("/dev without a type does not match /devops in HAProxy")
	}
}

func TestEverything(t *testing.T) {
	want := surface.Reach{Admin: surface.AdminPaths(), API: true}
	if diff := cmp.Diff(want, way.Everything().Reach(), cmpopts.IgnoreFields(surface.Reach{}, "Other", "InDoubt")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestForcesRegex(t *testing.T) {
	rewritten := served("ingress-nginx", notes{"nginx.ingress.kubernetes.io/rewrite-target": "/x"})
	rewritten.Ingress.Spec.Rules = []networkingv1.IngressRule{{IngressRuleValue: networkingv1.IngressRuleValue{
		HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{Path: "/x"}}},
	}}}
	same := forcesRegex(rewritten)
	rewritten.Ingress.Spec.Rules[0].HTTP.Paths[0].Path = "/y"
	canary := served("ingress-nginx", notes{"nginx.ingress.kubernetes.io/use-regex": "true", "nginx.ingress.kubernetes.io/canary": "true"})
	root := served("ingress-nginx", notes{"nginx.ingress.kubernetes.io/rewrite-target": "/"})
	root.Ingress.Spec.Rules = []networkingv1.IngressRule{{IngressRuleValue: networkingv1.IngressRuleValue{
		HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{Path: "/"}, {Path: ""}}},
	}}}
	for name, got := range map[string][2]bool{
		"use-regex does":                            {forcesRegex(served("ingress-nginx", notes{"nginx.ingress.kubernetes.io/use-regex": "True"})), true},
		"use-regex with another word does not":      {forcesRegex(served("ingress-nginx", notes{"nginx.ingress.kubernetes.io/use-regex": "yes"})), false},
		"a rewrite to the same path does, too":      {same, true},
		"a rewrite of the root to itself does not":  {forcesRegex(root), false},
		"a canary's annotation does not":            {forcesRegex(canary), false},
		"a rewrite to another path does":            {forcesRegex(rewritten), true},
		"another controller's annotation does not":  {forcesRegex(served("f5-nginx", notes{"nginx.ingress.kubernetes.io/use-regex": "true"})), false},
		"a target that ingress-nginx refuses is no": {forcesRegex(served("ingress-nginx", notes{"nginx.ingress.kubernetes.io/rewrite-target": "/x;"})), false},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: got %t", name, got[0])
		}
	}
}

func FuzzReadPath(f *testing.F) {
	for _, c := range table {
		f.Add(c.Name, "/api/2/(?!connections)", "/$2", "/devops")
		f.Add(c.Name, "/x(/|$)(.*)", "/", "/%64")
	}
	f.Fuzz(func(t *testing.T, controller, path, target, asked string) {
		in := served(controller, notes{
			"nginx.ingress.kubernetes.io/rewrite-target": target, "nginx.org/rewrite-target": target,
			"haproxy.org/path-rewrite": target, "haproxy-ingress.github.io/rewrite-target": target,
			"haproxy-ingress.github.io/path-type": "regex", "appgw.ingress.kubernetes.io/backend-path-prefix": target,
		})
		for _, kind := range []networkingv1.PathType{exactType, prefixType, ownType} {
			p := readPath(in, &kind, path)
			if matches, known := p.Matcher.Matches(asked); matches && !known {
				t.Errorf("%s %s matches %s without being known", kind, path, asked)
			}
			p.Reach()
		}
	})
}
