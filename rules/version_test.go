package rules

import (
	"strings"
	"testing"
)

// TestBuiltinRulesSaySince: otherwise nobody could keep them from denying when they come with an upgrade.
func TestBuiltinRulesSaySince(t *testing.T) {
	list, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range list {
		if rule.Spec.Since == "" {
			t.Errorf("%s: spec.since is missing", rule.Metadata.Name)
		}
	}
}

func TestSince(t *testing.T) {
	rule := func(since, part string) string {
		text := strings.Replace(named("a"), "  severity:", "  since: "+since+"\n  severity:", 1)
		return strings.Replace(text, "  - expression:", "  - since: "+part+"\n    expression:", 1)
	}
	for _, test := range []struct{ name, text, want string }{
		{"no version", rule("soon", "v0.2"), "spec.since: expected a version such as v0.2, got \"soon\""},
		{"a patch", rule("v0.1", "v0.2.1"), "spec.validations[0].since: expected a version"},
		{"a part as old as its rule", rule("v0.2", "v0.2"), "spec.validations[0].since: must be later than the rule's own, \"v0.2\""},
		{"a part of a rule without a version", strings.Replace(rule("v0.1", "v0.2"), "  since: v0.1\n", "", 1), "must be later than"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, errs := load(t, map[string]string{"a.yaml": test.text}); !strings.Contains(strings.Join(errs, "\n"), test.want) {
				t.Errorf("got %q, want %q", errs, test.want)
			}
		})
	}
	found, errs := load(t, map[string]string{"a.yaml": rule("v0.9", "v0.10")})
	if len(errs) > 0 || found[0].Spec.ValidationSince(0) != "v0.10" {
		t.Errorf("%q, %v", errs, found)
	}

	write(t, map[string]string{"ours/a.yaml": rule("v0.9", "v0.10")})
	if _, err := LoadUser("ours"); err == nil || !strings.Contains(err.Error(), "spec.since: belongs to built-in rules only") {
		t.Errorf("a rule of a user says since when it is there: %v", err)
	}
}
