package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// reader is somebody who copies the commands of a page, with a cluster, in a clone of the repository.
type reader struct {
	*cluster.Cluster

	dir, path string
	serve     *cluster.Serve
	template  string // of the Pods, as they were when serve was started
	// elsewhere are commands that are not run here, since they need a container runtime or a registry, or were run before.
	elsewhere []string
	// seen are the commands that were, or were left out.
	seen []string
}

// newReader has a cluster with a namespace, in a folder that looks like a clone.
func newReader(t *testing.T, elsewhere ...string) *reader {
	t.Helper()
	r := &reader{Cluster: own(t, "ditto"), dir: t.TempDir(), elsewhere: elsewhere}
	chart, err := r.Chart(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	root, err := cluster.Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(r.dir, "bin")
	for _, dir := range []string{bin, filepath.Join(r.dir, "charts"), filepath.Join(r.dir, "path")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for to, from := range map[string]string{
		filepath.Join(bin, "dittoguard"): shared.binary, filepath.Join(r.dir, "charts", "dittoguard"): chart, filepath.Join(r.dir, "test"): filepath.Join(root, "test"),
	} {
		if err := os.Symlink(from, to); err != nil {
			t.Fatal(err)
		}
	}
	// Nothing starts Pods, so that nothing ever becomes ready. What helm takes as it is on the page is done with the patience of all tests here.
	helm := `#!/bin/bash
args=()
for arg; do [ "$arg" = --wait ] || args+=("$arg"); done
if [ "$1" = upgrade ]; then
  "$KUBEBUILDER_ASSETS/helm" "${args[@]}" --set webhook.timeoutSeconds=3 --dry-run=client >/dev/null || exit
  args+=(--skip-schema-validation --set webhook.timeoutSeconds=` + strconv.Itoa(patience) + `)
fi
exec "$KUBEBUILDER_ASSETS/helm" "${args[@]}"
`
	if err := os.WriteFile(filepath.Join(r.dir, "path", "helm"), []byte(helm), 0o700); err != nil {
		t.Fatal(err)
	}
	r.path = strings.Join([]string{filepath.Join(r.dir, "path"), bin, os.Getenv("KUBEBUILDER_ASSETS"), os.Getenv("PATH")}, string(filepath.ListSeparator))
	t.Cleanup(func() {
		if r.serve == nil {
			return
		}
		r.serve.Kill()
		if t.Failed() {
			t.Log(r.serve.Tail(15))
		}
	})
	return r
}

// section is what a page says below a heading.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, text, found := strings.Cut(page, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("there is no section %q", heading)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// readPage is a page of the repository.
func readPage(t *testing.T, name string) string {
	t.Helper()
	root, err := cluster.Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var blocks = regexp.MustCompile("(?m)^(?:<!-- exit (\\d+) -->\n)?```(sh|yaml)\n((?:.*\n)*?)```")

// follow runs the commands of a text in its order, and writes the files that it shows. Each has to end with 0, or as the page's comment
// above them says. It returns what they wrote.
func (r *reader) follow(t *testing.T, text string) string {
	t.Helper()
	var all strings.Builder
	for _, block := range blocks.FindAllStringSubmatch(text, -1) {
		if block[2] == "yaml" {
			if name, _, found := strings.Cut(strings.TrimPrefix(block[3], "# "), "\n"); found && strings.HasSuffix(name, ".yaml") {
				if err := os.WriteFile(filepath.Join(r.dir, name), []byte(block[3]), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			continue
		}
		want, _ := strconv.Atoi(block[1]) // digits, or nothing
		for command := range strings.SplitSeq(strings.ReplaceAll(block[3], "\\\n", " "), "\n") {
			all.WriteString(r.run(t, strings.Join(strings.Fields(command), " "), want))
		}
	}
	return all.String()
}

// run runs a command, and has Pods run as the Deployment says afterwards.
func (r *reader) run(t *testing.T, command string, want int) string {
	t.Helper()
	if command == "" {
		return ""
	}
	r.seen = append(r.seen, command)
	for _, elsewhere := range r.elsewhere {
		if strings.HasPrefix(command, elsewhere) {
			return ""
		}
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", command)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "PATH="+r.path, "HOME="+r.dir, "KUBECONFIG="+r.Kubeconfig)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || cmd.ProcessState.ExitCode() != want {
		t.Fatalf("%s\nended with %v, want exit code %d\n%s", command, err, want, out)
	}
	r.rollOut(t)
	return string(out)
}

// rollOut runs dittoguard as its Deployment says, if there is one and it says something else than before.
func (r *reader) rollOut(t *testing.T) {
	t.Helper()
	var deployment appsv1.Deployment
	err := r.Client.Get(t.Context(), types.NamespacedName{Namespace: cluster.Namespace, Name: cluster.Release}, &deployment)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	if err != nil {
		return // it is not installed
	}
	template, err := json.Marshal(deployment.Spec.Template)
	if err != nil {
		t.Fatal(err)
	}
	if string(template) == r.template {
		return
	}
	if r.serve != nil {
		if err := r.serve.Stop(); err != nil {
			t.Error(err)
		}
	}
	if r.serve, err = r.StartServe(t.Context(), shared.binary); err != nil {
		t.Fatal(err)
	}
	r.template = string(template)
}

// leftOut fails if what is said to be run elsewhere is not on the page.
func (r *reader) leftOut(t *testing.T) {
	t.Helper()
	for _, elsewhere := range r.elsewhere {
		found := false
		for _, command := range r.seen {
			found = found || strings.HasPrefix(command, elsewhere)
		}
		if !found {
			t.Errorf("the page has no command %s", elsewhere)
		}
	}
}

// TestQuickStart copies the commands of the quick start.
func TestQuickStart(t *testing.T) {
	t.Parallel()
	r := newReader(t, "kind ", "make image ", "make build", "kubectl create namespace ditto")
	page := readPage(t, "docs/quick-start.md")
	r.follow(t, section(t, page, "1. A cluster with dittoguard in it"))
	enforcing(t, r.Cluster, "ditto")
	has(t, r.follow(t, section(t, page, "2. What is refused")), refused, "preauth-exposed")
	has(t, r.follow(t, section(t, page, "3. The fix")), "deployment.apps/gateway configured", "ingress.networking.k8s.io/things created", "Warning: dittoguard")
	has(t, r.follow(t, section(t, page, "4. A change that opens it again")), "preauth-exposed", "sample-credentials")
	has(t, r.follow(t, section(t, page, "5. The cluster at a glance")), "Ingress things", "ENABLE_PRE_AUTHENTICATION")
	r.follow(t, section(t, page, "Clean up"))
	r.leftOut(t)
}

// TestFromNothingToEnforcing copies the commands of the README and of the runbook, in a cluster where an open Ditto runs already: dittoguard is
// installed, says what is wrong, refuses what makes it worse, and has alerts.
func TestFromNothingToEnforcing(t *testing.T) {
	t.Parallel()
	r := newReader(t, "make image ")
	prometheus := schema.GroupVersion{Group: "monitoring.coreos.com", Version: "v1"}
	if err := r.Define(t.Context(), prometheus.WithKind("ServiceMonitor"), prometheus.WithKind("PrometheusRule")); err != nil {
		t.Fatal(err)
	}
	n := in{r.Cluster, "ditto"}
	n.admitted(t, "", "apply", "--filename", "testdata/exposed.yaml")
	open := strings.ReplaceAll(n.ingress(), "name: api", "name: another")
	worse := func(want bool) {
		t.Helper()
		eventually(t, "another way in is refused", func(ctx context.Context) (bool, any) {
			out, err := r.Kubectl(ctx, strings.NewReader(strings.ReplaceAll(open, "ditto.example.com", "another.example.com")),
				"apply", "--dry-run=server", "--namespace", "ditto", "--filename", "-")
			return (err != nil && strings.Contains(out, refused)) == want && (want || err == nil && strings.Contains(out, "preauth-exposed")), out
		})
	}

	readme := readPage(t, "README.md")
	r.follow(t, section(t, readme, "Install with Helm"))
	worse(false)
	install, emergency, found := strings.Cut(section(t, readme, "From dry run to enforcing"), "If nothing can be changed any more")
	if !found {
		t.Fatal("the README does not say what to do if nothing can be changed any more")
	}
	r.follow(t, install)
	worse(true)
	r.follow(t, emergency)
	eventually(t, "nobody is asked", func(ctx context.Context) (bool, any) {
		err := r.Client.Create(ctx, passwords("ditto"), client.DryRunAll)
		return err == nil, err
	})

	runbook := readPage(t, "docs/dry-run-to-enforcing.md")
	install, back, found := strings.Cut(runbook, "\n## Going back\n")
	if !found {
		t.Fatal("the runbook does not say how to go back")
	}
	steps, _, _ := strings.Cut(install, "\n## 6. Enforce\n")
	r.follow(t, steps)
	worse(false)
	audited, err := os.ReadFile(filepath.Join(r.dir, "audit.txt"))
	if err != nil {
		t.Fatal(err)
	}
	has(t, string(audited), "DENIED", "preauth-exposed")
	r.follow(t, section(t, runbook, "6. Enforce"))
	worse(true)
	n.admitted(t, "", "scale", "deployment/gateway", "--replicas=2")
	for _, kind := range []string{"ServiceMonitor", "PrometheusRule"} {
		o := &unstructured.Unstructured{}
		o.SetGroupVersionKind(prometheus.WithKind(kind))
		if err := r.Client.Get(t.Context(), types.NamespacedName{Namespace: cluster.Namespace, Name: cluster.Release}, o); err != nil {
			t.Errorf("there are no alerts: %v", err)
		}
	}
	r.follow(t, back)
	worse(false)
	r.leftOut(t)
}
