package webhook

import (
	"encoding/json"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// The users that Kubernetes' own controllers act as (kubernetes/cmd/kube-controller-manager: one service account a
// controller with --use-service-account-credentials, else the manager's own user), and kubelets.
const (
	controllerManager    = "system:kube-controller-manager"
	systemServiceAccount = "system:serviceaccount:kube-system:"
	namespaceController  = systemServiceAccount + "namespace-controller"
	garbageCollector     = systemServiceAccount + "generic-garbage-collector"
	podGarbageCollector  = systemServiceAccount + "pod-garbage-collector"
	mirroringController  = systemServiceAccount + "endpointslicemirroring-controller"
	nodePrefix           = "system:node:"
	exemptCleaning       = "deleted by the namespace controller or a garbage collector"
	exemptDerived        = "made by one of the cluster's controllers from an object that is itself judged"
	exemptTerminating    = "its namespace is being deleted"
	exemptKubelet        = "done by a node's kubelet"
)

// derivers are the service accounts of kube-system that make, change and remove what is derived from other objects, by
// kind: those that Kubernetes gives these rights
// (plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go). They are named in full: whoever may create
// service accounts in kube-system can call one what they like.
var derivers = map[schema.GroupKind][]string{
	inventory.Pod: {
		"cronjob-controller", "daemon-set-controller", "deployment-controller", "device-taint-eviction-controller",
		"job-controller",
		"node-controller", "replicaset-controller", "replication-controller", "statefulset-controller",
	},
	inventory.ReplicaSet:    {"deployment-controller", "replicaset-controller"},
	inventory.Job:           {"cronjob-controller", "job-controller", "ttl-after-finished-controller"},
	inventory.EndpointSlice: {"endpointslice-controller", "endpointslicemirroring-controller"},
}

// derives says whether the user is one of Kubernetes' own controllers, and objects of the kind are what it derives from
// others. Only the user's name counts, which the API server has authenticated; labels and ownerReferences are anyone's
// to write.
func derives(user string, kind schema.GroupKind) bool {
	list := derivers[kind]
	if user == controllerManager {
		return list != nil
	}
	account, system := strings.CutPrefix(user, systemServiceAccount)
	return system && slices.Contains(list, account)
}

// mirrored says whether an EndpointSlice of the cluster's controllers is a copy of Endpoints that somebody wrote, which
// are not judged themselves. Where all controllers are one user, the label tells, which that user has written.
func mirrored(req *admissionv1.AdmissionRequest) bool {
	if req.UserInfo.Username != controllerManager {
		return req.UserInfo.Username == mirroringController
	}
	raw := req.Object.Raw
	if len(raw) == 0 {
		raw = req.OldObject.Raw
	}
	var slice metav1.PartialObjectMetadata
	return json.Unmarshal(raw, &slice) != nil ||
		slice.Labels[discoveryv1.LabelManagedBy] == "endpointslicemirroring-controller.k8s.io"
}

// exemptionOf says why a request is let through whatever its findings, "" if it is not. Findings are warned of and
// recorded all the same.
func exemptionOf(req *admissionv1.AdmissionRequest) string {
	user := req.UserInfo.Username
	if req.Operation == admissionv1.Delete {
		switch user {
		case namespaceController, garbageCollector, podGarbageCollector, controllerManager:
			return exemptCleaning
		}
	}
	kind := groupKind(req)
	switch {
	case kind == inventory.Pod && strings.HasPrefix(user, nodePrefix):
		// A kubelet mirrors the static pods that already run, and removes pods that have ended.
		return exemptKubelet
	case kind == inventory.EndpointSlice && mirrored(req):
		return ""
	case derives(user, kind):
		return exemptDerived
	}
	return ""
}
