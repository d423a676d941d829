package way

import (
	"net"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// PodsLabelled stands for the pods with a label, for objects that name pods by a selector and not by name. The pair is
// `key=value`, and empty for pods whatever their labels.
func PodsLabelled(pair string) inventory.ID {
	return inventory.ID{GroupKind: schema.GroupKind{Kind: "PodsWith"}, Name: pair}
}

// PodsWith stands for the pods with each of the labels.
func PodsWith(labels map[string]string) []inventory.ID {
	var list []inventory.ID
	for _, key := range KeysOf(labels) {
		list = append(list, PodsLabelled(key+"="+labels[key]))
	}
	return list
}

// PodsIn stands for the pods of one namespace with each of the labels, for Services, which choose no others.
func PodsIn(namespace string, labels map[string]string) []inventory.ID {
	list := PodsWith(labels)
	for i := range list {
		list[i].Kind, list[i].Namespace = podsIn, namespace
	}
	return list
}

const podsIn = "PodsIn"

// ArePodsIn says whether an ID is one of PodsIn.
func ArePodsIn(id inventory.ID) bool { return id.Kind == podsIn && id.Group == "" }

// FrontsPods are the pods that a Service stands before, if it takes connections from outside.
func FrontsPods(service *corev1.Service) []inventory.ID {
	if !TakesOutsiders(service) {
		return nil
	}
	return PodsWith(service.Spec.Selector)
}

// TakesOutsiders says whether a Service takes connections from outside, if its load balancer is for outsiders.
func TakesOutsiders(service *corev1.Service) bool {
	return service.Spec.Type == corev1.ServiceTypeLoadBalancer || service.Spec.Type == corev1.ServiceTypeNodePort ||
		len(service.Spec.ExternalIPs) > 0
}

// Pods that listen on their node are reached at the node's addresses, whatever the Services before them say.

// sideports are ports of the pods of gateways that serve no clients: health and metrics of Istio's (15020, 15021,
// 15090) and of Envoy Gateway's (19001, 19003).
var sideports = []int32{15020, 15021, 15090, 19001, 19003}

// ListensOnNode says whether pods take connections at the addresses of their node: by hostNetwork or by a hostPort.
func ListensOnNode(spec *corev1.PodSpec) (how string, ok bool) {
	if spec.HostNetwork {
		return "hostNetwork", true
	}
	for i := range spec.Containers {
		for _, port := range spec.Containers[i].Ports {
			if port.HostPort != 0 && !net.ParseIP(port.HostIP).IsLoopback() &&
				!slices.Contains(sideports, port.ContainerPort) {
				return "a hostPort", true
			}
		}
	}
	return "", false
}

// GatewayWorkloads are the kinds that pods of gateways are looked for in.
func GatewayWorkloads() []schema.GroupKind {
	return []schema.GroupKind{inventory.Deployment, inventory.DaemonSet, inventory.StatefulSet}
}

// OnNode are the gateways that pods which listen on their node may serve: those of Istio's that choose them by a label,
// and the one of the Gateway API that they say they were made for.
func OnNode(o *inventory.Object, template *corev1.PodTemplateSpec) []inventory.ID {
	if _, ok := ListensOnNode(&template.Spec); !ok || !slices.Contains(GatewayWorkloads(), o.Ref.GroupKind()) {
		return nil
	}
	return append(PodsWith(template.Labels), labelledFor(template.Labels, o.Ref.Namespace)...)
}
