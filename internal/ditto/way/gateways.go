package way

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// GatewayID is the identity of a Gateway of the Gateway API.
func GatewayID(namespace, name string) inventory.ID {
	return inventory.ID{GroupKind: crd.Gateway, Namespace: namespace, Name: name}
}

// GatewayName names a Gateway of the Gateway API.
type GatewayName struct{ Namespace, Name string }

// IsInternalGateway says whether the configuration names the Gateway as one that nobody outside reaches.
func (c Config) IsInternalGateway(namespace, name string) bool {
	return slices.Contains(c.InternalGateways, GatewayName{Namespace: namespace, Name: name})
}

// The labels that tell which Gateway a Service was made for: GEP-1762's, in the Gateway's namespace, and those of Envoy
// Gateway, which keeps its Services in a namespace of its own. A Service for all Gateways of a class names the class
// alone.
const (
	EnvoyGatewayOwner     = "gateway.envoyproxy.io/owning-gateway-name"
	EnvoyGatewayNamespace = "gateway.envoyproxy.io/owning-gateway-namespace"
	EnvoyGatewayClass     = "gateway.envoyproxy.io/owning-gatewayclass"
)

// MadeFor are the Gateways that a Service says it was made for, or their class.
func MadeFor(svc *corev1.Service) []inventory.ID {
	return labelledFor(svc.Labels, svc.Namespace)
}

// labelledFor are the Gateways that labels of an object in the namespace name.
func labelledFor(labels map[string]string, own string) []inventory.ID {
	var list []inventory.ID
	if name := labels[gatewayv1.GatewayNameLabelKey]; name != "" {
		list = append(list, GatewayID(own, name))
	}
	if name, namespace := labels[EnvoyGatewayOwner], labels[EnvoyGatewayNamespace]; name != "" && namespace != "" {
		list = append(list, GatewayID(namespace, name))
	} else if class := labels[EnvoyGatewayClass]; class != "" && name == "" && namespace == "" {
		list = append(list, inventory.ID{GroupKind: crd.GatewayClass, Name: class})
	}
	return list
}
