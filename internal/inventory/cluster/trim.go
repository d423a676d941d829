package cluster

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// trim drops what no judgement reads, in place: managed fields, kubectl's copy of the applied object, and the status,
// except for the addresses of a Pod, which a Service's endpoints may name, its phase, and how far a rollout is.
//
// ConfigMaps and Secrets keep all their data. A proxy's configuration can hide in any key, and a key that is missing
// from an object counts as known to be missing, so nothing can be dropped for its size.
func trim(object any) {
	if o, ok := object.(metav1.Object); ok {
		o.SetManagedFields(nil)
		if annotations := o.GetAnnotations(); annotations[corev1.LastAppliedConfigAnnotation] != "" {
			delete(annotations, corev1.LastAppliedConfigAnnotation)
			o.SetAnnotations(annotations)
		}
	}
	switch o := object.(type) {
	case *corev1.Pod:
		o.Status = corev1.PodStatus{Phase: o.Status.Phase, PodIP: o.Status.PodIP, PodIPs: o.Status.PodIPs}
	case *corev1.Service:
		o.Status = corev1.ServiceStatus{}
	case *corev1.Namespace:
		o.Status = corev1.NamespaceStatus{}
	case *corev1.ReplicationController:
		o.Status = corev1.ReplicationControllerStatus{}
	case *appsv1.Deployment:
		o.Status = appsv1.DeploymentStatus{
			ObservedGeneration: o.Status.ObservedGeneration, Replicas: o.Status.Replicas,
			UpdatedReplicas: o.Status.UpdatedReplicas,
			Conditions:      progressing(o.Status.Conditions),
		}
	case *appsv1.StatefulSet:
		o.Status = appsv1.StatefulSetStatus{
			ObservedGeneration: o.Status.ObservedGeneration, CurrentRevision: o.Status.CurrentRevision,
			UpdateRevision: o.Status.UpdateRevision,
		}
	case *appsv1.DaemonSet:
		o.Status = appsv1.DaemonSetStatus{
			ObservedGeneration: o.Status.ObservedGeneration, DesiredNumberScheduled: o.Status.DesiredNumberScheduled,
			UpdatedNumberScheduled: o.Status.UpdatedNumberScheduled,
		}
	case *appsv1.ReplicaSet:
		o.Status = appsv1.ReplicaSetStatus{Replicas: o.Status.Replicas}
	case *batchv1.Job:
		o.Status = batchv1.JobStatus{Conditions: ended(o.Status.Conditions)}
	case *batchv1.CronJob:
		o.Status = batchv1.CronJobStatus{}
	case *networkingv1.Ingress:
		o.Status = networkingv1.IngressStatus{}
	case *unstructured.Unstructured:
		delete(o.Object, "status")
	}
}

// progressing is the condition that says whether a rollout goes on, without its words and times.
func progressing(conditions []appsv1.DeploymentCondition) []appsv1.DeploymentCondition {
	for _, c := range conditions {
		if c.Type == appsv1.DeploymentProgressing {
			return []appsv1.DeploymentCondition{{Type: c.Type, Status: c.Status}}
		}
	}
	return nil
}

// ended are the conditions that say whether a Job has ended, without their words and times.
func ended(conditions []batchv1.JobCondition) []batchv1.JobCondition {
	var list []batchv1.JobCondition
	for _, c := range conditions {
		if c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed {
			list = append(list, batchv1.JobCondition{Type: c.Type, Status: c.Status})
		}
	}
	return list
}

// wrap makes an inventory object of what a client decoded. It takes the object over.
func wrap(object any, gvk schema.GroupVersionKind) (*inventory.Object, error) {
	trim(object)
	switch o := object.(type) {
	case *unstructured.Unstructured:
		return inventory.FromUnstructured(o)
	case metav1.Object:
		return inventory.FromTyped(o, gvk), nil
	}
	return nil, fmt.Errorf("%T is not a Kubernetes object", object)
}
