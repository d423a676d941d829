package gke

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// negAnnotation has GKE's controller make network endpoint groups of the pods of a Service.
const negAnnotation = "cloud.google.com/neg"

// NEGs are the ports of a Service for which a network endpoint group with a name of its own is made, so that somebody
// can attach it to a load balancer outside of the cluster.
type NEGs map[int32]bool

// NEGsOf reads those of a Service. Groups for Ingresses (`{"ingress": true}`) and without a name are those that GKE's
// controllers ask for by themselves, for an Ingress or a Gateway, which are read; without one they lead nowhere. An
// annotation that is not valid makes none.
//
// Source: GKE's documentation of standalone zonal NEGs; ingress-gce, pkg/annotations/service.go (NegAnnotation).
func NEGsOf(svc *corev1.Service) NEGs {
	text := svc.Annotations[negAnnotation]
	if text == "" {
		return nil
	}
	var asks struct {
		Ingress bool `json:"ingress"`
		Ports   map[int32]struct {
			Name string `json:"name"`
		} `json:"exposed_ports"`
	}
	if err := json.Unmarshal([]byte(text), &asks); err != nil {
		return nil
	}
	made := NEGs{}
	for port, group := range asks.Ports {
		if group.Name != "" {
			made[port] = true
		}
	}
	return made
}

// Doubt says why it cannot be seen who reaches a port by its group; empty if none is made for it.
func (n NEGs) Doubt(port int32) string {
	if !n[port] {
		return ""
	}
	return reason.Of("gce-standalone-neg", fmt.Sprint(port), negAnnotation)
}
