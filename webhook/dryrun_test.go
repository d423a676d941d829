package webhook

import (
	"context"
	"fmt"
	"strings"
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

// TestLogOfThousands: a refusal is one line of the log, and a short one, whatever there is to refuse: each rule and subject once, and
// of many some.
func TestLogOfThousands(t *testing.T) {
	var findings []check.Finding
	var subjects []string
	for i := range 4000 {
		way := inventory.Ref{Kind: "Ingress", Namespace: "shop", Name: fmt.Sprintf("way-%d", i/2)}
		findings = append(findings, check.Finding{Rule: "a", Subject: way})
		if i < 40 && i%2 == 0 {
			subjects = append(subjects, fmt.Sprintf("%q", way.String()))
		}
	}
	var lines []string
	o := Options{Log: funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{})}
	o.logRefusal("request refused", check.Change{Request: create(""), Object: &inventory.Object{Ref: inventory.Ref{Kind: "Service", Namespace: "ditto", Name: "api"}}}, findings)
	want := []string{`"level"=0 "msg"="request refused" "rules"=["a"` + strings.Repeat(` "a"`, 19) + `] "subjects"=[` + strings.Join(subjects, " ") + `] ` +
		`"object"="Service ditto/api" "operation"="CREATE" "user"="" "dryRun"=false "more"=1980`}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
