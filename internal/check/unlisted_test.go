package check_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// TestKindsThatCouldNotBeListed: a rule that refuses what is unknown refuses kinds that could not be listed, in one finding, and
// not what somebody chose not to read. Other rules leave it unknown.
func TestKindsThatCouldNotBeListed(t *testing.T) {
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	ofSecrets, err := rules.Load(fstest.MapFS{"rule.yaml": {Data: []byte(`apiVersion: dittoguard.io/v1alpha1
kind: HardeningRule
metadata: {name: of-secrets}
spec:
  title: About Secrets
  rationale: Because.
  guide: "1"
  level: baseline
  severity: high
  match:
    each: object
    resourceRules:
    - {operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: [secrets]}
  validations:
  - {expression: object.metadata.name != '', message: bad}
  remediation: Do this.
`)}})
	if err != nil {
		t.Fatal(err)
	}
	denying := func(exceptions ...config.Exception) *check.Checker {
		cfg := config.Default()
		cfg.Rules = map[string]config.Rule{"preauth-exposed": {DenyUnknown: true}, "of-secrets": {DenyUnknown: true}}
		cfg.Exceptions = exceptions
		return newChecker(t, append(slices.Clone(list), ofSecrets...), cfg)
	}
	excepted := config.Exception{
		Rules: []string{"preauth-exposed"}, Match: config.Match{Namespace: "ditto", Kind: "Deployment"}, Reason: "judged elsewhere",
		Expires: time.Now().AddDate(1, 0, 0).Truncate(24 * time.Hour), Line: 7,
	}
	whole := excepted
	whole.Match = config.Match{Namespace: "ditto"}
	unread := []check.Unknown{
		{Subject: inventory.Ref{APIVersion: "v1", Kind: "Service", Namespace: "ditto"}, Unlisted: true, What: check.WhatThereIs, Message: "you have no right to list it"},
		{Subject: inventory.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "ditto"}, Unlisted: true, What: check.WhatThereIs, Message: "you have no right to list it"},
		{Subject: inventory.Ref{APIVersion: "v1", Kind: "Namespace"}, Unlisted: true, What: "what there is in others", Message: "only namespace ditto was read"},
	}
	inv := inventory.NewMemory(index.Of, nil)
	for _, test := range []struct {
		checker    *check.Checker
		want       []string
		exceptions int
	}{
		{everything(), nil, 0},
		// of-secrets is about none of these kinds.
		{denying(), []string{"preauth-exposed: Service in namespace ditto: cannot be decided: Service and Deployment in namespace ditto, what there is: you have no right to list it"}, 0},
		{denying(whole), nil, 2},
		{denying(excepted), []string{"preauth-exposed: Service in namespace ditto: cannot be decided: Service in namespace ditto, what there is: you have no right to list it"}, 1},
	} {
		judged, err := test.checker.Judge(t.Context(), inv, nil)
		if err != nil {
			t.Fatal(err)
		}
		judged.Unlisted(unread)
		result := judged.Result()
		var got []string
		for _, f := range result.Findings {
			got = append(got, f.Rule+": "+f.Subject.String()+": "+f.Message)
			if f.Fix != "" {
				t.Errorf("%s advises what the rule does, which lists nothing: %q", f.Rule, f.Fix)
			}
		}
		if len(result.Exceptions) != test.exceptions {
			t.Errorf("exceptions %v, want %d", result.Exceptions, test.exceptions)
		}
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") || result.Summary.Denied != len(test.want) || len(result.Unknown) != len(unread) {
			t.Errorf("%q, %+v, %d unknown", got, result.Summary, len(result.Unknown))
		}
	}
}
