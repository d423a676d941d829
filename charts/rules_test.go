package charts_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
)

// ruleText is a rule with what templates and YAML like to spoil: braces, quotes, lines that begin with spaces, a colon.
const ruleText = `apiVersion: dittoguard.io/v1alpha1
kind: HardeningRule
metadata: {name: team-label}
spec:
  title: "Gateway bears no team: {{ nobody }}"
  rationale: |
    Somebody has to answer for it.

      - indented
  level: restricted
  severity: low
  match: {each: gateway}
  validations:
  - expression: "object.metadata.?labels.?team.hasValue() ? true : false"
    message: there is no label team
  remediation: Label it.
`

func rulesValues(t *testing.T, files map[string]string) string {
	t.Helper()
	text, err := yaml.Marshal(map[string]any{"rules": files})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// mounted are the files that the server sees below the folders of its --rules, by ConfigMap.
func mounted(t *testing.T, values string) map[string]string {
	t.Helper()
	pod := only[*appsv1.Deployment](t, render(t, values)).Spec.Template.Spec
	found := map[string]string{}
	for _, arg := range pod.Containers[0].Args {
		folder, ok := strings.CutPrefix(arg, "--rules=")
		if !ok {
			continue
		}
		for _, mount := range pod.Containers[0].VolumeMounts {
			if mount.MountPath != folder {
				continue
			}
			if mount.SubPath != "" || !mount.ReadOnly {
				t.Errorf("%s never changes, or can be changed", folder)
			}
			i := slices.IndexFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name })
			found[folder] = pod.Volumes[i].ConfigMap.Name
		}
		if found[folder] == "" {
			t.Errorf("nothing is mounted at %s", folder)
		}
	}
	return found
}

func TestRules(t *testing.T) {
	values := rulesValues(t, map[string]string{"team-label.yaml": ruleText})
	for _, test := range []struct {
		name, values string
		want         map[string]string
	}{
		{"none by default", "", map[string]string{}},
		{"from the values", values, map[string]string{"/etc/dittoguard-rules": "dittoguard-rules"}},
		{"from a ConfigMap", "existingRulesConfigMap: ours", map[string]string{"/etc/dittoguard-existing-rules": "ours"}},
		{"from both", values + "existingRulesConfigMap: ours\n", map[string]string{"/etc/dittoguard-rules": "dittoguard-rules", "/etc/dittoguard-existing-rules": "ours"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, mounted(t, test.values)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRulesArriveAsTheyAreWritten reads what the chart renders as the server does.
func TestRulesArriveAsTheyAreWritten(t *testing.T) {
	for _, helm := range helms(t) {
		for _, configMap := range all[*corev1.ConfigMap](renderWith(t, helm, rulesValues(t, map[string]string{"team-label.yaml": ruleText}))) {
			if configMap.Name != "dittoguard-rules" {
				continue
			}
			if diff := cmp.Diff(map[string]string{"team-label.yaml": ruleText}, configMap.Data); diff != "" {
				t.Errorf("%s: (-want +got):\n%s", helm, diff)
			}
			dir := t.TempDir()
			for name, text := range configMap.Data {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			found, err := rules.LoadUser(dir)
			if err != nil || !slices.Equal(rules.Names(found), []string{"team-label"}) {
				t.Errorf("%s: %v, %v", helm, rules.Names(found), err)
			}
		}
	}
}

func TestRulesThatAreRefused(t *testing.T) {
	for name, values := range map[string]string{
		"a file that is not read":       "rules: {team-label: x}",
		"a hidden file":                 "rules: {..data.yaml: x}",
		"a path":                        "rules: {team/label.yaml: x}",
		"a rule that is not text":       "rules: {team-label.yaml: {kind: HardeningRule}}",
		"an empty rule":                 `rules: {team-label.yaml: ""}`,
		"a list":                        "rules: [x]",
		"a name that is no ConfigMap's": "existingRulesConfigMap: Our_Rules",
	} {
		for _, helm := range helms(t) {
			if _, err := template(t, helm, values); err == nil {
				t.Errorf("%s: %s was taken", helm, name)
			}
		}
	}
}

// TestTheWebhookIsAskedAboutEveryKind: what dittoguard reads, it has to be asked about. `dittoguard rules` says of rules that
// match other kinds that the webhook does not see those, and goes by the same list.
func TestTheWebhookIsAskedAboutEveryKind(t *testing.T) {
	want := map[string]bool{"/pods/ephemeralcontainers": true}
	for _, kind := range inventory.Listed() {
		resource := inventory.Resource(kind)
		want[resource.Group+"/"+resource.Resource] = true
	}
	got := map[string]bool{}
	for _, w := range only[*admissionregistrationv1.ValidatingWebhookConfiguration](t, render(t, "")).Webhooks {
		for _, r := range w.Rules {
			for _, group := range r.APIGroups {
				for _, resource := range r.Resources {
					got[group+"/"+resource] = true
				}
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kinds that are read and kinds that are asked about (-read +asked):\n%s", diff)
	}
}
