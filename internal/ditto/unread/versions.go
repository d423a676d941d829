package unread

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// formerGroups are the kinds that were of another group once, by that one. Kubernetes serves none of them any more, but
// manifests outlive it.
// Source: the Deprecated API Migration Guide of Kubernetes; the first release of the Gateway API; OpenShift 3.
var formerGroups = map[schema.GroupKind]schema.GroupKind{
	{Group: "extensions", Kind: "Ingress"}:               inventory.Ingress,
	{Group: "extensions", Kind: "NetworkPolicy"}:         inventory.NetworkPolicy,
	{Group: "extensions", Kind: "Deployment"}:            inventory.Deployment,
	{Group: "extensions", Kind: "DaemonSet"}:             inventory.DaemonSet,
	{Group: "extensions", Kind: "ReplicaSet"}:            inventory.ReplicaSet,
	{Group: "networking.x-k8s.io", Kind: "Gateway"}:      crd.Gateway,
	{Group: "networking.x-k8s.io", Kind: "GatewayClass"}: crd.GatewayClass,
	{Group: "networking.x-k8s.io", Kind: "HTTPRoute"}:    crd.HTTPRoute,
	{Group: "networking.x-k8s.io", Kind: "TLSRoute"}:     crd.TLSRoute,
	{Group: "networking.x-k8s.io", Kind: "TCPRoute"}:     crd.TCPRoute,
	{Kind: "Route"}: crd.Route,
}

// CurrentKind is the kind as it is called now.
func CurrentKind(gk schema.GroupKind) schema.GroupKind {
	if current, moved := formerGroups[gk]; moved {
		return current
	}
	return gk
}

// Version says of an object of a kind that is read that its version is not; empty where it is, or the kind is not.
func Version(o *inventory.Object) string {
	gk := o.Ref.GroupKind()
	current := CurrentKind(gk)
	versions := VersionsRead(current)
	if o.Typed != nil || len(versions) == 0 {
		return ""
	}
	if current != gk {
		return reason.Of("former-group-not-read", o.Ref.APIVersion, current.Group, strings.Join(versions, ", "))
	}
	version := schema.FromAPIVersionAndKind(o.Ref.APIVersion, o.Ref.Kind).Version
	return reason.Of("version-not-read", version, strings.Join(versions, ", "))
}
