package envoygateway

import (
	"cmp"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/gatewayapi"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// envoyExposes: the EnvoyProxy of a Gateway, or else that of its class, says what kind of Service is made for it. Where
// the class's merges Gateways, it alone does: all share one Service, and annotations of one Gateway keep none of them
// inside.
func envoyExposes(c way.Context, gw *gatewayv1.Gateway, class gatewayapi.GatewayClass,
	p gatewayapi.Parameters) gatewayapi.Exposure {
	if p.Class == nil || !gatewayapi.IsTrue(inventory.Must[crd.EnvoyProxySettings](p.Class).Spec.MergeGateways) {
		o := p.Own
		if o == nil {
			o = p.Class
		}
		return envoyService(c, gw, class, o)
	}
	bare := *gw
	bare.Spec.Infrastructure = nil
	e := envoyService(c, &bare, class, p.Class)
	if e.Public && e.Doubt == "" && (!envoyService(c, gw, class, p.Class).Public || p.Own != nil &&
		!envoyService(c, gw, class, p.Own).Public) {
		e.Doubt = reason.Of("envoy-merged-gateways-settings", p.Class.Ref.String(), gw.Namespace, gw.Name)
	}
	return e
}

// envoyService is what an EnvoyProxy, nil for none, says of the Service and the pods.
func envoyService(c way.Context, gw *gatewayv1.Gateway, class gatewayapi.GatewayClass,
	o *inventory.Object) gatewayapi.Exposure {
	if o == nil {
		return gatewayapi.ByInfrastructure(c, gw, class, nil, nil)
	}
	provider := inventory.Must[crd.EnvoyProxySettings](o).Spec.Provider
	if provider == nil || provider.Kubernetes == nil {
		return gatewayapi.ByInfrastructure(c, gw, class, nil, nil)
	}
	service := provider.Kubernetes.EnvoyService
	if service == nil {
		service = &crd.EnvoyService{}
	}
	e, told := gatewayapi.ByServiceType(service.Type, o.Ref.String())
	if !told {
		e = gatewayapi.ByInfrastructure(c, gw, class, service.Annotations, service.LoadBalancerClass)
	}
	if service.Patch != nil {
		e.Doubt = reason.Of("envoy-service-patch", o.Ref.String(), gw.Namespace, gw.Name)
	}
	if e.Public {
		return e
	}
	if w := provider.Kubernetes.EnvoyDeployment; w != nil && w.Patch != nil {
		e.Doubt = cmp.Or(e.Doubt, gatewayapi.WorkloadPatched(o, "Deployment", gw))
	}
	if w := provider.Kubernetes.EnvoyDaemonSet; w != nil && w.Patch != nil {
		e.Doubt = cmp.Or(e.Doubt, gatewayapi.WorkloadPatched(o, "DaemonSet", gw))
	}
	return e
}
