package check_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/rules"
)

// TestWhatIsNewDoesNotDeny: a rule, a validation and an unknown that an upgrade brings warn, and say so, until the version is raised.
func TestWhatIsNewDoesNotDeny(t *testing.T) {
	t.Parallel()
	builtin, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	verdict := func(since, part, version rules.Version, label string) check.Verdict {
		list := slices.Clone(builtin)
		i := slices.IndexFunc(list, func(r rules.HardeningRule) bool { return r.Metadata.Name == "preauth-exposed" })
		spec := &list[i].Spec
		spec.Since, spec.Validations = since, slices.Clone(spec.Validations)
		for i := range spec.Validations {
			spec.Validations[i].Since = part
		}
		cfg := config.Default()
		cfg.Modes.EnforceVersion = version
		namespace := "apiVersion: v1\nkind: Namespace\nmetadata: {name: ditto, labels: {team: iot" + label + "}}\n---\n"
		inv := inventoryOf(t, namespace+gatewayDeployment(preAuth)+"---"+gatewayService)
		got, err := newChecker(t, list, cfg).Change(t.Context(), inv, step{apply: ingressTo("api", "gateway", "number: 8080", "/")}.change(t, inv))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	of := func(list []check.Finding) *check.Finding {
		if i := slices.IndexFunc(list, func(f check.Finding) bool { return f.Rule == "preauth-exposed" }); i >= 0 {
			return &list[i]
		}
		return nil
	}
	for _, test := range []struct {
		name                 string
		since, part, version rules.Version
		label                string
		denied               bool
	}{
		{"the latest", "v0.3", "", "", "", true},
		{"a rule as old", "v0.2", "", "v0.2", "", true},
		{"a new rule", "v0.3", "", "v0.2", "", false},
		{"a new validation of an old rule", "v0.1", "v0.3", "v0.2", "", false},
		{"a new rule where a label raises the version", "v0.3", "", "v0.2", ", dittoguard.io/enforce-version: v0.3", true},
		{"a new rule where a label would lower it", "v0.3", "", "v0.2", ", dittoguard.io/enforce-version: v0.1", false},
		{"an old rule where a label would lower it", "v0.2", "", "v0.2", ", dittoguard.io/enforce-version: v0.1", true},
		{"a rule of a user", "", "", "v0.2", "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := verdict(test.since, test.part, test.version, test.label)
			if denied := of(got.Denied) != nil; denied != test.denied {
				t.Errorf("denied: %t, want %t", denied, test.denied)
			}
			if test.denied {
				return
			}
			warned := of(got.Warned)
			if warned == nil || !strings.Contains(strings.Join(warned.Notes, " "), "it is new in v0.3, and what is enforced is v0.2") {
				t.Errorf("warned of as %+v", warned)
			}
		})
	}
}
