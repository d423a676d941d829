package unread

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/nginx"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/traefik"
	"github.com/dittoguard/dittoguard/internal/ditto/mention"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Name is a host in what is not read of an object.
type Name struct {
	Host string
	// Port is 0 where none is named.
	Port int32
	// Says is what it is there for: a format for the name of the Service.
	Says string
	// By is a backend that is not read, if the host is its; one without a host may be anything.
	By *way.UnreadBackend
	// Relay says that it is the name of an object that hands requests on, and not of a Service.
	Relay bool
}

// MayBeRelay says whether the name can be that of an object that hands requests on.
func (n Name) MayBeRelay(o *inventory.Object) bool { return n.Relay || o.Typed == nil }

// Means says whether the name is for one of the ports. One without a port is a hint at the gateway's API alone.
func (n Name) Means(ports []int32, api bool) bool {
	return slices.Contains(ports, n.Port) || n.Port == 0 && api
}

// Names are the hosts that an object names in what is not read of it: a kind or version that is not, or cannot be; a
// snippet that forwards requests by itself; a Service that gets the requests which failed; the ports that ingress-nginx
// and haproxy-ingress hand on (a ConfigMap that their flags name, `PORT: namespace/service:port`); the Service that
// gets what no Ingress is for (--default-backend-service of ingress-nginx and of both controllers with HAProxy).
func Names(o *inventory.Object) []Name { return NamesOf(o, edge.LinksOf(o)) }

// NamesOf is unreadNames of an object of which it is known already what it names.
func NamesOf(o *inventory.Object, links way.Links) []Name {
	if o.Typed == nil {
		why, _ := Kind(o)
		if why == "" {
			return nil
		}
		body := maps.Clone(o.Content())
		for _, key := range []string{"apiVersion", "kind", "metadata", "status"} {
			delete(body, key)
		}
		return namesIn(body, why+", and it names %s")
	}
	var list []Name
	if template := o.PodTemplate(); template != nil {
		for i := range template.Spec.Containers {
			c := &template.Spec.Containers[i]
			to := podspec.Expand(podspec.FlagOf(c, "default-backend-service"), o.Ref.Namespace, c.Env)
			if namespace, name, named := strings.Cut(to, "/"); named {
				list = append(list, Name{
					Host: name + "." + namespace + ".svc", Says: reason.Of("default-backend-service", "%s"),
				})
			}
		}
		return list
	}
	for _, u := range links.Unread {
		list = append(list, Name{Host: podspec.Canonical(u.Host), Port: u.Port,
			Says: reason.Of("unread-backend", u.What, "%s"), By: &u})
	}
	forwards := reason.Of("snippet-forwards", "%s")
	for _, host := range nginx.SnippetTargets(o) {
		list = append(list, Name{Host: host, Says: forwards})
	}
	failed := reason.Of("errors-go-to", "%s")
	services, others := traefik.Errors(o)
	for _, b := range services {
		list = append(list, Name{Host: b.Name + "." + b.Namespace + ".svc", Port: b.Port.IntVal, Says: failed})
	}
	for _, id := range others {
		list = append(list, Name{Host: id.Name + "." + id.Namespace + ".svc", Says: failed, Relay: true})
	}
	if ports, ok := inventory.As[corev1.ConfigMap](o); ok {
		for _, port := range slices.Sorted(maps.Keys(ports.Data)) {
			to := strings.Split(ports.Data[port], ":")
			if namespace, name, named := strings.Cut(to[0], "/"); podspec.IsDigits(port) && named && len(to) > 1 {
				list = append(list, Name{
					Host: name + "." + namespace + ".svc", Port: podspec.PortNumber(to[1]),
					Says: reason.Of("tcp-services", port, "%s"),
				})
			}
		}
	}
	return list
}

// namesIn finds the hosts in what an object says: by themselves, or in the fields of one object (`serviceName`,
// `namespace`, `servicePort`), or as `namespace/name`.
func namesIn(value any, says string) []Name {
	says = strings.NewReplacer("%s", "%s", "%", "%%").Replace(says)
	var list []Name
	var visit func(value any)
	visit = func(value any) {
		switch value := value.(type) {
		case string:
			if namespace, name, found := strings.Cut(value, "/"); found {
				if name, port, _ := strings.Cut(name, ":"); isLabel(namespace) && isLabel(name) {
					list = append(list, Name{Host: name + "." + namespace + ".svc", Port: podspec.PortNumber(port),
						Says: says})
				}
			}
			for _, host := range insideTraefik(value) {
				list = append(list, Name{Host: host, Says: says})
			}
			for h := range mention.Hosts(value) {
				list = append(list, Name{Host: podspec.Canonical(h.Name), Port: h.Port, Says: says})
			}
		case []any:
			for _, item := range value {
				visit(item)
			}
		case map[string]any:
			name, namespace := firstString(value, "serviceName", "name"),
				firstString(value, "serviceNamespace", "namespace")
			if isLabel(name) {
				host, port := name, int32(0)
				if isLabel(namespace) {
					host += "." + namespace + ".svc"
				}
				for _, key := range []string{"servicePort", "port"} {
					if port == 0 {
						port = podspec.PortNumber(fmt.Sprint(value[key]))
					}
				}
				list = append(list, Name{Host: host, Port: port, Says: says})
			} else {
				name = "" // it is read like any other text
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

// insideTraefik are the hosts of what is called `namespace-name@provider`, or `namespace-name-port@provider`, inside
// Traefik, each dash of which may be the one between namespace and name.
func insideTraefik(text string) []string {
	word, provider, _ := strings.Cut(text, "@")
	if provider != "kubernetescrd" && provider != "kubernetes" {
		return nil
	}
	if len(word) > longestLabel+1+longestName+1+longestLabel {
		return nil
	}
	var hosts []string
	for i := range word {
		if namespace := word[:i]; word[i] == '-' && isLabel(namespace) {
			names := []string{word[i+1:]}
			if end := strings.LastIndexByte(names[0], '-'); end > 0 {
				names = append(names, names[0][:end])
			}
			for _, name := range names {
				if isName(name) {
					hosts = append(hosts, name+"."+namespace+".svc")
				}
			}
		}
	}
	return hosts
}

func firstString(m map[string]any, keys ...string) string {
	for _, key := range keys {
		if text, ok := m[key].(string); ok {
			return text
		}
	}
	return ""
}

// longestLabel is the length of the longest label of DNS, longestName that of the longest name.
const (
	longestLabel = 63
	longestName  = 253
)

// isLabel says whether a text may be the name of a Service or a namespace.
func isLabel(s string) bool {
	return len(s) <= longestLabel && isName(s) && !strings.Contains(s, ".")
}

// isName says whether a text may be the name of an object of some other kind.
func isName(s string) bool {
	return s != "" && len(s) <= longestName && s[0] != '-' && s[0] != '.' &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
}
