package nginxconf

import (
	"iter"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/wire"
)

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
			if !add(r.prefix+rest) || !add(r.prefix+wire.EscapeURI(rest)) {
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
			// A filter on the client's own bytes does not see an encoded letter; a path that nginx decodes and sends on
			// as it is arrives decoded once less.
			for _, percent := range []string{"%", "%25"} {
				last := strings.LastIndexByte(s, '/') + 1
				if !add(wire.EscapeAt(s, 1, percent)) || !add(wire.EscapeAt(s, last, percent)) {
					return
				}
			}
			if !add("/."+s) || !add("/"+s) {
				return
			}
		}
	}
}

// entries are paths that this route's location takes, made so that patterns and rewrites give gatewayPath where they
// can, and what other locations of the server make of theirs.
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
		if i := strings.Index(r.pass.Arg(0), "://"); i >= 0 {
			if j := strings.IndexByte(r.pass.Arg(0)[i+3:], '/'); j >= 0 {
				uri = r.pass.Arg(0)[i+3+j:]
			}
		}
		if loc.re != nil {
			if !add(expr.Solve(loc.re.Source, uri, gatewayPath)...) {
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
			if !add(solveRewrites(s.rewrites, "", "", gatewayPath)...) || s.name != "" && s.re == nil &&
				!add(s.name, s.name+gatewayPath) {
				return
			}
		}
	}
}

// maxSolved is how many rewrites of one level are solved.
const maxSolved = 16

func solveRewrites(dirs []*syntax.Directive, prefix, replaced, gatewayPath string) []string {
	var out []string
	for _, d := range dirs[:min(len(dirs), maxSolved)] {
		if d.Name == "rewrite" && len(d.Args) >= 2 {
			out = append(out, expr.Solve(d.Args[0], d.Args[1], gatewayPath)...)
			if rest, ok := strings.CutPrefix(gatewayPath, replaced); ok && replaced != "" {
				out = append(out, expr.Solve(d.Args[0], d.Args[1], prefix+rest)...)
			}
		}
		if d.Name == "if" {
			out = append(out, solveRewrites(d.Block, prefix, replaced, gatewayPath)...)
		}
	}
	return out
}
