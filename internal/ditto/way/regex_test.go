package way

import (
	"strings"
	"testing"
)

func TestCompile_Lookaheads(t *testing.T) {
	for _, tt := range []struct {
		expression string
		ok         bool
		yes, no    string
	}{
		{"/a(?=/b)", true, "/a/b", "/a/c"},
		{"/a(?!/b)", true, "/a/c", "/a/b"},
		{"/(?!a)(?!b)[a-z]+/x", true, "/c/x", "/b/x"},
		{`/[(?!]a`, true, "/!a", "/a"},
		{`/[](?!]a`, true, "/]a", "/a"},
		{`/\(?!a`, true, "/(!a", "/a"},
		{"/(x(?!a))", false, "", ""},
		{"/a|/b(?!c)", false, "", ""},
		{"/b(?!c)*", false, "", ""},
		{"/b(?!c", false, "", ""},
		{"/b)(?!c)(", false, "", ""},
		{`/\Q(?!\E`, false, "", ""},
		{"/(?!a)(?!b)(?!c)(?!d)", false, "", ""},
		{strings.Repeat("a", longest+1), false, "", ""},
	} {
		p, ok := compile(tt.expression, false, AtStart)
		if ok != tt.ok {
			t.Errorf("%s: ok is %t", tt.expression, ok)
			continue
		}
		if ok && (!p.Matches(tt.yes) || p.Matches(tt.no)) {
			t.Errorf("%s: %s %t, %s %t", tt.expression, tt.yes, p.Matches(tt.yes), tt.no, p.Matches(tt.no))
		}
	}
}
