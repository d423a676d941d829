package netpol

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Unjudged says whether objects of a kind restrict or open connections in ways that are not evaluated here: with one of
// them about, what NetworkPolicies say is not all there is. They are told by their names alone.
//
// policy.networking.k8s.io holds nothing but the cluster administrator's policies (AdminNetworkPolicy,
// BaselineAdminNetworkPolicy, ClusterNetworkPolicy). The others are groups of network plugins, whose policies are
// called CiliumNetworkPolicy, GlobalNetworkPolicy and the like.
func Unjudged(kind schema.GroupKind) bool {
	switch kind.Group {
	case "policy.networking.k8s.io":
		return true
	case "cilium.io", "projectcalico.org", "crd.projectcalico.org", "crd.antrea.io":
		return strings.HasSuffix(kind.Kind, "NetworkPolicy")
	}
	return false
}
