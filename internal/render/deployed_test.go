package render

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/test/missing"
)

func TestRepository(t *testing.T) {
	for _, url := range []string{
		"https://git.example.com/iot/deploy", "https://me:pw@git.example.com/IoT/deploy.git", "ssh://git@git.example.com:2222/iot/deploy.git/",
		"git@git.example.com:iot/deploy.git", "git.example.com:/iot/deploy",
	} {
		if got := repository(url); got != "git.example.com/iot/deploy" {
			t.Errorf("%s: %s", url, got)
		}
	}
	for _, url := range []string{"", "/srv/deploy.git", "../deploy", "file:///srv/deploy.git", "./a:b/c"} {
		if got := repository(url); got != "" {
			t.Errorf("%s: %s", url, got)
		}
	}
}

// tree is a folder with a chart, and has helm on the PATH.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" {
		t.Setenv("PATH", os.Getenv("PATH")+string(filepath.ListSeparator)+assets)
	}
	if _, err := exec.LookPath("helm"); err != nil {
		missing.Tool(t, "helm is not on the PATH: no chart was rendered as Flux and Argo CD have it")
	}
	t.Setenv("HOME", t.TempDir())
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// made are the texts that an object has rendered, by their files, and why there are none.
func made(t *testing.T, dir, text string, others ...string) (parts map[string]string, lack string) {
	t.Helper()
	inv := inventory.NewMemory(func(*inventory.Object) []inventory.Key { return nil }, nil)
	var object *inventory.Object
	for _, text := range append(others, text) {
		raw, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if object, err = inventory.Decode(raw, inventory.Source{File: filepath.Join(dir, "apps", "app.yaml")}); err != nil {
			t.Fatal(err)
		}
		inv.Put(object)
	}
	m := Tree{Roots: []string{dir}}.Deployed(t.Context(), inv, object, manifest.Followed{})
	if m == nil {
		return nil, "not in the tree"
	}
	parts = map[string]string{}
	for _, part := range m.Parts {
		name, err := filepath.Rel(dir, part.File)
		if err != nil {
			t.Fatal(err)
		}
		var sorted any
		if err := yaml.Unmarshal(part.Text, &sorted); err != nil {
			t.Fatal(err)
		}
		if sorted == nil {
			continue
		}
		text, err := yaml.Marshal(sorted)
		if err != nil {
			t.Fatal(err)
		}
		parts[name+" "+part.Namespace] += string(text)
	}
	return parts, m.Lack
}

var small = map[string]string{
	"charts/small/Chart.yaml":  "apiVersion: v2\nname: small\nversion: 1.0.0\n",
	"charts/small/values.yaml": "a: chart\nb: chart\nc: chart\n",
	"charts/small/templates/settings.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\n" +
		"data: {a: {{ .Values.a | quote }}, b: {{ .Values.b | quote }}, c: {{ .Values.c | quote }}}\n",
	"shared.yaml": "a: file\nb: file\n",
}

// TestDeployed_PostRenderers: real helm, and what Flux makes of what it renders; a file is still that of the template.
func TestDeployed_PostRenderers(t *testing.T) {
	dir := tree(t, small)
	got, lack := made(t, dir, `
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: twins, namespace: iot}
spec:
  chart: {spec: {chart: charts/small, sourceRef: {kind: GitRepository, name: flux}, valuesFiles: [charts/small/values.yaml, shared.yaml]}}
  values: {b: inline}
  commonMetadata: {labels: {team: iot}}
  postRenderers:
  - kustomize:
      patches: [{patch: '- {op: replace, path: /data/c, value: patched}', target: {kind: ConfigMap}}]
`)
	want := map[string]string{"charts/small/templates/settings.yaml iot": `apiVersion: v1
data:
  a: file
  b: inline
  c: patched
kind: ConfigMap
metadata:
  labels:
    team: iot
  name: twins
`}
	if diff := cmp.Diff(want, got); diff != "" || lack != "" {
		t.Error(lack, diff)
	}
}

// TestDeployed_Application: files, values and parameters overrule each other in this order.
func TestDeployed_Application(t *testing.T) {
	dir := tree(t, small)
	const application = `
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: twins}
spec:
  destination: {namespace: iot}
  source:
    repoURL: https://git.example.com/x
    path: charts/small
    helm:
      valueFiles: [/shared.yaml]
      values: "b: written"
      parameters: [{name: c, value: "x,y"}]
`
	got, lack := made(t, dir, application)
	want := map[string]string{"charts/small/templates/settings.yaml iot": `apiVersion: v1
data:
  a: file
  b: written
  c: x,y
kind: ConfigMap
metadata:
  name: twins
`}
	if diff := cmp.Diff(want, got); diff != "" || lack != "" {
		t.Error(lack, diff)
	}
	_, lack = made(t, dir, strings.Replace(application, "/shared.yaml", "../../../outside.yaml", 1))
	if lack != "what it names could not be rendered: the file of values ../../../outside.yaml lies outside" {
		t.Error(lack)
	}
}

// TestDeployed_Secret: what helm says is not shown if it may show a value of a Secret.
func TestDeployed_Secret(t *testing.T) {
	dir := tree(t, map[string]string{
		"chart/Chart.yaml": "apiVersion: v2\nname: small\nversion: 1.0.0\n", "chart/templates/a.yaml": "{{ fail .Values.text }}",
	})
	_, lack := made(t, dir, `
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: a, namespace: iot}
spec:
  chart: {spec: {chart: chart, sourceRef: {kind: GitRepository, name: flux}}}
  valuesFrom: [{kind: Secret, name: s}]
`, "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: iot}\nstringData: {values.yaml: 'text: s3cret'}")
	if lack != "what it names could not be rendered: helm template fails; what it says is not shown, since there are values of a Secret" {
		t.Error(lack)
	}
}

// TestDeployed_Generated: a folder without a kustomization is built as if it had one that names everything below, if something is
// changed, and is read as it is otherwise.
func TestDeployed_Generated(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"app/a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n", "app/b/c.yml": "apiVersion: v1\nkind: Service\nmetadata: {name: \"${x}\"}\n",
		"app/values.yaml": "a: b\n", "app/k/kustomization.yaml": "namePrefix: k-\nresources: [d.yaml]\n",
		"app/k/d.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: d}\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const kustomization = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: iot}\nspec: {path: app, sourceRef: {kind: GitRepository, name: x}"
	service := func(name string) string { return "apiVersion: v1\nkind: Service\nmetadata:\n  name: " + name + "\n" }
	got, lack := made(t, dir, kustomization+"}")
	want := map[string]string{"app/a.yaml ": service("a"), "app/b/c.yml ": service("${x}"), "app/k/d.yaml ": service("k-d")}
	if diff := cmp.Diff(want, got); diff != "" || lack != "" {
		t.Error(lack, diff)
	}
	got, lack = made(t, dir, kustomization+", targetNamespace: ns, postBuild: {substitute: {x: why}}}")
	for name, text := range want {
		want[name] = strings.Replace(text, "${x}", "why", 1) + "  namespace: ns\n"
	}
	if diff := cmp.Diff(want, got); diff != "" || lack != "" {
		t.Error(lack, diff)
	}
}
