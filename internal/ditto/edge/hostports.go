package edge

import (
	"net"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Pods that listen on their node are reached at the node's addresses, whatever the Services before them say.

// sideports are ports of the pods of gateways that serve no clients: health and metrics of Istio's (15020, 15021, 15090)
// and of Envoy Gateway's (19001, 19003).
var sideports = []int32{15020, 15021, 15090, 19001, 19003}

// listensOnNode says whether pods take connections at the addresses of their node: by hostNetwork or by a hostPort.
func listensOnNode(spec *corev1.PodSpec) (how string, ok bool) {
	if spec.HostNetwork {
		return "hostNetwork", true
	}
	for i := range spec.Containers {
		for _, port := range spec.Containers[i].Ports {
			if port.HostPort != 0 && !net.ParseIP(port.HostIP).IsLoopback() && !slices.Contains(sideports, port.ContainerPort) {
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

// onNode are the gateways that pods which listen on their node may serve: those of Istio's that choose them by a label,
// and the one of the Gateway API that they say they were made for.
func onNode(o *inventory.Object, template *corev1.PodTemplateSpec) []inventory.ID {
	if _, ok := listensOnNode(&template.Spec); !ok || !slices.Contains(GatewayWorkloads(), o.Ref.GroupKind()) {
		return nil
	}
	return append(podsWith(template.Labels), labelledFor(template.Labels, o.Ref.Namespace)...)
}

// servedOnNode finds a workload that listens on its node and serves the Gateway of Istio's with the selector.
func (c Context) servedOnNode(selector map[string]string) string {
	for _, id := range podsWith(selector)[:min(1, len(selector))] {
		for _, o := range c.governors(id) {
			template := o.PodTemplate()
			if template == nil || !labels.SelectorFromSet(selector).Matches(labels.Set(template.Labels)) {
				continue
			}
			if how, ok := listensOnNode(&template.Spec); ok {
				return o.Ref.String() + ", which serves it, has " + how
			}
		}
	}
	return ""
}
