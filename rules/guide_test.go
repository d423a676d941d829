package rules

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTheGuideIsTheRules: every line of the checklist is judged by rules that there are, or says why not, and every rule is
// for a line of each section that it names, or says why it is there at all.
func TestTheGuideIsTheRules(t *testing.T) {
	g, err := HardeningGuide()
	if err != nil {
		t.Fatal(err)
	}
	list, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range g.Check(list) {
		t.Error(problem)
	}
	var sections []string
	for _, s := range g.Sections {
		sections = append(sections, s.Section)
		if len(s.Items) == 0 || s.Title == "" {
			t.Errorf("section %s has %d lines and the title %q", s.Section, len(s.Items), s.Title)
		}
	}
	if diff := cmp.Diff([]string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}, sections); diff != "" {
		t.Errorf("sections (-the guide's +ours):\n%s", diff)
	}
}

func TestGuideCheck(t *testing.T) {
	rule := func(name, guide string) HardeningRule {
		return HardeningRule{Metadata: Metadata{Name: name}, Spec: Spec{Guide: guide}}
	}
	guide := func(items ...GuideItem) Guide {
		return Guide{Sections: []GuideSection{{Section: "1", Items: items}}}
	}
	for _, test := range []struct {
		name  string
		guide Guide
		rules []HardeningRule
		want  []string
	}{
		{"all is well", guide(GuideItem{Item: "i", Rules: []string{"a"}, Partly: "p"}, GuideItem{Item: "j", Also: []string{"b"}}, GuideItem{Item: "k", Cannot: "c"}),
			[]HardeningRule{rule("a", "1")}, []string{`section 1, "j": there is no rule b`}},
		{"a rule of another section", guide(GuideItem{Item: "i", Rules: []string{"a"}}), []HardeningRule{rule("a", "1, 2")}, []string{
			"a: no line of section 2 in rules/guide.yaml names it; add it to one, or to `beyond` with a reason"}},
		{"a section that the rule does not name", guide(GuideItem{Item: "i", Rules: []string{"a"}}), []HardeningRule{rule("a", "2")}, []string{
			"section 1, \"i\": a is a rule of section 2; list it under `also`, or let it name the section",
			"a: no line of section 2 in rules/guide.yaml names it; add it to one, or to `beyond` with a reason"}},
		{"a rule in no line", guide(GuideItem{Item: "i", Missing: "m"}), []HardeningRule{rule("a", "1")}, []string{
			"a: no line of section 1 in rules/guide.yaml names it; add it to one, or to `beyond` with a reason"}},
		{"only helping is not enough", guide(GuideItem{Item: "i", Also: []string{"a"}}), []HardeningRule{rule("a", "1")}, []string{
			"a: no line of section 1 in rules/guide.yaml names it; add it to one, or to `beyond` with a reason"}},
		{"lines that say nothing, or too much", guide(GuideItem{Item: "i"}, GuideItem{Item: "j", Cannot: "c", Missing: "m"}, GuideItem{Item: "k", Partly: "p", Missing: "m"}), nil, []string{
			`section 1, "i": it has 0 of rules, cannot and missing, and should have one`,
			`section 1, "j": it has 2 of rules, cannot and missing, and should have one`,
			`section 1, "k": partly covered by no rule`}},
		{"beyond", Guide{Beyond: []Beyond{{Rule: "a", Why: "w"}, {Rule: "b", Why: " "}}}, []HardeningRule{rule("a", "1")}, []string{
			"beyond: there is no rule b", "beyond: b has no reason"}},
		{"a part is for what the whole is for", guide(GuideItem{Item: "i", Rules: []string{"a"}}),
			[]HardeningRule{rule("a", "1"), {Metadata: Metadata{Name: "a-part"}, Spec: Spec{Guide: "1", PartOf: "a"}}}, nil},
		{"both in a line and beyond", Guide{Sections: guide(GuideItem{Item: "i", Rules: []string{"a"}}).Sections, Beyond: []Beyond{{Rule: "a", Why: "w"}}},
			[]HardeningRule{rule("a", "1")}, []string{"beyond: a is in section 1 as well"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.guide.Check(test.rules)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestGuideCount(t *testing.T) {
	g := Guide{Sections: []GuideSection{{Items: []GuideItem{
		{Rules: []string{"a"}}, {Also: []string{"a"}}, {Rules: []string{"a"}, Partly: "p"}, {Cannot: "c"}, {Missing: "m"}, {},
	}}}}
	want := map[Coverage]int{Covered: 2, Partly: 1, Cannot: 1, Missing: 2}
	if diff := cmp.Diff(want, g.Count()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got := fmt.Sprint(g.Sections[0].Items[2].Remark(), g.Sections[0].Items[3].Remark(), g.Sections[0].Items[4].Remark(), g.Sections[0].Items[0].Remark())
	if got != "pcm" {
		t.Errorf("remarks %q", got)
	}
}
