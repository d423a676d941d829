package e2e

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
)

// TestAuditWithTheRightsOfOneself: an audit reads with the rights of whoever runs it. With the chart's ClusterRole it finds what
// there is; with the same in one namespace it finds what lies there, and says what it did not see; with none it fails.
func TestAuditWithTheRightsOfOneself(t *testing.T) {
	t.Parallel()
	c := own(t, "ditto", "others")
	n := in{c, "ditto"}
	// Kinds that are installed and may not be read are unknown; the many that are not installed are absent for everybody.
	if err := (&fixture{Cluster: c}).defineGatewayAPI(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.admitted(t, "", "apply", "--filename", "testdata/exposed.yaml")
	install(t, c, "baseline", nil, "ditto")
	kubeconfig := map[string]string{}
	for _, name := range []string{"all", "one", "none"} {
		n.admitted(t, "", "create", "serviceaccount", name)
		kubeconfig[name] = filepath.Join(t.TempDir(), name)
		if err := c.ServiceAccountKubeconfig(t.Context(), types.NamespacedName{Namespace: "ditto", Name: name}, kubeconfig[name]); err != nil {
			t.Fatal(err)
		}
	}
	n.admitted(t, "", "create", "clusterrolebinding", "audit", "--clusterrole=dittoguard-audit", "--serviceaccount=ditto:all")
	n.admitted(t, "", "create", "rolebinding", "audit", "--clusterrole=dittoguard-audit", "--serviceaccount=ditto:one")
	audit := func(as string, args ...string) (code int, stdout, stderr string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), shared.binary, append([]string{"audit", "--output", "wide", "--kubeconfig", kubeconfig[as]}, args...)...)
		var out, err bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &err
		var exit *exec.ExitError
		if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), out.String(), err.String()
	}
	const found = "deny: preauth-exposed (critical, guide 1): Deployment ditto/gateway"
	for _, test := range []struct {
		as   string
		args []string
		code int
		// unlisted are the lines about what could not be listed.
		unlisted []string
		// says is in what it prints.
		says string
	}{
		{"all", nil, 3, []string{"every Secret"}, found},
		{"all", []string{"-n", "ditto"}, 3, []string{"every Namespace", "every Secret in namespace ditto"}, found},
		{"all", []string{"-n", "others"}, 0, []string{"every Namespace", "every Secret in namespace others"}, ""},
		{
			"one", []string{"-n", "ditto"}, 3,
			[]string{"every GatewayClass and IngressClass", "every Namespace", "every Secret in namespace ditto"}, found,
		},
		{"one", []string{"-n", "others"}, 1, nil, "nothing in namespace others of the cluster at https://"},
		{"one", nil, 1, nil, "can be read; with rights in one namespace, name it with --namespace: "},
		{"none", []string{"-n", "ditto"}, 1, nil, "nothing in namespace ditto of the cluster at https://"},
		{"none", nil, 1, nil, "can be read; with rights in one namespace, name it with --namespace: "},
	} {
		t.Run(strings.Join(append([]string{test.as}, test.args...), " "), func(t *testing.T) {
			code, stdout, stderr := audit(test.as, test.args...)
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			var unlisted []string
			for line := range strings.Lines(stdout) {
				if what, is := strings.CutPrefix(line, "unknown: every "); is {
					unlisted = append(unlisted, "every "+strings.TrimSpace(what))
				}
			}
			if diff := cmp.Diff(test.unlisted, unlisted); diff != "" {
				t.Errorf("not listed (-want +got):\n%s", diff)
			}
			if !strings.Contains(stdout+stderr, test.says) || (code == 1) != (stdout == "") {
				t.Errorf("stdout begins:\n%.1000s\nstderr:\n%s", stdout, stderr)
			}
		})
	}
}
