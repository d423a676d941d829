package ditto

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingress"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// This file finds the controller that serves an ingress class, to compare what is said of the class with how the
// controller itself is exposed: an Ingress of an internal class is public as soon as the controller's own Service is.

// classFlags are the flags by which ingress controllers take the name of their class, or the controller that an
// IngressClass names. Sources: the manuals of ingress-nginx (--ingress-class, --controller-class), F5 NGINX
// (-ingress-class), HAProxy Technologies (--ingress.class), haproxy-ingress (--ingress-class, --controller-class) and
// Traefik (--providers.kubernetesingress.ingressclass).
var classFlags = []string{"ingress-class", "controller-class", "ingress.class", "providers.kubernetesingress.ingressclass"}

// servedClasses are the classes that the flags of a pod's containers name. ingress-nginx has defaults for them.
func servedClasses(spec *corev1.PodSpec) []string {
	var list []string
	add := func(class string) {
		if class != "" && !slices.Contains(list, class) {
			list = append(list, class)
		}
	}
	for i := range spec.Containers {
		c := &spec.Containers[i]
		for _, flag := range classFlags {
			add(flagOf(c, flag))
		}
		if isIngressNginx(c) && flagOf(c, "controller-class") == "" {
			add(classOfIngressNginx)
			if flagOf(c, "ingress-class") == "" {
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

// flagOf is the value of a flag, written `--flag=value` or `--flag value`, with one or two dashes; empty if it is not there.
func flagOf(c *corev1.Container, name string) string {
	words := c.Args
	if len(c.Command) > 0 {
		words = slices.Concat(c.Command, c.Args)
	}
	for at, word := range words {
		if !strings.HasPrefix(word, "-") {
			continue
		}
		flag, value, given := strings.Cut(strings.TrimLeft(word, "-"), "=")
		if strings.ToLower(flag) != name {
			continue
		}
		if !given && at+1 < len(words) {
			value = words[at+1]
		}
		return value
	}
	return ""
}

// DoubtedEntry says why an entry that is taken for internal may be public: a Service of its controller, or of its Gateway,
// carries no mark that would keep it inside. It is empty where there is no such doubt.
func (v *View) DoubtedEntry(o *inventory.Object) string { return edge.Doubted(v.reading, o) }

// controllers are the workloads of a view that serve Ingresses; see way.Controllers.
type controllers View

// Services implements way.Controllers.
func (c *controllers) Services(class way.Class) []*inventory.Object {
	v := (*View)(c)
	names := []string{class.Name}
	if o := v.Get(inventory.IngressClass, "", class.Name); o != nil {
		names = append(names, o.Typed.(*networkingv1.IngressClass).Spec.Controller)
	}
	var list []*inventory.Object
	for _, workload := range v.serving(names...) {
		list = append(list, v.servicesSelecting(workload)...)
	}
	return ordered(list)
}

// serving are the workloads that say they serve one of some classes.
func (v *View) serving(names ...string) []*inventory.Object {
	var list []*inventory.Object
	for _, name := range names {
		if name != "" {
			list = append(list, v.Find(inventory.Key{Index: byServedClass, Value: name})...)
		}
	}
	return ordered(list)
}

// servedBy follows a controller to the Ingresses of the classes that it serves.
func (f *follower) servedBy(o *inventory.Object) {
	for _, name := range servedClasses(&o.PodTemplate().Spec) {
		classes := []string{name}
		for _, class := range f.view.Find(inventory.KindKey(inventory.IngressClass, "")) {
			if class.Typed.(*networkingv1.IngressClass).Spec.Controller == name {
				// Without a class an Ingress may have this one by default.
				classes = append(classes, class.Ref.Name, "")
			}
		}
		for _, class := range classes {
			f.dependents(ingress.ClassID(class))
		}
	}
}
