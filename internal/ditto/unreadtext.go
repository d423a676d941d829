package ditto

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// unreadText says of text in an object that some controller may take for configuration, and that leads to a gateway, that
// it is not followed: a snippet that forwards requests by itself, or the ports that ingress-nginx and haproxy-ingress hand
// on (a ConfigMap that their flags name, `PORT: namespace/service:port`). It is empty where there is no such text.
func (v *View) unreadText(o *inventory.Object) string {
	for _, host := range edge.SnippetTargets(o) {
		if svc := serviceNamed(v, host, o.Ref.Namespace); svc != nil && v.leadsToGateway(edge.Backend{Namespace: svc.Ref.Namespace, Name: svc.Ref.Name}) {
			return fmt.Sprintf("a snippet in it forwards requests to %s, which counts if its controller allows snippets", svc.Ref)
		}
	}
	if b, ok := edge.ErrorsService(o); ok && v.leadsToGateway(b) {
		return fmt.Sprintf("its errors take requests that failed to Service %s/%s, with what clients wrote in their headers", b.Namespace, b.Name)
	}
	ports, ok := o.Typed.(*corev1.ConfigMap)
	if !ok {
		return ""
	}
	for _, port := range slices.Sorted(maps.Keys(ports.Data)) {
		namespace, rest, named := strings.Cut(ports.Data[port], "/")
		name, _, withPort := strings.Cut(rest, ":")
		if !isDigits(port) || !named || !withPort || !v.leadsToGateway(edge.Backend{Namespace: namespace, Name: name}) {
			continue
		}
		return fmt.Sprintf("port %s is handed on to Service %s/%s if an ingress controller is told to by --tcp-services-configmap", port, namespace, name)
	}
	return ""
}
