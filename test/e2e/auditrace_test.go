package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// TestWhatTwoRequestsOpenTogether: two requests at the same moment, each fine by itself, are answered by two replicas that do not hear of one
// another's. What they have opened is found, and is gone when one of them is taken back.
func TestWhatTwoRequestsOpenTogether(t *testing.T) {
	t.Parallel()
	c := own(t, "ditto")
	n := in{c, "ditto"}
	n.admitted(t, "", "apply", "--filename", "testdata/reports.yaml")
	install(t, c, "baseline", nil, "ditto")
	replicas, err := c.StartReplicas(t.Context(), shared.binary, 0, []string{"replica-one", "replica-two"}, "--peer-port=0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(replicas.Kill)
	a := audited{Cluster: c}
	eventually(t, "a replica audits", func(ctx context.Context) (bool, any) {
		for _, s := range replicas.Serves {
			if metrics, err := s.Metrics(ctx); err == nil && strings.Contains(metrics, "\ndittoguard_audit_leader 1\n") {
				a.serve = s
			}
		}
		return a.serve != nil, nil
	})

	round, gateway := 0, ""
	route := &networkingv1.Ingress{}
	eventually(t, "both of two requests are let in", func(ctx context.Context) (bool, any) {
		round++
		gateway = fmt.Sprintf("gateway-%d", round)
		named := strings.NewReplacer("gateway", gateway, `value: "true"`, `value: "false"`)
		// The image stays what it is.
		manifest := strings.ReplaceAll(named.Replace(believing+"---"+service), "ditto-"+gateway, "ditto-gateway")
		n.admitted(t, manifest, "apply", "--filename", "-")
		if err := yaml.Unmarshal([]byte(named.Replace(n.ingress())), route); err != nil {
			t.Fatal(err)
		}
		route.Namespace = "ditto"
		route.ResourceVersion = ""
		answers := make(chan error, 2)
		go func() { answers <- c.Client.Create(ctx, route) }()
		go func() {
			deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "ditto", Name: gateway}}
			answers <- c.Client.Patch(ctx, deployment, client.RawPatch(types.StrategicMergePatchType, fmt.Appendf(nil,
				`{"spec": {"template": {"spec": {"containers": [{"name": %q, "env": [{"name": "ENABLE_PRE_AUTHENTICATION", "value": "true"}]}]}}}}`, gateway)))
		}()
		err := errors.Join(<-answers, <-answers)
		if err != nil {
			_ = c.Client.Delete(ctx, route)
		}
		return err == nil, err
	})
	began := time.Now()
	a.finds(t, "ditto", gateway, "preauth-exposed", "fail")
	t.Logf("what two requests opened together in round %d is told %s later", round, time.Since(began).Round(100*time.Millisecond))
	if err := c.Client.Delete(t.Context(), route); err != nil {
		t.Fatal(err)
	}
	a.findsNothing(t, "ditto", gateway, "preauth-exposed")
}
