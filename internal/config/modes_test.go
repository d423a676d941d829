package config

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

func TestConfig_ModesFor(t *testing.T) {
	tests := []struct {
		name     string
		modes    Modes
		labels   NamespaceLabels
		on       map[string]string
		want     Modes
		warnings []string
	}{
		{"no labels", Modes{ModeBaseline, ModeRestricted, ModeRestricted}, LabelsHonour, nil, Modes{ModeBaseline, ModeRestricted, ModeRestricted}, nil},
		{
			"honour loosens and tightens", Modes{ModeBaseline, ModeBaseline, ModeRestricted}, LabelsHonour,
			map[string]string{LabelEnforce: "off", LabelWarn: "restricted", LabelAudit: "baseline"}, Modes{ModeOff, ModeRestricted, ModeBaseline}, nil,
		},
		{
			"tighten only tightens", Modes{ModeBaseline, ModeBaseline, ModeRestricted}, LabelsTighten,
			map[string]string{LabelEnforce: "off", LabelWarn: "restricted", LabelAudit: "baseline"}, Modes{ModeBaseline, ModeRestricted, ModeRestricted}, nil,
		},
		{
			"ignore", Modes{ModeBaseline, ModeBaseline, ModeBaseline}, LabelsIgnore,
			map[string]string{LabelEnforce: "restricted", LabelWarn: "nonsense"}, Modes{ModeBaseline, ModeBaseline, ModeBaseline}, nil,
		},
		{
			"the dry run is absolute", Modes{ModeOff, ModeOff, ModeOff}, LabelsHonour,
			map[string]string{LabelEnforce: "restricted", LabelWarn: "restricted"}, Modes{ModeOff, ModeRestricted, ModeOff}, nil,
		},
		{
			"values that are no modes change nothing", Modes{ModeBaseline, ModeBaseline, ModeBaseline}, LabelsHonour,
			map[string]string{LabelAudit: "", LabelEnforce: "privileged", LabelWarn: "restricted"}, Modes{ModeBaseline, ModeRestricted, ModeBaseline},
			[]string{
				`label dittoguard.io/enforce: expected off, baseline or restricted, found "privileged"; it is ignored`,
				`label dittoguard.io/audit: expected off, baseline or restricted, found ""; it is ignored`,
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &Config{Modes: test.modes, NamespaceLabels: test.labels}
			got, warnings := c.ModesFor(test.on)
			if got != test.want {
				t.Errorf("modes %v, want %v", got, test.want)
			}
			if diff := cmp.Diff(test.warnings, warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if c.Modes != test.modes {
				t.Errorf("the configuration itself changed to %v", c.Modes)
			}
		})
	}
}

func TestStrictest(t *testing.T) {
	got := Strictest(Modes{ModeOff, ModeRestricted, ModeBaseline}, Modes{ModeBaseline, ModeBaseline, ModeBaseline})
	if want := (Modes{ModeBaseline, ModeRestricted, ModeBaseline}); got != want {
		t.Errorf("modes %v, want %v", got, want)
	}
}

func TestModes_Action(t *testing.T) {
	tests := []struct {
		modes                Modes
		baseline, restricted Action
	}{
		{Default().Modes, Deny, Warn},
		{Modes{ModeRestricted, ModeOff, ModeOff}, Deny, Deny},
		{Modes{ModeOff, ModeBaseline, ModeRestricted}, Warn, Audit},
		{Modes{ModeOff, ModeOff, ModeBaseline}, Audit, None},
		{Modes{ModeOff, ModeOff, ModeOff}, None, None},
		{Modes{}, None, None},
	}
	for _, test := range tests {
		if got := test.modes.Action(rules.Baseline); got != test.baseline {
			t.Errorf("%v: baseline leads to %q, want %q", test.modes, got, test.baseline)
		}
		if got := test.modes.Action(rules.Restricted); got != test.restricted {
			t.Errorf("%v: restricted leads to %q, want %q", test.modes, got, test.restricted)
		}
	}
}

func TestConfig_ExceptionFor(t *testing.T) {
	day := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	c := &Config{Exceptions: []Exception{
		{Rules: []string{"a", "b"}, Match: Match{Namespace: "dev", Kind: "Ingress", Name: "x"}, Expires: day},
		{Rules: []string{"c"}, Match: Match{Namespace: "dev"}, Expires: day.AddDate(0, 0, -1)},
		{Rules: []string{"d"}, Match: Match{Kind: "Deployment"}, Expires: day},
		{Rules: []string{"several"}, Match: Match{Namespace: "dev"}, Expires: day.AddDate(0, 0, 1)},
		{Rules: []string{"several"}, Match: Match{Namespace: "dev"}, Expires: day.AddDate(0, 0, 7)},
		{Rules: []string{"several"}, Match: Match{Namespace: "dev"}, Expires: day.AddDate(0, 0, 2)},
	}}
	ingress := inventory.Ref{APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Namespace: "dev", Name: "x"}
	gateway := inventory.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "prod", Name: "gw"}
	mixed := inventory.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "dev", Name: "x"}
	other := inventory.Ref{APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Namespace: "dev", Name: "y"}
	none := inventory.Ref{}
	tests := []struct {
		name           string
		rule           string
		subject, entry inventory.Ref
		now            time.Time
		want           bool
	}{
		{"the subject", "a", ingress, none, day, true},
		{"the entry", "b", gateway, ingress, day, true},
		{"another rule", "x", ingress, ingress, day, false},
		{"subject and entry do not add up", "a", mixed, other, day, false},
		{"the last second of the last day", "a", ingress, none, day.Add(24*time.Hour - time.Second), true},
		{"the day after", "a", ingress, none, day.AddDate(0, 0, 1), false},
		{"the last day, in UTC", "a", ingress, none, time.Date(2027, 1, 31, 23, 0, 0, 0, time.FixedZone("west", -5*3600)), false},
		{"expired", "c", ingress, none, day, false},
		{"by kind alone", "d", gateway, none, day, true},
		{"by kind alone, another kind", "d", ingress, none, day, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := c.ExceptionFor(test.rule, test.subject, test.entry, test.now) != nil; got != test.want {
				t.Errorf("excepted: %v, want %v", got, test.want)
			}
		})
	}
	last := &c.Exceptions[4]
	if got := c.ExceptionFor("several", ingress, none, day); got != last {
		t.Errorf("of several %+v, want the last to expire", got)
	}
	if got := c.LapsedException("several", ingress, none, day.AddDate(0, 1, 0)); got != last {
		t.Errorf("of several that have expired %+v, want the last to expire", got)
	}
}

func TestConfig_RuleSettings(t *testing.T) {
	c := Default()
	c.Rules["a"] = Rule{Level: rules.Baseline, KeepAsIs: true}
	if got := c.Level("a", rules.Restricted); got != rules.Baseline {
		t.Errorf("level %q, want the one of the configuration", got)
	}
	if got := c.Level("b", rules.Restricted); got != rules.Restricted {
		t.Errorf("level %q, want the rule's own", got)
	}
	if c.Mutates("a") || !c.Mutates("b") {
		t.Error("mutate: false is not honoured, or honoured for another rule")
	}
	c.Modes.Enforce = ModeOff
	if c.Mutates("b") {
		t.Error("a mutation in a dry run")
	}
}
