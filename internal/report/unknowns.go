package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// settling are reasons why something is unknown that the same settles.
type settling struct {
	settles string
	reasons []check.Reason
}

// bySettling puts reasons together that the same settles, in the order of the first of each.
func bySettling(list []check.Reason) []settling {
	var groups []settling
	for _, r := range list {
		settles := reason.Settles(r.About[0].Code)
		i := slices.IndexFunc(groups, func(g settling) bool { return g.settles == settles })
		if i < 0 {
			i = len(groups)
			groups = append(groups, settling{settles: settles})
		}
		groups[i].reasons = append(groups[i].reasons, r)
	}
	return groups
}

// briefUnknowns writes what could not be decided, and what settles it, each once.
func (t *text) briefUnknowns(unknowns []check.Unknown) {
	if len(unknowns) == 0 {
		return
	}
	fmt.Fprintf(&t.out, "%s\n", t.paint(cyan, "UNKNOWN"))
	unlisted, rest := check.Unlisted(unknowns)
	groups := bySettling(check.Together(rest))
	all, told := len(unlisted), 0
	for _, g := range groups {
		all += len(g.reasons)
	}
	say := func(head, message string) bool {
		if told == mostUnknowns && all > mostUnknowns+1 {
			return false
		}
		told++
		t.wrap("", "  ", clean(head))
		first, _, _ := strings.Cut(strings.TrimSpace(message), "\n")
		t.wrap("  ", "  ", clean(first))
		return true
	}
	for _, g := range unlisted {
		say("every "+g.Title, g.Message)
	}
	for _, g := range groups {
		before := told
		for _, r := range g.reasons {
			if !say(briefly(r)) {
				break
			}
		}
		if g.settles != "" && told > before {
			t.wrap("  fix  ", "       ", g.settles)
		}
	}
	if told < all {
		fmt.Fprintf(&t.out, "and %d more (--output wide)\n", all-told)
	}
	t.out.WriteByte('\n')
}

// briefly is what a reason is about, and the first of what it says.
func briefly(r check.Reason) (head, message string) {
	u := r.About[0]
	head = u.Subject.String()
	if at := place(u.File, u.Line); at != "" {
		head += " (" + strings.TrimSuffix(at, ": ") + ")"
	}
	if len(r.Rules) > 0 {
		head = strings.Join(r.Rules, ", ") + ": " + head
	}
	message, _, _ = strings.Cut(strings.TrimSpace(u.Message), "\n")
	if len(r.Rules) <= 1 {
		message = u.What + ": " + message
	}
	if more := len(r.About) - 1; more > 0 {
		message += fmt.Sprintf(" (and %d more)", more)
	}
	return head, message
}

func (t *text) unknowns(unknowns []check.Unknown) {
	if len(unknowns) == 0 {
		return
	}
	fmt.Fprintf(&t.out, "%s\n", t.paint(bold, "Could not be decided:"))
	unknowns = t.unlisted(unknowns)
	for _, group := range bySettling(check.Together(unknowns)) {
		for _, r := range group.reasons {
			t.unknown(r)
		}
		if group.settles != "" {
			fmt.Fprintf(&t.out, "  %s %s\n", t.paint(bold, "Fix:"), clean(group.settles))
		}
	}
	t.out.WriteByte('\n')
}

func (t *text) unknown(r check.Reason) {
	u := r.About[0]
	var rules []string
	for _, name := range r.Rules {
		rules = append(rules, t.paint(bold, clean(name)))
	}
	about := clean(u.Subject.String())
	if len(rules) > 0 {
		about = strings.Join(rules, ", ") + ": " + about
	}
	fmt.Fprintf(&t.out, "%s%s: %s\n", place(u.File, u.Line), t.paint(cyan, "unknown"), about)
	switch {
	case len(r.Rules) > 1 && len(r.About) == 1:
		t.item("  ", "  ", u.Message)
		return
	case len(r.About) == 1:
		t.item("  ", "  ", u.What+": "+u.Message)
		return
	case len(r.Rules) <= 1:
		fmt.Fprintf(&t.out, "  %s:\n", clean(u.What))
	}
	for _, u := range r.About {
		t.item("  - ", "    ", u.Message)
	}
}

// unlisted writes what is about whole kinds, those of which there is the same to say together, and returns the rest.
func (t *text) unlisted(unknowns []check.Unknown) []check.Unknown {
	groups, rest := check.Unlisted(unknowns)
	for _, group := range groups {
		fmt.Fprintf(&t.out, "%s: every %s\n", t.paint(cyan, "unknown"), clean(group.Title))
		t.item("  ", "  ", group.Message)
	}
	return rest
}
