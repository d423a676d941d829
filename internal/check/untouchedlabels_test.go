package check_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/sample"
)

// TestChange_OnlyLabels: a request that changes only the labels and annotations of what makes pods is judged once, and comes to
// what it does where a rule looks at the object itself, so that both sides are judged.
func TestChange_OnlyLabels(t *testing.T) {
	t.Parallel()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	looks := loadedRule(t, "each: object, resourceRules: [{operations: [CREATE], apiGroups: [apps], apiVersions: [v1], resources: [deployments]}]",
		"object.metadata.name != ''")
	once, twice := newChecker(t, list, config.Default()), newChecker(t, append(list, looks), config.Default())
	changes, said := 0, 0
	for n, file := range fixtureFiles(t, "fail") {
		if n%5 > 0 && !sample.Taken() {
			continue
		}
		inv := contentOf(t, file)
		for _, o := range inv.All() {
			switch o.Ref.Kind {
			case "Deployment", "StatefulSet", "DaemonSet":
			default:
				continue
			}
			change := check.Change{
				Request:   &admissionv1.AdmissionRequest{Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Update},
				OldObject: o, Object: relabelled(t, o),
			}
			got, want := verdict(t, once, inv, change), verdict(t, twice, inv, change)
			if diff := cmp.Diff(sayings(t, want), sayings(t, got)); diff != "" {
				t.Errorf("%s: %s (-judged twice +judged once):\n%s", file, o.Ref, diff)
			}
			if got.Decisive || len(got.Denied) > 0 {
				t.Errorf("%s: %s: a label decides something", file, o.Ref)
			}
			changes++
			if len(got.Warned)+len(got.Audited)+len(got.Unknown) > 0 {
				said++
			}
		}
	}
	if !sample.Taken() && (changes < 30 || said < 20) {
		t.Errorf("%d labels were changed, and of %d there was something to say: the fixtures do not show it", changes, said)
	}
}

// TestChange_OnlyLabelsThatARuleReads: where a rule looks at the object itself, a label can be what it refuses.
func TestChange_OnlyLabelsThatARuleReads(t *testing.T) {
	const expression = "!has(object.metadata.labels) || !('refused' in object.metadata.labels)"
	o := decodeAll(t, gatewayDeployment(noPreAuth))[0]
	for _, match := range []string{
		"each: gateway", "each: object, resourceRules: [{operations: [UPDATE], apiGroups: [apps], apiVersions: [v1], resources: [deployments]}]",
		"each: object, resourceRules: [{operations: [UPDATE], apiGroups: [apps], apiVersions: [v1], resources: [deployments]}], " +
			"objectSelector: {matchExpressions: [{key: refused, operator: Exists}]}",
	} {
		checker := newChecker(t, []rules.HardeningRule{loadedRule(t, match, expression)}, config.Default())
		for _, label := range []string{"let-in", "refused", "let-in"} {
			denied := map[string]int{"refused": 1}[label]
			labelled := decodeAll(t, strings.Replace(gatewayDeployment(noPreAuth), "metadata: {", "metadata: {labels: {"+label+": x}, ", 1))[0]
			if len(labelled.Meta.Labels) != 1 {
				t.Fatal("the gateway has no label")
			}
			got := verdict(t, checker, inventoryOf(t, gatewayDeployment(noPreAuth)), check.Change{
				Request: &admissionv1.AdmissionRequest{
					Name: o.Ref.Name, Namespace: o.Ref.Namespace, Operation: admissionv1.Update,
					Kind:     metav1.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"},
					Resource: metav1.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"},
				},
				OldObject: o, Object: labelled,
			})
			if len(got.Denied) != denied {
				t.Errorf("%s, label %s: %d denied, want %d", match, label, len(got.Denied), denied)
			}
		}
	}
}

func loadedRule(t *testing.T, match, expression string) rules.HardeningRule {
	t.Helper()
	list, err := rules.Load(fstest.MapFS{"rule.yaml": {Data: []byte(`apiVersion: dittoguard.io/v1alpha1
kind: HardeningRule
metadata: {name: looks}
spec:
  title: Looks at the object
  rationale: Because.
  guide: "1"
  level: baseline
  severity: low
  match: {` + match + `}
  validations:
  - {expression: "` + expression + `", message: bad}
  remediation: Do this.
`)}})
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func verdict(t *testing.T, checker *check.Checker, inv inventory.Reader, change check.Change) check.Verdict {
	t.Helper()
	v, err := checker.Change(t.Context(), inv, change)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sayings are a verdict as text.
func sayings(t *testing.T, v check.Verdict) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// relabelled is an object with other labels and annotations than it has.
func relabelled(t *testing.T, o *inventory.Object) *inventory.Object {
	t.Helper()
	var content map[string]any
	if err := json.Unmarshal(o.Raw(), &content); err != nil {
		t.Fatal(err)
	}
	meta := content["metadata"].(map[string]any)
	meta["labels"] = map[string]any{"app.kubernetes.io/component": "something-else", "actorSystemName": "none"}
	meta["annotations"] = map[string]any{"kubernetes.io/ingress.class": "nginx", "helm.sh/revision": "7"}
	meta["resourceVersion"] = "2"
	raw, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := inventory.Decode(raw, o.Source)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}
