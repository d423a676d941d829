package position

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const text = `# comment
kind: Deployment
metadata:
  annotations: &annotations
    example.com/a: b
  other: {<<: *annotations, own: c}
data:
  nginx.conf: |
    a
  nginx: {x: y}
spec:
  containers:
  - name: a
    env: []
  -
    name: b
    env:
    - {name: A, value: x}
    - name: B
      value: yes
    - name: C
      value: 1
`

func TestDocument_Line(t *testing.T) {
	doc := New([]byte(text), 11)
	for field, want := range map[string]int{
		"":                                      12,
		"kind":                                  12,
		"metadata":                              13,
		"metadata.annotations[example.com/a]":   15,
		`metadata.annotations["example.com/a"]`: 15,
		"metadata.annotations.example.com/a":    15,
		"metadata.annotations[missing]":         14,
		"metadata.other.own":                    16,
		"metadata.other[example.com/a]":         15,
		"data.nginx.conf":                       18,
		"data[nginx.conf]":                      18,
		"data.nginx.x":                          20,
		"spec.containers[0]":                    23,
		"spec.containers[1]":                    26,
		"spec.containers[1].env[1].value":       30,
		"spec.containers[1].env[9]":             27,
		"spec.containers[1].env[x].value":       27,
		"spec.containers[1].env[0":              27,
		"spec.containers[-1]":                   22,
		"nothing.like.that":                     12,
	} {
		if got := doc.Line(field); got != want {
			t.Errorf("line of %q is %d, want %d", field, got, want)
		}
	}
}

func TestDocument_LineOfBrokenText(t *testing.T) {
	for _, text := range []string{"", "a: [", "# comment"} {
		if got := New([]byte(text), 7).Line("a.b"); got != 7 {
			t.Errorf("line in %q is %d, want 7", text, got)
		}
	}
}

func TestDocument_LineOfType(t *testing.T) {
	doc := New([]byte(text), 1)
	for _, test := range []struct {
		parent, path, jsonType string
		want                   int
	}{
		{"", "spec.containers.env.value", "bool", 20},
		{"", "spec.containers.env.value", "number", 22},
		{"spec", "containers.env.value", "number", 22},
		{"spec.containers[1]", "env", "array", 17},
		{"spec.containers[1]", "name", "string", 16},
		{"", "spec.containers.env.value", "object", 12},
		{"spec.missing", "a", "object", 11},
		{"", "metadata.annotations", "object", 4},
	} {
		if got := doc.LineOfType(test.parent, test.path, test.jsonType); got != test.want {
			t.Errorf("line of %s in %s, below %q, is %d, want %d", test.jsonType, test.path, test.parent, got, test.want)
		}
	}
}

func TestDocument_Duplicates(t *testing.T) {
	doc := New([]byte("a: 1\nb:\n- c: &x {e: 1, e: 2}\n  c: *x\n<<: {a: 0}\na: 2\na: 3\n"), 1)
	want := []Duplicate{{"a", 6, 1}, {"a", 7, 6}, {"c", 4, 3}, {"e", 3, 3}}
	if diff := cmp.Diff(want, doc.Duplicates()); diff != "" {
		t.Errorf("duplicates (-want +got):\n%s", diff)
	}
}

func TestJoin(t *testing.T) {
	for _, test := range [][3]string{{"", "a", "a"}, {"a", "", "a"}, {"a[1]", "b", "a[1].b"}, {"a", "[1]", "a[1]"}} {
		if got := Join(test[0], test[1]); got != test[2] {
			t.Errorf("Join(%q, %q) = %q, want %q", test[0], test[1], got, test[2])
		}
	}
}

// FuzzLine: a question never panics, and the answer is a line of the text.
func FuzzLine(f *testing.F) {
	f.Add(text, "spec.containers[1].env[1].value")
	f.Add("a: &a {<<: *a}", "b")
	f.Add("a: &a [*a]", "a[0][0][0]")
	f.Fuzz(func(t *testing.T, text, field string) {
		doc := New([]byte(text), 1)
		if line := doc.Line(field); line < 1 {
			t.Errorf("line %d", line)
		}
		doc.LineOfType("", field, "string")
		doc.Duplicates()
	})
}
