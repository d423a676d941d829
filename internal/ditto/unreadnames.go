package ditto

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/ditto/dns"
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
	// by is a backend that is not read, if the host is its; one without a host may be anything.
	by *way.UnreadBackend
}

// means says whether the name is for a port of a Service. One without a port is a hint at the gateway's API alone.
func (n unreadName) means(sp *corev1.ServicePort, api bool) bool {
	return n.port == sp.Port || n.port == 0 && api
}

// unreadNames are the hosts that an object names in what is not read of it: a kind or version that is not, or cannot be; a
// snippet that forwards requests by itself; a Service that gets the requests which failed; the ports that ingress-nginx and
// haproxy-ingress hand on (a ConfigMap that their flags name, `PORT: namespace/service:port`); the Service that gets what no
// Ingress is for (--default-backend-service of ingress-nginx and of both controllers with HAProxy).
func unreadNames(o *inventory.Object) []unreadName { return unreadNamesOf(o, edge.LinksOf(o)) }

// unreadNamesOf is unreadNames of an object of which it is known already what it names.
func unreadNamesOf(o *inventory.Object, links way.Links) []unreadName {
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
					host: name + "." + namespace + ".svc", says: "it sends requests that match no Ingress to %s, because of --default-backend-service",
				})
			}
		}
		return list
	}
	for _, u := range links.Unread {
		list = append(list, unreadName{host: canonical(u.Host), port: u.Port, says: u.What + " are not read, and may lead to %s", by: &u})
	}
	for _, host := range nginx.SnippetTargets(o) {
		if host != "" {
			list = append(list, unreadName{host: host, says: "a snippet in it forwards requests to %s, which counts if its controller allows snippets"})
		}
	}
	if b, ok := nginx.ErrorsService(o); ok {
		list = append(list, unreadName{
			host: b.Name + "." + b.Namespace + ".svc", port: b.Port.IntVal,
			says: "it sends requests that failed to %s, with the headers that clients sent",
		})
	}
	if ports, ok := o.Typed.(*corev1.ConfigMap); ok {
		for _, port := range slices.Sorted(maps.Keys(ports.Data)) {
			to := strings.Split(ports.Data[port], ":")
			if namespace, name, named := strings.Cut(to[0], "/"); isDigits(port) && named && len(to) > 1 {
				list = append(list, unreadName{
					host: name + "." + namespace + ".svc", port: portNumber(to[1]),
					says: fmt.Sprintf("port %s is forwarded to %%s if an ingress controller names this ConfigMap in --tcp-services-configmap", port),
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
					list = append(list, unreadName{host: name + "." + namespace + ".svc", port: portNumber(port), says: says})
				}
			}
			for h := range mention.Hosts(value) {
				list = append(list, unreadName{host: canonical(h.Name), port: h.Port, says: says})
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
				list = append(list, unreadName{host: host, port: port, says: says})
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
	return o.Typed != nil || isUnreadRoute(gk) || slices.Contains(edge.Kinds(), gk)
}

func isUnreadRoute(gk schema.GroupKind) bool { return slices.Contains(unreadRoutes[gk.Group], gk.Kind) }

// anything stands, in the index byUnread, for whatever there is in a namespace.
const anything = "*"

// unreadKeys files an object under the Services that it may name in what is not read of it.
func unreadKeys(o *inventory.Object, links way.Links) []inventory.Key {
	if !opensWays(o) {
		return nil
	}
	var keys []inventory.Key
	for _, n := range unreadNamesOf(o, links) {
		switch {
		case n.host == "" && n.by != nil:
			keys = append(keys, inventory.Key{Index: byUnread, Namespace: n.by.Namespace, Value: anything})
		case isAddress(n.host):
			keys = append(keys, inventory.Key{Index: byUnread, Value: n.host})
		}
		for _, at := range dns.Services(n.host, o.Ref.Namespace) {
			keys = append(keys, inventory.Key{Index: byUnread, Namespace: at.Namespace, Value: at.Name})
		}
	}
	return keys
}

// unreadEntries goes on from the objects that name a Service in what is not read of them. What else they name is asked quietly.
func (w *walker) unreadEntries(svc *inventory.Object, sp *corev1.ServicePort, c chain) {
	quiet := w.view.quietly()
	found, addresses := quiet.Find(inventory.Key{Index: byUnread, Namespace: svc.Ref.Namespace, Value: svc.Ref.Name}), serviceAddresses(svc.Typed.(*corev1.Service))
	w.unread(append(slices.Clip(found), quiet.unreadAt(addresses)...), c, func(o *inventory.Object, n unreadName) (string, bool) {
		if !slices.Contains(addresses, n.host) {
			if named := serviceNamed(quiet, n.host, o.Ref.Namespace); named == nil || named.Ref.ID() != svc.Ref.ID() {
				return "", false
			}
		}
		return fmt.Sprintf(n.says, svc.Ref), n.means(sp, w.atAPI())
	})
}

// unreadPods goes on from the objects that name an address of a pod in what is not read of them.
func (w *walker) unreadPods(pod *inventory.Object, addresses []string, number int32, c chain) {
	w.unread(w.view.quietly().unreadAt(addresses), c, func(_ *inventory.Object, n unreadName) (string, bool) {
		return fmt.Sprintf(n.says, pod.Ref), slices.Contains(addresses, n.host) && (n.port == number || n.port == 0 && w.atAPI())
	})
}

// unreadAnything goes on from the objects whose backends may be anything, and so the gateway.
func (w *walker) unreadAnything(c chain) {
	quiet := w.view.quietly()
	for _, namespace := range []string{w.part.Workload.Ref.Namespace, ""} {
		w.unread(quiet.Find(inventory.Key{Index: byUnread, Namespace: namespace, Value: anything}), c, func(_ *inventory.Object, n unreadName) (string, bool) {
			if n.host != "" || n.by == nil || n.by.Namespace != namespace || quiet.saysWhere(*n.by) {
				return "", false
			}
			return quiet.unreadBackend(*n.by) + ", and may lead to it", true
		})
	}
}

// atAPI says whether the way begins where requests for the gateway's API arrive.
func (w *walker) atAPI() bool { return w.part.Component == Gateway && w.port.Name == PortHTTP }

// unreadAt are the objects that name an address in what is not read of them.
func (v *View) unreadAt(addresses []string) []*inventory.Object {
	var list []*inventory.Object
	for _, address := range addresses {
		list = append(list, v.Find(inventory.Key{Index: byUnread, Value: address})...)
	}
	return list
}

// unread enters by each object, or by the entries that use it, one name of which leads to where the way stands.
func (w *walker) unread(objects []*inventory.Object, c chain, leads func(o *inventory.Object, n unreadName) (why string, leads bool)) {
	quiet := w.view.quietly()
	for _, o := range objects {
		if o.PodTemplate() != nil && quiet.SameAsOwner(o) {
			continue
		}
		for _, n := range unreadNames(o) {
			why, ok := leads(o, n)
			if !ok {
				continue
			}
			for _, entry := range quiet.entriesOver(o) {
				said := why
				if entry != o {
					said = o.Ref.String() + ": " + why
				}
				w.view.tied[o.Ref.ID()], w.view.tied[entry.Ref.ID()] = true, true
				w.enterUnread(entry, entry.Ref.String(), "unread", said, c)
			}
			break
		}
	}
}

// unread follows an object to the Services that it names in what is not read of it.
func (f *follower) unread(o *inventory.Object) {
	if f.quiet || !opensWays(o) {
		return
	}
	for _, n := range unreadNames(o) {
		switch {
		case n.host != "":
			f.target(o.Ref.Namespace, proxyTarget{host: n.host})
		case n.by != nil && !f.view.saysWhere(*n.by):
			for _, ditto := range f.view.dittosIn(n.by.Namespace) {
				f.follow(ditto)
			}
		}
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
