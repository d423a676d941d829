package ruledocs

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/dittoguard/dittoguard/rules"
)

// generated stands at the head of each page.
const generated = "<!-- Made by `make generate` from rules/. Changes here are lost. -->\n\n"

// Pages are all pages by their paths below docs: coverage.md, rules/README.md and rules/NAME.md. fixtures is the folder with
// the built-in rules, rules/builtin.
func Pages(list []rules.HardeningRule, g rules.Guide, fixtures fs.FS) (map[string]string, error) {
	pages := map[string]string{"coverage.md": coverage(g), "rules/README.md": index(list)}
	for _, r := range list {
		text, err := page(r, g, fixtures)
		if err != nil {
			return nil, err
		}
		pages["rules/"+r.Metadata.Name+".md"] = text
	}
	return pages, nil
}

// coverage is the checklist as a page.
func coverage(g rules.Guide) string {
	var b strings.Builder
	b.WriteString("# What of the guide is covered\n\n" + generated)
	fmt.Fprintf(&b, "The checklist of Ditto's hardening guide, line by line, in our own words (%s), and what judges each.\n`dittoguard rules --guide` prints the same.\n\n", g.Source)
	fmt.Fprintf(&b, "%s. Rules judge %s.\n", Totals(g), Visible(g))
	for _, s := range g.Sections {
		fmt.Fprintf(&b, "\n## %s. %s\n\n| asked for | covered | by | remark |\n|---|---|---|---|\n", s.Section, s.Title)
		for _, i := range s.Items {
			var links []string
			for _, name := range i.Judges() {
				links = append(links, fmt.Sprintf("[%s](rules/%s.md)", name, name))
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cell(i.Item), words[i.Coverage()], strings.Join(links, ", "), cell(i.Remark()))
		}
	}
	if len(g.Beyond) > 0 {
		b.WriteString("\n## Beyond the guide\n\n| rule | why |\n|---|---|\n")
		for _, r := range g.Beyond {
			fmt.Fprintf(&b, "| [%s](rules/%s.md) | %s |\n", r.Rule, r.Rule, cell(r.Why))
		}
	}
	return b.String()
}

// rulesIntroduction says how to read the table of rules.
const rulesIntroduction = `The built-in rules, by name. [coverage.md](../coverage.md) goes the other way: from each line of Ditto's hardening guide to the
rules that cover it. The [configuration](../configuration.md#rules) can change a rule's level and what it does.

- **baseline** is never acceptable, and is refused by default. **restricted** is the rest of the guide, and is warned of.
- **mutates** means that the rule also adds what is missing, where nobody has decided otherwise and it is safe to. In a dry run no rule does.
- Rules whose names end in ` + "`-literal` or `-with-file`" + ` are parts of others. They are only used in
  [admission policies](../admission-policies.md), which see one object.
- The column "guide" names sections of the guide.

`

// index lists the rules.
func index(list []rules.HardeningRule) string {
	var b strings.Builder
	b.WriteString("# Rules\n\n" + generated + rulesIntroduction)
	b.WriteString("| rule | guide | level | severity | what it finds |\n|---|---|---|---|---|\n")
	for _, r := range list {
		name := r.Metadata.Name
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s | %s | %s |\n", name, name, strings.Join(r.Sections(), ", "), level(r), r.Spec.Severity, cell(r.Spec.Title))
	}
	return b.String()
}

// level is a rule's level, and whether it mutates.
func level(r rules.HardeningRule) string {
	if len(r.Spec.Mutations) > 0 {
		return string(r.Spec.Level) + ", mutates"
	}
	return string(r.Spec.Level)
}

// each says what a rule is evaluated for.
var each = map[rules.Each]string{
	rules.EachObject:     "every object that its `resourceRules` match",
	rules.EachGateway:    "every gateway",
	rules.EachComponent:  "every container with a service of Ditto: gateway, policies, things, search, connectivity",
	rules.EachExposure:   "every way in to a part of Ditto",
	rules.EachCredential: "every entry of a password file",
	rules.EachPolicy:     "every Ditto policy in a ConfigMap",
	rules.EachEdge:       "every edge (an Ingress, a Route or the like) that leads to a gateway",
}

// subject says whom the findings name.
func subject(m rules.Match) string {
	switch {
	case m.Each == rules.EachExposure && m.Subject == rules.SubjectEntry:
		return "the object that opens the way"
	case m.Each == rules.EachExposure:
		return "the workload that is reached"
	case m.Each == rules.EachGateway, m.Each == rules.EachComponent:
		return "its workload"
	case m.Each == rules.EachCredential:
		return "the Secret or ConfigMap with the file"
	case m.Each == rules.EachPolicy:
		return "the ConfigMap"
	}
	return "that object"
}

// page is the page of one rule.
func page(r rules.HardeningRule, g rules.Guide, fixtures fs.FS) (string, error) {
	name, s := r.Metadata.Name, r.Spec
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s%s.\n\n", name, generated, s.Title)
	fmt.Fprintf(&b, "| | |\n|---|---|\n| guide | section %s |\n| level | %s |\n| severity | %s |\n", strings.Join(r.Sections(), " and "), s.Level, s.Severity)
	fmt.Fprintf(&b, "| evaluated for | %s |\n| findings name | %s |\n", each[s.Match.Each], subject(s.Match))
	mutates := "nothing"
	if len(s.Mutations) > 0 {
		mutates = fmt.Sprintf("what is missing, where nobody has decided otherwise and it is safe to; `rules.%s.mutate: false` switches that off", name)
	}
	fmt.Fprintf(&b, "| mutates | %s |\n\n%s\n", mutates, strings.TrimSpace(s.Rationale))
	if whole := s.PartOf; whole != "" {
		fmt.Fprintf(&b, "\nThis is the part of [%s](%s.md) that an admission policy of Kubernetes can judge, which sees one object.\n", whole, whole)
	}
	if asked := lines(g, name); len(asked) > 0 {
		b.WriteString("\n## What the guide asks for\n\n")
		for _, line := range asked {
			fmt.Fprintf(&b, "- %s\n", line)
		}
	}
	if len(s.Params) > 0 {
		fmt.Fprintf(&b, "\n## Parameters\n\nUnder `rules.%s.params` of the configuration:\n\n| name | value | without it | |\n|---|---|---|---|\n", name)
		for _, p := range s.Params {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", p.Name, cell(p.Expected()), cell(p.DefaultText()), cell(p.Description))
		}
	}
	fmt.Fprintf(&b, "\n## How to fix it\n\n%s\n", strings.TrimSpace(s.Fix("")))
	for _, kind := range []struct{ folder, title string }{
		{"fail", "Found in"}, {"pass", "Not found in"}, {"fixed", "What the mutations make of it"},
	} {
		list, err := examples(fixtures, name, kind.folder)
		if err != nil {
			return "", err
		}
		if len(list) > 0 {
			fmt.Fprintf(&b, "\n## %s\n\n%s", kind.title, strings.Join(list, ""))
		}
	}
	return b.String(), nil
}

// lines are those of the guide that a rule is for, or why it is there without any.
func lines(g rules.Guide, rule string) []string {
	var list []string
	for _, s := range g.Sections {
		for _, i := range s.Items {
			for _, name := range i.Judges() {
				if name != rule {
					continue
				}
				line := fmt.Sprintf("Section %s, %s: %s.", s.Section, s.Title, i.Item)
				if i.Partly != "" {
					line += " Covered partly: " + i.Partly
				}
				list = append(list, line)
			}
		}
	}
	for _, b := range g.Beyond {
		if b.Rule == rule {
			list = append(list, "Nothing; the rule goes beyond it: "+b.Why)
		}
	}
	return list
}

// examples are the fixtures in a folder of a rule, each with what its head says.
func examples(fixtures fs.FS, rule, folder string) ([]string, error) {
	files, err := fs.Glob(fixtures, path.Join(rule, folder, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("reading fixtures of %s: %w", rule, err)
	}
	var list []string
	for _, file := range files {
		if strings.HasSuffix(file, ".configuration.yaml") {
			continue
		}
		data, err := fs.ReadFile(fixtures, file)
		if err != nil {
			return nil, fmt.Errorf("reading fixtures of %s: %w", rule, err)
		}
		line := fmt.Sprintf("- [%s](../../rules/builtin/%s)", strings.TrimSuffix(path.Base(file), ".yaml"), file)
		if head := head(string(data)); head != "" {
			line += ": " + cell(head)
		}
		list = append(list, line+"\n")
	}
	return list, nil
}

// head is what the first comment of a fixture says, without what the rule finds in it, word for word.
func head(text string) string {
	var words []string
	for line := range strings.SplitSeq(text, "\n") {
		comment, found := strings.CutPrefix(line, "# ")
		if !found || strings.HasPrefix(comment, "finds: ") || strings.HasPrefix(comment, "unknown: ") {
			break
		}
		words = append(words, comment)
	}
	return strings.Join(words, " ")
}

// cell is a text that stays in the cell of a table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(s)
}
