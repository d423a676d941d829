package gatewayapi

import (
	"cmp"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Parameters are the objects that a Gateway and its class name for the settings of their implementation.
type Parameters struct {
	// Own is the Gateway's, class the class's; nil where there is none at hand.
	Own, Class *inventory.Object
	// doubt says which of them was not found, or not read.
	doubt string
}

// Exposure is what an implementation makes of a Gateway, as far as outsiders are concerned.
type Exposure struct {
	way.Verdict
	// Assumption is what an internal verdict rests on, doubt what keeps it from being told.
	Assumption, Doubt string
}

// Exposes says whether outsiders reach a Gateway. It is public unless the configuration or its own settings say
// otherwise. Whatever its settings say, it is public if the Service that was made for it is, or if its pods listen on
// their node; whatever the configuration says, if that Service carries a mark that says public.
func Exposes(c way.Context, gw *gatewayv1.Gateway, class GatewayClass) Exposure {
	if c.Config.IsInternalGateway(gw.Namespace, gw.Name) {
		public := func(svc *corev1.Service) way.Verdict {
			marked, why := way.MarkedPublic(svc, c.Config.Clouds)
			return way.Verdict{Public: marked, Why: why}
		}
		if v := anyService(c, gw, class, public); v.Public {
			return Exposure{Verdict: v}
		}
		return Exposure{Verdict: way.Internal(namedInternal)}
	}
	own := func(svc *corev1.Service) way.Verdict { return serviceVerdict(c, svc) }
	if v := anyService(c, gw, class, own); v.Public {
		return Exposure{Verdict: v}
	}
	if v := podsOnNode(c, gw); v.Public {
		return Exposure{Verdict: v}
	}
	p := parametersOf(c, gw, class)
	var e Exposure
	if class.impl.Exposes != nil {
		e = class.impl.Exposes(c, gw, class, p)
	} else {
		e = ByInfrastructure(c, gw, class, nil, nil)
	}
	e.Doubt = cmp.Or(e.Doubt, p.doubt)
	if class.object == nil {
		e.Doubt = cmp.Or(e.Doubt, c.Unread(nil, crd.GatewayClass))
	}
	if e.Doubt != "" && !e.Public {
		// Nobody asks about what is internal, and the doubt would be lost.
		e.Verdict, e.Assumption = way.Public("it cannot be ruled out"), ""
	}
	return e
}

// WorkloadPatched is the doubt about a Gateway that is internal as far as its Service goes, where a patch can open
// ports of the nodes.
func WorkloadPatched(settings *inventory.Object, kind string, gw *gatewayv1.Gateway) string {
	return reason.Of("gateway-patch-opens-ports", settings.Ref.String(), kind, gw.Namespace, gw.Name)
}

// ByInfrastructure reads the annotations that the implementation copies to the load balancer of the Gateway.
func ByInfrastructure(c way.Context, gw *gatewayv1.Gateway, class GatewayClass, more map[string]string,
	balancerClass *string) Exposure {
	if class.impl.OwnBalancer {
		return Exposure{Verdict: way.Public(class.impl.Title + " serves it behind a Service of its own")}
	}
	if v, ok := ExternalIPs(gw, class); ok {
		return Exposure{Verdict: v}
	}
	b := way.LoadBalancer{Annotations: map[string]string{}, Class: ptr.Deref(balancerClass, "")}
	if gw.Spec.Infrastructure != nil {
		for key, value := range gw.Spec.Infrastructure.Annotations {
			b.Annotations[string(key)] = string(value)
		}
	}
	maps.Copy(b.Annotations, more)
	e := Exposure{Verdict: way.PublicnessOf(b, c.Config.Clouds)}
	if !e.Public {
		e.Assumption = "the load balancer of Gateway " + gw.Namespace + "/" + gw.Name +
			" gets the annotations of its infrastructure"
	}
	return e
}

// ByServiceType is what the type of the Service of a Gateway says; ok is false for a load balancer.
func ByServiceType(kind, source string) (e Exposure, ok bool) {
	switch kind {
	case string(corev1.ServiceTypeClusterIP):
		return Exposure{Verdict: way.Internal(source + " makes its Service a ClusterIP")}, true
	case string(corev1.ServiceTypeNodePort):
		return Exposure{Verdict: way.Public(source + " makes its Service a NodePort")}, true
	}
	return Exposure{}, false
}

// namedInternal is why a Gateway is internal that the configuration names.
const namedInternal = "the configuration names it internal"

// doubted says why a Gateway that the configuration names internal may be public all the same: the Service that was
// made for it carries no mark that would keep it inside.
func doubted(c way.Context, r gatewayRoute) string {
	for _, a := range attachments(c, r) {
		if a.gateway == nil || !c.Config.IsInternalGateway(a.parent.Namespace, a.parent.Name) {
			continue
		}
		class := GatewayClassOf(c, a.gateway)
		if Exposes(c, a.gateway, class).Public {
			continue
		}
		if v := anyService(c, a.gateway, class,
			func(svc *corev1.Service) way.Verdict { return serviceVerdict(c, svc) }); v.Public {
			return namedInternal + " (" + a.String() + "), but " + v.Why
		}
	}
	return ""
}

// anyService looks for a public one among the Services that were made for a Gateway, and those that it names as its
// addresses.
func anyService(c way.Context, gw *gatewayv1.Gateway, class GatewayClass,
	verdict func(*corev1.Service) way.Verdict) way.Verdict {
	named, _ := servedBehind(c, gw, class)
	for _, o := range named {
		if v := verdict(inventory.Must[corev1.Service](o)); v.Public {
			return way.Public(o.Ref.String() + ", which its addresses name, is public: " + v.Why)
		}
	}
	services := slices.Concat(c.Governors(way.GatewayID(gw.Namespace, gw.Name)),
		c.Governors(inventory.ID{GroupKind: crd.GatewayClass, Name: string(gw.Spec.GatewayClassName)}))
	for _, o := range services {
		svc, ok := inventory.As[corev1.Service](o)
		if !ok {
			continue
		}
		if v := verdict(svc); v.Public {
			return way.Public(o.Ref.String() + ", which was made for it, is public: " + v.Why)
		}
	}
	return way.Verdict{}
}

// podsOnNode looks for pods, among those that were made for a Gateway, that listen on their node.
func podsOnNode(c way.Context, gw *gatewayv1.Gateway) way.Verdict {
	for _, o := range c.Governors(way.GatewayID(gw.Namespace, gw.Name)) {
		if template := o.PodTemplate(); template != nil {
			if how, ok := way.ListensOnNode(&template.Spec); ok {
				return way.Public(o.Ref.String() + ", which was made for it, has " + how)
			}
		}
	}
	return way.Verdict{}
}

// serviceVerdict says whether a Service is reachable from outside by itself.
func serviceVerdict(c way.Context, svc *corev1.Service) way.Verdict {
	switch {
	case len(svc.Spec.ExternalIPs) > 0:
		return way.Public("it has external IPs")
	case svc.Spec.Type == corev1.ServiceTypeNodePort:
		return way.Public("it is a NodePort")
	case svc.Spec.Type == corev1.ServiceTypeLoadBalancer:
		return way.Publicness(svc, c.Config.Clouds)
	}
	return way.Internal("it is reachable inside the cluster only")
}

// parametersOf finds the settings that a Gateway and its class name.
func parametersOf(c way.Context, gw *gatewayv1.Gateway, class GatewayClass) Parameters {
	var p Parameters
	find := func(id inventory.ID) *inventory.Object {
		if !slices.Contains(class.impl.Parameters, id.GroupKind) {
			p.doubt = cmp.Or(p.doubt, reason.Of("gateway-object-not-read", id.Kind, id.Name, gw.Namespace, gw.Name))
			return nil
		}
		o := c.Objects.Get(id.GroupKind, id.Namespace, id.Name)
		if o == nil {
			p.doubt = cmp.Or(p.doubt, reason.Of("gateway-object-not-found", notFound(id), gw.Namespace, gw.Name))
		}
		return o
	}
	if id, ok := gatewayParametersRef(gw); ok {
		p.Own = find(id)
	}
	if class.object != nil {
		for _, id := range classParametersRef(class.object) {
			p.Class = find(id)
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
func gkeExposes(_ way.Context, gw *gatewayv1.Gateway, _ GatewayClass, _ Parameters) Exposure {
	name := string(gw.Spec.GatewayClassName)
	if slices.Contains(gkeInternal(), name) {
		return Exposure{Verdict: way.Internal("GatewayClass " + name + " creates internal load balancers")}
	}
	return Exposure{Verdict: way.Public("GatewayClass " + way.Quote(name) + " creates no internal load balancer")}
}

// Waypoints of Istio stand before Services of an ambient mesh.
const (
	istioMeshController = "istio.io/mesh-controller"
	istioWaypoint       = "istio-waypoint"
)

// istioExposes: Istio makes a Service for a Gateway whose addresses name none, of the type that an annotation says, and
// else a ClusterIP for a waypoint and a load balancer for others (pilot/pkg/config/kube/gateway:
// deploymentcontroller.go).
func istioExposes(c way.Context, gw *gatewayv1.Gateway, class GatewayClass, _ Parameters) Exposure {
	if isUnmanaged(gw) {
		return byAddress(c, gw, class)
	}
	const annotation = "networking.istio.io/service-type"
	kind := gw.Annotations[annotation]
	if e, told := ByServiceType(kind, "the annotation "+annotation); told {
		return e
	}
	waypoint := string(gw.Spec.GatewayClassName) == istioWaypoint
	if class.object != nil {
		waypoint = string(class.object.Spec.ControllerName) == istioMeshController
	}
	if waypoint && kind == "" {
		return Exposure{Verdict: way.Internal("it is a waypoint of Istio, whose Service is a ClusterIP")}
	}
	return ByInfrastructure(c, gw, class, nil, nil)
}
