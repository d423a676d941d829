package charts_test

import (
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/dittoguard/dittoguard/internal/audit"
)

// TestTheAuditFindsNothingWrongWithTheChart: what is rendered is what the audit of the same values expects of its installation.
func TestTheAuditFindsNothingWrongWithTheChart(t *testing.T) {
	for variant, enforces := range map[string]bool{"defaults": true, "protected": true, "failing open": true, "dry run": false} {
		objects := render(t, variants[variant])
		validating := only[*admissionregistrationv1.ValidatingWebhookConfiguration](t, objects)
		i := audit.Installation{Namespace: "guard", ServiceName: "dittoguard", Client: fake.NewClientset(validating), Validating: validating.Name, Enforces: enforces}
		if variant != "defaults" {
			i.Protected = []string{"ditto"}
		}
		if variant == "failing open" {
			i.Protected, i.FailOpen = []string{"ditto", "iot"}, []string{"iot"}
		}
		list, err := i.Problems(t.Context())
		if err != nil || len(list) != 1 || list[0].Text != "" {
			t.Errorf("%s: %+v, %v", variant, list, err)
		}
	}
}
