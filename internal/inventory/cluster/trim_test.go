package cluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientscheme "k8s.io/client-go/kubernetes/scheme"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

func TestTrimKeepsWhatDecides(t *testing.T) {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "p", Labels: map[string]string{"app": "gateway"},
			Annotations:   map[string]string{corev1.LastAppliedConfigAnnotation: "{}", "own": "kept"},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
		},
		Spec: corev1.PodSpec{HostNetwork: true},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIP: "10.0.0.1", PodIPs: []corev1.PodIP{{IP: "10.0.0.1"}}, HostIP: "192.0.2.1",
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady}},
		},
	}
	trim(pod)
	want := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "p", Labels: map[string]string{"app": "gateway"}, Annotations: map[string]string{"own": "kept"}},
		Spec:       corev1.PodSpec{HostNetwork: true},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.0.0.1", PodIPs: []corev1.PodIP{{IP: "10.0.0.1"}}},
	}
	if diff := cmp.Diff(want, pod); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	config := configMap("ditto", "a", "listen 80;")
	config.BinaryData = map[string][]byte{"big": make([]byte, 1<<10)}
	whole := config.DeepCopy()
	trim(config)
	if diff := cmp.Diff(whole, config); diff != "" {
		t.Errorf("a ConfigMap lost something (-want +got):\n%s", diff)
	}
}

// TestTrimKeepsRollouts: how far a rollout is decides whether the pods before it count.
func TestTrimKeepsRollouts(t *testing.T) {
	for _, test := range []struct{ object, want any }{
		{
			&appsv1.Deployment{Status: appsv1.DeploymentStatus{
				ObservedGeneration: 2, Replicas: 3, UpdatedReplicas: 1, ReadyReplicas: 3, Conditions: []appsv1.DeploymentCondition{
					{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue},
					{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionFalse, Reason: "ProgressDeadlineExceeded", Message: "words"},
				},
			}},
			&appsv1.Deployment{Status: appsv1.DeploymentStatus{ObservedGeneration: 2, Replicas: 3, UpdatedReplicas: 1, Conditions: []appsv1.DeploymentCondition{
				{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionFalse},
			}}},
		},
		{
			&appsv1.StatefulSet{Status: appsv1.StatefulSetStatus{ObservedGeneration: 2, CurrentRevision: "a", UpdateRevision: "b", ReadyReplicas: 3}},
			&appsv1.StatefulSet{Status: appsv1.StatefulSetStatus{ObservedGeneration: 2, CurrentRevision: "a", UpdateRevision: "b"}},
		},
		{
			&appsv1.DaemonSet{Status: appsv1.DaemonSetStatus{ObservedGeneration: 2, DesiredNumberScheduled: 3, UpdatedNumberScheduled: 1, NumberReady: 3}},
			&appsv1.DaemonSet{Status: appsv1.DaemonSetStatus{ObservedGeneration: 2, DesiredNumberScheduled: 3, UpdatedNumberScheduled: 1}},
		},
		{
			&appsv1.ReplicaSet{Status: appsv1.ReplicaSetStatus{Replicas: 3, ReadyReplicas: 3}},
			&appsv1.ReplicaSet{Status: appsv1.ReplicaSetStatus{Replicas: 3}},
		},
		{
			&batchv1.Job{Status: batchv1.JobStatus{Succeeded: 1, Conditions: []batchv1.JobCondition{
				{Type: batchv1.JobSuspended, Status: corev1.ConditionFalse}, {Type: batchv1.JobComplete, Status: corev1.ConditionTrue, Message: "words"},
			}}},
			&batchv1.Job{Status: batchv1.JobStatus{Conditions: []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}}},
		},
	} {
		trim(test.object)
		if diff := cmp.Diff(test.want, test.object); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// No built-in kind that is read may keep a status, except a Pod's addresses and how far a rollout is; a new kind has to be
// added to trim.
func TestTrimDropsEveryStatus(t *testing.T) {
	for _, k := range kindsOf(inventory.Listed(), clientscheme.Scheme) {
		if !k.builtin {
			continue
		}
		object, err := k.newObject(clientscheme.Scheme)
		if err != nil {
			t.Fatal(err)
		}
		empty, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err != nil {
			t.Fatal(err)
		}
		if _, has := empty["status"]; !has || k.gvk.GroupKind() == inventory.Pod {
			continue
		}
		full := map[string]any{"metadata": map[string]any{"name": "x"}, "status": map[string]any{
			"readyReplicas": int64(7), "numberReady": int64(7), "phase": "Active", "lastScheduleTime": "2026-01-02T03:04:05Z", "succeeded": int64(1),
			"loadBalancer": map[string]any{"ingress": []any{map[string]any{"ip": "192.0.2.1"}}},
		}}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(full, object); err != nil {
			t.Fatal(err)
		}
		before, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err != nil {
			t.Fatal(err)
		}
		if cmp.Equal(before["status"], empty["status"]) {
			t.Fatalf("%s: the test fills no field of the status", k.gvk.Kind)
		}
		trim(object)
		after, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(empty["status"], after["status"]); diff != "" {
			t.Errorf("%s (-empty +trimmed):\n%s", k.gvk.Kind, diff)
		}
	}
}
