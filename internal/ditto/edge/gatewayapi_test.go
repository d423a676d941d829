package edge

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/util/intstr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/gatewayapi"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
	"github.com/dittoguard/dittoguard/test/objects"
)

// worldOf is an inventory of YAML documents, indexed by what they name.
func worldOf(t testing.TB, text string) (*inventory.Memory, []*inventory.Object) {
	t.Helper()
	inv := inventory.NewMemory(func(o *inventory.Object) []inventory.Key {
		var keys []inventory.Key
		links := LinksOf(o)
		for _, id := range links.Governs {
			keys = append(keys, inventory.Key{Index: way.ByGovernor, Namespace: id.Namespace, Value: id.String()})
		}
		for _, id := range links.Uses {
			keys = append(keys, inventory.Key{Index: way.ByUse, Namespace: id.Namespace, Value: id.String()})
		}
		return keys
	}, nil)
	list := objects.Of(t, text)
	for _, o := range list {
		inv.Put(o)
	}
	return inv, list
}

const (
	someService = `
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: ditto}
spec: {ports: [{port: 8080}]}
---`
	someClass = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: some}
spec: {controllerName: CONTROLLER}
---`
	someGateway = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: infra}
spec:
  gatewayClassName: some
  listeners:
  - {name: http, port: 80, protocol: HTTP, hostname: "*.example.com", allowedRoutes: {namespaces: {from: All}}}
  - {name: own, port: 81, protocol: HTTP}
---`
	someRoute = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api, namespace: ditto}
spec:
  parentRefs: [{name: edge, namespace: infra}]
  hostnames: [ditto.example.com, ditto.example.org]
  rules:
  - matches: [{path: {type: PathPrefix, value: /api}, method: GET}]
    backendRefs: [{name: gateway, port: 8080}, {name: other, namespace: shop, port: 80}, {name: idle, port: 80, weight: 0}]
`
)

// ignoreMatchers: a matcher is a function, which tests of paths ask.
var ignoreMatchers = cmpopts.IgnoreFields(way.Path{}, "Matcher")

func TestARouteAsAWhole(t *testing.T) {
	inv, list := worldOf(t, strings.Replace(someClass, "CONTROLLER", "gateway.envoyproxy.io/gatewayclass-controller", 1)+someGateway+someRoute)
	want := []way.Route{{
		Text: "ditto.example.com/api (PathPrefix, method GET), Gateway infra/edge",
		Note: " (public: no internal load balancer marker)",
		Asks: "ditto.example.com/api", Hosts: []string{"ditto.example.com"}, Door: "Gateway infra/edge",
		Conditions: []string{"method GET"}, Path: &way.Path{}, Public: true,
		Backends: []way.Backend{{Namespace: "ditto", Name: "gateway", Port: intstr.FromInt32(8080)}},
		Transport: way.Transport{
			TLS:   tri.State{State: tri.Off, Source: "listeners", Why: "listener http of Gateway infra/edge, which takes it, has the protocol HTTP"},
			Plain: tri.State{State: way.PlainServed, Source: "listeners", Why: "listener http of Gateway infra/edge, which takes it, has the protocol HTTP"},
			Fix: way.Fix{Advice: "give Gateway infra/edge a listener with protocol HTTPS and tls.certificateRefs, name it in spec.parentRefs by " +
				"sectionName, and attach a separate HTTPRoute with a RequestRedirect filter (scheme: https, statusCode: 301) to the " +
				"listener for plain HTTP"},
		},
		Handling: way.Handling{
			Spelling: way.SpellingResolved,
			Effects: way.Effects{
				Identity:       tri.State{State: way.IdentityClient, Source: "default", Why: "nothing on the way changes the header"},
				Authentication: tri.State{State: tri.Off, Source: "default", Why: "nothing asks for credentials"},
				StripsIdentity: tri.State{State: tri.Off, Source: "default", Why: "nothing on the way changes the header"},
				HidesHeaders:   tri.State{State: tri.Off, Source: "default", Why: "no filter hides the headers"},
			},
			Rate: way.Rate{Limited: tri.State{State: tri.Off, Source: "default", Why: "no policy limits requests"}},
			Fixes: way.Fixes{
				way.StripIdentity: {Advice: gatewayapi.StripByFilter},
				way.HideHeaders:   {Advice: gatewayapi.HideByFilter},
				way.LimitRequests: {Advice: "name the route in targetRefs of a BackendTrafficPolicy with rateLimit: {type: Local, local: {rules: [{limit: " +
					"{requests: 50, unit: Second}}]}}"},
			},
		},
	}}
	got := Routes(way.Context{Objects: inv}, list[len(list)-1])
	if diff := cmp.Diff(want, got, ignoreMatchers); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWhatFiltersMakeOfTheIdentity(t *testing.T) {
	const (
		envoy, nginx = "gateway.envoyproxy.io/gatewayclass-controller", "gateway.nginx.org/nginx-gateway-controller"
		cilium, aws  = "io.cilium/gateway-controller", "gateway.k8s.aws/alb"
	)
	modifier := func(actions string) string {
		return "{type: RequestHeaderModifier, requestHeaderModifier: {" + actions + "}}"
	}
	for _, test := range []struct{ name, controller, rule, backend, want string }{
		{"nothing", envoy, "", "", way.IdentityClient},
		{"another header is removed", envoy, modifier("remove: [x-other]"), "", way.IdentityClient},
		{"the header is removed, in other letters", envoy, modifier("remove: [X-DITTO-Pre-Authenticated]"), "", way.IdentityRemoved},
		{"it is set to a constant", envoy, modifier(`set: [{name: x-ditto-pre-authenticated, value: "a:b"}]`), "", way.IdentitySet},
		{"Envoy copies another header of the client", envoy, modifier(`set: [{name: x-ditto-pre-authenticated, value: "a:%REQ(x-user)%"}]`), "", way.IdentityClient},
		{"Envoy makes it from something else", envoy, modifier(`set: [{name: x-ditto-pre-authenticated, value: "%DOWNSTREAM_PEER_SUBJECT%"}]`), "", way.IdentityUnknown},
		{"a percent sign for Envoy", envoy, modifier(`set: [{name: x-ditto-pre-authenticated, value: "100%%"}]`), "", way.IdentitySet},
		{"a dollar means nothing to Envoy", envoy, modifier(`set: [{name: x-ditto-pre-authenticated, value: "$http_x"}]`), "", way.IdentitySet},
		{"nginx reads variables", nginx, modifier(`set: [{name: x-ditto-pre-authenticated, value: "$http_x"}]`), "", way.IdentityClient},
		{"nginx has not verified the user", nginx, modifier(`set: [{name: x-ditto-pre-authenticated, value: "nginx:$remote_user"}]`), "", way.IdentityClient},
		{"a value is added behind the client's", envoy, modifier(`add: [{name: x-ditto-pre-authenticated, value: "a:b"}]`), "", way.IdentityClient},
		{
			"two actions in different letters", envoy,
			modifier(`set: [{name: x-ditto-pre-authenticated, value: "a:b"}], remove: [X-Ditto-Pre-Authenticated]`), "", way.IdentityUnknown,
		},
		{"a backend's filter sets what the rule leaves alone", envoy, "", modifier(`set: [{name: x-ditto-pre-authenticated, value: "a:b"}]`), way.IdentitySet},
		{
			"whether the rule's or the backend's filter comes first is not defined", envoy, modifier("remove: [x-ditto-pre-authenticated]"),
			modifier(`set: [{name: x-ditto-pre-authenticated, value: "a:b"}]`), way.IdentityRemoved,
		},
		{"not everybody knows filters of backends", cilium, "", modifier(`set: [{name: x-ditto-pre-authenticated, value: "a:b"}]`), way.IdentityUnknown},
		{"a load balancer of AWS knows no such filter", aws, modifier("remove: [x-ditto-pre-authenticated]"), "", way.IdentityUnknown},
		{"what an unknown implementation is told by the specification counts", "example.com/other", modifier("remove: [x-ditto-pre-authenticated]"), "", way.IdentityRemoved},
		{"an extension that is not read", cilium, "{type: ExtensionRef, extensionRef: {group: example.com, kind: Any, name: any}}", "", way.IdentityUnknown},
		{
			"external authentication answers with the header", cilium,
			"{type: ExternalAuth, externalAuth: {protocol: HTTP, backendRef: {name: auth, port: 80}, http: {allowedResponseHeaders: [X-Ditto-Pre-Authenticated]}}}", "", way.IdentitySet,
		},
		{
			"external authentication by gRPC can answer with anything", cilium,
			"{type: ExternalAuth, externalAuth: {protocol: GRPC, backendRef: {name: auth, port: 80}}}", "", way.IdentityUnknown,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			route := strings.Replace(someRoute, "backendRefs: [{name: gateway, port: 8080}",
				"filters: ["+test.rule+"]\n    backendRefs: [{name: gateway, port: 8080, filters: ["+test.backend+"]}", 1)
			inv, list := worldOf(t, someService+strings.Replace(someClass, "CONTROLLER", test.controller, 1)+someGateway+route)
			got := Routes(way.Context{Objects: inv}, list[len(list)-1])
			if len(got) != 1 || got[0].Effects.Identity.State != test.want {
				t.Errorf("want %s, got %+v", test.want, got)
			}
		})
	}
}

func TestWhoReachesAGateway(t *testing.T) {
	const (
		internal = "  infrastructure: {annotations: {networking.gke.io/load-balancer-type: Internal}}\n"
		params   = "  infrastructure: {parametersRef: {group: GROUP, kind: KIND, name: p}}\n"
	)
	with := func(group, kind string) string {
		return strings.NewReplacer("GROUP", group, "KIND", kind).Replace(params)
	}
	object := func(group, kind, spec string) string {
		return "\napiVersion: " + group + "\nkind: " + kind + "\nmetadata: {name: p, namespace: infra}\nspec: {" + spec + "}\n---"
	}
	for _, test := range []struct {
		name, class, controller, gateway, object string
		public                                   bool
		why, doubt                               string
	}{
		{"nothing says otherwise", "some", "istio.io/gateway-controller", "", "", true, "no internal load balancer marker", ""},
		{"an annotation of its load balancer", "some", "istio.io/gateway-controller", internal, "", false, `networking.gke.io/load-balancer-type is "Internal"`, ""},
		{"Traefik has one Service for all", "some", "traefik.io/gateway-controller", internal, "", true, "Traefik serves it behind a Service of its own", ""},
		{"GKE names its classes", "gke-l7-rilb", "networking.gke.io/gateway", "", "", false, "GatewayClass gke-l7-rilb creates internal load balancers", ""},
		{"Istio's waypoint", "some", "istio.io/mesh-controller", "", "", false, "it is a waypoint of Istio, whose Service is a ClusterIP", ""},
		{"anybody may call a class a waypoint", "istio-waypoint", "istio.io/gateway-controller", "", "", true, "no internal load balancer marker", ""},
		{"anybody may call a class so", "gke-l7-rilb", "example.com/other", "", "", true, "no internal load balancer marker", ""},
		{"a class of GKE that is public", "gke-l7-gxlb", "networking.gke.io/gateway", internal, "", true, `GatewayClass "gke-l7-gxlb" creates no internal load balancer`, ""},
		{"AWS is internal unless told otherwise", "some", "gateway.k8s.aws/nlb", "", "", false, "a load balancer of AWS is internal unless its LoadBalancerConfiguration says otherwise", ""},
		{
			"AWS is told otherwise", "some", "gateway.k8s.aws/alb", with("gateway.k8s.aws", "LoadBalancerConfiguration"),
			object("gateway.k8s.aws/v1", "LoadBalancerConfiguration", "scheme: internet-facing"), true,
			`its LoadBalancerConfiguration has scheme "internet-facing"`, "",
		},
		{
			"what decides was not found", "some", "gateway.k8s.aws/alb", with("gateway.k8s.aws", "LoadBalancerConfiguration"), "", true,
			"it cannot be ruled out",
			"LoadBalancerConfiguration infra/p was not found: whether outsiders reach Gateway infra/edge cannot be determined",
		},
		{
			"what decides is not read", "some", "istio.io/gateway-controller", with(`""`, "ConfigMap"), "", true, "no internal load balancer marker",
			"ConfigMap p, which can decide whether outsiders reach Gateway infra/edge, is not read",
		},
		{
			"an NginxProxy", "some", "gateway.nginx.org/nginx-gateway-controller", with("gateway.nginx.org", "NginxProxy"),
			object("gateway.nginx.org/v1alpha2", "NginxProxy", "kubernetes: {service: {type: ClusterIP}}"), false,
			"NginxProxy infra/p makes its Service a ClusterIP", "",
		},
		{
			"an EnvoyProxy with annotations", "some", "gateway.envoyproxy.io/gatewayclass-controller", with("gateway.envoyproxy.io", "EnvoyProxy"),
			object("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy",
				`provider: {kubernetes: {envoyService: {annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: "true"}}}}`),
			false, `service.beta.kubernetes.io/azure-load-balancer-internal is "true"`, "",
		},
		{
			"an EnvoyProxy with a patch", "some", "gateway.envoyproxy.io/gatewayclass-controller", with("gateway.envoyproxy.io", "EnvoyProxy"),
			object("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy", `provider: {kubernetes: {envoyService: {type: ClusterIP, patch: {type: JSONMerge}}}}`),
			true, "it cannot be ruled out", "EnvoyProxy infra/p patches the Service of Gateway infra/edge, and the patch is not read",
		},
		{
			"an EnvoyProxy with a patch of the Deployment", "some", "gateway.envoyproxy.io/gatewayclass-controller", with("gateway.envoyproxy.io", "EnvoyProxy"),
			object("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy", `provider: {kubernetes: {envoyService: {type: ClusterIP}, envoyDeployment: {patch: {value: {spec: {}}}}}}`),
			true, "it cannot be ruled out", "EnvoyProxy infra/p patches the Deployment of Gateway infra/edge, which can open ports of the nodes, and the patch is not read",
		},
		{
			"an EnvoyProxy with a patch of the DaemonSet", "some", "gateway.envoyproxy.io/gatewayclass-controller", with("gateway.envoyproxy.io", "EnvoyProxy"),
			object("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy", `provider: {kubernetes: {envoyService: {type: ClusterIP}, envoyDaemonSet: {patch: {value: {spec: {}}}}}}`),
			true, "it cannot be ruled out", "EnvoyProxy infra/p patches the DaemonSet of Gateway infra/edge, which can open ports of the nodes, and the patch is not read",
		},
		{
			"a patch of pods makes nothing internal", "some", "gateway.envoyproxy.io/gatewayclass-controller", with("gateway.envoyproxy.io", "EnvoyProxy"),
			object("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy", `provider: {kubernetes: {envoyService: {type: NodePort}, envoyDeployment: {patch: {value: {spec: {}}}}}}`),
			true, "EnvoyProxy infra/p makes its Service a NodePort", "",
		},
		{
			"a patch without a Service", "some", "gateway.envoyproxy.io/gatewayclass-controller", with("gateway.envoyproxy.io", "EnvoyProxy"),
			object("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy", `provider: {kubernetes: {envoyDeployment: {patch: {value: {spec: {}}}}}}`),
			true, "no internal load balancer marker", "",
		},
		{
			"an EnvoyProxy with settings of pods", "some", "gateway.envoyproxy.io/gatewayclass-controller", with("gateway.envoyproxy.io", "EnvoyProxy"),
			object("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy", `provider: {kubernetes: {envoyService: {type: ClusterIP}, envoyDeployment: {replicas: 2}}}`),
			false, "EnvoyProxy infra/p makes its Service a ClusterIP", "",
		},
		{
			"an NginxProxy with ports of the nodes, Deployment", "some", "gateway.nginx.org/nginx-gateway-controller", with("gateway.nginx.org", "NginxProxy"),
			object("gateway.nginx.org/v1alpha2", "NginxProxy", `kubernetes: {service: {type: ClusterIP}, deployment: {container: {hostPorts: [{port: 80, containerPort: 80}]}}}`),
			true, "NginxProxy infra/p opens ports of the nodes to its Deployment", "",
		},
		{
			"an NginxProxy with a patch, Deployment", "some", "gateway.nginx.org/nginx-gateway-controller", with("gateway.nginx.org", "NginxProxy"),
			object("gateway.nginx.org/v1alpha2", "NginxProxy", `kubernetes: {service: {type: ClusterIP}, deployment: {patches: [{value: {}}]}}`),
			true, "it cannot be ruled out", "NginxProxy infra/p patches the Deployment of Gateway infra/edge, which can open ports of the nodes, and the patch is not read",
		},
		{
			"an NginxProxy with ports of the nodes, DaemonSet", "some", "gateway.nginx.org/nginx-gateway-controller", with("gateway.nginx.org", "NginxProxy"),
			object("gateway.nginx.org/v1alpha2", "NginxProxy", `kubernetes: {service: {type: ClusterIP}, daemonSet: {container: {hostPorts: [{port: 80, containerPort: 80}]}}}`),
			true, "NginxProxy infra/p opens ports of the nodes to its DaemonSet", "",
		},
		{
			"an NginxProxy with a patch, DaemonSet", "some", "gateway.nginx.org/nginx-gateway-controller", with("gateway.nginx.org", "NginxProxy"),
			object("gateway.nginx.org/v1alpha2", "NginxProxy", `kubernetes: {service: {type: ClusterIP}, daemonSet: {patches: [{value: {}}]}}`),
			true, "it cannot be ruled out", "NginxProxy infra/p patches the DaemonSet of Gateway infra/edge, which can open ports of the nodes, and the patch is not read",
		},
		{
			"an NginxProxy with a patch of the Service", "some", "gateway.nginx.org/nginx-gateway-controller", with("gateway.nginx.org", "NginxProxy"),
			object("gateway.nginx.org/v1alpha2", "NginxProxy", `kubernetes: {service: {type: ClusterIP, patches: [{value: {}}]}}`),
			true, "it cannot be ruled out", "NginxProxy infra/p patches the Service of Gateway infra/edge, and the patches are not read",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(someClass+test.object+strings.Replace(someGateway, "  listeners:\n", test.gateway+"  listeners:\n", 1), "CONTROLLER", test.controller, 1)
			text = strings.ReplaceAll(text, "{name: some}", "{name: "+test.class+"}")
			text = strings.ReplaceAll(text, "gatewayClassName: some", "gatewayClassName: "+test.class)
			inv, _ := worldOf(t, strings.TrimSuffix(text, "---"))
			c := way.Context{Objects: inv}
			gw := inv.Get(crd.Gateway, "infra", "edge").Typed.(*gatewayv1.Gateway)
			got := gatewayapi.Exposes(c, gw, gatewayapi.GatewayClassOf(c, gw))
			got.Assumption = ""
			want := gatewayapi.Exposure{Verdict: way.Verdict{Public: test.public, Why: test.why}, Doubt: test.doubt}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(gatewayapi.Exposure{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestWhoReachesAGatewayWithoutItsClass(t *testing.T) {
	const gke = "; assumed to make Gateways internal, and to be one of GKE, because of its name"
	for _, test := range []struct {
		class, annotations string
		public             bool
		why, assumption    string
	}{
		{"gke-l7-rilb", "", false, "GatewayClass gke-l7-rilb creates internal load balancers", gke},
		{"gke-l7-rilb-mc", "", false, "GatewayClass gke-l7-rilb-mc creates internal load balancers", gke},
		{
			"gke-l7-cross-regional-internal-managed-mc", "", false,
			"GatewayClass gke-l7-cross-regional-internal-managed-mc creates internal load balancers", gke,
		},
		{
			"gke-l7-global-external-managed-mc", "", true, `GatewayClass "gke-l7-global-external-managed-mc" creates no internal load balancer`,
			"; assumed to make no Gateway internal, and to be one of GKE, because of its name",
		},
		{
			"istio-waypoint", "", false, "it is a waypoint of Istio, whose Service is a ClusterIP",
			"; assumed to make Gateways internal, and to be one of Istio, because of its name",
		},
		{
			"istio-waypoint", ", annotations: {networking.istio.io/service-type: LoadBalancer}", true, "no internal load balancer marker",
			"; assumed to make Gateways internal, and to be one of Istio, because of its name",
		},
		{"gke-l7-mine", "", true, "no internal load balancer marker", "; assumed to make no Gateway internal"},
	} {
		text := strings.Replace(someGateway, "gatewayClassName: some", "gatewayClassName: "+test.class, 1)
		text = strings.Replace(text, "namespace: infra}", "namespace: infra"+test.annotations+"}", 1)
		text = strings.ReplaceAll(text, "protocol: HTTP}", "protocol: HBONE}")
		inv, _ := worldOf(t, strings.TrimSuffix(text, "---"))
		c := way.Context{Objects: inv}
		gw := inv.Get(crd.Gateway, "infra", "edge").Typed.(*gatewayv1.Gateway)
		class := gatewayapi.GatewayClassOf(c, gw)
		want := gatewayapi.Exposure{Verdict: way.Verdict{Public: test.public, Why: test.why}}
		if diff := cmp.Diff(want, gatewayapi.Exposes(c, gw, class), cmp.AllowUnexported(gatewayapi.Exposure{})); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.class, diff)
		}
		if want := `GatewayClass "` + test.class + `" was not found` + test.assumption; class.Assumption != want {
			t.Errorf("want %s, got %s", want, class.Assumption)
		}
	}
}

func TestWhoReachesMergedGateways(t *testing.T) {
	const (
		class = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: some}
spec:
  controllerName: gateway.envoyproxy.io/gatewayclass-controller
  parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, name: all, namespace: envoy}
---`
		internal = "  infrastructure: {annotations: {networking.gke.io/load-balancer-type: Internal}}\n"
		own      = "  infrastructure: {parametersRef: {group: gateway.envoyproxy.io, kind: EnvoyProxy, name: own}}\n"
		ownProxy = "\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyProxy\nmetadata: {name: own, namespace: infra}\n" +
			"spec: {provider: {kubernetes: {envoyService: {type: ClusterIP}}}}\n---"
		doubt = "EnvoyProxy envoy/all creates one Service for all Gateways of its class: whether the settings of Gateway infra/edge keep it internal cannot be determined"
	)
	proxy := func(spec string) string {
		return "\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyProxy\nmetadata: {name: all, namespace: envoy}\nspec: {" + spec + "}\n---"
	}
	service := func(labels string) string {
		return "\napiVersion: v1\nkind: Service\nmetadata: {name: envoy, namespace: envoy, labels: {" + labels + "}}\nspec: {type: LoadBalancer}\n---"
	}
	const clusterIP = "provider: {kubernetes: {envoyService: {type: ClusterIP}}}"
	for _, test := range []struct {
		name, gateway, objects string
		public                 bool
		why, doubt             string
	}{
		{"annotations of one Gateway, not merged", internal, proxy(""), false, `networking.gke.io/load-balancer-type is "Internal"`, ""},
		{"annotations of one Gateway", internal, proxy("mergeGateways: true"), true, "no internal load balancer marker", doubt},
		{"no annotations", "", proxy("mergeGateways: true"), true, "no internal load balancer marker", ""},
		{"settings of one Gateway", own, ownProxy + proxy("mergeGateways: true"), true, "no internal load balancer marker", doubt},
		{"settings of one Gateway, not merged", own, ownProxy + proxy("mergeGateways: false"), false, "EnvoyProxy infra/own makes its Service a ClusterIP", ""},
		{"settings of the class", "", proxy("mergeGateways: true, " + clusterIP), false, "EnvoyProxy envoy/all makes its Service a ClusterIP", ""},
		{
			"the Service of the class is public", "", proxy("mergeGateways: true, "+clusterIP) + service("gateway.envoyproxy.io/owning-gatewayclass: some"), true,
			"Service envoy/envoy, which was made for it, is public: no internal load balancer marker", "",
		},
		{
			"the Service of another class", "", proxy("mergeGateways: true, "+clusterIP) + service("gateway.envoyproxy.io/owning-gatewayclass: other"), false,
			"EnvoyProxy envoy/all makes its Service a ClusterIP", "",
		},
		{
			"the Service of another Gateway of the class", "",
			proxy(clusterIP) + service("gateway.envoyproxy.io/owning-gatewayclass: some, gateway.envoyproxy.io/owning-gateway-name: x, gateway.envoyproxy.io/owning-gateway-namespace: infra"),
			false, "EnvoyProxy envoy/all makes its Service a ClusterIP", "",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			inv, _ := worldOf(t, strings.TrimSuffix(class+test.objects+strings.Replace(someGateway, "  listeners:\n", test.gateway+"  listeners:\n", 1), "---"))
			c := way.Context{Objects: inv}
			gw := inv.Get(crd.Gateway, "infra", "edge").Typed.(*gatewayv1.Gateway)
			got := gatewayapi.Exposes(c, gw, gatewayapi.GatewayClassOf(c, gw))
			got.Assumption = ""
			if diff := cmp.Diff(gatewayapi.Exposure{Verdict: way.Verdict{Public: test.public, Why: test.why}, Doubt: test.doubt}, got, cmp.AllowUnexported(gatewayapi.Exposure{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestExtensionsThatAreMissing(t *testing.T) {
	for _, test := range []struct{ controller, group, kind, want string }{
		{"gateway.envoyproxy.io/gatewayclass-controller", "gateway.envoyproxy.io", "HTTPRouteFilter", "HTTPRouteFilter ditto/f, which a filter names, was not found"},
		{"gateway.nginx.org/nginx-gateway-controller", "gateway.nginx.org", "AuthenticationFilter", "AuthenticationFilter ditto/f, which a filter names, was not found"},
		{"gateway.nginx.org/nginx-gateway-controller", "example.com", "Any", "Any ditto/f, which a filter names, is not read"},
	} {
		filter := "filters: [{type: ExtensionRef, extensionRef: {group: " + test.group + ", kind: " + test.kind + ", name: f}}]\n    backendRefs"
		inv, list := worldOf(t, strings.Replace(someClass, "CONTROLLER", test.controller, 1)+someGateway+strings.Replace(someRoute, "backendRefs", filter, 1))
		got := Routes(way.Context{Objects: inv}, list[len(list)-1])
		if len(got) != 1 || got[0].Effects.Identity.Why != test.want {
			t.Errorf("want %s, got %+v", test.want, got)
		}
	}
}

// FuzzHTTPRoute: whatever an API server accepts as an HTTPRoute is read, and every edit fits into it.
func FuzzHTTPRoute(f *testing.F) {
	for _, spec := range []string{
		`{"parentRefs":[{"name":"edge","namespace":"infra"}],"rules":[{"matches":[{"path":{"type":"Exact","value":"/a"}}],"backendRefs":[{"name":"gateway"}]}]}`,
		`{"parentRefs":[{"name":"edge","namespace":"infra"}],"rules":[{"filters":[{"type":"RequestHeaderModifier","requestHeaderModifier":{"remove":["a"]}}],"backendRefs":[{"name":"gateway","filters":[{"type":"URLRewrite","urlRewrite":{"path":{"type":"ReplacePrefixMatch"}}}]}]}]}`,
		`{"parentRefs":[{"kind":"Service","group":"","name":"x"}],"useDefaultGateways":"All","rules":[{"filters":[{"type":"ResponseHeaderModifier"}]}]}`,
	} {
		f.Add([]byte(spec))
	}
	text := strings.Replace(someClass, "CONTROLLER", "gateway.envoyproxy.io/gatewayclass-controller", 1) + someGateway
	inv, _ := worldOf(f, strings.TrimSuffix(text, "---"))
	f.Fuzz(func(t *testing.T, spec []byte) {
		o, err := inventory.Decode(slices.Concat([]byte(`{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"r","namespace":"ditto"},"spec":`), spec, []byte(`}`)), inventory.Source{})
		if err != nil || o.Typed == nil {
			t.Skip()
		}
		LinksOf(o)
		texts := map[string]bool{}
		for _, route := range Routes(way.Context{Objects: inv}, o) {
			if texts[route.Text] {
				t.Errorf("two routes are called %s", route.Text)
			}
			texts[route.Text] = true
			if route.Path != nil {
				route.Path.Reach()
			}
			for _, edit := range slices.Concat(route.Fixes[way.StripIdentity].Edits, route.Fixes[way.HideHeaders].Edits) {
				if _, name := edit.Value.(string); strings.HasSuffix(edit.Does, " ") || name && !strings.HasSuffix(edit.Path, "/-") {
					t.Errorf("an edit that adds nothing: %+v", edit)
				}
			}
		}
	})
}

// TestWhatCiliumMakesOfRoutes: to it, the only backend of a rule gets all requests whatever its weight is, and rules of
// several routes for the same requests are one, to which the filters of one of them count.
func TestWhatCiliumMakesOfRoutes(t *testing.T) {
	const (
		filter = "filters: [{type: RequestHeaderModifier, requestHeaderModifier: {remove: [x-ditto-pre-authenticated]}}], "
		head   = "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: NAME, namespace: ditto}\n" +
			"spec:\n  parentRefs: [{name: edge, namespace: infra}]\n  hostnames: [ditto.example.com]\n  rules:\n"
		toOther = "  - {matches: [{path: {type: PathPrefix, value: /api}}], backendRefs: [{name: other, port: 80}]}"
		toUs    = "  - {matches: [{path: {type: PathPrefix, value: /api}}], " + filter + "backendRefs: [{name: gateway, port: 8080}]}"
	)
	route := func(name, rules string) string { return strings.Replace(head, "NAME", name, 1) + rules }
	for _, test := range []struct {
		name, controller, objects string
		routes                    int
		want                      string
	}{
		{"alone", "io.cilium/gateway-controller", route("us", toUs), 1, way.IdentityRemoved},
		{"another route for the same", "io.cilium/gateway-controller", route("other", toOther) + route("us", toUs), 1, way.IdentityUnknown},
		{"another route for another path", "io.cilium/gateway-controller", route("other", strings.Replace(toOther, "/api", "/x", 1)) + route("us", toUs), 1, way.IdentityRemoved},
		{
			"another route for another host", "io.cilium/gateway-controller",
			strings.Replace(route("other", toOther), "ditto.example.com", "other.example.com", 1) + route("us", toUs), 1, way.IdentityRemoved,
		},
		{
			"another route that does the same", "io.cilium/gateway-controller",
			route("other", strings.Replace(toOther, "backendRefs", filter+"backendRefs", 1)) + route("us", toUs), 1, way.IdentityRemoved,
		},
		{"another implementation", "gateway.envoyproxy.io/gatewayclass-controller", route("other", toOther) + route("us", toUs), 1, way.IdentityRemoved},
		{"a weight of zero alone", "io.cilium/gateway-controller", route("us", strings.Replace(toUs, "8080", "8080, weight: 0", 1)), 1, way.IdentityRemoved},
		{
			"a weight of zero beside a Service that is there", "io.cilium/gateway-controller",
			route("us", strings.Replace(toUs, "{name: gateway, port: 8080}", "{name: nobody, port: 80, weight: 0}, {name: gateway, port: 8080}", 1)), 1, way.IdentityRemoved,
		},
		{"a weight of zero alone, elsewhere", "gateway.envoyproxy.io/gatewayclass-controller", route("us", strings.Replace(toUs, "8080", "8080, weight: 0", 1)), 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			inv, list := worldOf(t, someService+strings.Replace(someClass, "CONTROLLER", test.controller, 1)+someGateway+strings.TrimPrefix(test.objects, "\n---"))
			got := Routes(way.Context{Objects: inv}, list[len(list)-1])
			if len(got) != test.routes || test.routes > 0 && got[0].Effects.Identity.State != test.want {
				t.Errorf("want %d routes with the identity %s, got %+v", test.routes, test.want, got)
			}
		})
	}
}
