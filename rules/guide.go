package rules

import (
	"bytes"
	_ "embed" // for guide.yaml
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

//go:embed guide.yaml
var guideYAML []byte

// Guide is the checklist of Ditto's hardening guide, and what judges each line of it.
type Guide struct {
	// Source is the document that the lines are from.
	Source   string         `json:"source"`
	Sections []GuideSection `json:"sections"`
	// Beyond are the rules that no line asks for, each with the reason why it is there.
	Beyond []Beyond `json:"beyond"`
}

// GuideSection is one section of the guide: "1" to "9".
type GuideSection struct {
	Section string      `json:"section"`
	Title   string      `json:"title"`
	Items   []GuideItem `json:"items"`
}

// GuideItem is one thing that the guide asks for, in our words. Rules or Also, Cannot, or Missing says what is made of
// it.
type GuideItem struct {
	Item string `json:"item"`
	// Rules are those that judge it and that name its section as theirs; Also are rules of other sections that do.
	Rules []string `json:"rules,omitempty"`
	Also  []string `json:"also,omitempty"`
	// Partly says what the rules do not see.
	Partly string `json:"partly,omitempty"`
	// Cannot says why Kubernetes cannot show it.
	Cannot string `json:"cannot,omitempty"`
	// Missing says why it could be seen, and that no rule looks.
	Missing string `json:"missing,omitempty"`
}

// Beyond is a rule that the guide does not ask for.
type Beyond struct {
	Rule string `json:"rule"`
	Why  string `json:"why"`
}

// Coverage says how far a line is covered.
type Coverage string

// The coverages.
const (
	Covered Coverage = "covered"
	Partly  Coverage = "partly"
	Missing Coverage = "missing"
	Cannot  Coverage = "cannot"
)

// Coverages are all of them, in the order in which they are counted.
func Coverages() []Coverage { return []Coverage{Covered, Partly, Missing, Cannot} }

// Coverage says how far the line is covered.
func (i GuideItem) Coverage() Coverage {
	switch {
	case i.Cannot != "":
		return Cannot
	case len(i.Rules)+len(i.Also) == 0:
		return Missing
	case i.Partly != "":
		return Partly
	}
	return Covered
}

// Remark is what there is to say about the coverage, if anything.
func (i GuideItem) Remark() string { return i.Partly + i.Cannot + i.Missing }

// Judges are the rules that judge the line.
func (i GuideItem) Judges() []string { return slices.Concat(i.Rules, i.Also) }

// Count is how many lines of the guide are covered how far.
func (g Guide) Count() map[Coverage]int {
	count := map[Coverage]int{}
	for _, s := range g.Sections {
		for _, i := range s.Items {
			count[i.Coverage()]++
		}
	}
	return count
}

// HardeningGuide returns the checklist. An error is a defect of the build.
func HardeningGuide() (Guide, error) {
	var g Guide
	if err := yaml.UnmarshalStrict(bytes.TrimSpace(guideYAML), &g); err != nil {
		return Guide{}, fmt.Errorf("reading rules/guide.yaml: %w", err)
	}
	return g, nil
}

// Check compares the checklist with the rules that there are. Every problem is one text, for whoever adds a rule.
func (g Guide) Check(list []HardeningRule) []string {
	var problems []string
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	byName := map[string]HardeningRule{}
	for _, r := range list {
		byName[r.Metadata.Name] = r
	}
	sections := map[string][]string{} // of the lines that a rule is for
	for _, s := range g.Sections {
		for _, i := range s.Items {
			if said := count(len(i.Judges()) > 0, i.Cannot != "", i.Missing != ""); said != 1 {
				bad("section %s, %q: it has %d of rules, cannot and missing, and should have one", s.Section, i.Item,
					said)
			}
			if i.Partly != "" && len(i.Judges()) == 0 {
				bad("section %s, %q: partly covered by no rule", s.Section, i.Item)
			}
			for _, name := range i.Judges() {
				if _, found := byName[name]; !found {
					bad("section %s, %q: there is no rule %s", s.Section, i.Item, name)
				}
			}
			for _, name := range i.Rules {
				if r, found := byName[name]; found && !slices.Contains(r.Sections(), s.Section) {
					bad("section %s, %q: %s is a rule of section %s; list it under `also`, or let it name the section",
						s.Section, i.Item, name, r.Spec.Guide)
				}
				sections[name] = append(sections[name], s.Section)
			}
		}
	}
	for _, b := range g.Beyond {
		if _, found := byName[b.Rule]; !found {
			bad("beyond: there is no rule %s", b.Rule)
		}
		if len(sections[b.Rule]) > 0 {
			bad("beyond: %s is in section %s as well", b.Rule, sections[b.Rule][0])
		}
		if strings.TrimSpace(b.Why) == "" {
			bad("beyond: %s has no reason", b.Rule)
		}
	}
	for _, r := range list {
		name := r.Metadata.Name
		// A part is for the lines of the whole.
		if r.Spec.PartOf != "" || slices.ContainsFunc(g.Beyond, func(b Beyond) bool { return b.Rule == name }) {
			continue
		}
		for _, section := range r.Sections() {
			if !slices.Contains(sections[name], section) {
				bad("%s: no line of section %s in rules/guide.yaml names it; add it to one, or to `beyond` with a reason", name, section)
			}
		}
	}
	return problems
}

// Sections are the sections of the guide that a rule names.
func (r HardeningRule) Sections() []string {
	sections := strings.Split(r.Spec.Guide, ",")
	for i := range sections {
		sections[i] = strings.TrimSpace(sections[i])
	}
	return sections
}

func count(all ...bool) int {
	n := 0
	for _, b := range all {
		if b {
			n++
		}
	}
	return n
}
