package manifest

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLoad_ReportsEveryProblem(t *testing.T) {
	deployment := func(spec string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: ns}\nspec:\n" + spec
	}
	tests := []struct {
		name  string
		files map[string]string
		paths []string
		want  []string
	}{
		{
			name:  "several in several files, the rest of a file included",
			files: map[string]string{"a.yaml": "a: [\n---\nkind: ConfigMap\nmetadata: {name: a}\n---\n" + configMap("b"), "b.yaml": "x: y: z\n"},
			paths: []string{"missing.yaml", "a.yaml", "b.yaml"},
			want: []string{
				"reading missing.yaml: no such file or directory",
				"a.yaml:1: invalid YAML: did not find expected node content",
				"a.yaml:3: not a Kubernetes object: apiVersion is missing",
				"b.yaml:1: invalid YAML: mapping values are not allowed in this context",
			},
		},
		{
			name:  "what is no object, if it was named",
			files: map[string]string{"values.yaml": "\nreplicas: 2\n", "list.yaml": "- a\n", "k.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"},
			paths: []string{"values.yaml", "list.yaml", "k.yaml"},
			want: []string{
				"values.yaml:2: not a Kubernetes object: apiVersion and kind are missing",
				"list.yaml:1: not a Kubernetes object: expected a mapping with apiVersion and kind",
				"k.yaml:1: Kustomization is not an object of a cluster: build it first: kustomize build DIR | dittoguard check -",
			},
		},
		{
			name:  "half an object in a directory",
			files: map[string]string{"d/a.yaml": "kind: Deployment\n", "d/b.yaml": "apiVersion: v1\n", "d/c.yaml": "apiVersion: 1\nkind: Pod\n", "d/d.yaml": "apiVersion: v1\nkind: Pod\n"},
			paths: []string{"d"},
			want: []string{
				"d/a.yaml:1: not a Kubernetes object: apiVersion is missing",
				"d/b.yaml:1: not a Kubernetes object: kind is missing",
				"d/c.yaml:1: not a Kubernetes object: apiVersion: expected a string",
				"d/d.yaml:1: Pod: metadata.name is missing",
			},
		},
		{
			name:  "a template",
			files: map[string]string{"t.yaml": "{{- if .Values.on }}\n" + configMap("{{ .Values.name }}") + "---\n" + configMap("{{ .Values.name }}")},
			paths: []string{"t.yaml"},
			want: []string{
				"t.yaml:1: invalid YAML: did not find expected node content",
				"  this looks like a template; render the chart first: helm template … | dittoguard check -",
				"t.yaml:7: invalid YAML: a mapping or list cannot be a key",
			},
		},
		{
			name:  "a value of the wrong type, at its own line",
			files: map[string]string{"a.yaml": deployment("  template:\n    spec:\n      containers:\n      - name: c\n        env:\n        - name: A\n          value: a\n        - name: B\n          value: yes\n"), "b.yaml": deployment("  replicas: {a: b}\n"), "c.yaml": deployment("  template: []\n"), "d.yaml": deployment("  replicas: 1.5\n")},
			paths: []string{"a.yaml", "b.yaml", "c.yaml", "d.yaml"},
			want: []string{
				"a.yaml:13: Deployment ns/d: spec.template.spec.containers.env.value: expected a string, found a boolean",
				"b.yaml:5: Deployment ns/d: spec.replicas: expected an integer, found a mapping",
				"c.yaml:5: Deployment ns/d: spec.template: cannot be a list",
				"d.yaml:5: Deployment ns/d: spec.replicas: expected an integer, found a number",
			},
		},
		{
			name: "a number that is too large, and a field that Go has in another struct",
			files: map[string]string{
				"a.yaml": deployment("  replicas: 99999999999\n"), "b.yaml": deployment("  replicas: -99999999999\n"),
				"c.yaml": deployment("  template:\n    spec:\n      containers:\n      - name: c\n        env:\n        - name: A\n          valueFrom:\n            configMapKeyRef:\n              key: k\n              name: yes\n"),
			},
			paths: []string{"a.yaml", "b.yaml", "c.yaml"},
			want: []string{
				"a.yaml:5: Deployment ns/d: spec.replicas: 99999999999 is out of the range of the field",
				"b.yaml:5: Deployment ns/d: spec.replicas: -99999999999 is out of the range of the field",
				"c.yaml:14: Deployment ns/d: spec.template.spec.containers.env.valueFrom.configMapKeyRef.name: expected a string, found a boolean",
			},
		},
		{
			name: "Endpoints, by their own fields",
			files: map[string]string{
				"a.yaml": "apiVersion: v1\nkind: Endpoints\nmetadata: {name: a, namespace: ns}\nsubsets:\n- addresses:\n  - {ip: 5}\n",
				"b.yaml": "apiVersion: v1\nkind: Endpoints\nmetadata: {name: b, namespace: ns}\nsubsets:\n- ports: [{port: http}]\n",
				"c.yaml": "apiVersion: v1\nkind: Endpoints\nmetadata: {name: c, namespace: ns}\nsubsets: {}\n",
				"d.yaml": "apiVersion: v1\nkind: Endpoints\nmetadata: {name: d, namespace: ns}\nsubsets:\n- addresses: [3]\n",
			},
			paths: []string{"a.yaml", "b.yaml", "c.yaml", "d.yaml"},
			want: []string{
				"a.yaml:6: Endpoints ns/a: subsets.addresses.ip: expected a string, found a number",
				"b.yaml:5: Endpoints ns/b: subsets.ports.port: expected an integer, found a string",
				"c.yaml:4: Endpoints ns/c: subsets: expected a list, found a mapping",
				"d.yaml:5: Endpoints ns/d: subsets.addresses: cannot be a number",
			},
		},
		{
			name:  "items of a list",
			files: map[string]string{"d/a.yaml": "apiVersion: v1\nkind: List\nitems:\n- a: b\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: 1}\n- text\n- {apiVersion: v1, kind: List, items: 5}\n- {apiVersion: v1, kind: ConfigMap, metadata: x}\n"},
			paths: []string{"d"},
			want: []string{
				"d/a.yaml:4: items[0]: not a Kubernetes object: apiVersion and kind are missing",
				"d/a.yaml:7: items[1]: reading metadata: metadata.name: expected a string, found a number",
				"d/a.yaml:8: items[2]: not a Kubernetes object: expected a mapping with apiVersion and kind",
				"d/a.yaml:9: items[3].items: expected a list",
				"d/a.yaml:10: items[4]: ConfigMap: metadata: expected a mapping",
			},
		},
		{
			name: "what is not text",
			files: map[string]string{
				"nul.yaml": configMap("a") + "\x00", "latin.yaml": "a: b\nc: \xe4\n", "utf16.yaml": "\xff\xfea\x00", "escape.yaml": "a: \x1b[31m\n",
			},
			paths: []string{"nul.yaml", "latin.yaml", "utf16.yaml", "escape.yaml"},
			want: []string{
				"nul.yaml:5: not a text file: it contains a NUL byte",
				"latin.yaml:2: not a text file: it is not valid UTF-8",
				"utf16.yaml: UTF-16 text; save it as UTF-8",
				"escape.yaml:1: invalid YAML: control characters are not allowed",
			},
		},
		{
			name:  "tabs",
			files: map[string]string{"a.yaml": "# c\napiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: a\n"},
			paths: []string{"a.yaml"},
			want:  []string{"a.yaml:5: invalid YAML: a tab cannot indent YAML; use spaces"},
		},
		{
			name:  "JSON",
			files: map[string]string{"a.json": "{}\n{\"a\":\n}\n", "b.json": "{\"a\": 1", "c.json": "{a: b}"},
			paths: []string{"a.json", "b.json", "c.json"},
			want: []string{
				"a.json:3: invalid JSON: invalid character '}' looking for beginning of value",
				"b.json:1: invalid JSON: unexpected end of JSON input",
				"c.json:1: invalid JSON: invalid character 'a' looking for beginning of object key string",
			},
		},
		{
			name:  "a second document that only the YAML library sees",
			files: map[string]string{"a.yaml": configMap("a") + "# x\r---\r" + configMap("b")},
			paths: []string{"a.yaml"},
			want:  []string{"a.yaml:1: invalid YAML: a second document starts inside this one; put `---` on a line of its own"},
		},
		{
			name:  "values that the library would quote",
			files: map[string]string{"a.yaml": "a: !!int s3cret\n", "b.yaml": "? {password: s3cret}\n: x\n", "c.yaml": "a: !!binary s3cret.\n", "d.yaml": "{apiVersion: v1, kind: Thing, a: .inf}", "e.yaml": "{apiVersion: v1, kind: Thing, ~: s3cret}"},
			paths: []string{"a.yaml", "b.yaml", "c.yaml", "d.yaml", "e.yaml"},
			want: []string{
				"a.yaml:1: invalid YAML: cannot decode !!str as a !!int",
				"b.yaml:1: invalid YAML: a mapping or list cannot be a key",
				"c.yaml:1: invalid YAML: !!binary value contains invalid base64 data",
				"d.yaml:1: Thing: json: unsupported value: +Inf",
				"e.yaml:1: a key of type <nil> is neither string, number nor boolean",
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			write(t, test.files)
			result, err := Load(test.paths, nil, Options{})
			if err == nil {
				t.Fatalf("no error, but %q", summary(result))
			}
			if result != nil {
				t.Error("a result beside the error")
			}
			if diff := cmp.Diff(test.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoad_RefusesWhatIsTooLarge(t *testing.T) {
	write(t, map[string]string{"a.yaml": strings.Repeat("#", 101), "b.yaml": strings.Repeat("#", 100)})
	if err := os.Truncate("a.yaml", 1<<40); err != nil { // a hole: reading it would take for ever
		t.Fatal(err)
	}
	_, err := Load([]string{"a.yaml", "b.yaml", "-"}, strings.NewReader(strings.Repeat("#", 101)), Options{MaxFileSize: 100})
	want := "a.yaml: larger than the limit of 100 bytes for one file\nstdin: larger than the limit of 100 bytes for one file"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	_, err = Load([]string{"a.yaml"}, nil, Options{})
	if want := "a.yaml: larger than the limit of 64 MiB for one file"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestLoad_RefusesBombs(t *testing.T) {
	var nested, long strings.Builder
	nested.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&nested, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	fmt.Fprintf(&long, "a: &a %s\nb: [%s]\n", strings.Repeat("x", 100_000), strings.TrimSuffix(strings.Repeat("*a, ", 10_000), ", "))
	for name, test := range map[string]struct{ text, want string }{
		"lists of lists":           {nested.String(), "stdin:1: invalid YAML: document contains excessive aliasing"},
		"one long text many times": {long.String(), "stdin:1: aliases blow this document up to more than ten times its size"},
		"a circle":                 {"a: &a {b: *a}\n", "stdin:1: invalid YAML: anchor 'a' value contains itself"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load([]string{"-"}, strings.NewReader(test.text), Options{})
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

func TestLoad_SaysThatThereIsNoStdin(t *testing.T) {
	_, err := Load([]string{"-"}, nil, Options{})
	if want := "reading stdin: there is none"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
