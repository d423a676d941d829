package gke

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// negAnnotation has GKE's controller make network endpoint groups of the pods of a Service.
const negAnnotation = "cloud.google.com/neg"

// StandaloneNEG says why it cannot be seen who reaches a port of a Service by a network endpoint group that is made for
// that port by itself, which anybody may attach to a load balancer outside of the cluster; empty if none is made. Those
// for Ingresses (`{"ingress": true}`, which GKE adds by itself) lead nowhere without one. An annotation that is not
// valid makes none.
//
// Source: GKE's documentation of standalone zonal NEGs; ingress-gce, pkg/annotations/service.go (NegAnnotation).
func StandaloneNEG(svc *corev1.Service, port int32) string {
	var asks struct {
		Ports map[int32]struct {
			Name string `json:"name"`
		} `json:"exposed_ports"`
	}
	if err := json.Unmarshal([]byte(svc.Annotations[negAnnotation]), &asks); err != nil {
		return ""
	}
	if _, made := asks.Ports[port]; !made {
		return ""
	}
	return reason.Of("gce-standalone-neg", fmt.Sprint(port), negAnnotation)
}
