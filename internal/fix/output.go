package fix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/mend"
)

// Output is a plan put where it belongs.
type Output struct {
	*Plan

	// Files are the files that change, kustomizations among them.
	Files []File
	// Values are those of Ditto's chart, Chart the version that rendered what they change, Release and Namespace where.
	Values                    []mend.Value
	Chart, Release, Namespace string
	// Rendered are changes of what Ditto's chart rendered that it has no value for: patches for a post-renderer.
	Rendered []Patch
	// Left are changes that cannot be made where they belong.
	Left []Left
	// Secrets are commands that make the Secrets that the changes refer to.
	Secrets []string
	// Notes say what else there is to know.
	Notes []string
}

// Place puts the changes of a plan where they belong.
func Place(plan *Plan, read Read) (*Output, error) {
	out := &Output{Plan: plan}
	var inFiles, rendered []*Change
	folders := map[string][]*Change{}
	var order []string
	for _, c := range plan.Changes {
		switch check.Channel(c.Object) {
		case facts.ChannelValues:
			values, err := c.Values(plan.after(c.Object))
			if err != nil {
				return nil, err
			}
			out.Chart = mend.ChartVersion(c.Object)
			out.Release, out.Namespace = c.Object.Meta.Labels["app.kubernetes.io/instance"], c.Object.Ref.Namespace
			if len(values) == 0 {
				rendered = append(rendered, c)
			}
			for _, v := range values {
				if !slices.ContainsFunc(out.Values,
					func(other mend.Value) bool { return fmt.Sprint(other) == fmt.Sprint(v) }) {
					out.Values = append(out.Values, v)
				}
			}
		case facts.ChannelPatch:
			if folders[c.Object.Source.Folder] == nil {
				order = append(order, c.Object.Source.Folder)
			}
			folders[c.Object.Source.Folder] = append(folders[c.Object.Source.Folder], c)
		default:
			inFiles = append(inFiles, c)
		}
	}
	var err error
	if out.Files, out.Left, err = Files(inFiles, read); err != nil {
		return nil, err
	}
	for _, folder := range order {
		patches, err := Patches(folders[folder])
		if err != nil {
			return nil, err
		}
		file, err := InKustomization(folder, patches, read)
		if err != nil {
			return nil, err
		}
		out.Files = append(out.Files, file)
	}
	if out.Rendered, err = Patches(rendered); err != nil {
		return nil, err
	}
	out.Secrets = secrets(plan)
	return out, nil
}

// after is an object as the plan leaves it, nil if it is gone.
func (p *Plan) after(o *inventory.Object) *inventory.Object {
	for _, world := range p.Objects {
		for _, other := range world {
			if placeOf(other) == placeOf(o) {
				return other
			}
		}
	}
	return nil
}

// secrets are the commands that make the Secrets which are referred to.
func secrets(plan *Plan) []string {
	type secret struct{ namespace, name string }
	keys := map[secret][]string{}
	var order []secret
	for _, c := range plan.Changes {
		for _, s := range c.Secrets {
			at := secret{c.Object.Ref.Namespace, s.Name}
			if keys[at] == nil {
				order = append(order, at)
			}
			if !slices.Contains(keys[at], s.Key) {
				keys[at] = append(keys[at], s.Key)
			}
		}
	}
	var list []string
	for _, s := range order {
		lines := []string{"kubectl create secret generic " + s.name + " --namespace " + s.namespace}
		for _, key := range keys[s] {
			lines = append(lines, "  --from-literal="+key+`="$(openssl rand -base64 24)"`)
		}
		list = append(list, strings.Join(lines, " \\\n"))
	}
	return list
}

// headline says in a sentence what the plan is.
func (p *Plan) headline(goal, how string) string {
	left := len(p.Open)
	changes := counted(len(p.Changes), "change", "changes")
	switch {
	case len(p.Changes) == 0 && left == 0:
		return "Nothing to fix: nothing is " + goal + "."
	case len(p.Changes) == 0:
		return fmt.Sprintf("No plan: no change is known for the %s.", found(left, goal))
	case left == 0 && p.Closed == 1:
		return fmt.Sprintf("%s %s what is %s (%s).", changes, verb(len(p.Changes), "closes", "close"), goal, how)
	case left == 0:
		return fmt.Sprintf("%s %s all %s (%s).", changes, verb(len(p.Changes), "closes", "close"),
			found(p.Closed, goal), how)
	}
	return fmt.Sprintf("%s %s %d of %s (%s); %d %s open.", changes, verb(len(p.Changes), "closes", "close"), p.Closed,
		found(p.Closed+left, goal), how, left,
		verb(left, "stays", "stay"))
}

func found(n int, goal string) string {
	if goal == "denied" {
		return counted(n, "denial", "denials")
	}
	return counted(n, "finding", "findings")
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n) + " " + many
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// Text is the plan for people. goal is what it closes, `denied` or `denied or warned of`; how says what was judged.
func (o *Output) Text(goal, how string) (string, error) {
	var b strings.Builder
	b.WriteString(o.headline(goal, how) + "\n")
	if len(o.Changes) > 0 {
		b.WriteByte('\n')
	}
	for i, c := range o.Changes {
		fmt.Fprintf(&b, "%d. %s\n   %s: %s\n", i+1, c.Object.Ref, strings.Join(c.Rules, ", "), c.Message)
	}
	for _, s := range o.Secrets {
		fmt.Fprintf(&b, "\nFirst, with passwords that only you know:\n\n%s\n", s)
	}
	if len(o.Values) > 0 {
		text, err := ValuesText(o.Values)
		if err != nil {
			return "", err
		}
		if text == "" {
			fmt.Fprintf(&b, "\nIn your values of Ditto's chart %s%s:\n\n", o.Chart, o.of())
		} else {
			fmt.Fprintf(&b, "\nValues of Ditto's chart %s%s, for %s:\n\n%s", o.Chart, o.of(), o.keptIn(), text)
		}
		var drop []string
		for _, v := range o.Values {
			switch path := strings.Join(v.Path, "."); {
			case v.User != "":
				drop = append(drop, "user "+v.User+" of "+path)
			case v.Drop:
				drop = append(drop, path)
			}
		}
		if len(drop) > 0 {
			fmt.Fprintf(&b, "\nTake out of your values, where they are there: %s.\n", strings.Join(drop, ", "))
		}
	}
	if len(o.Rendered) > 0 {
		text, err := PatchesText(o.Rendered)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "\nDitto's chart %s has no value for the rest; patches for a post-renderer that runs Kustomize:\n\n%s", o.Chart, text)
	}
	for _, f := range o.Files {
		diff, err := f.Diff()
		if err != nil {
			return "", err
		}
		b.WriteString("\n" + diff)
	}
	for _, l := range o.Left {
		fmt.Fprintf(&b, "\n%s:%d: %s is left alone: %s.\n", l.Change.Object.Source.File, l.Change.Object.Source.Line,
			l.Change.Object.Ref, l.Why)
		patches, err := Patches([]*Change{l.Change})
		if err != nil {
			return "", err
		}
		text, err := PatchesText(patches)
		if err != nil {
			return "", err
		}
		b.WriteString("As a patch of Kustomize:\n\n" + text)
	}
	o.open(&b)
	for _, note := range o.Notes {
		b.WriteString("\n" + note + "\n")
	}
	return b.String(), nil
}

func (o *Output) of() string {
	if o.Release == "" {
		return ""
	}
	return fmt.Sprintf(" (release %s in namespace %s)", o.Release, o.Namespace)
}

// open writes what stays, and what comes.
func (o *Output) open(b *strings.Builder) {
	told := map[string]bool{}
	for _, f := range o.Open {
		key := KeyOf(f)
		if told[key] {
			continue
		}
		told[key] = true
		fmt.Fprintf(b, "\nOpen: %s: %s\n  %s\n", f.Rule, f.Subject, f.Message)
		for _, text := range append(slices.Clone(o.ByHand[key]), o.Why[key]...) {
			fmt.Fprintf(b, "  by hand: %s\n", strings.TrimSuffix(text, ".")+".")
		}
	}
	if o.CutShort {
		b.WriteString("\nThe search ended before everything was tried.\n")
	}
	for _, f := range o.Added {
		if key := KeyOf(f); !told[key] {
			told[key] = true
			fmt.Fprintf(b, "\nNew with it, %s: %s: %s\n  %s\n", did[f.Action], f.Rule, f.Subject, f.Message)
			if len(f.Fixes) > 0 {
				fmt.Fprintf(b, "  by hand: %s\n", f.Fixes[0])
			}
		}
	}
	for _, r := range check.Together(o.Doubts) {
		u := r.About[0]
		about := u.Subject.String()
		if len(r.Rules) > 0 {
			about = strings.Join(r.Rules, ", ") + ": " + about
		}
		fmt.Fprintf(b, "\nNew with it, unknown: %s\n  %s: %s\n", about, u.What, u.Message)
	}
}

var did = map[check.Action]string{check.ActionDeny: "denied", check.ActionWarn: "warned of"}

// keptIn says where the values of a chart belong: into the object that has it rendered, if there is one.
func (o *Output) keptIn() string {
	for _, c := range o.Changes {
		if by := c.Object.Source.By; by != nil && c.Object.Source.Chart {
			return by.String()
		}
	}
	return "helm upgrade --values"
}
