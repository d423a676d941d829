package expr

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
)

// mapping is a map, geo or split_clients block: a variable whose value depends on another.
type mapping struct {
	kind    string // map, geo, split_clients
	name    string
	source  Text
	exact   []entry
	regex   []entry
	deflt   Text
	unknown bool // an include that was not found, or a value that is not understood
	node    *syntax.Directive
}

type entry struct {
	key   string
	re    *Pattern
	value Text
}

// selects is the assumption that the source is this entry's string. Strings are looked up without regard to case.
func (e *entry) selects(source Text, holds bool) Assumption {
	if e.key == "" {
		return Assumption{Source: source, Equals: &e.key, Holds: holds}
	}
	return Assumption{Source: source, Re: e.re, Holds: holds}
}

// parseMapping reads a block, or returns nil where it is not one.
func parseMapping(d *syntax.Directive) *mapping {
	m := &mapping{kind: d.Name, node: d}
	target := d.Arg(len(d.Args) - 1)
	if len(d.Args) == 0 || !strings.HasPrefix(target, "$") {
		return nil
	}
	m.name = VariableName(target)
	if d.Name != "geo" {
		if len(d.Args) != 2 {
			return nil
		}
		source, err := Parse(d.Args[0])
		if err != nil {
			m.unknown = true
		}
		m.source = source
	}
	hostnames := false
	for _, e := range d.Block {
		hostnames = hostnames || (d.Name == "map" && e.Name == "hostnames" && len(e.Args) == 0)
	}
	for _, e := range d.Block {
		switch {
		case e.Name == "include" && e.Missing:
			m.unknown = true
		case len(e.Args) == 0:
		case len(e.Args) != 1:
			m.unknown = true
		case d.Name == "geo" && (e.Name == "proxy" || e.Name == "delete"):
		default:
			m.add(e, hostnames)
		}
	}
	return m
}

func (m *mapping) add(e *syntax.Directive, hostnames bool) {
	value := Literal(e.Args[0])
	if m.kind == "map" {
		var err error
		if value, err = Parse(e.Args[0]); err != nil {
			m.unknown = true
			return
		}
	}
	key := e.Name
	switch {
	case key == "default" || (m.kind == "split_clients" && key == "*"):
		m.deflt = value
	case m.kind != "map":
		m.exact = append(m.exact, entry{key: key, value: value})
	case strings.HasPrefix(key, "~*"):
		m.regex = append(m.regex, entry{key: key, re: Compile(key[2:], true), value: value})
	case strings.HasPrefix(key, "~"):
		m.regex = append(m.regex, entry{key: key, re: Compile(key[1:], false), value: value})
	case hostnames && (strings.HasPrefix(key, "*.") || strings.HasPrefix(key, ".") || strings.HasSuffix(key, ".*")):
		m.regex = append(m.regex, entry{key: key, re: hostPattern(key), value: value})
	default:
		// ngx_http_map_find lowers the source before it looks: a string matches whatever its case.
		key = strings.TrimPrefix(key, `\`)
		m.exact = append(m.exact, entry{key: strings.ToLower(key), re: Compile(`^`+regexp.QuoteMeta(key)+`$`, true),
			value: value})
	}
}

// hostPattern is a host name with a wildcard as a pattern.
func hostPattern(name string) *Pattern {
	name = strings.ToLower(name)
	switch {
	case strings.HasPrefix(name, "*."):
		return Compile(`^.+`+regexp.QuoteMeta(name[1:])+`$`, true)
	case strings.HasPrefix(name, "."):
		return Compile(`^(.+\.)?`+regexp.QuoteMeta(name[1:])+`$`, true)
	}
	return Compile(`^`+regexp.QuoteMeta(strings.TrimSuffix(name, "*"))+`.+$`, true)
}

// values are all that a map can give.
func (m *mapping) values() []Text {
	var list []Text
	for _, e := range slices.Concat([]entry{{value: m.deflt}}, m.exact, m.regex) {
		list = append(list, e.value)
	}
	return list
}
