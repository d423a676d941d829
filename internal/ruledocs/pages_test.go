package ruledocs

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/rules"
)

var update = flag.Bool("update", false, "rewrite docs/coverage.md and docs/rules")

const docs = "../../docs"

func everything(t *testing.T) ([]rules.HardeningRule, rules.Guide) {
	t.Helper()
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	g, err := rules.HardeningGuide()
	if err != nil {
		t.Fatal(err)
	}
	return list, g
}

// TestPagesAreUpToDate compares the pages in docs with what the rules make of them; `make generate` rewrites them. A page
// of a rule that is gone is one too many.
func TestPagesAreUpToDate(t *testing.T) {
	list, g := everything(t)
	pages, err := Pages(list, g, os.DirFS("../../rules/builtin"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range pages {
		file := filepath.Join(docs, filepath.FromSlash(name))
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%v; `make generate` writes it", err)
			continue
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("docs/%s is not what the rules say; `make generate` rewrites it (-want +got):\n%s", name, diff)
		}
	}
	for _, orphan := range orphans(t, pages) {
		if *update {
			if err := os.Remove(filepath.Join(docs, orphan)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		t.Errorf("docs/%s is about no rule; `make generate` removes it", orphan)
	}
}

// orphans are the files in docs/rules that are no page.
func orphans(t *testing.T, pages map[string]string) []string {
	t.Helper()
	var list []string
	err := fs.WalkDir(os.DirFS(docs), "rules", func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			if _, is := pages[file]; !is {
				list = append(list, file)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestLinksLeadSomewhere: whatever a page links to is a page or a fixture.
func TestLinksLeadSomewhere(t *testing.T) {
	list, g := everything(t)
	pages, err := Pages(list, g, os.DirFS("../../rules/builtin"))
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for name, text := range pages {
		for part := range strings.SplitSeq(text, "](") {
			target, _, found := strings.Cut(part, ")")
			if !found || part == text || strings.ContainsAny(target, " \n") {
				continue
			}
			file := filepath.Join(docs, filepath.Dir(filepath.FromSlash(name)), filepath.FromSlash(target))
			if _, err := os.Stat(file); err == nil {
				links++
			} else if strings.HasSuffix(target, ".md") || strings.HasSuffix(target, ".yaml") {
				t.Errorf("%s links to %s, which is not there", name, target)
			}
		}
	}
	if links < 300 {
		t.Errorf("only %d links were found", links)
	}
}

// TestEachKindOfRuleHasWords: a new kind of match needs a line.
func TestEachKindOfRuleHasWords(t *testing.T) {
	list, _ := everything(t)
	for _, r := range list {
		if each[r.Spec.Match.Each] == "" {
			t.Errorf("%s is evaluated for each %s, of which pages know nothing", r.Metadata.Name, r.Spec.Match.Each)
		}
	}
}

func TestPage(t *testing.T) {
	r := rules.HardeningRule{Metadata: rules.Metadata{Name: "a-rule"}, Spec: rules.Spec{
		Title: "Something is open", Rationale: "Because.\n", Guide: "1,2", Level: rules.Restricted, Severity: rules.Low,
		Match: rules.Match{Each: rules.EachExposure, Subject: rules.SubjectEntry}, Mutations: make([]rules.Mutation, 1), Remediation: "Close it:\n\n    door: shut\n",
	}}
	g := rules.Guide{
		Sections: []rules.GuideSection{{Section: "2", Title: "Doors", Items: []rules.GuideItem{
			{Item: "Doors are shut", Rules: []string{"a-rule"}, Partly: "Windows are not seen."}, {Item: "Other", Rules: []string{"b"}},
		}}},
		Beyond: []rules.Beyond{{Rule: "c", Why: "w"}},
	}
	fixtures := fstest.MapFS{
		"a-rule/fail/open.yaml":               {Data: []byte("# Wide open | <really>,\n# to everyone.\n# finds: Service x: open\nkind: Service\n")},
		"a-rule/fail/open.configuration.yaml": {Data: []byte("kind: Configuration\n")},
		"a-rule/pass/silent.yaml":             {Data: []byte("kind: Service\n# late\n")},
	}
	want := `# a-rule

` + generated + `Something is open.

| | |
|---|---|
| guide | section 1 and 2 |
| level | restricted |
| severity | low |
| evaluated for | every way in to a part of Ditto |
| findings name | the object that opens the way in |
| mutations | adds what is missing, where nobody has decided otherwise and it is safe to; ` + "`rules.a-rule.mutate: false`" + ` switches this off |

Because.

## What the guide asks for

- Section 2, Doors: Doors are shut. Partly covered: Windows are not seen.

## How to fix it

Close it:

    door: shut

## Examples with findings

- [open](../../rules/builtin/a-rule/fail/open.yaml): Wide open \| &lt;really>, to everyone.

## Examples without findings

- [silent](../../rules/builtin/a-rule/pass/silent.yaml)
`
	got, err := page(r, g, fixtures)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := lines(g, "c"); !slices.Equal(got, []string{"Nothing. The rule goes beyond it: w"}) {
		t.Errorf("a rule beyond the guide: %q", got)
	}
}

func TestNumbersAreCounted(t *testing.T) {
	item := func(n int, i rules.GuideItem) []rules.GuideItem { return slices.Repeat([]rules.GuideItem{i}, n) }
	g := rules.Guide{Sections: []rules.GuideSection{{Section: "1", Items: slices.Concat(
		item(3, rules.GuideItem{Rules: []string{"a"}}), item(2, rules.GuideItem{Rules: []string{"a"}, Partly: "p"}),
		item(1, rules.GuideItem{Missing: "m"}), item(2, rules.GuideItem{Cannot: "c"}),
	)}}}
	if got, want := Totals(g), "8 lines: 3 covered (38%), 2 partly (25%), 1 missing (13%), 2 cannot be seen (25%)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Visible(g), "5 of 6 that can be seen (83%)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Visible(rules.Guide{}); got != "0 of 0 that can be seen (0%)" {
		t.Errorf("of nothing: %q", got)
	}
}

func TestTextFitsATerminal(t *testing.T) {
	_, g := everything(t)
	var b bytes.Buffer
	if err := Text(&b, g); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(b.String(), "\n") {
		if utf8.RuneCountInString(line) > width || line != strings.TrimRight(line, " ") {
			t.Errorf("%q", line)
		}
	}
	for _, s := range g.Sections {
		for _, i := range s.Items {
			if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), strings.Join(strings.Fields(words[i.Coverage()]+" "+i.Item+" "+i.Remark()), " ")) &&
				len(i.Judges()) == 0 {
				t.Errorf("%q is missing, or what there is to say of it", i.Item)
			}
		}
	}
}
