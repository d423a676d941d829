package nginxconf

import (
	"path"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/vhost"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

// upstream is an upstream block: where its servers are.
type upstream struct {
	targets []Target
	unknown string
}

func parseUpstream(d *syntax.Directive) upstream {
	var u upstream
	for _, e := range d.Block {
		switch {
		case e.Name == "include" && e.Missing, syntax.Unread(e.Name):
			u.unknown = e.Name + " at " + e.At()
		case e.Name == "server" && len(e.Args) > 0:
			down := false
			for _, p := range e.Args[1:] {
				down = down || p == "down"
				if strings.HasPrefix(p, "service=") {
					u.unknown = reason.Of("nginx-upstream-port", d.Args[0], e.Args[0], e.At())
				}
			}
			if down {
				continue
			}
			t, ok := parseTarget(e.Args[0], 80)
			if !ok {
				u.unknown = reason.Of("nginx-upstream-server", d.Args[0], e.At())
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
		if port, ok = vhost.ParsePort(p); !ok {
			return Target{}, false
		}
	} else if rest != "" {
		return Target{}, false
	}
	return Target{Host: strings.ToLower(host), Port: port}, host != ""
}
