package edge

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Class is the ingress class of an Ingress, and the controller behind it.
type Class struct {
	// Controller is a name of ControllerNames, or Unknown.
	Controller string
	// Name is the class as the Ingress or the default says it; empty if there is none.
	Name string
	// Known says that a class object, or the configuration, names the controller. Otherwise it is a guess, told in
	// Assumption, or Unknown.
	Known bool
	// Internal says that the entry is not reachable from outside: because the configuration names the class, or because of
	// a marker that the controller honours.
	Internal bool
	// Doubt says why it cannot be told whether anybody outside reaches the entry; empty where it can.
	Doubt string
	// Why says why it is internal or public, for people.
	Why string
	// Assumption says what a guessed controller rests on; empty if nothing was guessed.
	Assumption string
	// Hint says, where the controller is Unknown, what in the configuration would name it.
	Hint string
}

// classAnnotation is the deprecated way to name a class. It names no object: the controller compares it with its flag.
const classAnnotation = "kubernetes.io/ingress.class"

// Resolve finds the class of an Ingress and the controller that serves it.
//
// spec.ingressClassName comes before the annotation, as in most controllers. A default class object counts only for an
// Ingress that no API server has seen yet: the API server writes the default into the Ingress when it is created, and
// never later.
func Resolve(r inventory.Reader, ing *networkingv1.Ingress, cfg Config) Class {
	var named, annotated string
	if ing.Spec.IngressClassName != nil {
		named = *ing.Spec.IngressClassName
	}
	annotated = ing.Annotations[classAnnotation]

	m := marked{ingress: ing, objects: r, cfg: cfg}
	var c Class
	switch {
	case named != "":
		m.className, m.class = named, classObject(r, named)
		c = fromName(m.class, named, ing, cfg)
		if annotated != "" && annotated != named && c.Assumption == "" {
			c.Assumption = "the annotation " + classAnnotation + " names another class, " + quote(annotated) +
				"; taken for served by the class in spec.ingressClassName"
		}
	case annotated != "":
		m.className, m.byAnnotation = annotated, true
		m.class = classObject(r, annotated)
		c = fromName(m.class, annotated, ing, cfg)
	default:
		m.class = defaultClass(r, ing)
		if m.class != nil {
			m.className = m.class.Name
		}
		c = fromName(m.class, m.className, ing, cfg)
	}
	c.Internal, c.Why = internal(m, c, annotated)
	c.Doubt = tailnet(m, c)
	return c
}

// fromName finds the controller of a class: what the configuration says of it comes first, since the value in a class
// object does not always tell who serves it (Traefik can take over ingress-nginx's).
func fromName(object *networkingv1.IngressClass, name string, ing *networkingv1.Ingress, cfg Config) Class {
	c := Class{Name: name, Controller: Unknown}
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
			if slices.ContainsFunc(row.classes, func(pattern string) bool { return isClass(object.Spec.Controller, pattern) }) {
				c.Controller, c.Known = row.name, true
				return c
			}
		}
	}
	row, because := guess(object, name, ing)
	if because == "" {
		c.Hint = hint(name)
		return c
	}
	c.Controller = row.name
	what := "the Ingress names no class"
	switch {
	case object != nil:
		what = "IngressClass " + quote(name) + " names the controller " + quote(object.Spec.Controller) + ", which is not known"
	case name != "":
		what = "IngressClass " + quote(name) + " is not at hand"
	}
	c.Assumption = what + "; taken for " + row.title + " because of " + because
	return c
}

// hint says what in the configuration names the controller of a class.
func hint(class string) string {
	if class == "" {
		return "without a class; edges.defaultController in the configuration can say who serves it"
	}
	return "of class " + quote(class) + "; edges.ingressClasses in the configuration can say who serves it"
}

// isClass compares spec.controller with a pattern of the table.
func isClass(controller, pattern string) bool {
	base, open := strings.CutSuffix(pattern, "/*")
	return controller == base || open && strings.HasPrefix(controller, base+"/")
}

// guess takes a controller by the class's usual name or by annotations of one vendor alone, since classes of ingress-nginx
// with a name of their own are common and their objects are seldom among manifests; because is empty if nothing speaks
// for one controller alone.
func guess(object *networkingv1.IngressClass, name string, ing *networkingv1.Ingress) (row controller, because string) {
	var usual, speaking []*controller
	for i := range table {
		c := &table[i]
		// A second ingress-nginx in a cluster has a class and a controller value of its own, by convention a variation
		// of the first one's.
		if object != nil && c.name == nameIngressNginx && strings.Contains(object.Spec.Controller, "ingress-nginx") ||
			object == nil && slices.Contains(c.usual, name) {
			usual = append(usual, c)
		}
		if c.isNamedBy(ing.Annotations) {
			speaking = append(speaking, c)
		}
	}
	switch {
	case len(usual) == 1:
		return *usual[0], "its name"
	case len(usual) > 1:
		for _, c := range usual {
			if slices.ContainsFunc(speaking, func(s *controller) bool { return s == c }) {
				if because != "" {
					return controller{}, ""
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
	return controller{}, ""
}

func classObject(r inventory.Reader, name string) *networkingv1.IngressClass {
	if o := r.Get(inventory.IngressClass, "", name); o != nil {
		class, _ := o.Typed.(*networkingv1.IngressClass)
		return class
	}
	return nil
}

// defaultClass is what the API server will write into an Ingress without a class. Of several defaults it takes the newest,
// and of equally old ones the first by name (plugin/pkg/admission/network/defaultingressclass).
func defaultClass(r inventory.Reader, ing *networkingv1.Ingress) *networkingv1.IngressClass {
	if ing.UID != "" {
		return nil
	}
	var found *networkingv1.IngressClass
	for _, o := range r.Find(inventory.KindKey(inventory.IngressClass, "")) {
		class, ok := o.Typed.(*networkingv1.IngressClass)
		if !ok || class.Annotations[networkingv1.AnnotationIsDefaultIngressClass] != "true" {
			continue
		}
		if found == nil || class.CreationTimestamp.After(found.CreationTimestamp.Time) {
			found = class
		}
	}
	return found
}

// internal says whether the entry is kept from outside, and why.
func internal(m marked, c Class, annotated string) (bool, string) {
	if c.Controller == nameTailscale && m.ingress.Annotations[tailscaleFunnel] == "true" {
		return false, "annotation " + tailscaleFunnel + " opens it to the Internet"
	}
	configured := func(name string) bool { return name != "" && slices.Contains(m.cfg.InternalIngressClasses, name) }
	if configured(m.className) {
		if annotated == "" || configured(annotated) {
			return true, "the configuration names ingress class " + quote(m.className) + " internal"
		}
		// Controllers disagree on which of the two counts, so both have to be internal.
		return false, "the annotation " + classAnnotation + " names another class, " + quote(annotated) + ", which is not internal"
	}
	if read := controllerByName(c.Controller).internal; read != nil {
		// A class that is only an annotation has no object; its usual name says whose it is, annotations do not.
		if c.Known || m.byAnnotation && slices.Contains(controllerByName(c.Controller).usual, m.className) {
			v := read(m)
			return !v.Public, v.Why
		}
	}
	if m.className == "" {
		return false, "no ingress class is named internal"
	}
	return false, "ingress class " + quote(m.className) + " is not named internal"
}
