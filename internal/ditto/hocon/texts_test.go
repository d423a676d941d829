package hocon

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDocument_Texts(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"fields and numbers", "a = x, b.c : 1\nd { e = true }", []string{"a=x", "b.c=1", "d.e=true"}},
		{"null and empty objects are no text", "a = null\nb {}", nil},
		{"overwritten text", "a = x\na = y", []string{"a=x", "a=y"}},
		{"a key with a dot", `a."b.c" = x`, []string{"a.b.c=x"}},
		{"substitutions", "a = ${?X}\nb = u${?X}\" v\"\nc = ${o} { d = x }", []string{"b=u v", "c.d=x"}},
		{"lists", "a = [x, [y], { b = z }, ${?X} { c = v }]\na += w", []string{"a=x", "a=y", "a.b=z", "a.c=v", "a=w"}},
		{"objects laid over one another", "a = { b = x } { b = y, c { d = z } }", []string{"a.b=x", "a.b=y", "a.c.d=z"}},
		{"an include", "include \"other\"\na = x", []string{"a=x"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := Parse(test.text)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			d.Texts(func(path, text string) { got = append(got, path+"="+text) })
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
