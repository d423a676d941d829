package ditto

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// This file finds what a controller of ingress-nginx is told for all Ingresses: in the ConfigMap of its flag --configmap,
// and in the one that this names for headers. What a ConfigMap is named says nothing: only who reads it counts.

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

// controllerConfigs are what the controllers of an Ingress's class are told. One that is told nothing that is at hand counts
// as one with the documented defaults.
func (v *View) controllerConfigs(class edge.Class) []edge.GlobalConfig {
	if class.Controller != ingressNginx {
		return nil
	}
	var list []edge.GlobalConfig
	for _, named := range v.settingsOf(v.ingressNginxServing(class)) {
		var c edge.GlobalConfig
		namespace, name, _ := strings.Cut(named, "/")
		if o := v.Get(inventory.ConfigMap, namespace, name); name != "" && o != nil {
			c.Name, c.Data = o.Ref.String(), dataOf(o)
			v.headers(&c)
		}
		list = append(list, c)
	}
	return list
}

// settingsOf are the ConfigMaps that controllers name, each once; the empty name is for those that name none. Pods and
// ReplicaSets are looked at only if they say anything else than the workloads that nothing made.
func (v *View) settingsOf(workloads []*inventory.Object) []string {
	var list []string
	for _, owned := range []bool{false, true} {
		for _, o := range workloads {
			named := controllerConfigMap(o.Ref.Namespace, &o.PodTemplate().Spec)
			if (len(o.Meta.OwnerReferences) > 0) == owned && !slices.Contains(list, named) && !(owned && v.SameAsOwner(o)) {
				list = append(list, named)
			}
		}
	}
	return list
}

// headers reads the ConfigMap that proxy-set-headers names. One that is not there sets none.
func (v *View) headers(c *edge.GlobalConfig) {
	namespace, name, ok := edge.HeadersConfigMap(c.Data)
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
func (v *View) ingressNginxServing(class edge.Class) []*inventory.Object {
	if o := v.Get(inventory.IngressClass, "", class.Name); class.Name != "" && o != nil {
		if list := v.serving(o.Typed.(*networkingv1.IngressClass).Spec.Controller); len(list) > 0 {
			return list
		}
	}
	return v.serving(class.Name)
}
