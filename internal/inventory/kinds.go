package inventory

import (
	"maps"
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
var kinds = allKinds()

func allKinds() map[schema.GroupVersionKind]func() any {
	all := crd.Kinds()
	maps.Copy(all, builtinKinds)
	return all
}

var builtinKinds = map[schema.GroupVersionKind]func() any{
	{Version: "v1", Kind: "Pod"}:                                 func() any { return new(corev1.Pod) },
	{Version: "v1", Kind: "Service"}:                             func() any { return new(corev1.Service) },
	{Version: "v1", Kind: "ConfigMap"}:                           func() any { return new(corev1.ConfigMap) },
	{Version: "v1", Kind: "Secret"}:                              func() any { return new(corev1.Secret) },
	{Version: "v1", Kind: "Namespace"}:                           func() any { return new(corev1.Namespace) },
	{Version: "v1", Kind: "ReplicationController"}:               func() any { return new(corev1.ReplicationController) },
	{Group: "apps", Version: "v1", Kind: "Deployment"}:           func() any { return new(appsv1.Deployment) },
	{Group: "apps", Version: "v1", Kind: "StatefulSet"}:          func() any { return new(appsv1.StatefulSet) },
	{Group: "apps", Version: "v1", Kind: "DaemonSet"}:            func() any { return new(appsv1.DaemonSet) },
	{Group: "apps", Version: "v1", Kind: "ReplicaSet"}:           func() any { return new(appsv1.ReplicaSet) },
	{Group: "batch", Version: "v1", Kind: "Job"}:                 func() any { return new(batchv1.Job) },
	{Group: "batch", Version: "v1", Kind: "CronJob"}:             func() any { return new(batchv1.CronJob) },
	{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"}: func() any { return new(networkingv1.Ingress) },
	{Group: "networking.k8s.io", Version: "v1",
		Kind: "IngressClass"}: func() any { return new(networkingv1.IngressClass) },
	{Group: "networking.k8s.io", Version: "v1",
		Kind: "NetworkPolicy"}: func() any { return new(networkingv1.NetworkPolicy) },
	{Group: "discovery.k8s.io", Version: "v1",
		Kind: "EndpointSlice"}: func() any { return new(discoveryv1.EndpointSlice) },
}

// Kinds lists the group, version and kind of everything that is read.
func Kinds() []schema.GroupVersionKind {
	list := make([]schema.GroupVersionKind, 0, len(kinds))
	for gvk := range kinds {
		list = append(list, gvk)
	}
	return list
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
