package check_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/rules"
)

// TestDryRun_SaysWhatItWouldDeny: the same as is denied where the baseline is enforced.
func TestDryRun_SaysWhatItWouldDeny(t *testing.T) {
	t.Parallel()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	t.Cleanup(passwords.Close)
	verdict := func(enforce config.Mode) check.Verdict {
		cfg := config.Default()
		cfg.Modes.Enforce = enforce
		checker, err := check.New(check.Options{Rules: list, Proved: true, Config: cfg, Passwords: passwords})
		if err != nil {
			t.Fatal(err)
		}
		inv := inventoryOf(t, gatewayDeployment(preAuth)+"---"+gatewayService)
		got, err := checker.Change(t.Context(), inv, step{apply: ingressTo("api", "gateway", "number: 8080", "/")}.change(t, inv))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	dry, enforced := verdict(config.ModeOff), verdict(config.ModeBaseline)
	if len(enforced.Denied) == 0 || len(enforced.WouldDeny) > 0 || len(dry.Denied) > 0 {
		t.Fatalf("%d denied, %d would be where it is enforced; %d in a dry run", len(enforced.Denied), len(enforced.WouldDeny), len(dry.Denied))
	}
	named := func(list []check.Finding) (names []string) {
		for _, f := range list {
			names = append(names, f.Rule+" "+f.Subject.String())
		}
		return names
	}
	if diff := cmp.Diff(named(enforced.Denied), named(dry.WouldDeny)); diff != "" {
		t.Errorf("(-enforced +dry run):\n%s", diff)
	}
}
