package charts_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// apiServer answers what helm asks before it renders for a cluster, and has these namespaces.
func apiServer(t *testing.T, namespaces map[string]map[string]string) (kubeconfig string) {
	t.Helper()
	resource := func(group, name, kind string, namespaced bool) any {
		return map[string]any{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group, "resources": []any{
			map[string]any{"name": name, "kind": kind, "namespaced": namespaced, "verbs": []string{"get", "list", "create"}},
		}}
	}
	group := func(name, version string) any {
		v := map[string]any{"groupVersion": name + "/" + version, "version": version}
		return map[string]any{"name": name, "versions": []any{v}, "preferredVersion": v}
	}
	answers := map[string]any{
		"/version": map[string]any{"major": "1", "minor": "30", "gitVersion": "v" + oldest},
		"/api":     map[string]any{"kind": "APIVersions", "versions": []string{"v1"}},
		"/apis":    map[string]any{"kind": "APIGroupList", "apiVersion": "v1", "groups": []any{group("apps", "v1")}},
		"/api/v1":  resource("v1", "namespaces", "Namespace", false), "/apis/apps/v1": resource("apps/v1", "deployments", "Deployment", true),
		"/apis/apps/v1/namespaces/guard/deployments": map[string]any{"kind": "DeploymentList", "apiVersion": "apps/v1", "items": []any{}},
	}
	for name, annotations := range namespaces {
		answers["/api/v1/namespaces/"+name] = map[string]any{
			"kind": "Namespace", "apiVersion": "v1", "metadata": map[string]any{"name": name, "annotations": annotations},
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer, has := answers[r.URL.Path]
		if !has {
			w.WriteHeader(http.StatusNotFound)
			answer = map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	content := fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],
clusters: [{name: c, cluster: {server: %q}}], users: [{name: u, user: {}}]}`, server.URL)
	if err := os.WriteFile(kubeconfig, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return kubeconfig
}

// TestMissingNamespaces: where helm asks a cluster, a protected namespace that is not there stops it before it creates anything, and
// createNamespaces renders those that are not there or that this release created.
func TestMissingNamespaces(t *testing.T) {
	kubeconfig := apiServer(t, map[string]map[string]string{
		"kube-system": nil, "there": nil,
		"ours":   {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace},
		"theirs": {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": "elsewhere"},
	})
	for _, test := range []struct {
		name, values string
		refused      string
		created      []string
	}{
		{"none", "", "", nil},
		{"all are there", "protectedNamespaces: [there, ours]", "", nil},
		{"two are not", "protectedNamespaces: [ditto, there, iot]",
			"protectedNamespaces: not in the cluster: ditto, iot. Create what is missing, or set createNamespaces to true; nothing was changed", nil},
		{"they may be created", "{protectedNamespaces: [ditto, there, ours, theirs], createNamespaces: true}", "", []string{"ditto", "ours"}},
	} {
		for _, helm := range helms(t) {
			version, err := run(t, helm, "", "version", "--template", "{{.Version}}")
			if err != nil {
				t.Fatal(err)
			}
			if test.refused == "" && strings.HasPrefix(version, "v4") {
				continue // it asks for the schema of everything that it renders
			}
			t.Run(test.name+"/"+filepath.Base(helm), func(t *testing.T) {
				out, err := run(t, helm, test.values, "template", release, "dittoguard", "--namespace", namespace, "--dry-run=server",
					"--kube-version", oldest, "--kubeconfig", kubeconfig, "--values", "-")
				if test.refused != "" {
					if err == nil || !strings.Contains(err.Error(), test.refused) {
						t.Errorf("%v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				var created []string
				for _, n := range all[*corev1.Namespace](decode(t, out)) {
					created = append(created, n.Name)
				}
				if !slices.Equal(created, test.created) {
					t.Errorf("creates %q, want %q", created, test.created)
				}
			})
		}
	}
}
