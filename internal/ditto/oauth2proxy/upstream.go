package oauth2proxy

import (
	"regexp"
	"slices"
	"strings"
)

// Upstream is where requests for a path go.
type Upstream struct {
	// Host is empty where oauth2-proxy answers itself.
	Host string
	Port int32
	// Socket is the path of a Unix socket, in place of a host.
	Socket string
	// Path is a prefix if it ends with a slash, else a whole path; with a Rewrite it is a regular expression, in whose
	// place Rewrite is put.
	Path, Rewrite string

	// before are the upstreams that take requests first. With raw they are compared with the path as a client writes
	// it, so that a letter of it written as an escape gets a request past a longer path.
	before []*Upstream
	raw    bool
}

// Forwards says whether requests are passed on to somebody.
func (u *Upstream) Forwards() bool { return u.Host != "" || u.Socket != "" }

// order puts the upstreams in the order in which they are asked: those with a rewrite first, then the longer path.
func (c *Config) order() {
	slices.SortStableFunc(c.Upstreams, func(a, b *Upstream) int {
		if (a.Rewrite != "") != (b.Rewrite != "") {
			if a.Rewrite != "" {
				return -1
			}
			return 1
		}
		return len(b.Path) - len(a.Path)
	})
	for i, u := range c.Upstreams {
		u.raw = c.RawPath
		u.before = slices.DeleteFunc(slices.Clone(c.Upstreams[:i]), u.passes)
	}
}

// passes says whether every request for the upstream can get past one that is asked before. Expressions are compared
// with decoded paths.
func (u *Upstream) passes(other *Upstream) bool {
	rest, longer := strings.CutPrefix(other.Path, u.Path)
	return u.raw && u.Rewrite == "" && other.Rewrite == "" && longer && strings.HasSuffix(u.Path, "/") &&
		strings.Trim(rest, "/") != ""
}

// takes says whether requests for a path go to the upstream, if they come to it.
func (u *Upstream) takes(path string) (takes, known bool) {
	if u.Rewrite != "" {
		re, err := regexp.Compile(u.Path)
		if err != nil {
			return false, false
		}
		return re.MatchString(path), true
	}
	if strings.HasSuffix(u.Path, "/") {
		return strings.HasPrefix(path, u.Path), true
	}
	return path == u.Path, true
}

// simple is an expression whose rewrite can be undone: literal text, and all that follows it.
var simple = regexp.MustCompile(`^\^?([/A-Za-z0-9._~-]*)\(\.\*\)\$?$`)

// ClientPathFor is a path that a client can ask for so that the upstream gets the one given; known is false where that
// cannot be told.
func (u *Upstream) ClientPathFor(path string) (client string, ok, known bool) {
	client = path
	if u.Rewrite != "" {
		m := simple.FindStringSubmatch(u.Path)
		target, _, _ := strings.Cut(u.Rewrite, "?")
		prefix, once := strings.CutSuffix(strings.ReplaceAll(target, "${1}", "$1"), "$1")
		if m == nil || !once || strings.Contains(prefix, "$") {
			return "", false, false
		}
		rest, fits := strings.CutPrefix(path, prefix)
		if !fits {
			return "", false, true
		}
		client = m[1] + rest
	} else if takes, _ := u.takes(path); !takes {
		return "", false, true
	}
	for _, other := range u.before {
		takes, known := other.takes(client)
		if !known {
			return "", false, false
		}
		if takes {
			return "", false, true
		}
	}
	return client, true, true
}
