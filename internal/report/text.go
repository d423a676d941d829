package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
)

// Options say how text is written.
type Options struct {
	// Color adds ANSI escapes for a terminal.
	Color bool
	// Width is how many columns there are; 0 means 120.
	Width int
	// Plan says that `dittoguard fix` can plan what closes the findings: what was judged is in files.
	Plan bool
	// Verbose also shows the findings that no mode asks for, and each finding's keys. It is for Wide.
	Verbose bool
}

const (
	usualWidth = 120
	leastWidth = 60
	// mostUnknowns is how many reasons why something is unknown Text shows.
	mostUnknowns = 8
	// mostLines is how much is said of what is wrong where it is only warned of.
	mostLines = 2
	// mostDirect is how many steps a way has that leads straight from an object to its target.
	mostDirect = 3
	// mostObjects is how many of a rule's objects are named.
	mostObjects = 3
)

// Text writes the result for people who have to mend something: what Ditto is there, how much each rule finds, what to
// change, what is unknown, and the verdict. Nothing is said twice; Wide says it all.
//
//	Ditto 4.6 in namespace ditto: gateway, things, proxy; 4 entries from outside
//
//	preauth-exposed   critical  guide 1    6 denied
//
//	DENIED
//	preauth-exposed: Deployment ditto/gateway (deploy/gateway.yaml:14)
//	  A public way in reaches a gateway that believes the identity a client sends.
//	  way  6 ways in, one: Ingress api: ditto.example.com/api → Service gateway
//	  fix  Switch pre-authentication off.
//
//	12 objects: 6 denied
func Text(w io.Writer, result check.Result, opts Options) error {
	t := newText(opts)
	result = check.Sorted(result)
	t.shared = sharedBy(result)
	t.installations(result.Installations)
	t.table(result)
	for _, action := range asked {
		t.causes(strings.ToUpper(did[action]), action, result.Causes)
	}
	if len(result.Causes) > 0 && len(result.Unknown)+len(result.Exceptions) > 0 {
		t.out.WriteByte('\n')
	}
	t.briefUnknowns(result.Unknown)
	t.exceptions(result.Exceptions)
	t.verdict(result)
	if _, err := w.Write(t.out.Bytes()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func (t *text) installations(list []check.Installation) {
	for _, i := range list {
		t.wrap("", "  ", installed(i))
	}
	if len(list) > 0 {
		t.out.WriteByte('\n')
	}
}

// row is what the table says of a rule.
type row struct {
	check.Finding
	counts map[check.Action]int
}

// table counts the findings of each rule, in two columns where there is space for them.
func (t *text) table(result check.Result) {
	rows := rowsOf(result)
	if len(rows) == 0 {
		return
	}
	cells := make([][2]string, 0, len(rows)) // as it is, and in colour
	name, longest := 0, 0
	for _, r := range rows {
		name = max(name, len([]rune(clean(r.Rule))))
	}
	for _, r := range rows {
		guide := ""
		if r.Guide != "" {
			guide = "guide " + clean(r.Guide)
		}
		var plain, coloured []string
		for _, action := range asked {
			if n := r.counts[action]; n > 0 {
				text := strconv.Itoa(n) + " " + did[action]
				plain, coloured = append(plain, text), append(coloured, t.paint(colors[action], text))
			}
		}
		front := fmt.Sprintf("%-*s  %-8s  %-9s  ", name, clean(r.Rule), clean(string(r.Severity)), guide)
		cells = append(cells, [2]string{front + strings.Join(plain, ", "), front + strings.Join(coloured, ", ")})
		longest = max(longest, len([]rune(cells[len(cells)-1][0])))
	}
	columns := 1
	if len(cells) > 3 && 2*longest+3 <= t.width {
		columns = 2
	}
	lines := (len(cells) + columns - 1) / columns
	for line := range lines {
		cell := cells[line]
		t.out.WriteString(cell[1])
		if second := line + lines; second < len(cells) {
			t.out.WriteString(strings.Repeat(" ", longest+3-len([]rune(cell[0]))) + cells[second][1])
		}
		t.out.WriteByte('\n')
	}
	t.out.WriteByte('\n')
}

// asked are the actions that modes ask for, the strictest first.
var asked = []check.Action{check.ActionDeny, check.ActionWarn, check.ActionAudit}

// did is what has become of what leads to an action.
var did = map[check.Action]string{check.ActionDeny: "denied", check.ActionWarn: "warned", check.ActionAudit: "audited"}

// causes writes what to change, those of a rule together: they differ in the object alone.
func (t *text) causes(title string, action check.Action, all []check.Cause) {
	list := slices.DeleteFunc(slices.Clone(all), func(c check.Cause) bool { return c.Action != action })
	if len(list) == 0 {
		return
	}
	if heading := t.paint(colors[action], title); t.shared.file == "" || t.explained {
		fmt.Fprintf(&t.out, "%s\n", heading)
	} else {
		t.explained = true
		t.wrapPainted(title+" ", heading+" ", "  ", "(numbers behind names are lines of "+clean(t.shared.file)+")")
	}
	for _, group := range runs(list, func(a, b check.Cause) bool { return a.Rule == b.Rule }) {
		t.cause(group)
	}
}

func (t *text) cause(group []check.Cause) {
	first := group[0]
	advice := check.Advices(group)
	known := ""
	if len(advice) == 1 {
		known = t.advised[advice[0]]
	}
	about := t.objects(group)
	if known != "" && known != first.Rule {
		if len(group) > 1 {
			about = counted(len(group), "object", "objects")
		}
		about, advice = about+"; fix as for "+clean(known), nil
	}
	ways := 0
	for _, c := range group {
		ways += c.Ways
	}
	way := t.wayIn(first)
	if first.Action != check.ActionDeny && (advice == nil || len(first.Example) <= mostDirect) {
		t.shown[way] = true // whose fix it is has shown one, or the objects say it all
	}
	if t.shown[way] && ways > 1 {
		about += fmt.Sprintf("; %d ways in", ways)
	}
	t.wrapPainted(clean(first.Rule)+": ", t.paint(bold, clean(first.Rule))+": ", "  ", about)
	lines := mostLines
	if first.Action == check.ActionDeny {
		lines = 0
	}
	message, _, _ := strings.Cut(strings.TrimSpace(first.Message), "\n")
	t.wrapLines("  ", "  ", clean(t.shared.shorten(message)), lines)
	if way != "" && !t.shown[way] {
		t.shown[way] = true
		if ways > 1 {
			way = strconv.Itoa(ways) + " ways in, one: " + way
		}
		t.wrap("  way  ", "       ", way)
	}
	for _, text := range advice {
		t.advised[text] = first.Rule
		t.wrap("  fix  ", "       ", clean(text))
	}
}

// counted is `1 object`, `2 objects`.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// verdict writes where to read more, and the last line.
func (t *text) verdict(result check.Result) {
	if len(result.Causes) > 0 {
		more := "About a rule: dittoguard rules show RULE. In full, with every way in: --output wide."
		if t.opts.Plan {
			more += " A checked plan: dittoguard fix."
		}
		fmt.Fprintf(&t.out, "%s\n", t.paint(dim, more))
	}
	t.summary(result, false)
}
