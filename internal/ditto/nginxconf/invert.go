package nginxconf

import (
	"context"
	"iter"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// ClientPathFor asks the other way round: which path can a client send so that this route forwards it and the gateway reads
// gatewayPath (as Pekko HTTP reads it: each segment percent-decoded, nothing collapsed)? Candidates are made from the
// configuration, the plain path first, and each is verified by following it as Locate does, over every port and name of the
// route's server.
//
// ok with known: clientPath does it. ok without known: it does it for some requests only, see Locate. Neither: whether any
// path does is not certain. Not ok with known: no path does; that is said only where the mapping is simple enough to be
// inverted completely.
func (r *Route) ClientPathFor(ctx context.Context, gatewayPath string) (clientPath string, ok bool, known bool) {
	return r.clientPathFor(&search{ctx: ctx, left: workPerSearch}, gatewayPath)
}

func (r *Route) clientPathFor(s *search, gatewayPath string) (clientPath string, ok bool, known bool) {
	if r.Server.Stream {
		return gatewayPath, true, true
	}
	if r.Access == accessNone {
		return "", false, len(r.Unknown) == 0
	}
	if r.misses(gatewayPath) {
		return "", false, true
	}
	if s.left <= 0 {
		return "", false, false
	}
	return s.first(r, r.candidates(gatewayPath), func(upstream string) bool {
		read, ok := readByGateway(upstream)
		return ok && read == gatewayPath
	})
}

// misses says that no path can lead to gatewayPath because of what it begins with, which spares following candidates. Of a
// plain path (no escapes, no dot segments) the location sees the very path that the gateway reads, or, where proxy_pass
// has a path, what the gateway reads begins with that.
func (r *Route) misses(gatewayPath string) bool {
	loc := r.scope.location()
	if r.keepsBelow(loc) && !strings.HasPrefix(gatewayPath, r.Prefix) {
		return true
	}
	if !r.complete || strings.ContainsAny(r.prefix+r.Prefix+gatewayPath, "%?") || r.scope != loc {
		return false
	}
	switch {
	case r.Prefix != "":
		return r.prefix != "" && !strings.HasPrefix(gatewayPath, r.Prefix)
	case loc.re != nil:
		_, ok, known := loc.re.match(gatewayPath)
		return known && !ok
	}
	return !strings.HasPrefix(gatewayPath, loc.name)
}

// keepsBelow says that whatever the location is asked, by clients or by nginx itself, what goes upstream begins with Prefix:
// proxy_pass puts that in place of the location's own name, unless a rewrite came between.
func (r *Route) keepsBelow(loc *scope) bool {
	return r.static && r.scope == loc && r.prefix != "" && r.Prefix != "" && len(loc.rewrites) == 0 && loc.re == nil &&
		len(r.Unknown) == 0 && !strings.ContainsAny(r.prefix+r.Prefix, "%?")
}

// DotPathFor is a path that this route takes by its normalised form while the bytes that go upstream begin with gatewayPath
// and hold dot segments: nginx resolves `..` before it chooses a location, Ditto does not resolve it at all. What Ditto makes
// of the rest is not said. Only a raw route has one.
func (r *Route) DotPathFor(ctx context.Context, gatewayPath string) (clientPath string, ok bool) {
	if !r.Raw || r.Server.Stream || r.Access == accessNone {
		return "", false
	}
	up := strings.Repeat("/..", strings.Count(gatewayPath, "/")+1)
	var list []string
	for entry := range r.entries("") {
		if len(list) == maxCandidates {
			break
		}
		list = append(list, gatewayPath+"/x"+up+entry)
	}
	look := &search{ctx: ctx, left: workPerSearch}
	clientPath, ok, known := look.first(r, slices.Values(list), func(upstream string) bool {
		return strings.HasPrefix(upstream, gatewayPath+"/")
	})
	return clientPath, ok && known
}

// unnamedHost is a host that no server is called.
const unnamedHost = "unnamed.invalid"

// doors are the ports and names a client can use to get to a server; those of the loopback, and sockets, where there is
// nothing else and somebody in the same pod has to hand requests on.
func (c *Config) doors(s *Server) []door {
	hosts := []string{""}
	if slices.ContainsFunc(s.Listen, func(l Listen) bool { return c.nameless(l, s) }) {
		hosts = append(hosts, unnamedHost)
	}
	for _, name := range s.Names {
		if len(hosts) == maxDoors {
			break
		}
		switch {
		case strings.HasPrefix(name, "~"):
			if re, err := syntax.Parse(name[1:], syntax.Perl); err == nil {
				hosts = append(hosts, sample(re, nil))
			}
		case strings.HasPrefix(name, "*."):
			hosts = append(hosts, "x"+name[1:])
		case strings.HasPrefix(name, "."):
			hosts = append(hosts, name[1:])
		case strings.HasSuffix(name, ".*"):
			hosts = append(hosts, name[:len(name)-1]+"x")
		case name != "":
			hosts = append(hosts, name)
		}
	}
	var outside, inside []door
	for _, l := range s.Listen {
		for _, host := range hosts {
			if d := (door{port: l.Port, host: host}); l.Port > 0 && !loopback(l.Address) {
				if len(outside) < maxDoors && !slices.Contains(outside, d) {
					outside = append(outside, d)
				}
			} else if len(inside) < maxDoors {
				inside = append(inside, door{port: l.Port, host: host, address: l.Address})
			}
		}
		if len(outside) == maxDoors {
			break
		}
	}
	if len(outside) > 0 {
		return outside
	}
	return inside
}

// invertible says whether candidates are all there can be: a location whose mapping is a prefix for a prefix, or the path
// as it is, without rewrites that could bring other paths here. A rewrite that answers with a redirect, or that leads
// elsewhere, brings none.
func (r *Route) invertible() bool {
	if len(r.Unknown) > 0 || !r.static || r.Internal || r.Server.leads.anywhere {
		return false
	}
	loc := r.scope.location()
	for s := r.scope; s != nil; s = s.parent {
		for _, d := range s.rewrites {
			if d.name == "rewrite" && !answers(d) && s.kind != kindServer || d.name == "if" && (s.kind != kindServer && holdsRewrite(d) || s.asksPath(d)) {
				return false
			}
		}
	}
	if slices.ContainsFunc(r.Server.leads.list, loc.takes) {
		return false
	}
	return loc.re == nil || loc.re.re != nil || loc.re.ahead != nil
}

// asksPath says whether a condition may depend on the path, directly or by a variable.
func (s *scope) asksPath(d *directive) bool {
	subject := strings.TrimLeft(d.arg(0), "(")
	if subject == "" {
		subject = d.arg(1)
	}
	name, isVariable := strings.CutPrefix(subject, "$")
	return !isVariable || !freeOfPath(name) && !s.setFreeOfPath(name)
}

// freeOfPath names the variables of nginx that the path does not go into.
func freeOfPath(name string) bool {
	if name == "request_method" || name == "scheme" || name == "host" {
		return true
	}
	for _, prefix := range []string{"http_", "ssl_", "remote_", "server_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// setFreeOfPath says whether a variable comes from set directives alone, and none of them puts the path into it.
func (s *scope) setFreeOfPath(name string) bool {
	found, free := false, true
	var look func(dirs []*directive)
	look = func(dirs []*directive) {
		for _, d := range dirs {
			if d.name == "if" {
				look(d.block)
			}
			if d.name != "set" || d.arg(0) != "$"+name {
				continue
			}
			found = true
			value, err := parseText(d.arg(1))
			if err != nil {
				free = false
			}
			for _, p := range value {
				free = free && (p.name == "" || p.name == name || freeOfPath(p.name))
			}
		}
	}
	for ; s != nil; s = s.parent {
		look(s.dirs)
	}
	return found && free
}

func holdsRewrite(d *directive) bool {
	for _, e := range d.block {
		if e.name == "rewrite" && !answers(e) || e.name == "if" && holdsRewrite(e) {
			return true
		}
	}
	return false
}

// maxCandidates bounds how many paths are made from the configuration, before they are disguised.
const maxCandidates = 64

// candidates are paths that might become gatewayPath, the likeliest first. Where a location is chosen by the plain path
// alone, disguises of it, and what other locations make of theirs, come to the same.
func (r *Route) candidates(gatewayPath string) iter.Seq[string] {
	return func(yield func(string) bool) {
		var made []string
		seen := map[string]bool{}
		add := func(s string) bool {
			if !strings.HasPrefix(s, "/") || seen[s] {
				return true
			}
			seen[s] = true
			made = append(made, s)
			return yield(s) && len(made) < maxCandidates
		}
		if !add(gatewayPath) {
			return
		}
		if rest, ok := strings.CutPrefix(gatewayPath, r.Prefix); ok && r.Prefix != "" {
			if !add(r.prefix+rest) || !add(r.prefix+escapeURI(rest)) {
				return
			}
		}
		if r.complete && !strings.ContainsAny(r.prefix+r.Prefix+gatewayPath, "%?") {
			return
		}
		for entry := range r.entries(gatewayPath) {
			if !add(entry) {
				return
			}
		}
		for _, s := range slices.Clone(made) {
			// A filter on the client's own bytes does not see an encoded letter; a path that nginx decodes and sends on as
			// it is arrives decoded once less.
			for _, percent := range []string{"%", "%25"} {
				if !add(encodeAt(s, 1, percent)) || !add(encodeAt(s, strings.LastIndexByte(s, '/')+1, percent)) {
					return
				}
			}
			if !add("/."+s) || !add("/"+s) {
				return
			}
		}
	}
}

// encodeAt writes one letter as an escape.
func encodeAt(path string, i int, percent string) string {
	if i >= len(path) || path[i] == '/' {
		return path
	}
	const hex = "0123456789ABCDEF"
	return path[:i] + percent + string(hex[path[i]>>4]) + string(hex[path[i]&15]) + path[i+1:]
}

// entries are paths that this route's location takes, made so that patterns and rewrites give gatewayPath where they can,
// and what other locations of the server make of theirs.
func (r *Route) entries(gatewayPath string) iter.Seq[string] {
	return func(yield func(string) bool) {
		add := func(list ...string) bool {
			for _, s := range list {
				if !yield(s) {
					return false
				}
			}
			return true
		}
		loc := r.scope.location()
		uri := ""
		if i := strings.Index(r.pass.arg(0), "://"); i >= 0 {
			if j := strings.IndexByte(r.pass.arg(0)[i+3:], '/'); j >= 0 {
				uri = r.pass.arg(0)[i+3+j:]
			}
		}
		if loc.re != nil {
			if !add(solve(loc.re.source, uri, gatewayPath)...) {
				return
			}
		} else if !loc.named && !add(loc.name) {
			return
		}
		for s := r.scope; s != nil; s = s.parent {
			if !add(solveRewrites(s.rewrites, r.prefix, r.Prefix, gatewayPath)...) {
				return
			}
		}
		for _, s := range r.Server.scopes {
			if s == loc {
				continue
			}
			if !add(solveRewrites(s.rewrites, "", "", gatewayPath)...) || s.name != "" && s.re == nil && !add(s.name, s.name+gatewayPath) {
				return
			}
		}
	}
}

// maxSolved is how many rewrites of one level are solved.
const maxSolved = 16

func solveRewrites(dirs []*directive, prefix, replaced, gatewayPath string) []string {
	var out []string
	for _, d := range dirs[:min(len(dirs), maxSolved)] {
		if d.name == "rewrite" && len(d.args) >= 2 {
			out = append(out, solve(d.args[0], d.args[1], gatewayPath)...)
			if rest, ok := strings.CutPrefix(gatewayPath, replaced); ok && replaced != "" {
				out = append(out, solve(d.args[0], d.args[1], prefix+rest)...)
			}
		}
		if d.name == "if" {
			out = append(out, solveRewrites(d.block, prefix, replaced, gatewayPath)...)
		}
	}
	return out
}

// solve finds paths that pattern matches and for which template, with the pattern's captures, comes to want.
func solve(pattern, template, want string) []string {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	template, _, _ = strings.Cut(template, "?")
	template, _, _ = strings.Cut(template, "$is_args")
	captures := map[int]string{}
	if t, err := parseText(template); err == nil && template != "" {
		for i, p := range t {
			if p.name == "" {
				var ok bool
				if want, ok = strings.CutPrefix(want, p.lit); !ok {
					break
				}
				continue
			}
			n, err := strconv.Atoi(p.name)
			if err != nil {
				break
			}
			value := want
			if i+1 < len(t) && t[i+1].lit != "" {
				value, _, _ = strings.Cut(want, t[i+1].lit)
			} else if i+1 < len(t) {
				value = ""
			}
			captures[n] = value
			want = want[len(value):]
		}
	}
	path := sample(re, captures)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return []string{path, escapeURI(path)}
}

// sample is a short string that re matches, with the given text for its groups. It is a guess: who uses it verifies.
func sample(re *syntax.Regexp, captures map[int]string) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		for _, r := range []rune{'x', 'X', '0', '/', '-'} {
			for i := 0; i+1 < len(re.Rune); i += 2 {
				if re.Rune[i] <= r && r <= re.Rune[i+1] {
					return string(r)
				}
			}
		}
		if len(re.Rune) > 0 {
			return string(re.Rune[0])
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "x"
	case syntax.OpCapture:
		if s, ok := captures[re.Cap]; ok {
			return s
		}
		return sample(re.Sub[0], captures)
	case syntax.OpPlus, syntax.OpAlternate:
		return sample(re.Sub[0], captures)
	case syntax.OpStar, syntax.OpQuest:
		if holdsCapture(re.Sub[0], captures) {
			return sample(re.Sub[0], captures)
		}
	case syntax.OpRepeat:
		return strings.Repeat(sample(re.Sub[0], captures), min(re.Min, 64))
	case syntax.OpConcat:
		var b strings.Builder
		for _, sub := range re.Sub {
			if b.WriteString(sample(sub, captures)); b.Len() > 4096 {
				break
			}
		}
		return b.String()
	}
	return ""
}

func holdsCapture(re *syntax.Regexp, captures map[int]string) bool {
	if re.Op == syntax.OpCapture && captures[re.Cap] != "" {
		return true
	}
	for _, sub := range re.Sub {
		if holdsCapture(sub, captures) {
			return true
		}
	}
	return false
}
