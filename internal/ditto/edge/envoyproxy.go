package edge

import (
	"cmp"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// envoyExposes: the EnvoyProxy of a Gateway, or else that of its class, says what kind of Service is made for it. Where the
// class's merges Gateways, it alone does: all share one Service, and annotations of one Gateway keep none of them inside.
func envoyExposes(c Context, gw *gatewayv1.Gateway, class gatewayClass, p parameters) exposure {
	if p.class == nil || !isTrue(p.class.Typed.(*crd.EnvoyProxySettings).Spec.MergeGateways) {
		o := p.own
		if o == nil {
			o = p.class
		}
		return c.envoyService(gw, class, o)
	}
	bare := *gw
	bare.Spec.Infrastructure = nil
	e := c.envoyService(&bare, class, p.class)
	if e.Public && e.doubt == "" && (!c.envoyService(gw, class, p.class).Public || p.own != nil && !c.envoyService(gw, class, p.own).Public) {
		e.doubt = p.class.Ref.String() + " makes one Service for all Gateways of its class: whether what Gateway " +
			gw.Namespace + "/" + gw.Name + " says by itself keeps it internal cannot be told"
	}
	return e
}

// envoyService is what an EnvoyProxy, nil for none, says of the Service and the pods.
func (c Context) envoyService(gw *gatewayv1.Gateway, class gatewayClass, o *inventory.Object) exposure {
	if o == nil {
		return c.byInfrastructure(gw, class, nil, nil)
	}
	provider := o.Typed.(*crd.EnvoyProxySettings).Spec.Provider
	if provider == nil || provider.Kubernetes == nil {
		return c.byInfrastructure(gw, class, nil, nil)
	}
	service := provider.Kubernetes.EnvoyService
	if service == nil {
		service = &crd.EnvoyService{}
	}
	e, told := byServiceType(service.Type, o.Ref.String())
	if !told {
		e = c.byInfrastructure(gw, class, service.Annotations, service.LoadBalancerClass)
	}
	if service.Patch != nil {
		e.doubt = o.Ref.String() + " patches the Service of Gateway " + gw.Namespace + "/" + gw.Name + ", and the patch is not read"
	}
	if e.Public {
		return e
	}
	if w := provider.Kubernetes.EnvoyDeployment; w != nil && w.Patch != nil {
		e.doubt = cmp.Or(e.doubt, workloadPatched(o, "Deployment", gw))
	}
	if w := provider.Kubernetes.EnvoyDaemonSet; w != nil && w.Patch != nil {
		e.doubt = cmp.Or(e.doubt, workloadPatched(o, "DaemonSet", gw))
	}
	return e
}
