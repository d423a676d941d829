package world

import (
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestAppendProgress: whether a rollout replaces what was made earlier follows from the progress, and from what is neither the
// generation nor the number of replicas.
func TestAppendProgress(t *testing.T) {
	const n = 3
	object := func(o metav1.Object, kind string) *inventory.Object {
		return inventory.FromTyped(o, schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: kind})
	}
	meta := func(name string, generation int64) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: "ditto", Name: name, Generation: generation, Annotations: map[string]string{RevisionAnnotation: "2"}}
	}
	made := &appsv1.ReplicaSet{ObjectMeta: meta("gateway-abc", 1)}
	made.Annotations = map[string]string{RevisionAnnotation: "1"}
	made.Labels = map[string]string{appsv1.DefaultDeploymentUniqueLabelKey: "abc"}
	made.Spec.Template.Labels = made.Labels
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Namespace: "ditto", Name: "gateway-1", Labels: map[string]string{appsv1.ControllerRevisionHashLabelKey: "old"},
	}}
	for kind, with := range map[string]func(generation, seen int64, replicas, updated int32) (o, made *inventory.Object){
		"Deployment": func(generation, seen int64, replicas, updated int32) (*inventory.Object, *inventory.Object) {
			d := &appsv1.Deployment{ObjectMeta: meta("gateway", generation)}
			if replicas > 0 {
				d.Spec.Replicas = new(replicas - 1)
			}
			d.Status = appsv1.DeploymentStatus{ObservedGeneration: seen, UpdatedReplicas: updated, Replicas: updated}
			return object(d, "Deployment"), object(made, "ReplicaSet")
		},
		"StatefulSet": func(generation, seen int64, replicas, updated int32) (*inventory.Object, *inventory.Object) {
			s := &appsv1.StatefulSet{ObjectMeta: meta("gateway", generation)}
			s.Spec.Replicas = new(replicas)
			s.Status = appsv1.StatefulSetStatus{ObservedGeneration: seen, UpdatedReplicas: updated}
			return object(s, "StatefulSet"), inventory.FromTyped(pod, corev1.SchemeGroupVersion.WithKind("Pod"))
		},
		"DaemonSet": func(generation, seen int64, _, updated int32) (*inventory.Object, *inventory.Object) {
			s := &appsv1.DaemonSet{ObjectMeta: meta("gateway", generation)}
			s.Status = appsv1.DaemonSetStatus{ObservedGeneration: seen, UpdatedNumberScheduled: updated, DesiredNumberScheduled: 1}
			return object(s, "DaemonSet"), inventory.FromTyped(pod, corev1.SchemeGroupVersion.WithKind("Pod"))
		},
	} {
		known, goes := map[string]bool{}, map[bool]int{}
		for generation := range int64(n) {
			for seen := range int64(n) {
				for replicas := range int32(n) {
					for updated := range int32(n) {
						o, made := with(generation, seen, replicas, updated)
						key := fmt.Sprint(seen, updated, string(AppendProgress(nil, o)))
						got := replaces(o, made)
						if was, is := known[key]; is && was != got {
							t.Errorf("%s %d/%d, %d/%d: replaces: %v, and %v with the same progress", kind, generation, seen, replicas, updated, got, was)
						}
						known[key] = got
						goes[got]++
					}
				}
			}
		}
		if goes[true] == 0 || goes[false] == 0 {
			t.Errorf("%s: replaces: %v", kind, goes)
		}
	}
}
