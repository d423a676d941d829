package recognize

import (
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
)

// classFlags are the flags by which ingress controllers take the name of their class, or the controller that an
// IngressClass names. Sources: the manuals of ingress-nginx (--ingress-class, --controller-class), F5 NGINX
// (-ingress-class), HAProxy Technologies (--ingress.class), haproxy-ingress (--ingress-class, --controller-class) and
// Traefik (--providers.kubernetesingress.ingressclass).
var classFlags = []string{"ingress-class", "controller-class", "ingress.class",
	"providers.kubernetesingress.ingressclass"}

// ServedClasses are the classes that the flags of a pod's containers name. ingress-nginx has defaults for them.
func ServedClasses(spec *corev1.PodSpec) []string {
	var list []string
	add := func(class string) {
		if class != "" && !slices.Contains(list, class) {
			list = append(list, class)
		}
	}
	for i := range spec.Containers {
		c := &spec.Containers[i]
		for _, flag := range classFlags {
			add(podspec.FlagOf(c, flag))
		}
		if isIngressNginx(c) && podspec.FlagOf(c, "controller-class") == "" {
			add(classOfIngressNginx)
			if podspec.FlagOf(c, "ingress-class") == "" {
				add("nginx")
			}
		}
	}
	return list
}

// classOfIngressNginx is the controller that ingress-nginx is without the flag --controller-class.
const classOfIngressNginx = "k8s.io/ingress-nginx"

// isIngressNginx says whether a container runs the program of ingress-nginx.
func isIngressNginx(c *corev1.Container) bool {
	return slices.ContainsFunc(slices.Concat(c.Command, c.Args), func(word string) bool {
		return path.Base(word) == "nginx-ingress-controller"
	})
}

// AnnotationsPrefix is the prefix of the annotations that the flags of a controller name; empty if none does.
func AnnotationsPrefix(spec *corev1.PodSpec) string {
	for i := range spec.Containers {
		if value := podspec.FlagOf(&spec.Containers[i], "annotations-prefix"); value != "" {
			return value
		}
	}
	return ""
}

// ControllerConfigMap is the ConfigMap, as `namespace/name`, that the flags of a controller name; empty if none does.
func ControllerConfigMap(namespace string, spec *corev1.PodSpec) string {
	for i := range spec.Containers {
		c := &spec.Containers[i]
		if value := podspec.FlagOf(c, "configmap"); value != "" {
			return podspec.Expand(value, namespace, c.Env)
		}
	}
	return ""
}
