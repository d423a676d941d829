package ditto

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/ingressnginx"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// This file finds what a controller of ingress-nginx is told for all Ingresses: in the ConfigMap of its flag --configmap,
// and in the one that this names for headers. What a ConfigMap is named says nothing: only who reads it counts.

// annotationsPrefix is the prefix of the annotations that the flags of a controller name; empty if none does.
func annotationsPrefix(spec *corev1.PodSpec) string {
	for i := range spec.Containers {
		if value := flagOf(&spec.Containers[i], "annotations-prefix"); value != "" {
			return value
		}
	}
	return ""
}

// controllerConfigMap is the ConfigMap, as `namespace/name`, that the flags of a controller name; empty if none does.
func controllerConfigMap(namespace string, spec *corev1.PodSpec) string {
	for i := range spec.Containers {
		c := &spec.Containers[i]
		if value := flagOf(c, "configmap"); value != "" {
			return expand(value, namespace, c.Env)
		}
	}
	return ""
}

// expand replaces the variables in an argument as the kubelet does, as far as the container says itself what they hold.
func expand(value, namespace string, env []corev1.EnvVar) string {
	for _, e := range env {
		text := e.Value
		if e.ValueFrom != nil {
			if e.ValueFrom.FieldRef == nil || e.ValueFrom.FieldRef.FieldPath != "metadata.namespace" {
				continue
			}
			text = namespace
		}
		value = strings.ReplaceAll(value, "$("+e.Name+")", text)
	}
	return value
}

// settingsKey files whatever names a ConfigMap for the settings of a controller.
func settingsKey(configMap string) inventory.Key {
	return inventory.Key{Index: bySettings, Value: configMap}
}

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
			g.Name, g.Data = o.Ref.String(), dataOf(o)
			v.headers(&g)
		} else if name != "" && !v.Knows(inventory.ConfigMap, namespace) {
			g.Name, g.Unseen = "ConfigMap "+told.configMap, true
		}
		list = append(list, g)
	}
	return list
}

// told is what the flags of a controller say: the ConfigMap with its settings, and the prefix of its annotations. Both are
// empty where they say nothing; a ConfigMap that is known not to be there counts as one that says nothing, as for the
// controller itself (internal/ingress/controller/store).
type told struct{ configMap, prefix string }

// settingsOf are what the flags of controllers say, each once. Pods and
// ReplicaSets are looked at only if they say anything else than the workloads that nothing made.
func (v *View) settingsOf(workloads []*inventory.Object) []told {
	var list []told
	for _, owned := range []bool{false, true} {
		for _, o := range workloads {
			spec := &o.PodTemplate().Spec
			named := told{controllerConfigMap(o.Ref.Namespace, spec), annotationsPrefix(spec)}
			if (len(o.Meta.OwnerReferences) > 0) == owned && !slices.Contains(list, named) && !(owned && v.SameAsOwner(o)) {
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
		c.Headers = dataOf(o)
	} else {
		c.HeadersUnseen = !v.Knows(inventory.ConfigMap, namespace)
	}
}

// ingressNginxServing are the workloads that serve a class. The controller that an IngressClass names decides, where both are
// at hand: all controllers of ingress-nginx take the same class name unless they are told another.
func (v *View) ingressNginxServing(class way.Class) []*inventory.Object {
	if o := v.Get(inventory.IngressClass, "", class.Name); class.Name != "" && o != nil {
		if list := v.serving(o.Typed.(*networkingv1.IngressClass).Spec.Controller); len(list) > 0 {
			return list
		}
	}
	return v.serving(class.Name)
}
