package report

import (
	"fmt"
	"slices"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/rules"
)

// htmlSection is a section of the hardening guide, with what is found here of each line.
type htmlSection struct {
	Section, Title, Found string
	Items                 []htmlItem
}

type htmlItem struct {
	Item    string
	Covered string
	Rules   []htmlJudge
	Remark  string
}

// htmlJudge is a rule, and what it finds.
type htmlJudge struct{ Name, Found, Class string }

var coverageWords = map[rules.Coverage]string{
	rules.Covered: "yes", rules.Partly: "partly", rules.Missing: "no", rules.Cannot: "cannot be seen",
}

// guide fills in how much of the guide is covered, and what its rules find.
func (v *htmlView) guide(g rules.Guide, result check.Result) {
	counts := map[string]map[check.Action]int{}
	for _, f := range result.Findings {
		if counts[f.Rule] == nil {
			counts[f.Rule] = map[check.Action]int{}
		}
		counts[f.Rule][f.Action]++
	}
	unknown := map[string]bool{}
	for _, u := range result.Unknown {
		unknown[u.Rule] = true
	}
	judgedBy := rules.Names(v.in.Rules)
	judge := func(name string) htmlJudge {
		for _, action := range asked {
			if n := counts[name][action]; n > 0 {
				return htmlJudge{name, fmt.Sprintf("%d %s", n, did[action]), string(action)}
			}
		}
		switch {
		case !slices.Contains(judgedBy, name):
			return htmlJudge{name, "not judged by", "facts"}
		case unknown[name]:
			return htmlJudge{name, "partly unknown", "unknown"}
		}
		return htmlJudge{name, "nothing found", "clean"}
	}
	count := g.Count()
	v.Totals = fmt.Sprintf("Of what the guide asks for, %d lines are covered by rules and %d partly; %d are not, and %d cannot be seen in Kubernetes.",
		count[rules.Covered], count[rules.Partly], count[rules.Missing], count[rules.Cannot])
	for _, s := range g.Sections {
		section := htmlSection{Section: s.Section, Title: s.Title}
		found := map[string]bool{}
		for _, i := range s.Items {
			item := htmlItem{Item: i.Item, Covered: coverageWords[i.Coverage()], Remark: i.Remark()}
			for _, name := range i.Judges() {
				item.Rules = append(item.Rules, judge(name))
				found[name] = len(counts[name]) > 0
			}
			section.Items = append(section.Items, item)
		}
		n := 0
		for _, is := range found {
			if is {
				n++
			}
		}
		section.Found = "nothing found"
		if n > 0 {
			section.Found = counted(n, "rule finds something", "rules find something")
		}
		v.Guide = append(v.Guide, section)
	}
}
