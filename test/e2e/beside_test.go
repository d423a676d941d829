package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// TestInstallingBesideADitto: dittoguard leaves its own namespace alone, so it does not go where a gateway runs, whatever chart
// brings it, and says so when one has come later. Only helm with a cluster at hand can see that.
func TestInstallingBesideADitto(t *testing.T) {
	t.Parallel()
	c := own(t, "both", "guard", "ditto")
	in{c, "both"}.admitted(t, internal, "apply", "--filename", "-")
	root, err := cluster.Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	chart := filepath.Join(root, "charts", "dittoguard")
	umbrella := filepath.Join(t.TempDir(), "platform")
	if err := os.CopyFS(filepath.Join(umbrella, "charts", "dittoguard"), os.DirFS(chart)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(umbrella, "Chart.yaml"), []byte("{apiVersion: v2, name: platform, version: 1.0.0}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const (
		alone = "dittoguard judges nothing in namespace NAMESPACE, in which it runs"
		runs  = alone + ", and a Ditto runs there (Deployment gateway). Install dittoguard into a namespace of its own"
		may   = alone + ": a Ditto that this chart or another one installs there would not be judged"
		later = "WARNING: a Ditto runs in namespace NAMESPACE (Deployment gateway), in which dittoguard runs itself and therefore judges nothing"
	)
	type version struct {
		name string
		run  func(context.Context, ...string) (string, error)
	}
	versions := []version{{"helm", c.Helm}, {"helm3", c.Helm3}}
	if testing.Short() {
		versions = versions[:1] // each renders the same (charts)
	}
	for _, version := range versions {
		helm := func(says string, verb, chart, namespace string, args ...string) {
			t.Helper()
			out, err := version.run(t.Context(), append([]string{verb, "guard", chart, "--namespace", namespace}, args...)...)
			if refused := says == runs || says == may; (err != nil) != refused {
				t.Fatalf("%s %s: %v\n%s", version.name, verb, err, out)
			}
			if want := strings.ReplaceAll(says, "NAMESPACE", namespace); !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
				t.Errorf("%s %s: no %q in:\n%s", version.name, verb, want, out)
			}
			if says == "" && strings.Contains(out, "a Ditto runs in") {
				t.Errorf("%s %s: %s", version.name, verb, out)
			}
		}
		dedicated := "dittoguard.dedicatedNamespace=true"
		helm(runs, "install", chart, "both")
		helm(may, "install", umbrella, "both")
		helm(runs, "install", umbrella, "both", "--set", dedicated)
		helm(may, "install", umbrella, "guard")
		helm("", "install", umbrella, "guard", "--set", dedicated)
		if out, err := version.run(t.Context(), "uninstall", "guard", "--namespace", "guard"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		helm("", "install", chart, "guard", "--set", "protectedNamespaces={ditto}")
		helm("", "upgrade", chart, "guard", "--reuse-values")
		// The webhook does not run, and is not asked about this namespace.
		in{c, "guard"}.admitted(t, internal, "apply", "--filename", "-")
		helm(later, "upgrade", chart, "guard", "--reuse-values")
		in{c, "guard"}.admitted(t, "", "delete", "deployment/gateway", "service/gateway")
		if out, err := version.run(t.Context(), "uninstall", "guard", "--namespace", "guard"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
}
