package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/test/cluster"
)

// helmTest runs what `helm test` would, as a process: there is no node that could run its Pod.
func helmTest(t *testing.T, c *cluster.Cluster, want ...string) {
	t.Helper()
	hooks, err := c.Helm(t.Context(), "get", "hooks", cluster.Release, "--namespace", cluster.Namespace)
	if err != nil {
		t.Fatalf("%v\n%s", err, hooks)
	}
	var pod corev1.Pod
	if err := yaml.Unmarshal([]byte(hooks[strings.Index(hooks, "apiVersion: v1\nkind: Pod"):]), &pod); err != nil || pod.Name != "dittoguard-test" {
		t.Fatalf("%v\n%s", err, hooks)
	}
	// The API server has to take it, Pod Security Admission included.
	pod.Namespace = "restricted"
	create := &corev1.Namespace{}
	create.Name = pod.Namespace
	create.Labels = map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}
	if err := c.Client.Create(t.Context(), create); err != nil {
		t.Fatal(err)
	}
	created := pod.DeepCopy()
	if err := c.Client.Create(t.Context(), created); err != nil {
		t.Errorf("its Pod is not taken: %v", err)
	}

	var service corev1.Service
	var secret corev1.Secret
	if err := c.Client.Get(t.Context(), types.NamespacedName{Namespace: cluster.Namespace, Name: cluster.Release}, &service); err != nil {
		t.Fatal(err)
	}
	volume := pod.Spec.Volumes[0].Secret
	if err := c.Client.Get(t.Context(), types.NamespacedName{Namespace: cluster.Namespace, Name: volume.SecretName}, &secret); err != nil {
		t.Fatal(err)
	}
	mounted := t.TempDir()
	for _, item := range volume.Items {
		if err := os.WriteFile(filepath.Join(mounted, item.Path), secret.Data[item.Key], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	container := pod.Spec.Containers[0]
	args := append(container.Args, fmt.Sprintf("--address=%s:%d", service.Spec.ClusterIP, service.Spec.Ports[0].Port))
	for i := range args {
		args[i] = strings.Replace(args[i], container.VolumeMounts[0].MountPath+"/", mounted+"/", 1)
	}
	out, err := exec.CommandContext(t.Context(), shared.binary, args...).CombinedOutput()
	if err != nil {
		t.Errorf("helm test fails: %v\n%s", err, out)
	}
	has(t, string(out), want...)
}
