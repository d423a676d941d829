package way

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/dittoguard/dittoguard/internal/ditto/dns"
)

// Publicness says whether the load balancer of a Service of type LoadBalancer is reachable from outside. It is internal
// only where a cloud whose markers count finds one that it honours, and no such cloud finds one that says public: an
// annotation for cloud A does nothing on cloud B, so contradictions mean that somebody is guessing.
//
// names are the clouds whose markers count (CloudNames), empty for any. Whatever the load balancer is, the node ports
// that it allocates are another matter.
func Publicness(svc *corev1.Service, names []string) Verdict {
	return PublicnessOf(balancerOf(svc), names)
}

// balancerOf is what clouds see of a Service.
func balancerOf(svc *corev1.Service) LoadBalancer {
	return LoadBalancer{Annotations: svc.Annotations, Class: ptr.Deref(svc.Spec.LoadBalancerClass, "")}
}

// PublicnessOf is Publicness of what clouds see of a Service.
func PublicnessOf(b LoadBalancer, names []string) Verdict {
	var internal, public []string
	for _, c := range clouds {
		if !counts(c.name, names) || b.Class != "" && !slices.Contains(c.classes, b.Class) {
			continue
		}
		switch o := c.read(b); o.says {
		case saysInternal:
			internal = AppendNew(internal, o.why)
		case saysPublic:
			public = AppendNew(public, o.why)
		case silent:
		}
	}
	switch {
	case len(public) > 0 && len(internal) > 0:
		return Verdict{true, "markers contradict each other: " + strings.Join(internal, "; ") + ", but " +
			strings.Join(public, "; ")}
	case len(public) > 0:
		return Verdict{true, strings.Join(public, "; ")}
	case len(internal) > 0:
		return Verdict{false, strings.Join(internal, "; ")}
	case b.Class != "":
		return Verdict{true, "no internal marker counts for loadBalancerClass " + Quote(b.Class)}
	case len(names) > 0:
		return Verdict{true, "no internal marker of " + strings.Join(names, ", ")}
	}
	return Verdict{true, "no internal load balancer marker"}
}

// MarkedPublic says whether something on a Service says by itself that it is reachable from outside: a marker of a
// cloud that counts, or external IPs. The absence of a marker says nothing here.
func MarkedPublic(svc *corev1.Service, names []string) (public bool, why string) {
	if len(svc.Spec.ExternalIPs) > 0 {
		return true, "external IPs"
	}
	if svc.Spec.Type != corev1.ServiceTypeLoadBalancer {
		return false, ""
	}
	b := balancerOf(svc)
	for _, c := range clouds {
		if !counts(c.name, names) || b.Class != "" && !slices.Contains(c.classes, b.Class) {
			continue
		}
		if o := c.read(b); o.says == saysPublic {
			return true, o.why
		}
	}
	return false, ""
}

// counts says whether a cloud's markers are believed.
func counts(cloud string, names []string) bool {
	return len(names) == 0 || slices.Contains(names, cloud)
}

// AppendNew appends a text that is not in the list.
func AppendNew(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// Quote puts a name that others chose into a message: cut to a bearable length, with nothing that could break the line.
func Quote(text string) string {
	const most = 80
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, text)
	if runes := []rune(clean); len(runes) > most {
		clean = string(runes[:most]) + "..."
	}
	return `"` + clean + `"`
}

// ServiceOfHost is the Service that a host name with a namespace in it means: `service.namespace`,
// `service.namespace.svc`, or that with a cluster's domain behind it; the latter two with the name of a pod before them
// as well.
func ServiceOfHost(host string) (namespace, name string, ok bool) {
	labels := dns.WithoutPort(strings.Split(strings.ToLower(strings.TrimSuffix(host, ".")), "."))
	if len(labels) > 3 && labels[3] == "svc" {
		labels = labels[1:]
	}
	if len(labels) == 2 || len(labels) > 2 && labels[2] == "svc" {
		return labels[1], labels[0], labels[0] != "" && labels[1] != ""
	}
	return "", "", false
}
