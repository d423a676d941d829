package webhook

import (
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestExemptionOf(t *testing.T) {
	pod := metav1.GroupVersionKind{Version: "v1", Kind: "Pod"}
	replicaSet := metav1.GroupVersionKind{Group: "apps", Version: "v1", Kind: "ReplicaSet"}
	job := metav1.GroupVersionKind{Group: "batch", Version: "v1", Kind: "Job"}
	endpoints := metav1.GroupVersionKind{Group: "discovery.k8s.io", Version: "v1", Kind: "EndpointSlice"}
	deployment := metav1.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	custom := metav1.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Pod"}
	for _, test := range []struct {
		name      string
		user      string
		operation admissionv1.Operation
		kind      metav1.GroupVersionKind
		want      string
	}{
		{"a Pod of a ReplicaSet", "system:serviceaccount:kube-system:replicaset-controller", admissionv1.Create, pod, exemptDerived},
		{"a ReplicaSet of a Deployment", "system:serviceaccount:kube-system:deployment-controller", admissionv1.Update, replicaSet, exemptDerived},
		{"an EndpointSlice of a Service", "system:serviceaccount:kube-system:endpointslice-controller", admissionv1.Create, endpoints, exemptDerived},
		{"an EndpointSlice that mirrors Endpoints", "system:serviceaccount:kube-system:endpointslicemirroring-controller", admissionv1.Create, endpoints, ""},
		{"all controllers under one user", "system:kube-controller-manager", admissionv1.Create, pod, exemptDerived},
		{"a Deployment is derived from nothing", "system:serviceaccount:kube-system:deployment-controller", admissionv1.Update, deployment, ""},
		{"a kind of the same name in another group", "system:serviceaccount:kube-system:replicaset-controller", admissionv1.Create, custom, ""},
		{"a controller's name in another namespace", "system:serviceaccount:ditto:replicaset-controller", admissionv1.Create, pod, ""},
		{"another service account of kube-system", "system:serviceaccount:kube-system:default", admissionv1.Create, pod, ""},
		{"a service account that is called like a controller", "system:serviceaccount:kube-system:evil-controller", admissionv1.Create, pod, ""},
		{"a name that ends in a controller's", "system:serviceaccount:kube-system:my-replicaset-controller", admissionv1.Create, pod, ""},
		{"a controller that makes no Pods", "system:serviceaccount:kube-system:endpointslice-controller", admissionv1.Create, pod, ""},
		{"a controller that makes no ReplicaSets", "system:serviceaccount:kube-system:statefulset-controller", admissionv1.Update, replicaSet, ""},
		{"a Job of a CronJob", "system:serviceaccount:kube-system:cronjob-controller", admissionv1.Create, job, exemptDerived},
		{"a Pod that a node's taint drives out", "system:serviceaccount:kube-system:node-controller", admissionv1.Delete, pod, exemptDerived},
		{"a user who is called like a controller", "replicaset-controller", admissionv1.Create, pod, ""},
		{"the namespace controller deletes", "system:serviceaccount:kube-system:namespace-controller", admissionv1.Delete, deployment, exemptCleaning},
		{"the garbage collector deletes", "system:serviceaccount:kube-system:generic-garbage-collector", admissionv1.Delete, deployment, exemptCleaning},
		{"the Pod garbage collector deletes", "system:serviceaccount:kube-system:pod-garbage-collector", admissionv1.Delete, pod, exemptCleaning},
		{"the garbage collector updates", "system:serviceaccount:kube-system:generic-garbage-collector", admissionv1.Update, deployment, ""},
		{"a kubelet removes a Pod", "system:node:worker-1", admissionv1.Delete, pod, exemptKubelet},
		{"a kubelet's identity changes a Deployment", "system:node:worker-1", admissionv1.Update, deployment, ""},
		{"a person", "jane", admissionv1.Delete, pod, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			req := by(test.user, &admissionv1.AdmissionRequest{Operation: test.operation, Kind: test.kind})
			if got := exemptionOf(req); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestExcuseOfOneUser: where all controllers are one user, the label that it writes tells which one made an EndpointSlice.
func TestExcuseOfOneUser(t *testing.T) {
	for _, test := range []struct{ managedBy, want string }{
		{"endpointslice-controller.k8s.io", exemptDerived},
		{"endpointslicemirroring-controller.k8s.io", ""},
	} {
		req := by("system:kube-controller-manager", &admissionv1.AdmissionRequest{
			Operation: admissionv1.Create,
			Kind:      metav1.GroupVersionKind{Group: "discovery.k8s.io", Version: "v1", Kind: "EndpointSlice"},
		})
		req.Object.Raw = []byte(`{"metadata":{"labels":{"endpointslice.kubernetes.io/managed-by":"` + test.managedBy + `"}}}`)
		if got := exemptionOf(req); got != test.want {
			t.Errorf("managed by %s: got %q, want %q", test.managedBy, got, test.want)
		}
	}
}
