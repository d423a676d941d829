package webhook

import (
	"encoding/json"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	mirroringController  = systemServiceAccount + "endpointslicemirroring-controller"
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

// mirrored says whether an EndpointSlice of the cluster's controllers is a copy of Endpoints that somebody wrote, which are
// not judged themselves. Where all controllers are one user, the label tells, which that user has written.
func mirrored(req *admissionv1.AdmissionRequest) bool {
	if req.UserInfo.Username != controllerManager {
		return req.UserInfo.Username == mirroringController
	}
	raw := req.Object.Raw
	if len(raw) == 0 {
		raw = req.OldObject.Raw
	}
	var slice metav1.PartialObjectMetadata
	return json.Unmarshal(raw, &slice) != nil || slice.Labels[discoveryv1.LabelManagedBy] == "endpointslicemirroring-controller.k8s.io"
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
	case inventory.ReplicaSet, inventory.Job:
	case inventory.EndpointSlice:
		if mirrored(req) {
			return ""
		}
	default:
		return ""
	}
	if isClusterController(user) {
		return excuseDerived
	}
	return ""
}
