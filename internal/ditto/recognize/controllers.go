package recognize

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
)

// classFlags are the flags by which ingress controllers take the name of their class, or the controller that an
// IngressClass names. Sources: the manuals of ingress-nginx (--ingress-class, --controller-class), F5 NGINX
// (-ingress-class), HAProxy Technologies (--ingress.class), haproxy-ingress (--ingress-class, --controller-class) and
// Traefik (--providers.kubernetesingress.ingressclass).
var classFlags = []string{"ingress-class", "controller-class", "ingress.class",
	"providers.kubernetesingress.ingressclass"}

// ServedClasses are the classes that the flags of a pod's containers name. ingress-nginx and haproxy-ingress have
// defaults for them.
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
		if isHAProxyIngress(c) {
			add(classOfHAProxyIngress(podspec.FlagOf(c, "controller-class")))
			if podspec.FlagOf(c, "ingress-class") == "" {
				add("haproxy")
			}
		}
	}
	return list
}

// classOfHAProxyIngress is the controller that haproxy-ingress is, by its flag --controller-class.
func classOfHAProxyIngress(own string) string {
	const class = "haproxy-ingress.github.io/controller"
	if own == "" {
		return class
	}
	return class + "/" + strings.TrimLeft(own, "/")
}

// isHAProxyIngress says whether a container runs the program of haproxy-ingress. Its image starts it, so that there is
// rarely a command.
func isHAProxyIngress(c *corev1.Container) bool {
	return podspec.ImageName(c.Image) == "haproxy-ingress" || runs(c, "haproxy-ingress-controller")
}

// IsOfHAProxyTechnologies says whether a pod runs the other controller for HAProxy, whose flags have dots.
func IsOfHAProxyTechnologies(spec *corev1.PodSpec) bool {
	return slices.ContainsFunc(spec.Containers, func(c corev1.Container) bool {
		return podspec.FlagOf(&c, "ingress.class") != ""
	})
}

// classOfIngressNginx is the controller that ingress-nginx is without the flag --controller-class.
const classOfIngressNginx = "k8s.io/ingress-nginx"

// isIngressNginx says whether a container runs the program of ingress-nginx.
func isIngressNginx(c *corev1.Container) bool {
	return runs(c, "nginx-ingress-controller")
}

// runs says whether a container's command names a program.
func runs(c *corev1.Container, program string) bool {
	return slices.ContainsFunc(slices.Concat(c.Command, c.Args), func(word string) bool {
		return path.Base(word) == program
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

// ControllerNamespace is the namespace in which a controller looks for the parameters of classes: that of its variable
// POD_NAMESPACE, and `default` without one (haproxy-ingress: pkg/controller/cache.go).
func ControllerNamespace(namespace string, spec *corev1.PodSpec) string {
	const variable = "$(POD_NAMESPACE)"
	for i := range spec.Containers {
		if value := podspec.Expand(variable, namespace, spec.Containers[i].Env); value != variable {
			return value
		}
	}
	return "default"
}

// ReadsAcrossNamespaces says whether the flags of a controller of haproxy-ingress let it read Secrets of any namespace.
func ReadsAcrossNamespaces(spec *corev1.PodSpec) bool {
	return slices.ContainsFunc(spec.Containers, func(c corev1.Container) bool {
		return slices.ContainsFunc(slices.Concat(c.Command, c.Args), func(word string) bool {
			return strings.TrimLeft(word, "-") == "allow-cross-namespace" ||
				strings.TrimLeft(word, "-") == "allow-cross-namespace=true"
		})
	})
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
