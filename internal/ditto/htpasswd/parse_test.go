package htpasswd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// withoutHash compares entries by what callers see of them.
var withoutHash = cmpopts.IgnoreUnexported(Entry{})

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name     string
		text     string
		entries  []Entry
		hashes   []string
		problems []Problem
	}{
		{name: "an empty file has no entries", text: ""},
		{
			name:    "the hash ends at the line's end",
			text:    "ditto:A6BgmB8IEtPTs\njane:{PLAIN}a b \n",
			entries: []Entry{{User: "ditto", Line: 1, Scheme: DESCrypt}, {User: "jane", Line: 2, Scheme: Plain}},
			hashes:  []string{"A6BgmB8IEtPTs", "{PLAIN}a b "},
		},
		{
			name:    "the last line needs no newline",
			text:    "ditto:A6BgmB8IEtPTs",
			entries: []Entry{{User: "ditto", Line: 1, Scheme: DESCrypt}},
			hashes:  []string{"A6BgmB8IEtPTs"},
		},
		{
			name:    "lines of Windows are read as nginx reads them",
			text:    "# users\r\n\r\nditto:A6BgmB8IEtPTs\r\n",
			entries: []Entry{{User: "ditto", Line: 3, Scheme: DESCrypt}},
			hashes:  []string{"A6BgmB8IEtPTs"},
		},
		{
			name:    "a comment follows a second colon",
			text:    "ditto:A6BgmB8IEtPTs:a comment: with colons\n",
			entries: []Entry{{User: "ditto", Line: 1, Scheme: DESCrypt}},
			hashes:  []string{"A6BgmB8IEtPTs"},
		},
		{
			name:    "nothing after a NUL reaches crypt",
			text:    "ditto:A6BgmB8IEtPTs\x00x\n",
			entries: []Entry{{User: "ditto", Line: 1, Scheme: DESCrypt}},
			hashes:  []string{"A6BgmB8IEtPTs"},
		},
		{
			name:    "empty lines and comments are skipped, but counted",
			text:    "\n#ditto:A6BgmB8IEtPTs\n  \t\nditto:A6BgmB8IEtPTs\n",
			entries: []Entry{{User: "ditto", Line: 4, Scheme: DESCrypt}},
			hashes:  []string{"A6BgmB8IEtPTs"},
		},
		{
			name:    "spaces belong to the name and to the hash",
			text:    " #ditto :A6BgmB8IEtPTs \n",
			entries: []Entry{{User: " #ditto ", Line: 1, Scheme: Other}},
			hashes:  []string{"A6BgmB8IEtPTs "},
		},
		{
			name: "what is no entry is a problem",
			text: "ditto\n:A6BgmB8IEtPTs\na:\nb::topsecret\n" +
				"c:" + strings.Repeat("x", 2049) + "\nd:" + strings.Repeat("x", 2048) + "\n",
			entries: []Entry{{User: "d", Line: 6, Scheme: Other}},
			hashes:  []string{strings.Repeat("x", 2048)},
			problems: []Problem{
				{1, "no colon after the user name"},
				{2, "no user name before the colon"},
				{3, "no hash after the user name"},
				{4, "no hash after the user name"},
				{5, "the hash is longer than the 2048 bytes that nginx reads"},
			},
		},
		{
			name:    "the first line of a user counts, even if it is a problem",
			text:    "a:{PLAIN}x\na:A6BgmB8IEtPTs\nb:\nb:A6BgmB8IEtPTs\na\n",
			entries: []Entry{{User: "a", Line: 1, Scheme: Plain}},
			hashes:  []string{"{PLAIN}x"},
			problems: []Problem{
				{2, "line 1 is for the same user, and nginx reads only that"},
				{3, "no hash after the user name"},
				{4, "line 3 is for the same user, and nginx reads only that"},
				{5, "no colon after the user name"},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			entries, problems := Parse([]byte(test.text))
			if diff := cmp.Diff(test.entries, entries, withoutHash); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.hashes, hashes(entries)); diff != "" {
				t.Errorf("hashes (-want +got):\n%s", diff)
			}
		})
	}
}

func hashes(entries []Entry) (all []string) {
	for _, e := range entries {
		all = append(all, *e.hash)
	}
	return all
}

func TestProblemsAreErrorsThatNameTheLine(t *testing.T) {
	if got, want := (Problem{3, "no colon after the user name"}).Error(), "line 3: no colon after the user name"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestMapReadsTheFileThatIngressNginxWrites(t *testing.T) {
	entries, problems := Map("jane", []byte("{PLAIN}x\nditto:A6BgmB8IEtPTs\nother"))
	want := []Entry{{User: "jane", Line: 1, Scheme: Plain}, {User: "ditto", Line: 2, Scheme: DESCrypt}}
	if diff := cmp.Diff(want, entries, withoutHash); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Problem{{3, "no colon after the user name"}}, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestPrintingAnEntryShowsNoHash(t *testing.T) {
	entries, _ := Parse([]byte("jane:{PLAIN}topsecret\n"))
	holder := struct{ entries []Entry }{entries}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, value := range []any{entries[0], &entries[0], entries, holder} {
			got := fmt.Sprintf(format, value)
			if strings.Contains(got, "topsecret") || strings.Contains(got, fmt.Sprintf("%x", "topsecret")) {
				t.Errorf("%s of %T shows the hash: %s", format, value, got)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("# c\r\n\r\nditto:A6BgmB8IEtPTs:comment\n:x\nx:\nx\n")
	f.Add("a:$apr1$abcdefgh$bt1KZ/DNs9oXw200oWUiN1\na:{SHA}x")
	f.Add("a:$6$rounds=999999999$saltsalt$x\nb:$2y$31$abcdefghijklmnopqrstuugbuGmx7rSxHbHPbcLMOD5RteoXcSET6")
	f.Fuzz(func(t *testing.T, text string) {
		entries, problems := Parse([]byte(text))
		lines := strings.Count(text, "\n") + 1
		at := map[int]bool{}
		for _, p := range problems {
			at[p.Line] = true
			if p.Line < 1 || p.Line > lines || p.What == "" {
				t.Errorf("problem %+v in a text of %d lines", p, lines)
			}
		}
		users := map[string]bool{}
		for _, e := range entries {
			if e.Line < 1 || e.Line > lines || at[e.Line] {
				t.Errorf("entry in line %d of %d, which is no line or a problem", e.Line, lines)
			}
			at[e.Line] = true
			if e.User == "" || users[e.User] || strings.ContainsAny(e.User, ":\n") {
				t.Errorf("user %q is empty, repeated or not one name", e.User)
			}
			users[e.User] = true
			if h := *e.hash; h == "" || len(h) > maxHash || strings.ContainsAny(h, ":\r\n\x00") {
				t.Errorf("hash of line %d has %d bytes or a separator", e.Line, len(h))
			}
			if e.Scheme == Other && e.wellFormed {
				t.Error("an unknown scheme cannot be well-formed")
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, "user%d:$2y$10$abcdefghijklmnopqrstuugbuGmx7rSxHbHPbcLMOD5RteoXcSET6\n", i)
	}
	for b.Loop() {
		if entries, _ := Parse([]byte(text.String())); len(entries) != 1000 {
			b.Fatal(len(entries))
		}
	}
}
