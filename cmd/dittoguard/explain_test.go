package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/explain"
	"github.com/dittoguard/dittoguard/internal/manifest"
)

// TestExplainNamespaces: of what a cluster holds, the namespaces that are asked for are explained, and one without a part of
// Ditto is an error that says where there is one.
func TestExplainNamespaces(t *testing.T) {
	const pods = `
apiVersion: v1
kind: Pod
metadata: {name: gateway, namespace: a}
spec: {containers: [{name: gateway, image: ditto-gateway}]}
---
apiVersion: v1
kind: Pod
metadata: {name: things, namespace: b}
spec: {containers: [{name: things, image: ditto-things}]}
---
apiVersion: v1
kind: Pod
metadata: {name: other, namespace: c}
spec: {containers: [{name: other, image: other}]}
`
	for _, test := range []struct {
		args      []string
		manifests string
		want, err string
	}{
		{args: nil, manifests: pods, want: "a b"},
		{args: []string{"b"}, manifests: pods, want: "b"},
		{args: []string{"a", "b"}, manifests: pods, want: "a b"},
		{args: []string{"b", "c"}, manifests: pods, err: "no part of Ditto runs in namespace c of the cluster; it runs in a, b"},
		{args: []string{"b"}, manifests: "kind: Pod\napiVersion: v1\nmetadata: {name: x}\n", err: "no part of Ditto runs in namespace b of the cluster; nor in any other"},
		{args: nil, manifests: "kind: Pod\napiVersion: v1\nmetadata: {name: x}\n", err: "nothing to explain: no part of Ditto was found"},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			o := explainOptions{inCluster: true, output: "json"}
			checker, release, err := o.checker(io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			defer release()
			loaded, err := manifest.Load([]string{"-"}, strings.NewReader(test.manifests), manifest.Options{Namespace: "default"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := o.explain(t.Context(), checker, inventoryOf(loaded.Objects), nil, test.args)
			if err != nil || test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Errorf("error %v, want %s", err, test.err)
				}
				return
			}
			var names []string
			for _, i := range got.Installations {
				names = append(names, i.Namespace)
			}
			if strings.Join(names, " ") != test.want {
				t.Errorf("got %v, want %s", names, test.want)
			}
			var text bytes.Buffer
			if err := explain.Text(&text, got); err != nil || strings.Count(text.String(), "DITTO IN NAMESPACE") != len(names) {
				t.Errorf("%v, text:\n%s", err, text.String())
			}
		})
	}
}
