package gke

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestNEGs(t *testing.T) {
	for annotation, want := range map[string]bool{
		``:                              false,
		`{"ingress": true}`:             false,
		`{"exposed_ports": {"80": {}}}`: false, // a controller of Gateways writes it so
		`{"exposed_ports": {"80": {"name": "api"}}}`:                             true,
		`{"exposed_ports": {"81": {"name": "api"}}}`:                             false,
		`{"exposed_ports": {"080": {"name": "api"}}}`:                            true,
		`{"ingress": true, "exposed_ports": {"80": {"name": "api"}, "443": {}}}`: true,
		// GKE's controller refuses these, and makes no group.
		`{"exposed_ports": ["80"]}`:                                    false,
		`{"exposed_ports": {"http": {"name": "api"}}}`:                 false,
		`{"exposed_ports": {"80": {"name": "api"}}`:                    false,
		`{"exposed_ports": {"80": "api"}}`:                             false,
		`{"ingress": "yes", "exposed_ports": {"80": {"name": "api"}}}`: false,
	} {
		svc := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{negAnnotation: annotation}}}
		if got := NEGsOf(svc).Doubt(80); (got != "") != want {
			t.Errorf("%s: %q", annotation, got)
		}
	}
}
