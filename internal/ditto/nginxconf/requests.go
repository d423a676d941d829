package nginxconf

import (
	"fmt"
	"hash/fnv"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/vhost"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
)

// Which requests a route lets through, for comparing one configuration with another. See package requests for what has
// to be true of it.

// mostExcept bounds how many locations beside a route's are told apart.
const mostExcept = 64

// Arrive are the paths with which requests go on through this route, of those that come with given paths.
func (r *Route) Arrive(paths []requests.Paths) []requests.Paths {
	if r.Server.Stream {
		return paths
	}
	loc := r.scope.location()
	if r.changesPaths() {
		return []requests.Paths{requests.Unread(fmt.Sprint(r.written(), paths), "")}
	}
	if loc.re != nil {
		if r.Prefix != "" {
			return []requests.Paths{requests.Unread(fmt.Sprint(r.written(), paths), "")}
		}
		return append(slices.Clone(paths), requests.Unread("location "+r.Location, regexFloor(loc)))
	}
	own := requests.Beginning(loc.name)
	if loc.exact {
		own = requests.Path(loc.name)
	}
	own.Except = loc.takenAway()
	if loc.kind == kindServer {
		own = requests.Paths{Kind: requests.Characters, Text: "/", Except: own.Except}
	}
	if r.Prefix == "" {
		return append(slices.Clone(paths), own)
	}
	return r.replaced(paths, own)
}

// replaced puts Prefix in the place of the location's own text.
func (r *Route) replaced(paths []requests.Paths, own requests.Paths) []requests.Paths {
	from := own.Text
	move := func(p requests.Paths) (requests.Paths, bool) {
		rest, ok := strings.CutPrefix(p.Text, from)
		if !ok || p.Kind == requests.Fold || p.Kind == requests.Opaque {
			return requests.Unread(fmt.Sprint(r.written(), p), ""), false
		}
		p.Text = r.Prefix + rest
		return p, true
	}
	var list []requests.Paths
	for _, p := range paths {
		if own.In(requests.Paths{Kind: p.Kind, Text: p.Text, Floor: p.Floor}) == requests.Inside && len(p.Except) == 0 {
			continue
		}
		except := p.Except
		p.Except = nil
		to, ok := move(p)
		for _, e := range except {
			left, known := move(e)
			if ok && known {
				to.Except = append(to.Except, left)
			} else if e.In(own) != requests.Apart {
				to, ok = requests.Unread(fmt.Sprint(r.written(), p, except), ""), false
			}
		}
		list = append(list, to)
	}
	except := own.Except
	own.Except = nil
	own.Text = r.Prefix
	for _, e := range except {
		left, _ := move(e)
		own.Except = append(own.Except, left)
	}
	return append(list, own)
}

// changesPaths says whether something besides the location and proxy_pass decides which paths go on.
func (r *Route) changesPaths() bool {
	if !r.static || r.Internal || len(r.Unknown) > 0 {
		return true
	}
	for s := r.scope; s != nil && s.kind != kindHTTP; s = s.parent {
		for _, d := range s.dirs {
			if d.Name == "rewrite" || d.Name == "if" && holdsRewrite(d) {
				return true
			}
		}
	}
	return false
}

// written is a digest of all that stands in the blocks that the route is in, and of the maps.
func (r *Route) written() string {
	h := fnv.New128a()
	for s := r.scope; s != nil; s = s.parent {
		for _, d := range s.dirs {
			beside := s.kind == kindServer && d.Name == "location" && !r.Internal
			if s.kind != kindHTTP && !beside || d.Name == "map" || d.Name == "geo" || d.Name == "split_clients" {
				writeDirective(h, d)
			}
		}
	}
	return fmt.Sprintf("%s %x", r.Location, h.Sum(nil))
}

func writeDirective(w io.Writer, d *syntax.Directive) {
	_, _ = fmt.Fprintf(w, "%q %q {", d.Name, d.Args) // never fails
	for _, inner := range d.Block {
		writeDirective(w, inner)
	}
	_, _ = io.WriteString(w, "}")
}

// takenAway are the locations that take requests away from one: longer ones, those in it, and regular expressions.
func (s *scope) takenAway() []requests.Paths {
	var list []requests.Paths
	add := func(static, regex []*scope) {
		for _, other := range static {
			switch {
			case other == s || !strings.HasPrefix(other.name, s.name):
			case other.exact:
				list = append(list, requests.Path(other.name))
			case len(other.name) > len(s.name):
				list = append(list, requests.Beginning(other.name))
			}
		}
		for _, other := range regex {
			list = append(list, requests.Unread("location "+other.match(), regexFloor(other)))
		}
	}
	if s.exact {
		return nil
	}
	add(s.static, s.regex)
	if p := s.parent; s.kind != kindServer && p != nil {
		add(p.static, nil)
	}
	for c := s; c.kind == kindLocation && c.parent != nil; c = c.parent {
		if !c.noRegex {
			add(nil, c.parent.regex)
		}
	}
	if len(list) <= mostExcept {
		return list
	}
	h := fnv.New128a()
	for _, p := range list {
		_, _ = fmt.Fprintf(h, "%d %q %q", p.Kind, p.Text, p.Floor) // never fails
	}
	return []requests.Paths{requests.Unread(fmt.Sprintf("%d locations %x", len(list), h.Sum(nil)), "")}
}

// regexFloor is the text that every path begins with that a regular expression fits.
func regexFloor(s *scope) string {
	text, pinned := strings.CutPrefix(s.name, "^")
	if !pinned || strings.Contains(text, "|") || s.re == nil || s.re.Fold {
		return ""
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return ""
	}
	literal, _ := re.LiteralPrefix()
	return literal
}

// Takes says for which hosts the route's server takes the requests that come in by a door. A zero Door is any of the
// server's.
func (r *Route) Takes(at vhost.Door) []vhost.Taken {
	return r.config.listeners.Takes(&r.Server.Host, at)
}
