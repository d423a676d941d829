package world

import (
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingressnginx"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// This file finds what a controller of ingress-nginx is told for all Ingresses: in the ConfigMap of its flag
// --configmap, and in the one that this names for headers. What a ConfigMap is named says nothing: only who reads it
// counts.

// Told implements way.Controllers. One that is told nothing that is at hand counts as one with the documented defaults.
func (c *controllers) Told(class way.Class) []way.GlobalConfig {
	v := (*View)(c)
	if class.Controller != way.NameIngressNginx {
		return nil
	}
	var list []way.GlobalConfig
	for _, told := range v.settingsOf(v.ingressNginxServing(class)) {
		g := way.GlobalConfig{Prefix: told.prefix}
		namespace, name, _ := strings.Cut(told.configMap, "/")
		if o := v.Get(inventory.ConfigMap, namespace, name); name != "" && o != nil {
			g.Name, g.Data = o.Ref.String(), podspec.DataOf(o)
			v.headers(&g)
		} else if name != "" && !v.Knows(inventory.ConfigMap, namespace) {
			g.Name, g.Unseen = "ConfigMap "+told.configMap, true
		}
		list = append(list, g)
	}
	return list
}

// told is what the flags of a controller say: the ConfigMap with its settings, and the prefix of its annotations. Both
// are empty where they say nothing; a ConfigMap that is known not to be there counts as one that says nothing, as for
// the controller itself (internal/ingress/controller/store).
type told struct{ configMap, prefix string }

// settingsOf are what the flags of controllers say, each once. Pods and
// ReplicaSets are looked at only if they say anything else than the workloads that nothing made.
func (v *View) settingsOf(workloads []*inventory.Object) []told {
	var list []told
	for _, owned := range []bool{false, true} {
		for _, o := range workloads {
			spec := &o.PodTemplate().Spec
			named := told{recognize.ControllerConfigMap(o.Ref.Namespace, spec), recognize.AnnotationsPrefix(spec)}
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

// ingressNginxServing are the workloads that serve a class. The controller that an IngressClass names decides, where
// both are at hand: all controllers of ingress-nginx take the same class name unless they are told another.
func (v *View) ingressNginxServing(class way.Class) []*inventory.Object {
	if o := v.Get(inventory.IngressClass, "", class.Name); class.Name != "" && o != nil {
		if list := v.serving(inventory.Must[networkingv1.IngressClass](o).Spec.Controller); len(list) > 0 {
			return list
		}
	}
	return v.serving(class.Name)
}
