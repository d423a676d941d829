package gatewayapi

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Policies of Envoy Gateway name Gateways, ListenerSets and routes, or select them by labels, and the most specific one
// counts.

// Elsewhere stands for everything that policies of other namespaces may select by labels.
var Elsewhere = inventory.ID{GroupKind: crd.SecurityPolicy}

// TargetID is the object that a policy is for.
func TargetID(namespace string, ref gatewayv1.LocalPolicyTargetReference) inventory.ID {
	id := inventory.ID{
		GroupKind: schema.GroupKind{Group: string(ref.Group), Kind: string(ref.Kind)}, Namespace: namespace,
		Name: string(ref.Name),
	}
	if id.GroupKind == crd.GatewayClass {
		id.Namespace = ""
	}
	return id
}

// GatewayID is the Gateway of the place.
func (at Place) GatewayID() inventory.ID { return way.GatewayID(at.Gateway.Namespace, at.Gateway.Name) }

// IsTrue says whether an optional boolean is there and true.
func IsTrue(b *bool) bool { return ptr.Deref(b, false) }
