package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
)

// shared is what all causes of a result have in common, which is said once.
type shared struct {
	// namespace and file are those of all causes and their ways in; empty where there are several.
	namespace, file string
	// names takes the namespace off the names of objects; nil where that has to be said.
	names *strings.Replacer
}

// shorten takes off a message what need not be said.
func (s shared) shorten(message string) string {
	if s.names == nil {
		return message
	}
	return s.names.Replace(message)
}

// severalCauses is from how many on it is shorter to name their file once.
const severalCauses = 4

func sharedBy(result check.Result) shared {
	var s shared
	if len(result.Causes) == 0 {
		return s
	}
	s.file = result.Causes[0].File
	if len(result.Causes) < severalCauses {
		s.file = ""
	}
	for _, c := range result.Causes {
		if c.File != s.file || c.Line == 0 {
			s.file = ""
		}
	}
	if len(result.Installations) != 1 {
		return s // the line of the installation names the namespace
	}
	s.namespace = result.Installations[0].Namespace
	var names []string
	for _, f := range result.Findings {
		names = append(names, f.Subject.Name)
		if f.Entry != nil {
			names = append(names, f.Entry.Name)
		}
		if f.Subject.Namespace != s.namespace || f.Entry != nil && f.Entry.Namespace != s.namespace {
			s.namespace = ""
			return s
		}
	}
	// The longest first, since one may be the beginning of another.
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	var pairs []string
	for _, name := range slices.Compact(names) {
		pairs = append(pairs, " "+s.namespace+"/"+name, " "+name)
	}
	s.names = strings.NewReplacer(pairs...)
	return s
}

// named is the name of an object without a namespace that need not be said. It begins with the kind.
func (t *text) named(s string) string {
	kind, rest, found := strings.Cut(s, " ")
	if t.shared.namespace == "" || !found {
		return s
	}
	return kind + " " + strings.TrimPrefix(rest, t.shared.namespace+"/")
}

// objects names what causes are about, and where it was read: `Deployment ditto/a (x.yaml:3), ditto/b (x.yaml:90)`.
func (t *text) objects(group []check.Cause) string {
	var names []string
	before := ""
	for n, c := range group {
		if n == mostObjects && len(group) > mostObjects {
			return strings.Join(names, ", ") + " and " + strconv.Itoa(len(group)-n) + " more"
		}
		kind, name, _ := strings.Cut(t.named(c.Subject.String()), " ")
		if kind != before {
			name = kind + " " + name
			before = kind
		}
		switch {
		case t.shared.file != "":
			name += " (" + strconv.Itoa(c.Line) + ")"
		case c.File != "":
			name += " (" + strings.TrimSuffix(place(c.File, c.Line), ": ") + ")"
		}
		names = append(names, clean(name))
	}
	return strings.Join(names, ", ")
}

// wayIn is a cause's example in a line, without what its heading and its message say: the object itself, and the
// target.
func (t *text) wayIn(c check.Cause) string {
	subject := c.Subject.String()
	var hops []string
	for i, hop := range c.Example {
		name, detail, _ := strings.Cut(hop, ", ")
		if i == 0 {
			name, detail = hop, ""
		}
		_, target, _ := strings.Cut(name, " ")
		switch rest, is := strings.CutPrefix(hop, subject+": "); {
		case i == 0 && strings.HasSuffix(hop, subject+" inside the cluster"):
			hops = append(hops, "inside the cluster")
		case i > 0 && name == subject && detail != "" && i < len(c.Example)-1:
			hops = append(hops, detail)
		case is && i == 0:
			hops = append(hops, rest)
		case i > 0 && i == len(c.Example)-1 && (name == subject || strings.Contains(c.Message, target)):
		case strings.HasPrefix(detail, "nginx location"):
			hops = append(hops, t.named(name)+", "+detail)
		default:
			hops = append(hops, t.named(name))
		}
	}
	return clean(strings.Join(hops, " → "))
}
