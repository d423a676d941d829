package ingress

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/aws"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/azure"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// parameterCase is an Ingress whose annotations, or those of its Service, name an object.
type parameterCase struct {
	name             string
	objects          string
	ingress, service notes
	identity         tri.State
	authentication   string
	rewrite          way.RewriteKind
}

func (c parameterCase) run(t *testing.T, controller string) {
	t.Run(c.name, func(t *testing.T) {
		in := served(controller, c.ingress)
		in.ServiceAnnotations = c.service
		if c.objects != "" {
			context, _ := linked(t, c.objects)
			in.Objects = context.Objects
		}
		e := handled(in)
		if diff := cmp.Diff(c.identity, e.Identity); diff != "" {
			t.Errorf("identity: -want +got:\n%s", diff)
		}
		if e.Authentication.State != c.authentication {
			t.Errorf("authentication: %+v", e.Authentication)
		}
		if (e.StripsIdentity.State == tri.On) == (e.Fixes[way.StripIdentity].Advice != "") {
			t.Errorf("strips %s, advice %q", e.StripsIdentity.State, e.Fixes[way.StripIdentity].Advice)
		}
		kind := prefixType
		if got := readPath(in, &kind, "/x").Rewrite.Kind; got != c.rewrite {
			t.Errorf("rewrite: %d", got)
		}
	})
}

func TestRead_HAProxyBackend(t *testing.T) {
	backend := func(rules string) string {
		return "apiVersion: ingress.v3.haproxy.org/v3\nkind: Backend\nmetadata: {name: b, namespace: ns}\nspec: {http_request_rule_list: " + rules + "}\n"
	}
	named := notes{"haproxy.org/cr-backend": "ns/b"}
	by := func(state, why string) tri.State {
		return tri.State{State: state, Source: "haproxy.org/cr-backend", Why: why}
	}
	for _, c := range []parameterCase{
		{name: "not found", service: named, identity: by(way.IdentityUnknown, "Backend ns/b was not found; it may change the header"), authentication: tri.Off, rewrite: way.RewriteUnknown},
		{name: "deletes", objects: backend("[{type: del-header, hdr_name: X-Ditto-Pre-Authenticated}]"), service: notes{"cr-backend": "b"},
			identity: by(way.IdentityRemoved, "Backend ns/b deletes the header, but not the query parameter of the same name"), authentication: tri.Off},
		{name: "named by the Ingress", objects: backend("[{type: del-header, hdr_name: x-ditto-pre-authenticated}, {type: add-header, hdr_name: x-ditto-pre-authenticated, hdr_format: a}]"), ingress: named,
			identity: by(way.IdentitySet, "in Backend ns/b it is set to a constant"), authentication: tri.Off},
		{name: "the rules of version 1", objects: "apiVersion: ingress.v1.haproxy.org/v1\nkind: Backend\nmetadata: {name: b, namespace: ns}\nspec: {http-requests: [{type: set-header, hdr_name: x-ditto-pre-authenticated, hdr_format: '%[req.hdr(x)]'}]}",
			service: named, identity: by(way.IdentityClient, "in Backend ns/b it is set to req.hdr, which the client controls"), authentication: tri.Off},
		{name: "the user that the Ingress has verified", objects: backend("[{type: set-header, hdr_name: x-ditto-pre-authenticated, hdr_format: '%[http_auth_user]'}]"), service: named,
			ingress: notes{"haproxy.org/auth-type": "basic-auth", "haproxy.org/auth-secret": "s"}, identity: by(way.IdentitySet, "in Backend ns/b it is set to the user that basic authentication has verified"), authentication: tri.On},
		{name: "under a condition", objects: backend("[{type: del-header, hdr_name: x-ditto-pre-authenticated, cond: if, cond_test: TRUE}]"), service: named,
			identity: by(way.IdentityUnknown, "Backend ns/b changes the header under a condition"), authentication: tri.Off},
		{name: "names by their beginning", objects: backend("[{type: del-header, hdr_name: x-, hdr_method: beg}]"), service: named,
			identity: by(way.IdentityUnknown, "Backend ns/b changes the header under a condition"), authentication: tri.Off},
		{name: "another header, and another path", objects: backend("[{type: del-header, hdr_name: x-user}, {type: set-path, path_fmt: /devops}]"), service: named,
			identity: untouched, authentication: tri.Off, rewrite: way.RewriteUnknown},
		{name: "code", objects: backend("[{type: lua, lua_action: x}]"), service: named, ingress: notes{"haproxy.org/auth-type": "basic-auth"},
			identity: by(way.IdentityUnknown, "Backend ns/b runs a lua, and what that does cannot be seen"), authentication: tri.Unknown, rewrite: way.RewriteUnknown},
	} {
		c.run(t, "haproxy")
	}
}

func TestRead_ApplicationGatewayRewrite(t *testing.T) {
	rewrite := func(rules string) string {
		return "apiVersion: appgw.ingress.azure.io/v1beta1\nkind: AzureApplicationGatewayRewrite\nmetadata: {name: r, namespace: ns}\nspec: {rewriteRules: " + rules + "}\n"
	}
	const who = "AzureApplicationGatewayRewrite ns/r "
	named := notes{"appgw.ingress.kubernetes.io/rewrite-rule-set-custom-resource": "r"}
	by := func(state, why string) tri.State {
		return tri.State{State: state, Source: azure.RuleSetResource, Why: who + why}
	}
	header := func(action, value, conditions string) string {
		return "{actions: {requestHeaderConfigurations: [{actionType: " + action + ", headerName: X-Ditto-Pre-Authenticated, headerValue: '" + value + "'}]}" + conditions + "}"
	}
	for _, c := range []parameterCase{
		{name: "none", identity: untouched, authentication: tri.Off},
		{name: "not found", ingress: named, identity: by(way.IdentityUnknown, "was not found"), authentication: tri.Off, rewrite: way.RewriteUnknown},
		{name: "in the gateway itself", ingress: notes{azure.RuleSet: "r"}, identity: tri.State{State: way.IdentityUnknown, Source: azure.RuleSet, Why: azure.RuleSet + " names a rule set of the gateway, which is not visible"}, authentication: tri.Off, rewrite: way.RewriteUnknown},
		{name: "deletes", objects: rewrite("[" + header("delete", "", "") + "]"), ingress: named, identity: by(way.IdentityRemoved, "deletes the header, but not the query parameter of the same name"), authentication: tri.Off},
		{name: "under a condition", objects: rewrite("[" + header("delete", "", ", conditions: [{variable: var_x}]") + "]"), ingress: named, identity: by(way.IdentityUnknown, "changes the header under a condition"), authentication: tri.Off},
		{name: "the last of the sequence counts", objects: rewrite("[" + header("set", "{http_req_X-User}", ", ruleSequence: 2") + ", " + header("set", "a", ", ruleSequence: 1") + "]"), ingress: named,
			identity: by(way.IdentityClient, "sets the header from what the client sends"), authentication: tri.Off},
		{name: "a constant, and another path", objects: rewrite("[" + header("set", "a", "") + ", {actions: {urlConfiguration: {modifiedPath: /devops}}}]"), ingress: named,
			identity: by(way.IdentitySet, "sets the header to a constant"), authentication: tri.Off, rewrite: way.RewriteConstant},
		{name: "a variable, and a path of variables", objects: rewrite("[" + header("set", "{var_client_ip}", "") + ", {actions: {urlConfiguration: {modifiedPath: '/{var_uri_path_1}'}}}]"), ingress: named,
			identity: by(way.IdentityUnknown, "sets the header to something that cannot be seen"), authentication: tri.Off, rewrite: way.RewriteUnknown},
	} {
		c.run(t, "agic")
	}
	t.Run("hides Server", func(t *testing.T) {
		c, _ := linked(t, rewrite("[{actions: {responseHeaderConfigurations: [{actionType: delete, headerName: server}]}}]"))
		in := served("agic", named)
		in.Objects = c.Objects
		if got := handled(in); got.HidesHeaders.State != tri.On || got.Fixes[way.HideHeaders].Advice != "" {
			t.Errorf("got %+v, %q", got.HidesHeaders, got.Fixes[way.HideHeaders].Advice)
		}
	})
}

func TestRead_BackendConfig(t *testing.T) {
	config := func(name, spec string) string {
		return "apiVersion: cloud.google.com/v1\nkind: BackendConfig\nmetadata: {name: " + name + ", namespace: ns}\nspec: " + spec + "\n"
	}
	named := notes{"cloud.google.com/backend-config": `{"default": "a", "ports": {"http": "b", "x": "a"}}`}
	by := func(state, why string) tri.State {
		return tri.State{State: state, Source: "customRequestHeaders", Why: why}
	}
	set := config("a", "{iap: {enabled: true}, customRequestHeaders: {headers: ['X-Ditto-Pre-Authenticated: a']}}")
	for _, c := range []parameterCase{
		{name: "none", identity: untouched, authentication: tri.Off},
		{name: "text that is none", service: notes{"cloud.google.com/backend-config": "a"}, identity: tri.State{State: way.IdentityUnknown, Source: "cloud.google.com/backend-config", Why: "cloud.google.com/backend-config cannot be read"}, authentication: tri.Unknown},
		{name: "not found", service: named, identity: by(way.IdentityUnknown, "BackendConfig ns/b was not found; it may change the header"), authentication: tri.Unknown},
		{name: "one of two sets", objects: set + "---\n" + config("b", "{}"), service: named, identity: tri.State{State: way.IdentityClient, Source: "default", Why: "BackendConfig ns/b leaves the header alone"}, authentication: tri.Off},
		{name: "both set", objects: set + "---\n" + config("b", "{iap: {enabled: true}, customRequestHeaders: {headers: ['x-ditto-pre-authenticated:b']}}"), service: named,
			identity: by(way.IdentitySet, "BackendConfig ns/b sets the header to a constant"), authentication: tri.On},
		{name: "set to nothing", objects: config("a", "{customRequestHeaders: {headers: ['x-ditto-pre-authenticated:']}}"), service: notes{"beta.cloud.google.com/backend-config": `{"default": "a"}`},
			identity: by(way.IdentityUnknown, "BackendConfig ns/a sets the header to nothing, and what becomes of the client's is not documented"), authentication: tri.Off},
		{name: "a variable", objects: config("a", "{customRequestHeaders: {headers: ['x-ditto-pre-authenticated:{client_region}']}}"), service: notes{"cloud.google.com/backend-config": `{"default": "a"}`},
			identity: by(way.IdentityUnknown, "BackendConfig ns/a sets the header to a variable, and what that holds cannot be seen"), authentication: tri.Off},
	} {
		c.run(t, "gce")
	}
}

func TestResolve_IngressClassParams(t *testing.T) {
	const class = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: alb}\nspec: {controller: ingress.k8s.aws/alb, parameters: {apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: p}}\n---\n"
	params := func(spec string) string {
		return "apiVersion: elbv2.k8s.aws/v1beta1\nkind: IngressClassParams\nmetadata: {name: p}\nspec: " + spec + "\n---\n"
	}
	const other = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: other, namespace: x, annotations: {alb.ingress.kubernetes.io/group.name: g, alb.ingress.kubernetes.io/scheme: internet-facing, kubernetes.io/ingress.class: alb}}\nspec: {}\n"
	for _, tt := range []struct {
		name, objects string
		notes         notes
		why           string
		internal      bool
	}{
		{"the scheme wins over the annotation", class + params("{scheme: internet-facing}") + other, notes{aws.PrefixALB + "scheme": "internal"}, `the scheme of IngressClassParams "p" is not "internal"`, false},
		{"and the other way round", class + params("{scheme: internal}") + other, notes{aws.PrefixALB + "scheme": "internet-facing"}, `the scheme of IngressClassParams "p" is "internal"`, true},
		{"without a scheme the annotation counts", class + params("{}") + other, notes{aws.PrefixALB + "scheme": "internal"}, aws.PrefixALB + `scheme is "internal"`, true},
		{"another Ingress of the group that the parameters name", class + params("{scheme: internal, group: {name: g}}") + other, nil,
			"Ingress x/other is in the same group: " + aws.PrefixALB + `scheme is not "internal"`, false},
		{"a public load balancer before it", class + params("{scheme: internal}") + other, notes{aws.PrefixALB + "enable-frontend-nlb": "true", aws.PrefixALB + "frontend-nlb-scheme": "internet-facing"},
			aws.PrefixALB + "enable-frontend-nlb puts a load balancer in front of it whose " + aws.PrefixALB + `frontend-nlb-scheme is not "internal"`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := linked(t, tt.objects)
			got := resolve(c.Objects, ingress("alb", tt.notes), way.Config{})
			if got.Internal != tt.internal || got.Why != tt.why {
				t.Errorf("internal %t, %s", got.Internal, got.Why)
			}
		})
	}
}

func TestBehind(t *testing.T) {
	ing := ingress("alb", notes{
		aws.PrefixALB + "actions.a": `{"type": "forward", "forwardConfig": {"targetGroups": [{"serviceName": "x", "servicePort": "80"}, {"serviceName": "y", "servicePort": "http"}, {"serviceName": "z", "servicePort": 81}, {"targetGroupARN": "arn"}]}}`,
		aws.PrefixALB + "actions.b": `{"type": "redirect", "forwardConfig": {"targetGroups": [{"serviceName": "x", "servicePort": 80}]}}`,
		aws.PrefixALB + "actions.c": `{`,
	})
	at := func(name string, port intstr.IntOrString) way.Backend {
		return way.Backend{Namespace: ing.Namespace, Name: name, Port: port, ByTarget: true}
	}
	for _, tt := range []struct {
		name string
		port networkingv1.ServiceBackendPort
		want []way.Backend
	}{
		{"a", networkingv1.ServiceBackendPort{Number: 80}, []way.Backend{at("a", intstr.FromInt32(80))}},
		{"a", networkingv1.ServiceBackendPort{Name: "use-annotation"}, []way.Backend{at("x", intstr.FromInt32(80)), at("y", intstr.FromString("http")), at("z", intstr.FromInt32(81))}},
		{"b", networkingv1.ServiceBackendPort{Name: "use-annotation"}, nil},
		{"c", networkingv1.ServiceBackendPort{Name: "use-annotation"}, nil},
		{"d", networkingv1.ServiceBackendPort{Name: "use-annotation"}, nil},
	} {
		got := behind(nil, ing, &networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: tt.name, Port: tt.port}})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s, %v: -want +got:\n%s", tt.name, tt.port, diff)
		}
	}
}

func TestALBConditionsAddPaths(t *testing.T) {
	in := served("alb", notes{aws.PrefixALB + "conditions.a": `[{"field": "path-pattern", "pathPatternConfig": {"values": ["/dev*"]}}, {"field": "query-string"}]`})
	kind := exactType
	p := readPath(in, &kind, "/x")
	for path, want := range map[string][2]bool{"/x": {true, true}, "/devops": {false, false}, "/status": {false, true}} {
		if matches, known := p.Matcher.Matches(path); [2]bool{matches, known} != want {
			t.Errorf("%s: %t, %t", path, matches, known)
		}
	}
}
