package manifest

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v2"
	sigsyaml "sigs.k8s.io/yaml"
)

// FuzzLoad holds what is true of every input: no panic, every object has a line inside the text and can say the line of a
// field, and one document is read as sigs.k8s.io/yaml reads it, and so as kubectl does.
func FuzzLoad(f *testing.F) {
	f.Add(configMap("a") + "---\n" + configMap("b"))
	f.Add("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n")
	f.Add(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"data":{"a":"YQ=="}}`)
	f.Add("%YAML 1.1\n---\na: &a [1, 0400, yes, ~, 1.5]\nb: {<<: {c: d}, e: *a}\n...\n--- |\n x\n")
	f.Add("a: b\r---\r\x1b: {{ c }}\n\t- x")
	f.Fuzz(func(t *testing.T, text string) {
		result, err := Load([]string{"-"}, strings.NewReader(text), Options{})
		if err == nil {
			lines := 1 + strings.Count(text, "\n")
			for _, o := range result.Objects {
				for _, line := range []int{o.Source.Line, o.Source.LineOf(""), o.Source.LineOf("metadata.labels[a]")} {
					if line < 1 || line > lines {
						t.Errorf("%s: line %d of %d", o.Ref, line, lines)
					}
				}
			}
		}
		data, err := read(&file{name: Stdin}, strings.NewReader(text), defaultMaxFileSize)
		if err != nil {
			return
		}
		if documents := split(&file{name: Stdin}, data); len(documents) == 1 && countDocuments(data) == 1 {
			compareWithKubectl(t, documents[0], data)
		}
	})
}

// countDocuments is what the YAML library makes of a text as a whole, -1 if it does not parse.
func countDocuments(data []byte) int {
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	for n := 0; ; n++ {
		var v any
		if err := decoder.Decode(&v); errors.Is(err, io.EOF) {
			return n
		} else if err != nil {
			return -1
		}
	}
}

func compareWithKubectl(t *testing.T, d document, data []byte) {
	v, err := decodeYAML(d)
	if err != nil {
		return
	}
	want, err := sigsyaml.YAMLToJSON(data)
	if err != nil {
		return // a value that JSON does not have
	}
	got, err := json.Marshal(v.root)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("JSON (-kubectl +got):\n%s", diff)
	}
}
