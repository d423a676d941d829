package ingress

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// classOf is the class of an Ingress. That it is internal counts only as long as no Service of its controller is marked
// as public.
func classOf(c way.Context, ing *networkingv1.Ingress) way.Class {
	return way.Keep(c, classKey{ing}, func() way.Class {
		class := resolve(c.Objects, ing, c.Config)
		for _, svc := range servicesOf(c, class) {
			if public, why := way.MarkedPublic(inventory.Must[corev1.Service](svc), c.Config.Clouds); public {
				class.Internal, class.Why = false, fmt.Sprintf("%s of its controller is public: %s", svc.Ref, why)
			}
		}
		return class
	})
}

type classKey struct{ ing *networkingv1.Ingress }

// servicesOf are the Services of the controllers of a class that is taken for internal.
func servicesOf(c way.Context, class way.Class) []*inventory.Object {
	if !class.Internal || c.Controllers == nil {
		return nil
	}
	return c.Controllers.Services(class)
}

// doubted says why an Ingress that is taken for internal may be public: a Service of its controller carries no mark
// that would keep it inside.
func doubted(c way.Context, o *inventory.Object) string {
	class := classOf(c, inventory.Must[networkingv1.Ingress](o))
	for _, svc := range servicesOf(c, class) {
		service := inventory.Must[corev1.Service](svc)
		if verdict := way.Publicness(service, c.Config.Clouds); service.Spec.Type == corev1.ServiceTypeLoadBalancer &&
			verdict.Public {
			return fmt.Sprintf("%s, but %s of its controller is a load balancer with no mark that keeps it inside: %s",
				class.Why, svc.Ref, verdict.Why)
		}
	}
	return ""
}

// resolve finds the class of an Ingress and the controller that serves it.
//
// spec.ingressClassName comes before the annotation, as in most controllers. A default class object counts only for an
// Ingress that no API server has seen yet: the API server writes the default into the Ingress when it is created, and
// never later.
func resolve(r inventory.Reader, ing *networkingv1.Ingress, cfg way.Config) way.Class {
	named, annotated := ptr.Deref(ing.Spec.IngressClassName, ""), ing.Annotations[way.ClassAnnotation]
	m := way.Marked{Ingress: ing, Objects: r, Cfg: cfg}
	var c way.Class
	switch {
	case named != "":
		m.ClassName, m.Class = named, way.ClassObject(r, named)
		c = fromName(m.Class, named, ing, cfg)
		if annotated != "" && annotated != named && c.Assumption == "" {
			c.Assumption = "the annotation " + way.ClassAnnotation + " names another class, " + way.Quote(annotated) +
				"; assumed to be served by the class in spec.ingressClassName"
		}
	case annotated != "":
		m.ClassName, m.ByAnnotation = annotated, true
		m.Class = way.ClassObject(r, annotated)
		c = fromName(m.Class, annotated, ing, cfg)
	default:
		m.Class = defaultClass(r, ing)
		if m.Class != nil {
			m.ClassName = m.Class.Name
		}
		c = fromName(m.Class, m.ClassName, ing, cfg)
	}
	c.Internal, c.Why = internal(m, c, annotated)
	if controller := controllerByName(c.Controller); controller.Doubted != nil && !c.Internal &&
		openedBy(controller, ing) == "" {
		c.Doubt = controller.Doubted(c)
	}
	return c
}

// fromName finds the controller of a class: what the configuration says of it comes first, since the value in a class
// object does not always tell who serves it (Traefik can take over ingress-nginx's).
func fromName(object *networkingv1.IngressClass, name string, ing *networkingv1.Ingress, cfg way.Config) way.Class {
	c := way.Class{Name: name, Controller: tri.Unknown}
	configured := cfg.DefaultController
	if name != "" {
		configured = cfg.IngressClasses[name]
	}
	if configured != "" {
		c.Controller, c.Known = configured, true
		return c
	}
	if object != nil {
		for _, row := range table {
			if serves(&row, object) {
				c.Controller, c.Known = row.Name, true
				return c
			}
		}
	}
	row, because := guess(object, name, ing)
	if because == "" {
		c.Hint = hint(name)
		return c
	}
	c.Controller = row.Name
	what := "the Ingress names no class"
	switch {
	case object != nil:
		what = reason.Of("class-controller-not-known", way.Quote(name), way.Quote(object.Spec.Controller))
	case name != "":
		what = reason.Of("ingress-class-not-found", way.Quote(name))
	}
	c.Assumption = what + "; assumed to be served by " + row.Title + " because of " + because
	return c
}

// hint says what in the configuration names the controller of a class.
func hint(class string) string {
	if class == "" {
		return "without a class; edges.defaultController in the configuration can say who serves it"
	}
	return "of class " + way.Quote(class) + "; edges.ingressClasses in the configuration can say who serves it"
}

// serves says whether a controller is the one that a class names.
func serves(row *way.Controller, class *networkingv1.IngressClass) bool {
	return slices.ContainsFunc(row.Classes,
		func(pattern string) bool { return isClass(class.Spec.Controller, pattern) })
}

// isClass compares spec.controller with a pattern of the table.
func isClass(controller, pattern string) bool {
	base, open := strings.CutSuffix(pattern, "/*")
	return controller == base || open && strings.HasPrefix(controller, base+"/")
}

// guess takes a controller by the class's usual name or by annotations of one vendor alone, since classes of
// ingress-nginx with a name of their own are common and their objects are seldom among manifests; because is empty if
// nothing speaks for one controller alone.
func guess(object *networkingv1.IngressClass, name string, ing *networkingv1.Ingress) (row way.Controller,
	because string) {
	var usual, speaking []*way.Controller
	for i := range table {
		c := &table[i]
		// A second ingress-nginx in a cluster has a class and a controller value of its own, by convention a variation
		// of the first one's.
		if object != nil && c.Name == way.NameIngressNginx &&
			strings.Contains(object.Spec.Controller, "ingress-nginx") ||
			object == nil && slices.Contains(c.Usual, name) {
			usual = append(usual, c)
		}
		if c.IsNamedBy(ing.Annotations) {
			speaking = append(speaking, c)
		}
	}
	switch {
	case len(usual) == 1:
		return *usual[0], "its name"
	case len(usual) > 1:
		for _, c := range usual {
			if slices.ContainsFunc(speaking, func(s *way.Controller) bool { return s == c }) {
				if because != "" {
					return way.Controller{}, ""
				}
				row, because = *c, "its annotations"
			}
		}
		if because == "" {
			return *usual[0], "its name"
		}
		return row, because
	case len(speaking) == 1:
		return *speaking[0], "its annotations"
	}
	return way.Controller{}, ""
}

// defaultClass is what the API server will write into an Ingress without a class. Of several defaults it takes the
// newest, and of equally old ones the first by name (plugin/pkg/admission/network/defaultingressclass).
func defaultClass(r inventory.Reader, ing *networkingv1.Ingress) *networkingv1.IngressClass {
	if ing.UID != "" {
		return nil
	}
	var found *networkingv1.IngressClass
	for _, o := range r.Find(inventory.KindKey(inventory.IngressClass, "")) {
		class, ok := inventory.As[networkingv1.IngressClass](o)
		if !ok || class.Annotations[networkingv1.AnnotationIsDefaultIngressClass] != "true" {
			continue
		}
		if found == nil || class.CreationTimestamp.After(found.CreationTimestamp.Time) {
			found = class
		}
	}
	return found
}

// openedBy is the annotation by which an Ingress is public, whatever else says that it is internal; empty if there is
// none.
func openedBy(c *way.Controller, ing *networkingv1.Ingress) string {
	if c.Opened == nil {
		return ""
	}
	return c.Opened(ing)
}

// internal says whether the entry is kept from outside, and why.
func internal(m way.Marked, c way.Class, annotated string) (bool, string) {
	controller := controllerByName(c.Controller)
	if by := openedBy(controller, m.Ingress); by != "" {
		return false, "annotation " + by + " opens it to the Internet"
	}
	configured := func(name string) bool { return name != "" && slices.Contains(m.Cfg.InternalIngressClasses, name) }
	if configured(m.ClassName) {
		if annotated == "" || configured(annotated) {
			return true, "the configuration names ingress class " + way.Quote(m.ClassName) + " internal"
		}
		// Controllers disagree on which of the two counts, so both have to be internal.
		return false, "the annotation " + way.ClassAnnotation + " names another class, " + way.Quote(annotated) +
			", which is not internal"
	}
	if read := controller.Internal; read != nil {
		// A class that is only an annotation has no object; its usual name says whose it is, annotations do not.
		if c.Known || m.ByAnnotation && slices.Contains(controller.Usual, m.ClassName) {
			v := read(m)
			return !v.Public, v.Why
		}
	}
	if m.ClassName == "" {
		return false, "no ingress class is named internal"
	}
	return false, "ingress class " + way.Quote(m.ClassName) + " is not named internal"
}
