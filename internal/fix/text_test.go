package fix

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/dittoguard/dittoguard/internal/edit"
)

// twoWays has lists that are indented in two ways, and white space and quotes as no encoder sets them.
const twoWays = `# a Deployment
kind:   Deployment
metadata: { name: gateway, labels: {a: b,c: d} }

spec:
  template:
    spec:
      containers:
        - name: gateway # the gateway

          env:
          # not indented
          - name: MODE
            value: old
          - {name: KEPT,value: x:1}
          - name: LAST
            value: x
          # of what could be
          #- name: NEXT
        - name: other
          env:
              - name: MODE
                value:  'old'   # why

      volumes:
      - name: a
        emptyDir: {}
`

// TestRewrite_ListsIndentedInTwoWays: what is added is indented as the list that it is added to, and no other line changes.
func TestRewrite_ListsIndentedInTwoWays(t *testing.T) {
	spec := func(path ...any) []any { return append([]any{"spec", "template", "spec"}, path...) }
	got, err := rewrite(twoWays, func(root *yaml.Node) error {
		_, err := edit.Apply(root,
			edit.Set("new", spec("containers", edit.Named("gateway"), "env", edit.Named("MODE"), "value")...),
			edit.Set("1", spec("containers", edit.Named("gateway"), "env", edit.Named("ADDED"), "value")...),
			edit.Set("new", spec("containers", edit.Named("other"), "env", edit.Named("MODE"), "value")...),
			edit.Set("2", spec("containers", edit.Named("other"), "env", edit.Named("ADDED"), "value")...),
			edit.Set(map[string]any{"secretName": "s"}, spec("volumes", edit.Named("b"), "secret")...),
		)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `# a Deployment
kind:   Deployment
metadata: { name: gateway, labels: {a: b,c: d} }

spec:
  template:
    spec:
      containers:
        - name: gateway # the gateway

          env:
          # not indented
          - name: MODE
            value: new
          - {name: KEPT,value: x:1}
          - name: LAST
            value: x
          # of what could be
          #- name: NEXT
          - name: ADDED
            value: "1"
        - name: other
          env:
              - name: MODE
                value: 'new' # why
              - name: ADDED
                value: "2"

      volumes:
      - name: a
        emptyDir: {}
      - name: b
        secret:
          secretName: s
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestRewrite_QuotesOfTheEncoder: a line that the encoder would quote otherwise stays as it is beside one that changes.
func TestRewrite_QuotesOfTheEncoder(t *testing.T) {
	got, err := rewrite("spec:\n  a: [{image: x:1}]\n  b: [{image: y:1}]\n", func(root *yaml.Node) error {
		_, err := edit.Apply(root, edit.Set("z:1", "spec", "a", edit.At(0), "image"))
		return err
	})
	if want := "spec:\n  a: [{image: 'z:1'}]\n  b: [{image: y:1}]\n"; err != nil || got != want {
		t.Errorf("%v, got\n%s", err, got)
	}
}
