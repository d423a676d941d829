package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

func modesOf(enforce, warn, audit Mode) Modes {
	return Modes{Enforce: enforce, Warn: warn, Audit: audit}
}

func TestConfig_ModesFor(t *testing.T) {
	tests := []struct {
		name     string
		modes    Modes
		labels   NamespaceLabels
		on       map[string]string
		want     Modes
		warnings []string
	}{
		{"no labels", modesOf(ModeBaseline, ModeRestricted, ModeRestricted), LabelsHonour, nil, modesOf(ModeBaseline, ModeRestricted, ModeRestricted), nil},
		{
			"honour loosens and tightens", modesOf(ModeBaseline, ModeBaseline, ModeRestricted), LabelsHonour,
			map[string]string{LabelEnforce: "off", LabelWarn: "restricted", LabelAudit: "baseline"}, modesOf(ModeOff, ModeRestricted, ModeBaseline), nil,
		},
		{
			"tighten only tightens", modesOf(ModeBaseline, ModeBaseline, ModeRestricted), LabelsTighten,
			map[string]string{LabelEnforce: "off", LabelWarn: "restricted", LabelAudit: "baseline"}, modesOf(ModeBaseline, ModeRestricted, ModeRestricted), nil,
		},
		{
			"ignore", modesOf(ModeBaseline, ModeBaseline, ModeBaseline), LabelsIgnore,
			map[string]string{LabelEnforce: "restricted", LabelWarn: "nonsense"}, modesOf(ModeBaseline, ModeBaseline, ModeBaseline), nil,
		},
		{
			"the dry run is absolute", modesOf(ModeOff, ModeOff, ModeOff), LabelsHonour,
			map[string]string{LabelEnforce: "restricted", LabelWarn: "restricted"}, modesOf(ModeOff, ModeRestricted, ModeOff), nil,
		},
		{
			"values that are no modes change nothing", modesOf(ModeBaseline, ModeBaseline, ModeBaseline), LabelsHonour,
			map[string]string{LabelAudit: "", LabelEnforce: "privileged", LabelWarn: "restricted"}, modesOf(ModeBaseline, ModeRestricted, ModeBaseline),
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
	got := Strictest(modesOf(ModeOff, ModeRestricted, ModeBaseline), modesOf(ModeBaseline, ModeBaseline, ModeBaseline))
	if want := modesOf(ModeBaseline, ModeRestricted, ModeBaseline); got != want {
		t.Errorf("modes %v, want %v", got, want)
	}
}

// TestEnforceVersion: what is newer than the version does not deny, and a label of a namespace only raises the version.
func TestEnforceVersion(t *testing.T) {
	on := Modes{Enforce: ModeRestricted, Warn: ModeBaseline, EnforceVersion: "v0.9"}
	for since, want := range map[rules.Version]Action{"": Deny, "v0.1": Deny, "v0.9": Deny, "v0.10": Warn, "v1.0": Warn} {
		if got := on.ActionSince(rules.Baseline, since); got != want {
			t.Errorf("since %q: %q, want %q", since, got, want)
		}
	}
	if got := on.ActionSince(rules.Restricted, "v0.10"); got != None {
		t.Errorf("what is new, and not warned of, leads to %q", got)
	}
	if got := Default().Modes.ActionSince(rules.Baseline, "v99.0"); got != Deny {
		t.Errorf("without a version what is new leads to %q", got)
	}
	for label, want := range map[string]rules.Version{"latest": "", "v0.8": "v0.9", "v0.10": "v0.10", "v1.0": "v1.0", "0.10": "v0.9", "": "v0.9", "v0.10.1": "v0.9"} {
		for _, mode := range []NamespaceLabels{LabelsHonour, LabelsTighten} {
			c := &Config{Modes: on, NamespaceLabels: mode}
			got, warnings := c.ModesFor(map[string]string{LabelEnforceVersion: label})
			if got.EnforceVersion != want {
				t.Errorf("label %q: %q, want %q", label, got.EnforceVersion, want)
			}
			if _, ok := parseVersion(label); ok == (len(warnings) > 0) {
				t.Errorf("label %q: warnings %q", label, warnings)
			}
		}
	}
	for text, want := range map[string]string{"v0.2": "", "v0.1": "", "latest": "", "v0.0": "expected v0.1 or later", "0.2": "expected latest or a version such as v0.2", `""`: "expected", "[v1.0]": "expected"} {
		_, err := Parse("c.yaml", []byte("apiVersion: "+APIVersion+"\nkind: "+Kind+"\nmodes: {enforceVersion: "+text+"}\n"), nil)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("enforceVersion: %s: %v", text, err)
		}
	}
	ignoring := &Config{Modes: on, NamespaceLabels: LabelsIgnore}
	if got, _ := ignoring.ModesFor(map[string]string{LabelEnforceVersion: "latest"}); got != on {
		t.Errorf("a label that is ignored changed %v to %v", on, got)
	}
	latest := &Config{Modes: Modes{Enforce: ModeBaseline}, NamespaceLabels: LabelsHonour}
	if got, _ := latest.ModesFor(map[string]string{LabelEnforceVersion: "v0.1"}); got.EnforceVersion != "" {
		t.Errorf("a label lowered the latest to %q", got.EnforceVersion)
	}
	for _, versions := range [][3]rules.Version{{"v0.1", "v0.2", "v0.2"}, {"v0.10", "v0.9", "v0.10"}, {"", "v0.9", ""}, {"v0.9", "", ""}} {
		if got := Strictest(Modes{EnforceVersion: versions[0]}, Modes{EnforceVersion: versions[1]}).EnforceVersion; got != versions[2] {
			t.Errorf("of %q and %q the stricter is %q", versions[0], versions[1], got)
		}
	}
}

func TestModes_Action(t *testing.T) {
	tests := []struct {
		modes                Modes
		baseline, restricted Action
	}{
		{Default().Modes, Deny, Warn},
		{modesOf(ModeRestricted, ModeOff, ModeOff), Deny, Deny},
		{modesOf(ModeOff, ModeBaseline, ModeRestricted), Warn, Audit},
		{modesOf(ModeOff, ModeOff, ModeBaseline), Audit, None},
		{modesOf(ModeOff, ModeOff, ModeOff), None, None},
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
