package edge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// GatewayName names a Gateway of the Gateway API.
type GatewayName struct{ Namespace, Name string }

// parameters are the objects that a Gateway and its class name for the settings of their implementation.
type parameters struct {
	// own is the Gateway's, class the class's; nil where there is none at hand.
	own, class *inventory.Object
	// doubt says which of them is not at hand, or not read.
	doubt string
}

// exposure is what an implementation makes of a Gateway, as far as outsiders are concerned.
type exposure struct {
	Verdict
	// assumption is what an internal verdict rests on, doubt what keeps it from being told.
	assumption, doubt string
}

// exposes says whether outsiders reach a Gateway. It is public unless the configuration or its own settings say otherwise.
// Whatever its settings say, it is public if the Service that was made for it is, or if its pods listen on their node;
// whatever the configuration says, if that Service carries a mark that says public.
func (c Context) exposes(gw *gatewayv1.Gateway, class gatewayClass) exposure {
	if c.Config.isInternalGateway(gw.Namespace, gw.Name) {
		public := func(svc *corev1.Service) Verdict {
			marked, why := MarkedPublic(svc, c.Config.Clouds)
			return Verdict{marked, why}
		}
		if v := c.anyService(gw, public); v.Public {
			return exposure{Verdict: v}
		}
		return exposure{Verdict: Verdict{false, namedInternal}}
	}
	if v := c.anyService(gw, c.serviceVerdict); v.Public {
		return exposure{Verdict: v}
	}
	if v := c.podsOnNode(gw); v.Public {
		return exposure{Verdict: v}
	}
	p := c.parametersOf(gw, class)
	var e exposure
	if class.impl.exposes != nil {
		e = class.impl.exposes(c, gw, class, p)
	} else {
		e = c.byInfrastructure(gw, class, nil, nil)
	}
	e.doubt = cmp.Or(e.doubt, p.doubt)
	if e.doubt != "" && !e.Public {
		// Nobody asks about what is internal, and the doubt would be lost.
		e.Verdict, e.assumption = Verdict{true, "it cannot be ruled out"}, ""
	}
	return e
}

// workloadPatched is the doubt about a Gateway that is internal as far as its Service goes, where a patch can open ports of
// the nodes.
func workloadPatched(settings *inventory.Object, kind string, gw *gatewayv1.Gateway) string {
	return settings.Ref.String() + " patches the " + kind + " of Gateway " + gw.Namespace + "/" + gw.Name +
		", which can open ports of the nodes, and the patch is not read"
}

func (c Config) isInternalGateway(namespace, name string) bool {
	return slices.Contains(c.InternalGateways, GatewayName{Namespace: namespace, Name: name})
}

// byInfrastructure reads the annotations that the implementation copies to the load balancer of the Gateway.
func (c Context) byInfrastructure(gw *gatewayv1.Gateway, class gatewayClass, more map[string]string, balancerClass *string) exposure {
	if class.impl.ownBalancer {
		return exposure{Verdict: Verdict{true, class.impl.title + " serves it behind a Service of its own"}}
	}
	b := balancer{annotations: map[string]string{}}
	if gw.Spec.Infrastructure != nil {
		for key, value := range gw.Spec.Infrastructure.Annotations {
			b.annotations[string(key)] = string(value)
		}
	}
	maps.Copy(b.annotations, more)
	if balancerClass != nil {
		b.class = *balancerClass
	}
	e := exposure{Verdict: publicness(b, c.Config.Clouds)}
	if !e.Public {
		e.assumption = "the load balancer of Gateway " + gw.Namespace + "/" + gw.Name + " gets the annotations of its infrastructure"
	}
	return e
}

// byServiceType is what the type of the Service of a Gateway says; ok is false for a load balancer.
func byServiceType(kind, source string) (e exposure, ok bool) {
	switch kind {
	case string(corev1.ServiceTypeClusterIP):
		return exposure{Verdict: Verdict{false, source + " makes its Service a ClusterIP"}}, true
	case string(corev1.ServiceTypeNodePort):
		return exposure{Verdict: Verdict{true, source + " makes its Service a NodePort"}}, true
	}
	return exposure{}, false
}

// namedInternal is why a Gateway is internal that the configuration names.
const namedInternal = "the configuration names it internal"

// doubted says why a Gateway that the configuration names internal may be public all the same: the Service that was made
// for it carries no mark that would keep it inside.
func (c Context) doubted(r gatewayRoute) string {
	for _, a := range c.attachments(r) {
		if a.gateway == nil || !c.Config.isInternalGateway(a.parent.Namespace, a.parent.Name) {
			continue
		}
		if c.exposes(a.gateway, c.gatewayClassOf(a.gateway)).Public {
			continue
		}
		if v := c.anyService(a.gateway, c.serviceVerdict); v.Public {
			return namedInternal + " (" + a.String() + "), but " + v.Why
		}
	}
	return ""
}

// anyService looks for a public one among the Services that were made for a Gateway.
func (c Context) anyService(gw *gatewayv1.Gateway, verdict func(*corev1.Service) Verdict) Verdict {
	services := slices.Concat(c.governors(gatewayID(gw.Namespace, gw.Name)),
		c.governors(inventory.ID{GroupKind: crd.GatewayClass, Name: string(gw.Spec.GatewayClassName)}))
	for _, o := range services {
		svc, ok := o.Typed.(*corev1.Service)
		if !ok {
			continue
		}
		if v := verdict(svc); v.Public {
			return Verdict{true, o.Ref.String() + ", which was made for it, is public: " + v.Why}
		}
	}
	return Verdict{}
}

// podsOnNode looks for pods, among those that were made for a Gateway, that listen on their node.
func (c Context) podsOnNode(gw *gatewayv1.Gateway) Verdict {
	for _, o := range c.governors(gatewayID(gw.Namespace, gw.Name)) {
		if template := o.PodTemplate(); template != nil {
			if how, ok := listensOnNode(&template.Spec); ok {
				return Verdict{true, o.Ref.String() + ", which was made for it, has " + how}
			}
		}
	}
	return Verdict{}
}

// serviceVerdict says whether a Service is reachable from outside by itself.
func (c Context) serviceVerdict(svc *corev1.Service) Verdict {
	switch {
	case len(svc.Spec.ExternalIPs) > 0:
		return Verdict{true, "it has external IPs"}
	case svc.Spec.Type == corev1.ServiceTypeNodePort:
		return Verdict{true, "it is a NodePort"}
	case svc.Spec.Type == corev1.ServiceTypeLoadBalancer:
		return Publicness(svc, c.Config.Clouds)
	}
	return Verdict{false, "it is reachable inside the cluster only"}
}

// The labels that tell which Gateway a Service was made for: GEP-1762's, in the Gateway's namespace, and those of Envoy
// Gateway, which keeps its Services in a namespace of its own. A Service for all Gateways of a class names the class alone.
const (
	envoyGatewayOwner     = "gateway.envoyproxy.io/owning-gateway-name"
	envoyGatewayNamespace = "gateway.envoyproxy.io/owning-gateway-namespace"
	envoyGatewayClass     = "gateway.envoyproxy.io/owning-gatewayclass"
)

// madeFor are the Gateways that a Service says it was made for, or their class.
func madeFor(svc *corev1.Service) []inventory.ID {
	return labelledFor(svc.Labels, svc.Namespace)
}

// labelledFor are the Gateways that labels of an object in the namespace name.
func labelledFor(labels map[string]string, own string) []inventory.ID {
	var list []inventory.ID
	if name := labels[gatewayv1.GatewayNameLabelKey]; name != "" {
		list = append(list, gatewayID(own, name))
	}
	if name, namespace := labels[envoyGatewayOwner], labels[envoyGatewayNamespace]; name != "" && namespace != "" {
		list = append(list, gatewayID(namespace, name))
	} else if class := labels[envoyGatewayClass]; class != "" && name == "" && namespace == "" {
		list = append(list, inventory.ID{GroupKind: crd.GatewayClass, Name: class})
	}
	return list
}

// parametersOf finds the settings that a Gateway and its class name.
func (c Context) parametersOf(gw *gatewayv1.Gateway, class gatewayClass) parameters {
	var p parameters
	find := func(id inventory.ID) *inventory.Object {
		if !slices.Contains(class.impl.parameters, id.GroupKind) {
			p.doubt = cmp.Or(p.doubt, fmt.Sprintf("%s %s, which can decide whether outsiders reach Gateway %s/%s, is not read",
				id.Kind, id.Name, gw.Namespace, gw.Name))
			return nil
		}
		o := c.Objects.Get(id.GroupKind, id.Namespace, id.Name)
		if o == nil {
			p.doubt = cmp.Or(p.doubt, fmt.Sprintf("%s: whether outsiders reach Gateway %s/%s cannot be told", notAtHand(id), gw.Namespace, gw.Name))
		}
		return o
	}
	if id, ok := gatewayParametersRef(gw); ok {
		p.own = find(id)
	}
	if class.object != nil {
		for _, id := range classParametersRef(class.object) {
			p.class = find(id)
		}
	}
	return p
}

// The classes of GKE, which it installs itself, so that they are seldom in the input of somebody who checks files
// (docs of GKE, GatewayClass capabilities). `-mc` are for several clusters.
func gkeInternal() []string {
	return []string{"gke-l7-rilb", "gke-l7-rilb-mc", "gke-l7-cross-regional-internal-managed-mc"}
}

func gkePublic() []string {
	return []string{
		"gke-l7-global-external-managed", "gke-l7-global-external-managed-mc",
		"gke-l7-regional-external-managed", "gke-l7-regional-external-managed-mc", "gke-l7-gxlb", "gke-l7-gxlb-mc",
	}
}

// gkeExposes: GKE has a class for each kind of load balancer.
func gkeExposes(_ Context, gw *gatewayv1.Gateway, _ gatewayClass, _ parameters) exposure {
	name := string(gw.Spec.GatewayClassName)
	if slices.Contains(gkeInternal(), name) {
		return exposure{Verdict: Verdict{false, "GatewayClass " + name + " makes internal load balancers"}}
	}
	return exposure{Verdict: Verdict{true, "GatewayClass " + quote(name) + " makes no internal load balancer"}}
}

// awsExposes: the scheme of a load balancer of AWS is internal unless its configuration says otherwise; of a class's and a
// Gateway's the class's counts, unless it says that the Gateway's does
// (docs/guide/gateway/loadbalancerconfig.md of the AWS Load Balancer Controller).
func awsExposes(_ Context, _ *gatewayv1.Gateway, _ gatewayClass, p parameters) exposure {
	scheme := func(o *inventory.Object) (scheme, mode string) {
		if o == nil {
			return "", ""
		}
		spec := o.Typed.(*crd.AWSLoadBalancer).Spec
		return spec.Scheme, spec.MergingMode
	}
	own, _ := scheme(p.own)
	first, mode := scheme(p.class)
	if mode == "prefer-gateway" {
		first, own = own, first
	}
	switch counts := cmp.Or(first, own); counts {
	case "":
		return exposure{Verdict: Verdict{false, "a load balancer of AWS is internal unless its LoadBalancerConfiguration says otherwise"}}
	case "internal":
		return exposure{Verdict: Verdict{false, "its LoadBalancerConfiguration has scheme internal"}}
	default:
		return exposure{Verdict: Verdict{true, "its LoadBalancerConfiguration has scheme " + quote(counts)}}
	}
}

// Waypoints of Istio stand before Services of an ambient mesh.
const (
	istioMeshController = "istio.io/mesh-controller"
	istioWaypoint       = "istio-waypoint"
)

// istioExposes: Istio makes a Service for a Gateway, of the type that an annotation says, and else a ClusterIP for a
// waypoint and a load balancer for others (pilot/pkg/config/kube/gateway/deploymentcontroller.go).
func istioExposes(c Context, gw *gatewayv1.Gateway, class gatewayClass, _ parameters) exposure {
	const annotation = "networking.istio.io/service-type"
	kind := gw.Annotations[annotation]
	if e, told := byServiceType(kind, "the annotation "+annotation); told {
		return e
	}
	waypoint := string(gw.Spec.GatewayClassName) == istioWaypoint
	if class.object != nil {
		waypoint = string(class.object.Spec.ControllerName) == istioMeshController
	}
	if waypoint && kind == "" {
		return exposure{Verdict: Verdict{false, "it is a waypoint of Istio, whose Service is a ClusterIP"}}
	}
	return c.byInfrastructure(gw, class, nil, nil)
}
