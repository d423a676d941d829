package generate

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/dittoguard/dittoguard/internal/ditto/podspec"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// selector selects the pods of a workload, nil if they have no labels. Best is what the workload itself selects them
// by, which stays the same; if that selects pods of other workloads too, all labels of the pods may tell them apart.
// shared are the workloads of the namespace whose pods it selects as well, whatever is done.
func (g *generator) selector(o *inventory.Object) (selector *metav1.LabelSelector, shared []*inventory.Object) {
	candidates := []*metav1.LabelSelector{ownSelector(o), {MatchLabels: stable(o.PodTemplate().Labels)}}
	for _, candidate := range candidates {
		if candidate == nil || len(candidate.MatchLabels)+len(candidate.MatchExpressions) == 0 ||
			!matches(candidate, o) {
			continue
		}
		others := g.selected(candidate, o)
		if selector == nil || len(others) < len(shared) {
			selector, shared = candidate, others
		}
		if len(others) == 0 {
			break
		}
	}
	return selector, shared
}

// selected are the other workloads of the namespace whose pods a selector selects.
func (g *generator) selected(s *metav1.LabelSelector, except *inventory.Object) []*inventory.Object {
	var list []*inventory.Object
	for _, o := range g.workloads {
		if o != except && o.Ref.Namespace == except.Ref.Namespace && matches(s, o) {
			list = append(list, o)
		}
	}
	return list
}

func matches(s *metav1.LabelSelector, o *inventory.Object) bool {
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(labels.Set(o.PodTemplate().Labels))
}

// ownSelector is what a workload selects its pods by, nil if it says nothing of the kind.
func ownSelector(o *inventory.Object) *metav1.LabelSelector {
	switch t := o.Typed.(type) {
	case *appsv1.Deployment:
		return t.Spec.Selector
	case *appsv1.StatefulSet:
		return t.Spec.Selector
	case *appsv1.DaemonSet:
		return t.Spec.Selector
	case *corev1.ReplicationController:
		return &metav1.LabelSelector{MatchLabels: t.Spec.Selector}
	}
	// That of a Job, or of a ReplicaSet that a Deployment made, is for one revision.
	return nil
}

// stable are the labels that do not change from one revision to the next.
func stable(all map[string]string) map[string]string {
	list := map[string]string{}
	for k, v := range all {
		if !podspec.AddedByController(k) && k != "app.kubernetes.io/version" && k != "helm.sh/chart" {
			list[k] = v
		}
	}
	return list
}
