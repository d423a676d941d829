// Package dns says which Services of a cluster a host name can mean.
package dns

import "strings"

// Service is a Service that a host name can mean.
type Service struct {
	Name, Namespace string
	// Pod says that the host is one pod behind the Service, which a headless Service alone has names for.
	Pod bool
}

// Services reads a host name as DNS in a cluster does: `service`, `service.namespace`, `service.namespace.svc` and
// `service.namespace.svc.<cluster domain>`, each with the name of a pod before it as well, or with a port and a protocol
// (`_http._tcp`), which is how SRV records are asked for. It lists what the name can mean to a pod in the namespace, the
// likeliest first; nothing for a name that cannot be a Service.
//
// Source: Kubernetes DNS specification (dns.md, "Records for a Service"). A name with a dot and no `svc` may as well be
// a host outside the cluster; whether such a Service exists decides that.
func Services(host, namespace string) []Service {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	labels := WithoutPort(strings.Split(host, "."))
	at := func(n int) string {
		if n < len(labels) {
			return labels[n]
		}
		return ""
	}
	last := labels[len(labels)-1]
	switch {
	case labels[0] == "" || last != "" && strings.Trim(last, "0123456789") == "":
		return nil
	case len(labels) == 1:
		return []Service{{labels[0], namespace, false}}
	case len(labels) == 2:
		return []Service{{labels[0], labels[1], false}, {labels[1], namespace, true}}
	case at(2) == "svc":
		return []Service{{labels[0], labels[1], false}}
	case len(labels) == 3 || at(3) == "svc":
		return []Service{{labels[1], labels[2], true}}
	}
	return nil
}

// WithoutPort are the labels of a name without those of a port and its protocol (RFC 2782).
func WithoutPort(labels []string) []string {
	for len(labels) > 1 && strings.HasPrefix(labels[0], "_") {
		labels = labels[1:]
	}
	return labels
}
