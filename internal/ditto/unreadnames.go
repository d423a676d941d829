package ditto

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/mention"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// This file finds the Services that an object names in what is not read of it. Such an object is a way in to them of which
// nothing else is known.

// unreadName is a host in what is not read of an object.
type unreadName struct {
	host string
	// port is 0 where none is named.
	port int32
	// says is what it is there for: a format for the name of the Service.
	says string
}

// means says whether the name is for a port of a Service. One without a port is a hint at the gateway's API alone.
func (n unreadName) means(sp *corev1.ServicePort, api bool) bool {
	return n.port == sp.Port || n.port == 0 && api
}

// unreadNames are the hosts that an object names in what is not read of it: a kind or version that is not, or cannot be; a
// snippet that forwards requests by itself; a Service that gets the requests which failed; the ports that ingress-nginx and
// haproxy-ingress hand on (a ConfigMap that their flags name, `PORT: namespace/service:port`); the Service that gets what no
// Ingress is for (--default-backend-service of ingress-nginx and of both controllers with HAProxy).
func unreadNames(o *inventory.Object) []unreadName {
	if o.Typed == nil {
		why, _ := unreadKind(o)
		if why == "" {
			return nil
		}
		body := maps.Clone(o.Content())
		for _, key := range []string{"apiVersion", "kind", "metadata", "status"} {
			delete(body, key)
		}
		return namesIn(body, why+", and it names %s")
	}
	var list []unreadName
	if template := o.PodTemplate(); template != nil {
		for i := range template.Spec.Containers {
			c := &template.Spec.Containers[i]
			to := expand(flagOf(c, "default-backend-service"), o.Ref.Namespace, c.Env)
			if namespace, name, named := strings.Cut(to, "/"); named {
				list = append(list, unreadName{
					host: name + "." + namespace + ".svc", says: "it sends requests that no Ingress is for to %s, by --default-backend-service",
				})
			}
		}
		return list
	}
	for _, host := range nginx.SnippetTargets(o) {
		if host != "" {
			list = append(list, unreadName{host: host, says: "a snippet in it forwards requests to %s, which counts if its controller allows snippets"})
		}
	}
	if b, ok := nginx.ErrorsService(o); ok {
		list = append(list, unreadName{
			host: b.Name + "." + b.Namespace + ".svc", port: b.Port.IntVal,
			says: "its errors take requests that failed to %s, with what clients wrote in their headers",
		})
	}
	if ports, ok := o.Typed.(*corev1.ConfigMap); ok {
		for _, port := range slices.Sorted(maps.Keys(ports.Data)) {
			to := strings.Split(ports.Data[port], ":")
			if namespace, name, named := strings.Cut(to[0], "/"); isDigits(port) && named && len(to) > 1 {
				list = append(list, unreadName{
					host: name + "." + namespace + ".svc", port: portNumber(to[1]),
					says: fmt.Sprintf("port %s is handed on to %%s if an ingress controller is told to by --tcp-services-configmap", port),
				})
			}
		}
	}
	return list
}

// namesIn finds the hosts in what an object says: by themselves, or in the fields of one object (`serviceName`, `namespace`,
// `servicePort`), or as `namespace/name`.
func namesIn(value any, says string) []unreadName {
	says = strings.NewReplacer("%s", "%s", "%", "%%").Replace(says)
	var list []unreadName
	var visit func(value any)
	visit = func(value any) {
		switch value := value.(type) {
		case string:
			if namespace, name, found := strings.Cut(value, "/"); found {
				if name, port, _ := strings.Cut(name, ":"); isLabel(namespace) && isLabel(name) {
					list = append(list, unreadName{name + "." + namespace + ".svc", portNumber(port), says})
				}
			}
			for h := range mention.Hosts(value) {
				list = append(list, unreadName{canonical(h.Name), h.Port, says})
			}
		case []any:
			for _, item := range value {
				visit(item)
			}
		case map[string]any:
			name, namespace := firstString(value, "serviceName", "name"), firstString(value, "serviceNamespace", "namespace")
			if isLabel(name) {
				host, port := name, int32(0)
				if isLabel(namespace) {
					host += "." + namespace + ".svc"
				}
				for _, key := range []string{"servicePort", "port"} {
					if port == 0 {
						port = portNumber(fmt.Sprint(value[key]))
					}
				}
				list = append(list, unreadName{host, port, says})
			}
			for _, key := range slices.Sorted(maps.Keys(value)) {
				if text, is := value[key].(string); !is || text != name && text != namespace {
					visit(value[key])
				}
			}
		}
	}
	visit(value)
	return list
}

func firstString(m map[string]any, keys ...string) string {
	for _, key := range keys {
		if text, ok := m[key].(string); ok {
			return text
		}
	}
	return ""
}

// isLabel says whether a text may be the name of a Service or a namespace.
func isLabel(s string) bool {
	return s != "" && len(s) <= 63 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && s[0] != '-'
}

// portNumber is a port, 0 for what is none.
func portNumber(s string) int32 {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return int32(n)
}

// opensWays says whether what is not read of an object can let requests in, and not only use what it names.
func opensWays(o *inventory.Object) bool {
	gk := currentKind(o.Ref.GroupKind())
	return o.Typed != nil || gk == inventory.Ingress || isUnreadRoute(gk) || slices.Contains(edge.Kinds(), gk)
}

func isUnreadRoute(gk schema.GroupKind) bool { return slices.Contains(unreadRoutes[gk.Group], gk.Kind) }

// unreadKeys files an object under the Services that it may name in what is not read of it.
func unreadKeys(o *inventory.Object) []inventory.Key {
	if !opensWays(o) {
		return nil
	}
	var keys []inventory.Key
	for _, n := range unreadNames(o) {
		for _, at := range clusterHosts(n.host, o.Ref.Namespace) {
			keys = append(keys, inventory.Key{Index: byUnread, Namespace: at.namespace, Value: at.name})
		}
	}
	return keys
}

// unreadEntries goes on from the objects that name a Service in what is not read of them. What else they name is asked quietly.
func (w *walker) unreadEntries(svc *inventory.Object, sp *corev1.ServicePort, c chain) {
	quiet := w.view.quietly()
	for _, o := range quiet.Find(inventory.Key{Index: byUnread, Namespace: svc.Ref.Namespace, Value: svc.Ref.Name}) {
		if o.PodTemplate() != nil && quiet.SameAsOwner(o) {
			continue
		}
		for _, n := range unreadNames(o) {
			if named := serviceNamed(quiet, n.host, o.Ref.Namespace); named == nil || named.Ref.ID() != svc.Ref.ID() {
				continue
			}
			if n.means(sp, w.part.Component == Gateway && w.port.Name == PortHTTP) {
				w.view.tied[o.Ref.ID()] = true
				w.enterUnread(o, o.Ref.String(), "unread", fmt.Sprintf(n.says, svc.Ref), c)
				break
			}
		}
	}
}

// unread follows an object to the Services that it names in what is not read of it.
func (f *follower) unread(o *inventory.Object) {
	if f.quiet || !opensWays(o) {
		return
	}
	for _, n := range unreadNames(o) {
		f.follow(serviceNamed(f.view, n.host, o.Ref.Namespace))
	}
}

// gatewayNamed is what an object says of a Service before a gateway in what is not read of it, empty if nothing. What it
// names otherwise is asked quietly.
func (v *View) gatewayNamed(o *inventory.Object) string {
	quiet := v.quietly()
	for _, n := range unreadNames(o) {
		svc := serviceNamed(quiet, n.host, o.Ref.Namespace)
		if svc != nil && v.leadsToGateway(way.Backend{Namespace: svc.Ref.Namespace, Name: svc.Ref.Name}) {
			return fmt.Sprintf(n.says, svc.Ref)
		}
	}
	return ""
}
