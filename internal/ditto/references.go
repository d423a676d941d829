package ditto

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/aws"
)

// reference names a ConfigMap or Secret that something reads.
type reference struct{ Kind, Namespace, Name string }

// podReferences are the ConfigMaps and Secrets that a pod's containers and volumes read; they lie in the pod's namespace.
func podReferences(spec *corev1.PodSpec) []reference {
	var refs []reference
	add := func(kind, name string) {
		if name != "" {
			refs = append(refs, reference{Kind: kind, Name: name})
		}
	}
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range containers {
			for _, from := range containers[i].EnvFrom {
				if from.ConfigMapRef != nil {
					add("ConfigMap", from.ConfigMapRef.Name)
				}
				if from.SecretRef != nil {
					add("Secret", from.SecretRef.Name)
				}
			}
			for _, env := range containers[i].Env {
				if env.ValueFrom == nil {
					continue
				}
				if ref := env.ValueFrom.ConfigMapKeyRef; ref != nil {
					add("ConfigMap", ref.Name)
				}
				if ref := env.ValueFrom.SecretKeyRef; ref != nil {
					add("Secret", ref.Name)
				}
			}
		}
	}
	for _, volume := range spec.Volumes {
		if volume.ConfigMap != nil {
			add("ConfigMap", volume.ConfigMap.Name)
		}
		if volume.Secret != nil {
			add("Secret", volume.Secret.SecretName)
		}
		if volume.Projected == nil {
			continue
		}
		for _, source := range volume.Projected.Sources {
			if source.ConfigMap != nil {
				add("ConfigMap", source.ConfigMap.Name)
			}
			if source.Secret != nil {
				add("Secret", source.Secret.Name)
			}
		}
	}
	return refs
}

// ingressBackends are the Services of its namespace that an Ingress sends requests to, its default backend included.
func ingressBackends(ing *networkingv1.Ingress) []networkingv1.IngressServiceBackend {
	var list []networkingv1.IngressServiceBackend
	add := func(b *networkingv1.IngressBackend) {
		if b != nil && b.Service != nil {
			list = append(list, aws.Behind(ing, *b.Service)...)
		}
	}
	add(ing.Spec.DefaultBackend)
	if name := standIn(ing); name != "" {
		list = append(list, networkingv1.IngressServiceBackend{Name: name})
	}
	for _, rule := range ing.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for i := range rule.HTTP.Paths {
			add(&rule.HTTP.Paths[i].Backend)
		}
	}
	return list
}

// standIn is the Service that an Ingress of ingress-nginx names for requests whose own Service has no endpoints.
func standIn(ing *networkingv1.Ingress) string {
	return strings.TrimSpace(ing.Annotations["nginx.ingress.kubernetes.io/default-backend"])
}

// ingressReferences are the Secrets that annotations of an Ingress name as password files: every controller's annotation
// for that ends in `auth-secret` or `basic-auth-secret`, and its value is `name` or `namespace/name`.
func ingressReferences(ing *networkingv1.Ingress) []reference {
	var refs []reference
	for key, value := range ing.Annotations {
		if !strings.HasSuffix(key, "auth-secret") {
			continue
		}
		ref := reference{Kind: "Secret", Namespace: ing.Namespace, Name: strings.TrimSpace(value)}
		if namespace, name, found := strings.Cut(ref.Name, "/"); found {
			ref.Namespace, ref.Name = namespace, name
		}
		refs = append(refs, ref)
	}
	return refs
}

// ingressClassName is the class an Ingress asks for, by field or by the older annotation, empty if it asks for none.
func ingressClassName(ing *networkingv1.Ingress) string {
	if ing.Spec.IngressClassName != nil {
		return *ing.Spec.IngressClassName
	}
	return ing.Annotations["kubernetes.io/ingress.class"]
}

// clusterName is a Service that a host name can mean.
type clusterName struct {
	name, namespace string
	// pod says that the host is one pod behind the Service, which a headless Service alone has names for.
	pod bool
}

// clusterHosts reads a host name as DNS in a cluster does: `service`, `service.namespace`, `service.namespace.svc` and
// `service.namespace.svc.<cluster domain>`, each with the name of a pod before it as well. It lists what the name can
// mean, the likeliest first; nothing for a name that cannot be a Service.
//
// Source: Kubernetes DNS specification (dns.md, "Records for a Service"). A name with a dot and no `svc` may as well be
// a host outside the cluster; whether such a Service exists decides that.
func clusterHosts(host, namespace string) []clusterName {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	labels := strings.Split(host, ".")
	at := func(n int) string {
		if n < len(labels) {
			return labels[n]
		}
		return ""
	}
	switch {
	case labels[0] == "" || isDigits(labels[len(labels)-1]):
		return nil
	case len(labels) == 1:
		return []clusterName{{labels[0], namespace, false}}
	case len(labels) == 2:
		return []clusterName{{labels[0], labels[1], false}, {labels[1], namespace, true}}
	case at(2) == "svc":
		return []clusterName{{labels[0], labels[1], false}}
	case len(labels) == 3 || at(3) == "svc":
		return []clusterName{{labels[1], labels[2], true}}
	}
	return nil
}
