package ruletest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHead(t *testing.T) {
	const finds, unknown = "# finds: Pod a/b: c", "# unknown: Pod a/b: d"
	for _, test := range []struct {
		name, text string
		expected   []string
		// rewritten is what becomes of the text with one other expectation.
		rewritten string
	}{
		{"no head", "kind: Pod\n", nil, "# finds: x\nkind: Pod\n"},
		{"words and expectations", "# Words.\n" + finds + "\n" + unknown + "\nkind: Pod\n", []string{finds, unknown}, "# Words.\n# finds: x\nkind: Pod\n"},
		{"words after them are moved before them", finds + "\n# Words.\nkind: Pod\n", []string{finds}, "# Words.\n# finds: x\nkind: Pod\n"},
		{"what looks like them further down is not theirs", "kind: ConfigMap\ndata:\n  a: |\n" + finds + "\n", nil, "# finds: x\nkind: ConfigMap\ndata:\n  a: |\n" + finds + "\n"},
		{"a document mark ends the head", "---\n" + finds + "\n", nil, "# finds: x\n---\n" + finds + "\n"},
		{"lines that end as on Windows", finds + "\r\nkind: Pod\r\n", []string{finds}, "# finds: x\nkind: Pod\r\n"},
		{"nothing but words, without an end of line", "# Words.", nil, "# Words.\n# finds: x\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := readHead(test.text)
			if diff := cmp.Diff(test.expected, h.expected); diff != "" {
				t.Errorf("expected (-want +got):\n%s", diff)
			}
			h.expected = []string{"# finds: x"}
			if diff := cmp.Diff(test.rewritten, h.text()); diff != "" {
				t.Errorf("rewritten (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzHead: rewriting loses nothing, and what was written is read again.
func FuzzHead(f *testing.F) {
	f.Add("# Words.\n# finds: Pod a/b: c\nkind: Pod\n")
	f.Add("# unknown: \r\n#\n\n# finds: x")
	f.Fuzz(func(t *testing.T, text string) {
		h := readHead(text)
		again := readHead(h.text())
		if diff := cmp.Diff(h.expected, again.expected); diff != "" {
			t.Errorf("%q (-first +second):\n%s", text, diff)
		}
		if h.rest != again.rest {
			t.Errorf("%q: the rest is %q, then %q", text, h.rest, again.rest)
		}
	})
}
