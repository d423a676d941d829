package e2e

import (
	"context"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	corev1 "k8s.io/api/core/v1"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// The rule of a user's own that the chart of the shared cluster gets, and the namespace that it is about.
const (
	userRules    = "user-rules"
	userRuleFile = "team-label.yaml"
	userRule     = `apiVersion: dittoguard.io/v1alpha1
kind: HardeningRule
metadata: {name: team-label}
spec:
  title: Gateway bears no team
  rationale: Somebody has to answer for it.
  level: baseline
  severity: low
  match: {each: gateway}
  matchConditions:
  - {name: ours, expression: ditto.gateway.namespace == 'user-rules'}
  validations:
  - expression: object.metadata.?labels.?team.hasValue()
    message: there is no label team
  remediation: Label it.
`
)

// TestAUserRule: a rule that the chart's values hold refuses; a changed one counts without a restart, and of a broken one
// the version before.
func TestAUserRule(t *testing.T) {
	t.Parallel()
	f := need(t)
	n := in{f.Cluster, userRules}
	const gateway = `apiVersion: apps/v1
kind: Deployment
metadata: {name: gateway}
spec:
  selector: {matchLabels: {app: gateway}}
  template:
    metadata: {labels: {app: gateway}}
    spec: {containers: [{name: gateway, image: "docker.io/eclipse/ditto-gateway:3.9.6", env: [
      {name: DEVOPS_AUTHENTICATION_METHOD, value: oauth2}, {name: STATUS_AUTHENTICATION_METHOD, value: oauth2}]}]}
`
	create := func(ctx context.Context, manifest string) (string, error) {
		return n.Kubectl(ctx, strings.NewReader(manifest), "--namespace", n.namespace, "create", "--dry-run=server", "--filename", "-")
	}
	change := func(text string) {
		t.Helper()
		var rules corev1.ConfigMap
		if err := f.Client.Get(t.Context(), types.NamespacedName{Namespace: cluster.Namespace, Name: cluster.Release + "-rules"}, &rules); err != nil {
			t.Fatal(err)
		}
		rules.Data = map[string]string{userRuleFile: text}
		if err := f.Client.Update(t.Context(), &rules); err != nil {
			t.Fatal(err)
		}
	}
	refusedFor := func(reason string) {
		t.Helper()
		eventually(t, "a refusal that says "+reason, func(ctx context.Context) (bool, any) {
			out, err := create(ctx, gateway)
			return err != nil && strings.Contains(out, refused) && strings.Contains(out, "team-label: ") && strings.Contains(out, reason), out
		})
	}
	refusedFor("there is no label team")
	if out, err := create(t.Context(), strings.Replace(gateway, "{name: gateway}\nspec", "{name: gateway, labels: {team: iot}}\nspec", 1)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	change(strings.Replace(userRule, "there is no label team", "nobody is in charge", 1))
	refusedFor("nobody is in charge")

	change(strings.Replace(userRule, "ditto.gateway.namespace", "ditto.gateway.nampespace", 1))
	eventually(t, "the broken rule in the detail of readiness", func(ctx context.Context) (bool, any) {
		ready, detail := f.serve.Ready(ctx)
		return ready && strings.Contains(detail, "[+]configuration ok, broken reload: ") &&
			strings.Contains(detail, "team-label.yaml:11: spec.matchConditions[0].expression: undefined field 'nampespace'"), detail
	})
	refusedFor("nobody is in charge")

	change(userRule)
	refusedFor("there is no label team")
}
