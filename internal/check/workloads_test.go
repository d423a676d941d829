package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
)

// TestEveryWorkload: a gateway is judged alike, whatever makes its pods: the same findings and unknowns in a set of manifests,
// and the same refusal when it arrives last.
func TestEveryWorkload(t *testing.T) {
	const pod = `{"metadata":{"labels":{"app":"gateway"}},"spec":{"containers":[{"name":"gateway","image":"example.com/ditto-gateway:3.9.6",
		"env":[{"name":"ENABLE_PRE_AUTHENTICATION","value":"true"},{"name":"STATUS_PASSWORD","valueFrom":{"secretKeyRef":{"name":"p","key":"s"}}}],
		"ports":[{"name":"http","containerPort":8080}]}]}}`
	const selector = `"selector":{"matchLabels":{"app":"gateway"}},`
	object := func(version, kind, spec string) string {
		return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":"gateway","namespace":"ditto"},"spec":{%s}}`, version, kind, spec)
	}
	workloads := map[string]string{
		"Deployment":            object("apps/v1", "Deployment", selector+`"template":`+pod),
		"StatefulSet":           object("apps/v1", "StatefulSet", selector+`"serviceName":"gateway","template":`+pod),
		"DaemonSet":             object("apps/v1", "DaemonSet", selector+`"template":`+pod),
		"ReplicaSet":            object("apps/v1", "ReplicaSet", selector+`"template":`+pod),
		"ReplicationController": object("v1", "ReplicationController", `"selector":{"app":"gateway"},"template":`+pod),
		"Job":                   object("batch/v1", "Job", `"template":`+pod),
		"CronJob":               object("batch/v1", "CronJob", `"schedule":"@daily","jobTemplate":{"spec":{"template":`+pod+`}}`),
		"Pod": strings.Replace(`{"apiVersion":"v1","kind":"Pod",`+pod[1:], `"metadata":{`,
			`"metadata":{"name":"gateway","namespace":"ditto",`, 1),
	}
	others := []string{
		`{"apiVersion":"v1","kind":"Service","metadata":{"name":"gateway","namespace":"ditto"},"spec":{"type":"LoadBalancer","selector":{"app":"gateway"},"ports":[{"port":80,"targetPort":"http"}]}}`,
		`{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"api","namespace":"ditto"},"spec":{"ingressClassName":"nginx","defaultBackend":{"service":{"name":"gateway","port":{"number":80}}}}}`,
	}
	decoded := func(text string) *inventory.Object {
		o, err := inventory.Decode([]byte(text), inventory.Source{})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	checker := builtin(t, nil)
	// words are what is said of a workload, without its kind.
	words := func(kind string) (said, refused []string) {
		inv := inventory.NewMemory(index.Of, nil)
		for _, text := range others {
			inv.Put(decoded(text))
		}
		o := decoded(workloads[kind])
		for _, finding := range create(t, checker, inv, o).Denied {
			refused = append(refused, finding.Rule+": "+strings.ReplaceAll(finding.Message, kind, "KIND"))
		}
		inv.Put(o)
		result := judged(t, checker, inv)
		for _, finding := range result.Findings {
			said = append(said, strings.ReplaceAll(
				fmt.Sprint(finding.Action, " ", finding.Rule, ": ", finding.Subject.Kind, " ", finding.Message, " ", finding.Path), kind, "KIND"))
		}
		for _, unknown := range result.Unknown {
			said = append(said, fmt.Sprint("unknown ", unknown.Rule, ": ", strings.ReplaceAll(unknown.Message, kind, "KIND")))
		}
		return said, refused
	}
	said, refused := words("Deployment")
	if len(said) < 8 || len(refused) < 3 {
		t.Fatalf("said %q, refused %q", said, refused)
	}
	for kind := range workloads {
		t.Run(kind, func(t *testing.T) {
			saidToo, refusedToo := words(kind)
			if diff := cmp.Diff(said, saidToo); diff != "" {
				t.Errorf("-Deployment +%s:\n%s", kind, diff)
			}
			if diff := cmp.Diff(refused, refusedToo); diff != "" {
				t.Errorf("refused, -Deployment +%s:\n%s", kind, diff)
			}
		})
	}
}
