package index

import (
	"bytes"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/dittoguard/dittoguard/internal/ditto/edge"
	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/ditto/recognize"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// Leads says whether a change of an object can add, remove or re-point a way in, or change what decides about one,
// whatever an inventory that may be behind makes of it: the object is an entry, a hop, a component or something that
// components read, and it differs in what makes it that. before is nil for an object that comes, after for one that
// goes.
func Leads(before, after *inventory.Object) bool {
	if before == nil || after == nil {
		if after == nil {
			after = before
		}
		return matters(after)
	}
	switch a := after.Typed.(type) {
	case *corev1.Service:
		b := inventory.Must[corev1.Service](before)
		return !same(a.Spec, b.Spec) || !maps.Equal(a.Annotations, b.Annotations) ||
			!same(edge.LinksOf(before), edge.LinksOf(after))
	case *networkingv1.NetworkPolicy:
		return !same(a.Spec, inventory.Must[networkingv1.NetworkPolicy](before).Spec)
	case *discoveryv1.EndpointSlice:
		return !slices.Equal(Of(before), Of(after))
	case *corev1.ConfigMap, *corev1.Secret:
		return !maps.Equal(podspec.DataOf(before), podspec.DataOf(after))
	}
	if edge.IsResource(after) {
		return !same(edge.Says(after), edge.Says(before)) ||
			!maps.Equal(after.Meta.Annotations, before.Meta.Annotations) ||
			!maps.Equal(after.Meta.Labels, before.Meta.Labels)
	}
	if after.PodTemplate() == nil {
		return false
	}
	return (matters(before) || matters(after)) && !sameTemplate(before.PodTemplate(), after.PodTemplate())
}

// matters says whether an object is of a kind that ways in are made of.
func matters(o *inventory.Object) bool {
	switch o.Typed.(type) {
	case *corev1.Service, *networkingv1.NetworkPolicy, *discoveryv1.EndpointSlice, *corev1.ConfigMap, *corev1.Secret:
		return true
	}
	template := o.PodTemplate()
	if template == nil {
		return edge.IsResource(o)
	}
	return canBeMadeDitto(o.Ref.Namespace, template) || len(recognize.Parts(recognize.Nothing, o)) > 0 ||
		len(edge.LinksOf(o).Governs) > 0
}

// sameTemplate compares pods by their encoding first, which costs a fraction of a comparison by reflection. Two
// encodings of the same pod can differ (1Gi, 1024Mi).
func sameTemplate(a, b *corev1.PodTemplateSpec) bool {
	x, errX := a.Marshal()
	y, errY := b.Marshal()
	return errX == nil && errY == nil && bytes.Equal(x, y) || same(a, b)
}

func same(a, b any) bool { return equality.Semantic.DeepEqual(a, b) }
