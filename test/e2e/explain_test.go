package e2e

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dittoguard/dittoguard/internal/explain"
)

// TestExplainReadsTheCluster: a namespace of a running cluster is explained as the manifests in it are.
func TestExplainReadsTheCluster(t *testing.T) {
	t.Parallel()
	f := need(t)
	n := in{f.Cluster, "explained"}
	n.admitted(t, internal, "apply", "--filename", "-")
	run := func(stdin string, args ...string) explain.Explanation {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), f.binary, append([]string{"explain", "--output", "json"}, args...)...)
		cmd.Stdin = bytes.NewBufferString(stdin)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("explain %v: %v\n%s", args, err, stderr.String())
		}
		var e explain.Explanation
		if err := json.Unmarshal(out, &e); err != nil {
			t.Fatalf("explain %v: %v\n%s", args, err, out)
		}
		return e
	}
	running := run("", "--cluster", "--kubeconfig", f.Kubeconfig, "explained")
	written := run(internal, "--namespace", "explained", "-")
	if len(running.Installations) != 1 || len(running.Installations[0].Components) == 0 {
		t.Fatalf("explained: %+v", running)
	}
	// The mutating webhook has switched throttling on, and what is found because of it has gone.
	if diff := cmp.Diff(written, running,
		cmpopts.IgnoreFields(explain.Component{}, "File", "Line", "Settings", "Findings"),
	); diff != "" {
		t.Errorf("(-manifests +cluster):\n%s", diff)
	}
}
