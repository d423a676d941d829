package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

// TestTheAuditLogHoldsWhatWasFound: a refusal, a warning and a mutation are in the API server's own log.
func TestTheAuditLogHoldsWhatWasFound(t *testing.T) {
	t.Parallel()
	n := in{need(t).Cluster, "audit-log"}
	n.admitted(t, internal, "apply", "--filename", "-")
	n.refused(t, "preauth-exposed", n.ingress(), "apply", "--filename", "-")
	eventually(t, "annotations in the audit log", func(context.Context) (bool, any) {
		deployment, ingress := n.annotations(t, "deployments"), n.annotations(t, "ingresses")
		return deployment["protected.mutate.dittoguard.io/mutated"] != "" &&
				cmp.Equal(ingress["protected.validate.dittoguard.io/denied"], "preauth-exposed Deployment audit-log/gateway"),
			[]any{deployment, ingress}
	})
}

// annotations are those of the last creation of a resource in the namespace.
func (n in) annotations(t *testing.T, resource string) map[string]string {
	t.Helper()
	file, err := os.Open(n.AuditLog)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var found map[string]string
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event auditv1.Event
		// The last line may be half written.
		if json.Unmarshal(lines.Bytes(), &event) != nil || event.ObjectRef == nil {
			continue
		}
		if event.Verb == "create" && event.ObjectRef.Namespace == n.namespace && event.ObjectRef.Resource == resource {
			found = event.Annotations
		}
	}
	return found
}
