// Package index files objects under the properties by which they are found, so that each step between two objects is a
// lookup.
package index

import (
	"net"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingress"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// The properties that objects are indexed by, so that a judgement finds what lies next to an object in either direction
// at a cost that does not grow with the cluster.
const (
	// BySelector indexes a Service by one pair of its selector (`key=value`).
	BySelector inventory.Index = "service-selector"
	// ByLabel indexes a workload by every label of its pods.
	ByLabel inventory.Index = "pod-label"
	// ByBackend indexes an Ingress or Route by the Services it sends requests to.
	ByBackend = way.ByBackend
	// ByAlias indexes an ExternalName Service by the Service it stands for; Key.Namespace is that Service's namespace.
	// One that stands for an address is indexed by that, in no namespace.
	ByAlias inventory.Index = "alias"
	// ByService indexes an EndpointSlice by the Service it belongs to.
	ByService inventory.Index = "endpointslice-service"
	// ByAddress indexes Services and Pods by their IP addresses, in no namespace.
	ByAddress inventory.Index = "address"
	// ByEndpoint indexes an EndpointSlice by the addresses in it, in no namespace, and by the Services that names in it
	// can mean, in theirs.
	ByEndpoint inventory.Index = "endpoint"
	// ByDitto indexes a workload that runs a part of Ditto by its namespace and under none, as far as the workload
	// alone shows.
	ByDitto inventory.Index = "ditto"
	// ByMadeDitto indexes the same way a workload that runs one if the ConfigMaps and Secrets that it takes variables
	// from say so.
	ByMadeDitto inventory.Index = "made-ditto"
	// ByMongoDB indexes a workload that runs a MongoDB by its namespace.
	ByMongoDB inventory.Index = "mongodb"
	// ByReference indexes whatever reads ConfigMaps and Secrets by them (`ConfigMap/name`): workloads, Ingresses, and
	// what takes passwords from a Secret.
	ByReference inventory.Index = "reference"
	// ByWord indexes a workload, ConfigMap or Secret by the hosts that it names, and text that may be nginx
	// configuration under every host-like word in it; in its namespace, and what may mean a host elsewhere in none. It
	// says only where to look: what is told of a host is read before anything is concluded.
	ByWord inventory.Index = "word"
	// ByProxy indexes a workload that runs a proxy which is known by its namespace.
	ByProxy inventory.Index = "proxy"
	// ByServedClass indexes the workload of an ingress controller by what its flags say that it serves, in no
	// namespace.
	ByServedClass inventory.Index = "served-class"
	// bySettings indexes the workload of an ingress controller by the ConfigMap with its settings, a ConfigMap by the
	// one with headers that it names, and a class by the one with its parameters, in no namespace.
	bySettings inventory.Index = "controller-settings"
	// ByUnread indexes an object by the Services that it names in what is not read of it; Key.Namespace is the
	// Service's. It is asked of the cache alone.
	ByUnread inventory.Index = "unread"
	// ByUnjudged files whatever else restricts connections, beside NetworkPolicies, in no namespace.
	ByUnjudged inventory.Index = "unjudged"
)

// Kinds lists the kinds that can be indexed by an index, for whoever reads them again from a cluster.
func Kinds(key inventory.Key) []schema.GroupKind {
	switch key.Index {
	case inventory.ByKind:
		return []schema.GroupKind{schema.ParseGroupKind(key.Value)}
	case BySelector, ByAlias:
		return []schema.GroupKind{inventory.Service}
	case ByLabel, ByDitto, ByMadeDitto, ByMongoDB, ByProxy:
		return WorkloadKinds
	case ByBackend:
		return edge.Kinds()
	case way.ByUse:
		return append([]schema.GroupKind{inventory.Service}, edge.Kinds()...)
	case way.ByGovernor:
		return slices.Concat([]schema.GroupKind{inventory.Service}, way.GatewayWorkloads(), edge.Kinds())
	case ByService, ByEndpoint:
		return []schema.GroupKind{inventory.EndpointSlice}
	case ByReference:
		return slices.Concat(WorkloadKinds, edge.Kinds())
	case ByAddress:
		return []schema.GroupKind{inventory.Service, inventory.Pod}
	case ByWord:
		return slices.Concat([]schema.GroupKind{inventory.ConfigMap, inventory.Secret}, WorkloadKinds)
	}
	if slices.Contains(ingress.Indices(), key.Index) {
		return []schema.GroupKind{inventory.Ingress}
	}
	return nil
}

// WorkloadKinds are the kinds that run pods.
var WorkloadKinds = []schema.GroupKind{
	inventory.Deployment, inventory.StatefulSet, inventory.DaemonSet, inventory.ReplicaSet,
	inventory.ReplicationController, inventory.Job, inventory.CronJob, inventory.Pod,
}

// Selection says, of a key that objects of any namespace can be indexed by, how an API server finds those objects of
// the kind. An empty selection lists all of the kind, which only kinds of which a cluster has few are worth. ok is
// false where the key's namespace is theirs, or where there would be too many.
//
// EndpointSlices cannot be selected by address: selected are those that Kubernetes' own controller does not keep, which
// are few. What it keeps follows from Services and Pods.
func Selection(key inventory.Key, gk schema.GroupKind) (selection inventory.Selection, ok bool) {
	switch key.Index {
	case ByBackend:
		return inventory.Selection{}, edge.BackendsAnywhere(gk)
	case way.ByUse:
		if gk == inventory.Service && named(key).GroupKind == way.ServiceHostKind {
			return externalNames(), true
		}
		return inventory.Selection{}, edge.UsesAnywhere(gk, named(key).GroupKind)
	case way.ByGovernor:
		return edge.GovernsAnywhere(gk, named(key))
	case ByAlias:
		return externalNames(), true
	case ByEndpoint:
		return inventory.Selection{Labels: discoveryv1.LabelManagedBy + "!=" + endpointSliceController},
			net.ParseIP(key.Value) != nil || key.Namespace != ""
	case ByAddress:
		field := "spec.clusterIP"
		if gk == inventory.Pod {
			field = "status.podIP"
		}
		return inventory.Selection{Fields: fields.OneTermEqualSelector(field, key.Value).String()},
			net.ParseIP(key.Value) != nil
	case inventory.ByKind:
	}
	return inventory.Selection{}, ingress.Anywhere(key)
}

// externalNames selects the Services that are another name of a host.
func externalNames() inventory.Selection {
	return inventory.Selection{
		Fields: fields.OneTermEqualSelector("spec.type", string(corev1.ServiceTypeExternalName)).String(),
	}
}

// named is the inventory.ID that is the value of a key.
func named(key inventory.Key) inventory.ID {
	parts := append(strings.SplitN(key.Value, "/", 4), "", "", "", "")
	return inventory.ID{GroupKind: schema.GroupKind{Group: parts[0], Kind: parts[1]}, Namespace: parts[2],
		Name: parts[3]}
}

// endpointSliceController is who keeps the EndpointSlices of Services with a selector.
const endpointSliceController = "endpointslice-controller.k8s.io"
