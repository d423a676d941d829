package nginxconf

import (
	"path"
	"regexp"
	"strings"
)

// mapping is a map, geo or split_clients block: a variable whose value depends on another.
type mapping struct {
	kind    string // map, geo, split_clients
	name    string
	source  text
	exact   []entry
	regex   []entry
	deflt   text
	unknown bool // an include that is not at hand, or a value that is not understood
	node    *directive
}

type entry struct {
	key   string
	re    *pattern
	value text
}

// selects is the assumption that the source is this entry's string. Strings are looked up without regard to case.
func (e *entry) selects(source text, holds bool) assumption {
	if e.key == "" {
		return assumption{source: source, equals: &e.key, holds: holds}
	}
	return assumption{source: source, re: e.re, holds: holds}
}

// parseMapping reads a block, or returns nil where it is not one.
func parseMapping(d *directive) *mapping {
	m := &mapping{kind: d.name, node: d}
	target := d.arg(len(d.args) - 1)
	if len(d.args) == 0 || !strings.HasPrefix(target, "$") {
		return nil
	}
	m.name = strings.TrimPrefix(target, "$")
	if d.name != "geo" {
		if len(d.args) != 2 {
			return nil
		}
		source, err := parseText(d.args[0])
		if err != nil {
			m.unknown = true
		}
		m.source = source
	}
	hostnames := false
	for _, e := range d.block {
		hostnames = hostnames || (d.name == "map" && e.name == "hostnames" && len(e.args) == 0)
	}
	for _, e := range d.block {
		switch {
		case e.name == "include" && e.missing:
			m.unknown = true
		case len(e.args) == 0:
		case len(e.args) != 1:
			m.unknown = true
		case d.name == "geo" && (e.name == "proxy" || e.name == "delete"):
		default:
			m.add(e, hostnames)
		}
	}
	return m
}

func (m *mapping) add(e *directive, hostnames bool) {
	value := literal(e.args[0])
	if m.kind == "map" {
		var err error
		if value, err = parseText(e.args[0]); err != nil {
			m.unknown = true
			return
		}
	}
	key := e.name
	switch {
	case key == "default" || (m.kind == "split_clients" && key == "*"):
		m.deflt = value
	case m.kind != "map":
		m.exact = append(m.exact, entry{key: key, value: value})
	case strings.HasPrefix(key, "~*"):
		m.regex = append(m.regex, entry{key: key, re: compile(key[2:], true), value: value})
	case strings.HasPrefix(key, "~"):
		m.regex = append(m.regex, entry{key: key, re: compile(key[1:], false), value: value})
	case hostnames && (strings.HasPrefix(key, "*.") || strings.HasPrefix(key, ".") || strings.HasSuffix(key, ".*")):
		m.regex = append(m.regex, entry{key: key, re: hostPattern(key), value: value})
	default:
		// ngx_http_map_find lowers the source before it looks: a string matches whatever its case.
		key = strings.TrimPrefix(key, `\`)
		m.exact = append(m.exact, entry{key: strings.ToLower(key), re: compile(`^`+regexp.QuoteMeta(key)+`$`, true), value: value})
	}
}

// hostPattern is a host name with a wildcard as a pattern.
func hostPattern(name string) *pattern {
	name = strings.ToLower(name)
	switch {
	case strings.HasPrefix(name, "*."):
		return compile(`^.+`+regexp.QuoteMeta(name[1:])+`$`, true)
	case strings.HasPrefix(name, "."):
		return compile(`^(.+\.)?`+regexp.QuoteMeta(name[1:])+`$`, true)
	}
	return compile(`^`+regexp.QuoteMeta(strings.TrimSuffix(name, "*"))+`.+$`, true)
}

// upstream is an upstream block: where its servers are.
type upstream struct {
	targets []Target
	unknown string
}

func parseUpstream(d *directive) upstream {
	var u upstream
	for _, e := range d.block {
		switch {
		case e.name == "include" && e.missing, unread(e.name):
			u.unknown = e.name + " at " + e.at()
		case e.name == "server" && len(e.args) > 0:
			down := false
			for _, p := range e.args[1:] {
				down = down || p == "down"
				if strings.HasPrefix(p, "service=") {
					u.unknown = "server " + e.args[0] + " at " + e.at() + " takes its port from DNS"
				}
			}
			if down {
				continue
			}
			t, ok := parseTarget(e.args[0], 80)
			if !ok {
				u.unknown = "server at " + e.at() + " is not understood"
				continue
			}
			u.targets = append(u.targets, t)
		}
	}
	return u
}

// parseTarget reads host, host:port, [v6]:port or unix:path.
func parseTarget(s string, port int) (Target, bool) {
	if after, ok := strings.CutPrefix(s, "unix:"); ok {
		return Target{Host: path.Clean(after), Unix: true}, true
	}
	if strings.ContainsAny(s, "${}") || s == "" {
		return Target{}, false
	}
	host, rest := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return Target{}, false
		}
		host, rest = s[1:end], s[end+1:]
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, rest = s[:i], s[i:]
	}
	if p, ok := strings.CutPrefix(rest, ":"); ok {
		if port, ok = parsePort(p); !ok {
			return Target{}, false
		}
	} else if rest != "" {
		return Target{}, false
	}
	return Target{Host: strings.ToLower(host), Port: port}, host != ""
}

func parsePort(s string) (int, bool) {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' || n > 65535 {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, n > 0 && n <= 65535
}
