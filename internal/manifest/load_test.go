package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/test/missing"
)

// write puts files into a directory of their own and makes it the working directory, so that messages hold short names.
func write(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// summary is a result as lines: each object with its place, and everything else that was said.
func summary(r *Result) []string {
	var lines []string
	for _, o := range r.Objects {
		lines = append(lines, fmt.Sprintf("%s:%d: %s", o.Source.File, o.Source.Line, o.Ref))
	}
	for _, w := range r.Warnings {
		lines = append(lines, "warning: "+w)
	}
	for _, s := range r.Skipped {
		lines = append(lines, "skipped: "+s.String())
	}
	for _, o := range r.Other {
		lines = append(lines, "other: "+o)
	}
	return lines
}

func configMap(name string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n"
}

func TestLoad(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		paths []string
		stdin string
		want  []string
	}{
		{
			name:  "several documents, comments and empty ones between them",
			files: map[string]string{"a.yaml": "# top\n---\n# first\n" + configMap("a") + "---\n# nothing\n---\nnull\n--- # third\n\n" + configMap("b") + "...\n# after\n" + configMap("c")},
			paths: []string{"a.yaml"},
			want:  []string{"a.yaml:4: ConfigMap default/a", "a.yaml:14: ConfigMap default/b", "a.yaml:20: ConfigMap default/c"},
		},
		{
			name:  "a directive belongs to the document after it",
			files: map[string]string{"a.yaml": "%YAML 1.1\n# c\n---\n" + configMap("a")},
			paths: []string{"a.yaml"},
			want:  []string{"a.yaml:4: ConfigMap default/a"},
		},
		{
			name:  "content on the line of the marker",
			files: map[string]string{"a.yaml": "--- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n--- !!map\n" + configMap("b")},
			paths: []string{"a.yaml"},
			want:  []string{"a.yaml:1: ConfigMap default/a", "a.yaml:2: ConfigMap default/b"},
		},
		{
			name:  "three dashes inside a line, or indented in a block, separate nothing",
			files: map[string]string{"a.yaml": configMap("a") + "data:\n  cert: |\n    ---\n    ---BEGIN---\n  b: x --- y\n---x: 1\n"},
			paths: []string{"a.yaml"},
			want:  []string{"a.yaml:1: ConfigMap default/a"},
		},
		{
			name:  "Windows line ends and a byte order mark",
			files: map[string]string{"a.yaml": "\xef\xbb\xbf" + strings.ReplaceAll(configMap("a")+"---\n"+configMap("b"), "\n", "\r\n")},
			paths: []string{"a.yaml"},
			want:  []string{"a.yaml:1: ConfigMap default/a", "a.yaml:6: ConfigMap default/b"},
		},
		{
			name: "a directory: sorted, recursive, hidden directories and other files named",
			files: map[string]string{
				"d/b.yml": configMap("b"), "d/a.yaml": configMap("a"), "d/sub/c.json": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}`,
				"d/README.md": "# hello", "d/.git/x.yaml": configMap("hidden"), "d/.hidden.yaml": configMap("visible"), "d/D.YAML": configMap("d"),
			},
			paths: []string{"d"},
			want: []string{
				"d/.hidden.yaml:1: ConfigMap default/visible", "d/D.YAML:1: ConfigMap default/d", "d/a.yaml:1: ConfigMap default/a",
				"d/b.yml:1: ConfigMap default/b", "d/sub/c.json:1: ConfigMap default/c", "other: d/.git/", "other: d/README.md",
			},
		},
		{
			name:  "the order of the arguments, each file once",
			files: map[string]string{"d/b.yaml": configMap("b"), "d/a.yaml": configMap("a")},
			paths: []string{"./d/b.yaml", "d", "d/b.yaml"},
			want:  []string{"d/b.yaml:1: ConfigMap default/b", "d/a.yaml:1: ConfigMap default/a"},
		},
		{
			name:  "standard input beside a file",
			files: map[string]string{"a.txt": configMap("a")},
			paths: []string{"-", "a.txt"},
			stdin: "\n" + configMap("piped"),
			want:  []string{"stdin:2: ConfigMap default/piped", "a.txt:1: ConfigMap default/a"},
		},
		{
			name: "lists of lists and typed lists, with the line of each item",
			files: map[string]string{"a.yaml": `# export
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a}
-
  apiVersion: v1
  kind: ConfigMapList
  items:
  - metadata:
      name: b
- {apiVersion: v1, kind: Namespace, metadata: {name: ns}}
`},
			paths: []string{"a.yaml"},
			want:  []string{"a.yaml:5: ConfigMap default/a", "a.yaml:12: ConfigMap default/b", "a.yaml:14: Namespace ns"},
		},
		{
			name:  "an empty list and a kind that only sounds like one",
			files: map[string]string{"a.yaml": "apiVersion: v1\nkind: List\nitems:\n---\napiVersion: example.com/v1\nkind: AllowList\nmetadata: {name: a}\nspec: {}\n"},
			paths: []string{"a.yaml"},
			want:  []string{"a.yaml:5: AllowList default/a"},
		},
		{
			name: "JSON objects one after the other, a list among them",
			files: map[string]string{"a.json": `{"apiVersion": "v1", "kind": "ConfigMap",
 "metadata": {"name": "a"}}
{"kind": "List", "apiVersion": "v1", "items": [
	{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}
]}
---
{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}`},
			paths: []string{"a.json"},
			want:  []string{"a.json:1: ConfigMap default/a", "a.json:4: ConfigMap default/b", "a.json:7: ConfigMap default/c"},
		},
		{
			name:  "anchors, aliases and merge keys",
			files: map[string]string{"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels: &l {a: b}\n  annotations:\n    <<: *l\n    a: c\n  name: &n x\n  namespace: *n\n"},
			paths: []string{"a.yaml"},
			want:  []string{"a.yaml:1: ConfigMap x/x"},
		},
		{
			name: "namespaces: given, default, none for the cluster's own kinds, and what definitions say",
			files: map[string]string{"a.yaml": `{apiVersion: v1, kind: Service, metadata: {name: a, namespace: given}}
---
{apiVersion: v1, kind: Service, metadata: {name: a, namespace: ""}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: a, namespace: wrong}}
---
{apiVersion: traefik.io/v1alpha1, kind: Middleware, metadata: {name: a}}
---
{apiVersion: example.com/v1, kind: Fleet, metadata: {name: a, namespace: wrong}}
---
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: fleets.example.com}, spec: {group: example.com, scope: Cluster, names: {kind: Fleet}}}
`},
			paths: []string{"a.yaml"},
			want: []string{
				"a.yaml:1: Service given/a", "a.yaml:3: Service default/a", "a.yaml:5: ClusterRole a", "a.yaml:7: Middleware default/a",
				"a.yaml:9: Fleet a", "a.yaml:11: CustomResourceDefinition fleets.example.com",
			},
		},
		{
			name:  "of an object defined twice the later counts",
			files: map[string]string{"a.yaml": configMap("a") + "---\n" + configMap("b"), "b.yaml": "\n" + configMap("a")},
			paths: []string{"."},
			want: []string{
				"a.yaml:6: ConfigMap default/b", "b.yaml:2: ConfigMap default/a",
				"warning: b.yaml:2: ConfigMap default/a is defined at a.yaml:1 too; each is judged by itself",
			},
		},
		{
			name:  "generated names are not the same object",
			files: map[string]string{"a.yaml": "{apiVersion: v1, kind: Pod, metadata: {generateName: a-}}\n---\n{apiVersion: v1, kind: Pod, metadata: {generateName: a-}}\n"},
			paths: []string{"a.yaml"},
			want:  []string{"a.yaml:1: Pod in namespace default", "a.yaml:3: Pod in namespace default"},
		},
		{
			name:  "a key that stands twice is a warning, one that overrides a merged one is none",
			files: map[string]string{"a.yaml": configMap("first") + "  name: second\ndata:\n  <<: {a: b}\n  a: c\n", "b.json": "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\",\n \"metadata\": {\"name\": \"x\",\n \"name\": \"y\"}}"},
			paths: []string{"a.yaml", "b.json"},
			want: []string{
				"a.yaml:1: ConfigMap default/second", "b.json:1: ConfigMap default/y",
				`warning: a.yaml:5: key "name" occurs twice in one mapping; this one counts, the one on line 4 does not`,
				`warning: b.json:3: key "name" occurs twice in one mapping; this one counts, the one on line 2 does not`,
			},
		},
		{
			name: "in a directory, what is no object is skipped and named",
			files: map[string]string{
				"d/values.yaml":     "# values\nreplicas: 2\n",
				"d/list.yaml":       "- a\n",
				"d/kustom.yaml":     "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n",
				"d/dittoguard.yaml": "apiVersion: dittoguard.io/v1alpha1\nkind: Configuration\n",
				"d/a.yaml":          configMap("a"),
			},
			paths: []string{"d"},
			want: []string{
				"d/a.yaml:1: ConfigMap default/a",
				"skipped: d/dittoguard.yaml:1: Configuration is not an object of a cluster: pass it with --config",
				"skipped: d/kustom.yaml:1: Kustomization is not an object of a cluster: build it first: kustomize build DIR | dittoguard check -",
				"skipped: d/list.yaml:1: not a Kubernetes object: expected a mapping with apiVersion and kind",
				"skipped: d/values.yaml:2: not a Kubernetes object: apiVersion and kind are missing",
			},
		},
		{
			name:  "an empty file",
			files: map[string]string{"a.yaml": "", "b.yaml": "---\n# nothing\n"},
			paths: []string{"a.yaml", "b.yaml"},
		},
		{
			name:  "a flow mapping that is no JSON",
			files: map[string]string{"a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: 'a'}} # comment\n"},
			paths: []string{"a.yaml"},
			want:  []string{"a.yaml:1: ConfigMap default/a"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			write(t, test.files)
			result, err := Load(test.paths, strings.NewReader(test.stdin), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, summary(result)); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoad_GivesNamelessNamespacesTheOneOfTheOptions(t *testing.T) {
	result, err := Load([]string{"-"}, strings.NewReader(configMap("a")+"---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}\n"), Options{Namespace: "prod"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"stdin:1: ConfigMap prod/a", "stdin:6: Thing prod/t"}
	if diff := cmp.Diff(want, summary(result)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

func TestLoad_KeepsValuesAsKubectlDoes(t *testing.T) {
	result, err := Load([]string{"-"}, strings.NewReader(`apiVersion: example.com/v1
kind: Thing
metadata: {name: t, namespace: ns}
spec:
  integer: 9007199254740993
  octal: 0400
  float: 1.5
  yes: on
  text: "on"
  date: 2020-01-01
  1: one
  base: &b {x: 1, y: 2}
  merged: {<<: *b, x: 3}
  block: |
    a
    b
`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"apiVersion": "example.com/v1", "kind": "Thing",
		"metadata": map[string]any{"name": "t", "namespace": "ns"},
		"spec": map[string]any{
			"integer": int64(9007199254740993), "octal": int64(256), "float": 1.5, "true": true, "text": "on", "date": "2020-01-01",
			"1": "one", "base": map[string]any{"x": int64(1), "true": int64(2)}, "merged": map[string]any{"x": int64(3), "true": int64(2)},
			"block": "a\nb\n",
		},
	}
	if diff := cmp.Diff(want, result.Objects[0].Content()); diff != "" {
		t.Errorf("content (-want +got):\n%s", diff)
	}
}

func TestLoad_FollowsLinksToFilesOnly(t *testing.T) {
	write(t, map[string]string{"d/a.yaml": configMap("a"), "elsewhere/b.yaml": configMap("b"), "file.yaml": configMap("c")})
	for link, to := range map[string]string{"d/b.yaml": "../file.yaml", "d/sub": "../elsewhere", "d/loop": ".", "root": "d"} {
		if err := os.Symlink(to, link); err != nil {
			missing.Data(t, "no symbolic links here: that folders are followed by them is not tested")
		}
	}
	result, err := Load([]string{"root"}, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"root/a.yaml:1: ConfigMap default/a", "root/b.yaml:1: ConfigMap default/c",
		"skipped: root/loop: symbolic link to a directory; name it to have it read",
		"skipped: root/sub: symbolic link to a directory; name it to have it read",
	}
	if diff := cmp.Diff(want, summary(result)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}
