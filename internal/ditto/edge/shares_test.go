package edge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/dittoguard/dittoguard/internal/ditto/edge/aws"
	"github.com/dittoguard/dittoguard/internal/ditto/edge/contour"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

func TestShares_ZeroGetsNothing(t *testing.T) {
	services := []crd.ContourService{{Name: "a"}, {Name: "b", Weight: 1}, {Name: "c", Mirror: true}}
	var idle []bool
	for i := range services {
		idle = append(idle, contour.Idle(services, i))
	}
	if diff := cmp.Diff([]bool{true, false, false}, idle); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if contour.Idle(services[:1], 0) {
		t.Error("the only service is idle")
	}
	ing := &networkingv1.Ingress{}
	ing.Annotations = map[string]string{aws.PrefixALB + "actions.a": `{"type":"forward","forwardConfig":{"targetGroups":[` +
		`{"serviceName":"x","servicePort":80,"weight":0},{"serviceName":"y","servicePort":80,"weight":1}]}}`}
	got := aws.Behind(ing, networkingv1.IngressServiceBackend{Name: "a", Port: networkingv1.ServiceBackendPort{Name: aws.UseAnnotation}})
	if diff := cmp.Diff([]networkingv1.IngressServiceBackend{{Name: "y", Port: networkingv1.ServiceBackendPort{Number: 80}}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
