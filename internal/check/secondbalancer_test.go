package check_test

import (
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestChange_SecondBalancer: each object that completes the way in through pods that serve a Gateway of Istio's is refused, also a
// public load balancer that chooses them by another label than the Gateway does.
func TestChange_SecondBalancer(t *testing.T) {
	inv := contentOf(t, "../../rules/builtin/preauth-exposed/fail/istio-second-balancer.yaml")
	for _, o := range inv.All() {
		switch o.Ref.GroupKind() {
		case inventory.Service, inventory.Deployment:
		default:
			continue
		}
		inv.Delete(o.Ref.ID())
		before := judged(t, everything(), inv)
		got := verdict(t, everything(), inv, check.Change{
			Request: &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Create}, Object: o,
		})
		inv.Put(o)
		was, is := denials(before), denials(judged(t, everything(), inv))
		if opens := is > was; opens != (len(got.Denied) > 0) {
			t.Errorf("%s: %d denied without it, %d with it, %d by its creation", o.Ref, was, is, len(got.Denied))
		}
	}
}

func denials(r check.Result) (n int) {
	for _, f := range r.Findings {
		if f.Action == check.ActionDeny {
			n++
		}
	}
	return n
}
