package webhook

import (
	"context"
	"testing"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestDryRun_LogsWhatItWouldRefuse, in one line a request, lets it through, and says which exceptions applied.
func TestDryRun_LogsWhatItWouldRefuse(t *testing.T) {
	gateway := inventory.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "ditto", Name: "gateway"}
	var lines []string
	validator := NewValidator(Options{
		Judge: using(judge{change: func(context.Context, inventory.Reader, check.Change) (check.Verdict, error) {
			return check.Verdict{
				WouldDeny:  []check.Finding{{Rule: "a", Subject: gateway}, {Rule: "b", Subject: gateway}},
				Exceptions: []check.AppliedException{{Rule: "c", Subject: gateway, Reason: "staging\nonly", Until: "2027-01-31"}},
			}, nil
		}}),
		Inventory: inventory.NewMemory(nil, nil),
		Log:       funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{}),
	})
	response, failure := post(t, validator, create(service("api", "x")))
	if failure != "" || !response.Allowed {
		t.Fatalf("allowed %v, failure %q", response.Allowed, failure)
	}
	if diff := cmp.Diff(map[string]string{"exceptions": "c Deployment ditto/gateway until 2027-01-31: staging only"}, response.AuditAnnotations); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		`"level"=0 "msg"="request would be refused" "rules"=["a" "b"] "subjects"=["Deployment ditto/gateway" "Deployment ditto/gateway"] ` +
			`"object"="Service ditto/api" "operation"="CREATE" "user"="" "dryRun"=false`,
	}, lines); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
