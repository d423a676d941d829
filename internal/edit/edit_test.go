package edit_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/dittoguard/dittoguard/internal/edit"
)

// document has what an edit must not lose: comments in every place, all ways of quoting, and an order that is no alphabet.
const document = `# above
kind: Deployment # beside
metadata:
  name: 'gateway'
  annotations: {b: "2", a: '1'}
spec:
  # of the template
  template:
    containers:
    - name: gateway # the one
      env:
      # the mode
      - name: MODE
        value: "old" # why
      - {name: KEPT, value: 'x'}
    - name: other
`

func TestApply(t *testing.T) {
	env := func(name string, more ...any) []any {
		return append([]any{"spec", "template", "containers", edit.Named("gateway"), "env", edit.Named(name)}, more...)
	}
	for name, test := range map[string]struct {
		edit     edit.Edit
		old, new string // what is replaced in the text
		ops      []edit.Op
	}{
		"a value keeps its quotes and comments": {
			edit.Set("new", env("MODE", "value")...), `value: "old" # why`, `value: "new" # why`,
			[]edit.Op{{Op: "replace", Path: "/spec/template/containers/0/env/0/value", Value: "new"}},
		},
		"an element is added at the end": {
			edit.Set("1", env("MORE", "value")...), "      - {name: KEPT, value: 'x'}\n", "      - {name: KEPT, value: 'x'}\n      - name: MORE\n        value: \"1\"\n",
			[]edit.Op{{Op: "add", Path: "/spec/template/containers/0/env/-", Value: map[string]any{"name": "MORE", "value": "1"}}},
		},
		"an element is removed": {
			edit.Remove(env("KEPT")...), "      - {name: KEPT, value: 'x'}\n", "",
			[]edit.Op{{Op: "remove", Path: "/spec/template/containers/0/env/1"}},
		},
		"what is missing on the way is made": {
			edit.Set(int64(2), "spec", "strategy", "surge"), "    - name: other\n", "    - name: other\n  strategy:\n    surge: 2\n",
			[]edit.Op{{Op: "add", Path: "/spec/strategy", Value: map[string]any{"surge": int64(2)}}},
		},
		"a key with a slash": {
			edit.Set("3", "metadata", "annotations", "c/d"), `a: '1'}`, `a: '1', c/d: "3"}`,
			[]edit.Op{{Op: "add", Path: "/metadata/annotations/c~1d", Value: "3"}},
		},
		"an element becomes several": {
			edit.Replace([]any{map[string]any{"name": "A"}, map[string]any{"name": "B"}}, "spec", "template", "containers", edit.Same{Value: map[string]any{"name": "other"}}),
			"    - name: other\n", "    - name: A\n    - name: B\n",
			[]edit.Op{
				{Op: "remove", Path: "/spec/template/containers/1"},
				{Op: "add", Path: "/spec/template/containers/1", Value: map[string]any{"name": "A"}},
				{Op: "add", Path: "/spec/template/containers/2", Value: map[string]any{"name": "B"}},
			},
		},
		"what is so already":           {edit.Set("old", env("MODE", "value")...), "", "", nil},
		"what is not there to remove":  {edit.Remove(env("NONE")...), "", "", nil},
		"what is not there to replace": {edit.Replace([]any{"x"}, "spec", "template", "containers", edit.Same{Value: "y"}), "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			root := parse(t, document)
			ops, err := edit.Apply(root, test.edit)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.ops, ops); diff != "" {
				t.Errorf("operations (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(written(t, parse(t, strings.Replace(document, test.old, test.new, 1))), written(t, root)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			// A second time there is nothing to do, and in the content it is the same.
			want := content(t, root)
			if name != "an element becomes several" {
				if ops, err := edit.Apply(root, test.edit); err != nil || len(ops) > 0 {
					t.Errorf("a second time: %v, %v", ops, err)
				}
			}
			changed, _, err := edit.Content(content(t, parse(t, document)), test.edit)
			if diff := cmp.Diff(want, changed); diff != "" || err != nil {
				t.Errorf("content: %v (-text +content):\n%s", err, diff)
			}
		})
	}
}

func TestWhatDoesNotFitIsAnError(t *testing.T) {
	for _, e := range []edit.Edit{
		edit.Set("x", "kind", "name"), edit.Set("x", "metadata", edit.Named("a"), "b"), edit.Remove("spec", "template", "containers", "name"),
	} {
		if _, err := edit.Apply(parse(t, document), e); err == nil {
			t.Errorf("%v: no error", e)
		}
	}
}

func TestDiff(t *testing.T) {
	list := func(names ...string) (l []any) {
		for _, name := range names {
			l = append(l, map[string]any{"name": name, "value": "of " + name})
		}
		return l
	}
	before := map[string]any{"a": "1", "gone": true, "env": list("A", "B"), "plain": []any{"x"}, "in": map[string]any{"same": int64(1), "b": "2"}}
	after := map[string]any{"a": "2", "env": list("A", "B", "C"), "plain": []any{"y"}, "in": map[string]any{"same": int64(1), "c": []any{}}, "new": nil}
	after["env"].([]any)[0].(map[string]any)["value"] = "changed"
	got, _, err := edit.Content(before, edit.Diff(before, after)...)
	if err != nil {
		t.Fatal(err)
	}
	delete(after, "new") // null says nothing
	if diff := cmp.Diff(after, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if edits := edit.Diff(before, before); len(edits) > 0 {
		t.Errorf("nothing changes, and there are %d edits", len(edits))
	}
}

// FuzzApply: whatever a document is, an edit is made or refused, what it does not concern stays, and what it sets is there then.
func FuzzApply(f *testing.F) {
	for _, text := range []string{
		document, "a: &x {b: 1}\nc: *x\n", "- 1\n- {name: gateway}\n", "spec: null\n", "spec: [~]\n", "? {a: b}\n: c\n", "spec:\n  <<: {a: 1}\n",
		"spec: !!binary aGk=\n", "spec: 1e3\nx: 0x10\n", "\"spec\":\n  - name: MODE\n  - name: MODE\n", "spec: |\n  text\n",
	} {
		f.Add(text, "spec", "MODE", "new")
	}
	f.Fuzz(func(t *testing.T, text, key, name, value string) {
		var root yaml.Node
		if err := yaml.Unmarshal([]byte(text), &root); err != nil || len(root.Content) == 0 || key == "" {
			return
		}
		for _, e := range []edit.Edit{
			edit.Set(value, key), edit.Set(value, "spec", key), edit.Set(value, key, edit.Named(name), "value"), edit.Remove(key, edit.Named(name)),
			edit.Replace([]any{value, value}, key, edit.Same{Value: name}), edit.Remove("spec", key), edit.Set(value, key, edit.At(1), name),
		} {
			ops, err := edit.Apply(&root, e)
			if err != nil {
				continue
			}
			again, err := edit.Apply(&root, edit.Set(value, key))
			if len(ops) > 0 && reflect.DeepEqual(e, edit.Set(value, key)) && (err != nil || len(again) > 0) {
				t.Fatalf("%q set in %q is not there: %v, %v", key, text, again, err)
			}
		}
	})
}

func parse(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	return &root
}

func written(t *testing.T, root *yaml.Node) string {
	t.Helper()
	text, err := yaml.String(root)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func content(t *testing.T, root *yaml.Node) map[string]any {
	t.Helper()
	var v map[string]any
	if err := root.Decode(&v); err != nil {
		t.Fatal(err)
	}
	plain, err := edit.Plain(v)
	if err != nil {
		t.Fatal(err)
	}
	fields, _ := plain.(map[string]any)
	return fields
}
