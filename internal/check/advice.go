package check

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/facts"
	"github.com/dittoguard/dittoguard/internal/ditto/world"
	"github.com/dittoguard/dittoguard/internal/engine"
	"github.com/dittoguard/dittoguard/internal/mend"
)

// ofChart is what advice begins with where values of Ditto's chart are what to change; between several of them stands
// setting.
const (
	ofChart = "values of Ditto's chart: "
	setting = "; "
)

// advise says in a sentence each how to mend what a rule finds: the fixes that apply, that first which can be made in
// the channel of the object.
func advise(view *world.View, v *violation, fixes []engine.AppliedFix) []string {
	var list []string
	first := -1
	for i, fix := range fixes {
		message, made := saidOf(view, v, fix)
		if first < 0 && made {
			first = i
		}
		list = append(list, message)
	}
	if first > 0 {
		chosen := list[first]
		list = slices.Insert(slices.Delete(list, first, first+1), 0, chosen)
	}
	return list
}

// saidOf says what to change by a fix. It says false if the fix is a change that cannot be made where the object comes
// from.
func saidOf(view *world.View, v *violation, fix engine.AppliedFix) (message string, made bool) {
	t := target(view, v, fix.Change)
	if t.Object == nil || Channel(t.Object) != facts.ChannelValues {
		return fix.Message, true
	}
	if values := mend.InValues(fix.Change, t); len(values) > 0 {
		return ofChart + strings.Join(values, setting), true
	}
	if fix.Purpose != "" {
		if in := mend.Annotations(t.Object); in != "" && annotation.MatchString(fix.Message) {
			return ofChart + in + ", " + fix.Message, true
		}
		return fix.Message, true
	}
	if fix.Change.IsZero() || mend.ChartVersion(t.Object) == "" {
		return fix.Message, true
	}
	return strings.TrimSuffix(fix.Message, ".") + "; Ditto's chart has no value for it, `dittoguard fix` has a patch.",
		false
}

// annotation is how the advice of an edge begins that is an annotation to set.
var annotation = regexp.MustCompile(`^set [a-z0-9.-]+/[A-Za-z0-9._-]+: `)

// Advices are what to change for several causes, each once; what they say of values of Ditto's chart is put together.
func Advices(causes []Cause) []string {
	var list, values []string
	at := -1
	for _, c := range causes {
		of, chart := strings.CutPrefix(c.Advice, ofChart)
		switch {
		case c.Advice == "" || slices.Contains(list, c.Advice):
		case !chart:
			list = append(list, c.Advice)
		default:
			if at < 0 {
				at = len(list)
				list = append(list, "")
			}
			for value := range strings.SplitSeq(of, setting) {
				if !slices.Contains(values, value) {
					values = append(values, value)
				}
			}
		}
	}
	if at >= 0 {
		list[at] = ofChart + strings.Join(together(values), setting)
	}
	return list
}

// together puts values that differ in one key alone into one: `dbconfig.{policies,things}.ssl: true`.
func together(values []string) []string {
	for i := 0; i < len(values); i++ {
		path, value, _ := strings.Cut(values[i], ": ")
		keys := strings.Split(path, ".")
		for k := range keys {
			before, after := strings.Join(keys[:k], ".")+".", "."+strings.Join(keys[k+1:], ".")
			if k == 0 || k == len(keys)-1 {
				continue // the ends say what it is
			}
			alike := []string{keys[k]}
			for _, other := range values[i+1:] {
				path, is, _ := strings.Cut(other, ": ")
				rest, begins := strings.CutPrefix(path, before)
				if key, ends := strings.CutSuffix(rest, after); begins && ends && is == value && key != "" &&
					!strings.Contains(key, ".") {
					alike = append(alike, key)
				}
			}
			if len(alike) < 2 {
				continue
			}
			gone := func(v string) bool {
				path, is, _ := strings.Cut(v, ": ")
				key := strings.TrimSuffix(strings.TrimPrefix(path, before), after)
				return is == value && slices.Contains(alike[1:], key) && path == before+key+after
			}
			values[i] = before + "{" + strings.Join(alike, ",") + "}" +
				strings.TrimSuffix(strings.Join([]string{after, value}, ": "), ": ")
			values = slices.DeleteFunc(values, gone)
			break
		}
	}
	return values
}
