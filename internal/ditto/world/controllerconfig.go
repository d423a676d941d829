package world

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingressnginx"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// This file finds what a controller of ingress-nginx, or of haproxy-ingress, is told for all Ingresses: in the
// ConfigMap of its flag --configmap, in the one that this names for headers, and in the one that a class names. What a
// ConfigMap is named says nothing: only who reads it counts.

// Told implements way.Controllers. One that is told nothing that is at hand counts as one with the documented defaults.
func (c *controllers) Told(class way.Class) []way.GlobalConfig {
	v := (*View)(c)
	workloads := v.servingAs(class)
	switch class.Controller {
	default:
		return nil
	case way.NameIngressNginx:
	case way.NameHAProxyIngress:
		workloads = slices.DeleteFunc(workloads,
			func(o *inventory.Object) bool { return recognize.IsOfHAProxyTechnologies(&o.PodTemplate().Spec) })
	}
	var list []way.GlobalConfig
	for _, told := range v.settingsOf(workloads) {
		g := way.GlobalConfig{Prefix: told.prefix, CrossNamespace: told.crossNamespace}
		if class.Controller == way.NameHAProxyIngress {
			v.parameters(&g, class, told.namespace)
		}
		namespace, name, _ := strings.Cut(told.configMap, "/")
		if o := v.Get(inventory.ConfigMap, namespace, name); name != "" && o != nil {
			g.Name, g.Data = o.Ref.String(), podspec.DataOf(o)
			v.headers(&g)
		} else if name != "" && !v.Knows(inventory.ConfigMap, namespace) {
			g.Name, g.Unseen = "ConfigMap "+told.configMap, true
		}
		list = append(list, g)
	}
	if g := (way.GlobalConfig{Assumed: true}); len(list) == 0 && class.Controller == way.NameHAProxyIngress {
		if v.parameters(&g, class, ""); g.ClassName != "" {
			list = append(list, g)
		}
	}
	return list
}

// told is what the flags of a controller say: the ConfigMap with its settings, the prefix of its annotations, and
// whether it reads Secrets of all namespaces; and the namespace in which it looks for the parameters of classes.
// ConfigMap and prefix are empty where they say nothing; a ConfigMap that is known not to be there counts as one that
// says nothing, as for ingress-nginx itself (internal/ingress/controller/store). haproxy-ingress does not start without
// it.
type told struct {
	configMap, prefix, namespace string
	crossNamespace               bool
}

// settingsOf are what the flags of controllers say, each once. Pods and
// ReplicaSets are looked at only if they say anything else than the workloads that nothing made.
func (v *View) settingsOf(workloads []*inventory.Object) []told {
	var list []told
	for _, owned := range []bool{false, true} {
		for _, o := range workloads {
			spec := &o.PodTemplate().Spec
			named := told{
				recognize.ControllerConfigMap(o.Ref.Namespace, spec), recognize.AnnotationsPrefix(spec),
				recognize.ControllerNamespace(o.Ref.Namespace, spec), recognize.ReadsAcrossNamespaces(spec),
			}
			if (len(o.Meta.OwnerReferences) > 0) == owned && !slices.Contains(list, named) &&
				!(owned && v.SameAsOwner(o)) {
				list = append(list, named)
			}
		}
	}
	return list
}

// headers reads the ConfigMap that proxy-set-headers names. One that is not there sets none.
func (v *View) headers(c *way.GlobalConfig) {
	namespace, name, ok := ingressnginx.HeadersConfigMap(c.Data)
	if !ok {
		return
	}
	c.HeadersName = "ConfigMap " + namespace + "/" + name
	if o := v.Get(inventory.ConfigMap, namespace, name); o != nil {
		c.Headers = podspec.DataOf(o)
	} else {
		c.HeadersUnseen = !v.Knows(inventory.ConfigMap, namespace)
	}
}

// parameters reads the ConfigMap that a class names as its parameters, which haproxy-ingress looks for in its own
// namespace, whatever the class says of that (pkg/converters/ingress/ingress.go: parseParameters). Where no controller
// is at hand, that namespace is the class's.
func (v *View) parameters(c *way.GlobalConfig, class way.Class, namespace string) {
	o := v.Get(inventory.IngressClass, "", class.Name)
	if class.Name == "" || o == nil {
		return
	}
	t := inventory.Must[networkingv1.IngressClass](o)
	name, ok := index.ParametersOf(t)
	if !ok {
		return
	}
	if namespace == "" && t.Spec.Parameters.Namespace == nil {
		c.ClassName, c.ClassUnseen = "ConfigMap "+name+" in the namespace of the controller", true
		return
	}
	if namespace == "" {
		namespace = *t.Spec.Parameters.Namespace
	}
	c.ClassName = "ConfigMap " + namespace + "/" + name
	if o := v.Get(inventory.ConfigMap, namespace, name); o != nil {
		c.Class = podspec.DataOf(o)
	} else {
		c.ClassUnseen = !v.Knows(inventory.ConfigMap, namespace)
	}
}

// servingAs are the workloads that serve a class. The controller that an IngressClass names decides, where
// both are at hand: all controllers of a program take the same class name unless they are told another.
func (v *View) servingAs(class way.Class) []*inventory.Object {
	if o := v.Get(inventory.IngressClass, "", class.Name); class.Name != "" && o != nil {
		if list := v.serving(inventory.Must[networkingv1.IngressClass](o).Spec.Controller); len(list) > 0 {
			return list
		}
	}
	return v.serving(class.Name)
}
