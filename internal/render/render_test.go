package render

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/manifest"
)

func TestFolder_WithoutHelm(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Folder(t.Context(), manifest.Folder{Dir: "chart", Chart: true, Name: "ditto"}, Options{})
	if err == nil || err.Error() != "it is a Helm chart, and helm is not on the PATH" {
		t.Errorf("got %v", err)
	}
}

// TestTemplates: what each template made is told apart, whatever else stands in a document.
func TestTemplates(t *testing.T) {
	got := templates("chart", []byte(`---
# Source: ditto/templates/a.yaml
kind: A
text: |
  # Source: ditto/templates/other.yaml
---
# Source: ditto/charts/mongodb/templates/b.yaml
kind: B
---
kind: C
---
# Source: ditto/templates/empty.yaml
---
`))
	want := []manifest.Rendered{
		{File: "chart/templates/a.yaml", Text: []byte("# Source: ditto/templates/a.yaml\nkind: A\ntext: |\n  # Source: ditto/templates/other.yaml\n")},
		{File: "chart/charts/mongodb/templates/b.yaml", Text: []byte("# Source: ditto/charts/mongodb/templates/b.yaml\nkind: B\n")},
		{File: "chart", Text: []byte("kind: C\n")},
		{File: "chart/templates/empty.yaml", Text: []byte("# Source: ditto/templates/empty.yaml\n")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRemote(t *testing.T) {
	for _, name := range []string{
		"https://example.com/a.yaml", "git@example.com:org/repo", "ssh://git@example.com/repo", "git::https://example.com/repo",
		"github.com/org/repo//path?ref=v1", "GitHub.com:org/repo", "file:///srv/repo.git", "org-1@example.com:repo",
	} {
		if !remote(name) {
			t.Errorf("%s is fetched", name)
		}
	}
	for _, name := range []string{"base", "../../base", "./a@b/c.yaml", "deploy/service.yaml", "git/x"} {
		if remote(name) {
			t.Errorf("%s is a file or a folder", name)
		}
	}
	names := named(map[string]any{
		"resources":             []any{"a", "b"},
		"patches":               []any{map[string]any{"path": "p", "patch": "https://x"}, map[string]any{"patch": "- op: x"}},
		"openapi":               map[string]any{"path": "o"},
		"configMapGenerator":    []any{map[string]any{"files": []any{"NAME=f", "g"}, "literals": []any{"URL=https://x"}}},
		"images":                []any{map[string]any{"newName": "https://x"}},
		"patchesStrategicMerge": []any{"kind: A\nurl: https://x", "s"},
	})
	if got := strings.Join(names, " "); got != "a b f g o p s" {
		t.Errorf("named %s", got)
	}
}

// TestFetched: what a transformer of Kustomize's own names is fetched like a base, be it in a file or written out.
func TestFetched(t *testing.T) {
	const transformer = "apiVersion: builtin\nkind: PatchTransformer\npath: https://example.com/p.yaml\n"
	for text, want := range map[string]string{
		"kind: A\n---\n" + transformer:                                                     "https://example.com/p.yaml (f)",
		"transformers:\n- |\n  " + strings.ReplaceAll(transformer, "\n", "\n  "):           "https://example.com/p.yaml (f)",
		"apiVersion: builtin\nkind: PatchTransformer\npath: p.yaml\n":                      "",
		"apiVersion: v1\nkind: ConfigMap\npath: https://example.com/p.yaml\n":              "",
		"apiVersion: builtin\nkind: ConfigMapGenerator\nfiles: [a=https://u:p@x.test/f]\n": "a=https://x.test/f (f)",
	} {
		if got := strings.Join(fetched([]byte(text), "f"), " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
