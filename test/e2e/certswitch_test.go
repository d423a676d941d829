package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// TestSwitchingCertificates: each change of certificates.mode, a rollback, a removal and a new release leave the Secret of
// the CA with helm, while a replica with self-managed certificates runs on.
func TestSwitchingCertificates(t *testing.T) {
	t.Parallel()
	versions := []string{"helm", "helm3"}
	if testing.Short() {
		versions = versions[:1] // ten releases each
	}
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			c := own(t, "ditto")
			certManagerCRDs(t, c)
			run := c.Helm
			if version == "helm3" {
				run = c.Helm3
			}
			root, err := cluster.Root(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			helm := func(args ...string) {
				t.Helper()
				if out, err := run(t.Context(), append(args, "--namespace", cluster.Namespace)...); err != nil {
					t.Fatalf("helm %s: %v\n%s", strings.Join(args, " "), err, out)
				}
			}
			mode := func(verb, mode string) {
				t.Helper()
				helm(verb, cluster.Release, filepath.Join(root, "charts", "dittoguard"), "--create-namespace",
					"--set", "protectedNamespaces={ditto}", "--set", "certificates.mode="+mode, "--set", "configuration.modes.enforce=off")
			}
			secret := func() (*corev1.Secret, error) {
				s := &corev1.Secret{}
				err := c.Client.Get(t.Context(), types.NamespacedName{Namespace: cluster.Namespace, Name: cluster.Release + "-ca"}, s)
				return s, err
			}
			filled := func(what string) {
				t.Helper()
				eventually(t, what, func(context.Context) (bool, any) {
					s, err := secret()
					return err == nil && len(s.Data["tls.key"]) > 0 && s.Labels["app.kubernetes.io/managed-by"] == "Helm", err
				})
			}
			mode("install", "self")
			serve(t, c)
			filled("the CA of the first release")
			mode("upgrade", "cert-manager")
			filled("the CA, kept with helm's labels")
			mode("upgrade", "self")
			filled("the CA after the way back")
			helm("rollback", cluster.Release, "2")
			helm("rollback", cluster.Release, "1")
			filled("the CA after the rollbacks")
			helm("uninstall", cluster.Release)
			time.Sleep(3 * time.Second) // the replica could make it again meanwhile
			if _, err := secret(); !apierrors.IsNotFound(err) {
				t.Errorf("it survives the release: %v", err)
			}
			mode("install", "cert-manager")
			mode("upgrade", "self")
			helm("uninstall", cluster.Release)
		})
	}
}

// certManagerCRDs installs the kinds of cert-manager, without its controllers.
func certManagerCRDs(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/cert-manager/cert-manager").Output()
	if err != nil {
		t.Fatal(err)
	}
	crds := filepath.Join(strings.TrimSpace(string(dir)), "deploy", "crds")
	if _, err := os.Stat(crds); err != nil {
		t.Fatal(err)
	}
	if out, err := c.Kubectl(t.Context(), nil, "apply", "--server-side", "--filename", crds); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
