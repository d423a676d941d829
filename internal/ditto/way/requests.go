package way

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
)

// Which requests an edge lets in, for comparing what was open with what is. See package requests for what has to be
// true.

// Requests are the requests that a route passes on, by where clients come in, what they ask for, and with what path it
// arrives. Where they come from is left open. A kind that does not fill in Hosts is compared by its Text: what it lets
// in is then no more than before only as long as that says the same.
func (r *Route) Requests() requests.Set {
	if r.Lets != nil {
		return r.Lets()
	}
	paths := []requests.Paths{requests.Everything()}
	if r.Path != nil {
		paths = r.Path.Arrives(r.Text)
	}
	box := requests.Box{
		Doors: []requests.Door{{Kind: r.Door}}, Hosts: []requests.Hosts{requests.AnyHost()}, Paths: paths,
		Conditions: r.Conditions,
	}
	if r.Hosts == nil {
		box.Doors[0].Kind = r.Text
		return requests.Set{box}
	}
	if r.Effects.Passthrough {
		return connections(box, r.Hosts)
	}
	if box.Hosts = r.Requested; box.Hosts == nil {
		box.Hosts = RequestedHosts(r.Hosts)
	}
	return requests.Set{box}
}

// connections are the requests that come over connections for some server names. Which hosts they ask for is written in
// them, and need not be what the connection was for; so a server name is a condition, which a star in the place of its
// first label fulfils too.
func connections(box requests.Box, names []string) requests.Set {
	if len(names) == 0 {
		return requests.Set{box}
	}
	set := make(requests.Set, 0, len(names))
	for _, name := range names {
		one := box
		one.Conditions = slices.Clone(box.Conditions)
		if name = strings.ToLower(name); name != "" && name != "*" {
			one.Conditions = append(one.Conditions, "server name "+name)
			if _, parent, _ := strings.Cut(name, "."); !strings.HasPrefix(name, "*") && parent != "" {
				one.Conditions = append(one.Conditions, "server name *."+parent)
			}
		}
		set = append(set, one)
	}
	return set
}

// RequestedHosts are names of hosts as sets of them.
func RequestedHosts(names []string) []requests.Hosts {
	list := make([]requests.Hosts, 0, len(names))
	for _, name := range names {
		list = append(list, requests.HostsOf(name))
	}
	return list
}

// Takes are the requests that the edge takes by this path, by the path of the client. text tells a matcher that cannot
// be read from others.
func (m Matcher) Takes(text string) []requests.Paths {
	if m.Paths != nil {
		return m.Paths
	}
	return []requests.Paths{requests.Unread(text+" "+m.Why, m.Literal)}
}

// Arrives are the paths with which requests arrive at the backend. text is all that is written about the path.
func (p Path) Arrives(text string) []requests.Paths {
	taken := p.Matcher.Takes(text)
	switch p.Rewrite.Kind {
	case RewriteNone:
		return taken
	case RewriteConstant:
		return []requests.Paths{requests.Path(p.Rewrite.lands())}
	case RewritePrefix:
		if moved, ok := p.Rewrite.moves(taken); ok {
			return moved
		}
	case RewriteUnknown:
	}
	return []requests.Paths{requests.Unread(fmt.Sprint(text, taken, p.Rewrite), "")}
}

// moves are the paths that come of those taken; ok is false where that cannot be written as a pattern.
func (w Rewrite) moves(taken []requests.Paths) ([]requests.Paths, bool) {
	if len(taken) != 1 {
		return nil, false
	}
	var all []requests.Paths
	for _, from := range w.From {
		moved, ok := moved(taken[0], from, w.lands())
		if ok && (len(all) == 0 || fmt.Sprint(all[0]) != fmt.Sprint(moved)) {
			all = append(all, moved)
		}
	}
	return all, len(all) == 1
}

// moved is a pattern with one prefix of its paths put in the place of another. It is known only if every path has the
// prefix.
func moved(p requests.Paths, from, to string) (requests.Paths, bool) {
	if len(p.Except) > 0 || p.Kind == requests.Opaque || p.Kind == requests.Fold {
		return p, false
	}
	if p.Kind == requests.Elements && p.Text == strings.TrimRight(from, "/") {
		return requests.Below(to), true
	}
	rest, ok := strings.CutPrefix(p.Text, from)
	if !ok {
		return p, false
	}
	if p.Text = to + rest; !strings.HasPrefix(p.Text, "/") {
		p.Text = "/" + p.Text
	}
	return p, true
}

// passes is what several matchers let through together, and what steps in between make of the paths; nil where it
// cannot be told.
func passes(stages []Stage) []requests.Paths {
	var list []requests.Paths
	for _, s := range stages {
		if s.match != nil {
			if s.match.Paths == nil {
				return nil
			}
			list = slices.Concat(list, s.match.Paths)
			continue
		}
		if s.step.moves == nil {
			return nil
		}
		if len(list) == 0 {
			list = []requests.Paths{requests.Everything()}
		}
		next := make([]requests.Paths, 0, len(list))
		for _, p := range list {
			to, ok := s.step.moves(p)
			if !ok {
				return nil
			}
			next = append(next, to)
		}
		list = next
	}
	return list
}

// SourceRanges reads the addresses that are let in, nil for all. What cannot be read is a condition of its own.
func SourceRanges(list []string) (ranges []netip.Prefix, odd []string) {
	for _, text := range list {
		text = strings.TrimSpace(text)
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			address, err := netip.ParseAddr(text)
			if err != nil {
				return nil, []string{"addresses " + strings.Join(list, ",")}
			}
			prefix = netip.PrefixFrom(address, address.BitLen())
		}
		if prefix.Bits() == 0 {
			return nil, nil
		}
		ranges = append(ranges, prefix.Masked())
	}
	return ranges, nil
}
