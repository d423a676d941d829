package webhook

import (
	"strings"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/inventory"
)

// The users that Kubernetes' own controllers act as (kubernetes/cmd/kube-controller-manager: one service account a
// controller with --use-service-account-credentials, else the manager's own user), and kubelets.
const (
	controllerManager    = "system:kube-controller-manager"
	systemServiceAccount = "system:serviceaccount:kube-system:"
	controllerSuffix     = "-controller"
	namespaceController  = systemServiceAccount + "namespace-controller"
	garbageCollector     = systemServiceAccount + "generic-garbage-collector"
	podGarbageCollector  = systemServiceAccount + "pod-garbage-collector"
	nodePrefix           = "system:node:"
	excuseCleaning       = "deleted by the namespace controller or a garbage collector"
	excuseDerived        = "made by a controller of the cluster from an object that is judged itself"
	excuseTerminating    = "its namespace is being deleted"
	excuseKubelet        = "done by a node's kubelet"
)

// isClusterController says whether the user is one of Kubernetes' own controllers. Only the user's name counts, which the
// API server has authenticated; labels and ownerReferences are anyone's to write.
func isClusterController(user string) bool {
	account, system := strings.CutPrefix(user, systemServiceAccount)
	return user == controllerManager || system && strings.HasSuffix(account, controllerSuffix)
}

// excuse says why a request is let through whatever its findings, "" if it is not. Findings are warned of and recorded
// all the same.
func excuse(req *admissionv1.AdmissionRequest) string {
	user := req.UserInfo.Username
	if req.Operation == admissionv1.Delete {
		switch user {
		case namespaceController, garbageCollector, podGarbageCollector, controllerManager:
			return excuseCleaning
		}
	}
	switch groupKind(req) {
	case inventory.Pod:
		// A kubelet mirrors the static pods that already run, and removes pods that have ended.
		if strings.HasPrefix(user, nodePrefix) {
			return excuseKubelet
		}
	case inventory.ReplicaSet, inventory.Job, inventory.EndpointSlice:
	default:
		return ""
	}
	if isClusterController(user) {
		return excuseDerived
	}
	return ""
}
