package inventory

import (
	"maps"
	"slices"
	"unsafe"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// The kinds that dittoguard reads, by group and kind.
var (
	Pod       = schema.GroupKind{Kind: "Pod"}
	Service   = schema.GroupKind{Kind: "Service"}
	ConfigMap = schema.GroupKind{Kind: "ConfigMap"}
	Secret    = schema.GroupKind{Kind: "Secret"}
	// EncryptedSecret is a Secret in a manifest that SOPS has encrypted: what is in it is not what will be in the
	// cluster.
	EncryptedSecret       = schema.GroupKind{Group: "getsops.io", Kind: "EncryptedSecret"}
	Namespace             = schema.GroupKind{Kind: "Namespace"}
	ReplicationController = schema.GroupKind{Kind: "ReplicationController"}
	Deployment            = schema.GroupKind{Group: "apps", Kind: "Deployment"}
	StatefulSet           = schema.GroupKind{Group: "apps", Kind: "StatefulSet"}
	DaemonSet             = schema.GroupKind{Group: "apps", Kind: "DaemonSet"}
	ReplicaSet            = schema.GroupKind{Group: "apps", Kind: "ReplicaSet"}
	Job                   = schema.GroupKind{Group: "batch", Kind: "Job"}
	CronJob               = schema.GroupKind{Group: "batch", Kind: "CronJob"}
	Ingress               = schema.GroupKind{Group: "networking.k8s.io", Kind: "Ingress"}
	IngressClass          = schema.GroupKind{Group: "networking.k8s.io", Kind: "IngressClass"}
	NetworkPolicy         = schema.GroupKind{Group: "networking.k8s.io", Kind: "NetworkPolicy"}
	EndpointSlice         = schema.GroupKind{Group: "discovery.k8s.io", Kind: "EndpointSlice"}
)

// kinds maps each version that is read to its Go type. A version that is missing here (extensions/v1beta1, say, which
// no supported Kubernetes serves) is kept with its metadata only.
var kinds = func() crd.Types {
	all := crd.Kinds()
	crd.Add[corev1.Pod](all, Pod, "v1")
	crd.Add[corev1.Service](all, Service, "v1")
	crd.Add[corev1.ConfigMap](all, ConfigMap, "v1")
	crd.Add[corev1.Secret](all, Secret, "v1")
	crd.Add[corev1.Namespace](all, Namespace, "v1")
	crd.Add[corev1.ReplicationController](all, ReplicationController, "v1")
	crd.Add[appsv1.Deployment](all, Deployment, "v1")
	crd.Add[appsv1.StatefulSet](all, StatefulSet, "v1")
	crd.Add[appsv1.DaemonSet](all, DaemonSet, "v1")
	crd.Add[appsv1.ReplicaSet](all, ReplicaSet, "v1")
	crd.Add[batchv1.Job](all, Job, "v1")
	crd.Add[batchv1.CronJob](all, CronJob, "v1")
	crd.Add[networkingv1.Ingress](all, Ingress, "v1")
	crd.Add[networkingv1.IngressClass](all, IngressClass, "v1")
	crd.Add[networkingv1.NetworkPolicy](all, NetworkPolicy, "v1")
	crd.Add[discoveryv1.EndpointSlice](all, EndpointSlice, "v1")
	return all
}()

// Kinds lists the group, version and kind of everything that is read.
func Kinds() []schema.GroupVersionKind {
	return slices.Collect(maps.Keys(kinds))
}

// Listed is the group, version and kind of everything that is watched and listed in a cluster: what is read, and what
// counts by what it names ([crd.Unread]).
func Listed() []schema.GroupVersionKind { return append(Kinds(), crd.Unread()...) }

// podTemplate finds the pod of a workload, nil for an object that runs none.
func podTemplate(typed any) *corev1.PodTemplateSpec {
	switch t := typed.(type) {
	case *corev1.Pod:
		return templateOf(t)
	case *corev1.ReplicationController:
		return t.Spec.Template
	case *appsv1.Deployment:
		return &t.Spec.Template
	case *appsv1.StatefulSet:
		return &t.Spec.Template
	case *appsv1.DaemonSet:
		return &t.Spec.Template
	case *appsv1.ReplicaSet:
		return &t.Spec.Template
	case *batchv1.Job:
		return &t.Spec.Template
	case *batchv1.CronJob:
		return &t.Spec.JobTemplate.Spec.Template
	}
	return nil
}

// A Pod has its metadata and its spec one after the other, as a template does. This does not compile if that changes.
const (
	inPod      = unsafe.Offsetof(corev1.Pod{}.Spec) - unsafe.Offsetof(corev1.Pod{}.ObjectMeta)
	inTemplate = unsafe.Offsetof(corev1.PodTemplateSpec{}.Spec)
	_          = inPod - inTemplate
	_          = inTemplate - inPod
)

// templateOf is a Pod as the template that describes it. It is the Pod itself, since a copy would be as large, and
// there are more Pods than anything else.
func templateOf(pod *corev1.Pod) *corev1.PodTemplateSpec {
	return (*corev1.PodTemplateSpec)(unsafe.Pointer(&pod.ObjectMeta)) //nolint:gosec // see above
}
