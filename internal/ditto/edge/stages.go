package edge

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/requests"
)

// stage is one thing that happens to the path of a request on its way through an edge: it is compared, or changed. Edges
// that do either more than once have a list of them.
type stage struct {
	// match lets requests through; nil in a stage that changes the path.
	match *Matcher
	step  pathStep
}

// pathStep changes the path.
type pathStep struct {
	// forward is what becomes of a path.
	forward func(path string) string
	// origins are paths that become the given one. If any is true, every path does.
	origins func(path string) (from []string, any bool)
	// constant says that the outcome does not depend on the path.
	constant bool
	// moves is what becomes of a pattern of paths; ok is false, and it may be nil, where that is no pattern.
	moves func(requests.Paths) (to requests.Paths, ok bool)
	// unknown says why it cannot be told what the step does; then there is none of the functions.
	unknown string
}

func matching(m Matcher) stage { return stage{match: &m} }

func changing(s pathStep) stage { return stage{step: s} }

// mostOrigins bounds the paths that are tried for one path of the gateway.
const mostOrigins = 64

// through is the path that a list of stages amounts to, in the order in which a request meets them.
func through(stages []stage) Path {
	// What comes before a step that replaces the whole path changes nothing of the outcome.
	last := -1
	for i, s := range stages {
		if s.step.constant {
			last = i
		}
	}
	var kept []stage
	for i, s := range stages {
		if i < last && s.match == nil {
			continue
		}
		kept = append(kept, s)
	}
	steps := false
	for _, s := range kept {
		if s.match == nil {
			if s.step.unknown != "" {
				return Path{Matcher: undecided(s.step.unknown), Rewrite: rewriteUnknown(s.step.unknown)}
			}
			steps = true
		}
	}
	switch {
	case len(kept) == 0:
		return Everything()
	case len(kept) == 1 && !steps:
		return Path{Matcher: *kept[0].match}
	}
	m := Matcher{match: func(path string) (bool, bool) { return lead(kept, path) }}
	hints := startsOf(kept)
	for _, s := range kept {
		switch {
		case s.match == nil:
			for i, hint := range hints {
				hints[i] = s.step.forward(hint)
			}
		case m.why == "":
			m.why = s.match.why
		}
	}
	if m.why == "" {
		m.why = "the edge replaces paths"
	}
	m.hints, m.paths = hints, passes(kept)
	decides := !slices.ContainsFunc(kept, func(s stage) bool { return s.match != nil && s.match.why != "" })
	if !steps && decides {
		for _, s := range kept {
			if len(s.match.literal) > len(m.literal) {
				m.literal = s.match.literal
			}
		}
	}
	return Path{Matcher: m}
}

// lead says whether some request passes all stages and arrives with the path; known is false where that cannot be decided.
func lead(stages []stage, path string) (leads, known bool) {
	type candidate struct {
		path string
		sure bool
	}
	candidates, doubt := []candidate{{path, true}}, false
	for i, s := range slices.Backward(stages) {
		var next []candidate
		for _, c := range candidates {
			if s.match != nil {
				if matches, known := s.match.Matches(c.path); matches || !known {
					next = append(next, candidate{c.path, c.sure && matches && known})
				}
				continue
			}
			from, any := s.step.origins(c.path)
			if any {
				from, doubt = startsOf(stages[:i]), true
			}
			for _, path := range from {
				next = append(next, candidate{path, c.sure})
			}
		}
		if len(next) > mostOrigins {
			next, doubt = next[:mostOrigins], true
		}
		candidates = next
	}
	for _, c := range candidates {
		if c.sure {
			return true, true
		}
	}
	return false, len(candidates) == 0 && !doubt
}

// startsOf are paths that the stages are likely to take.
func startsOf(stages []stage) []string {
	list := []string{"/"}
	for _, s := range stages {
		if s.match != nil {
			list = append(list, s.match.hints...)
			if s.match.literal != "" {
				list = append(list, s.match.literal)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func unknownStep(why string) pathStep { return pathStep{unknown: why} }

// replaceWhole puts another path in place of any.
func replaceWhole(to string) pathStep {
	return pathStep{
		constant: true,
		moves:    func(requests.Paths) (requests.Paths, bool) { return requests.Path(to), true },
		forward:  func(string) string { return to },
		origins:  func(path string) ([]string, bool) { return nil, path == to },
	}
}

// onlyFrom are the candidates that really become the path. Edges make one slash of several before anything else.
func onlyFrom(forward func(string) string, path string, candidates []string) []string {
	return slices.DeleteFunc(candidates, func(c string) bool { return forward(c) != path || strings.HasPrefix(c, "//") })
}

// addPrefix puts text before the path.
func addPrefix(prefix string) pathStep {
	forward := func(path string) string { return withSlash(prefix + path) }
	moves := func(p requests.Paths) (requests.Paths, bool) { return moved(p, "", prefix) }
	return pathStep{forward: forward, moves: moves, origins: func(path string) ([]string, bool) {
		var list []string
		for _, p := range []string{prefix, withSlash(prefix)} {
			if rest, ok := strings.CutPrefix(path, p); ok && !slices.Contains(list, rest) {
				list = append(list, rest)
			}
		}
		return onlyFrom(forward, path, list), false
	}}
}

// stripPrefix takes the first prefix that fits from the path, and puts a slash before the rest.
func stripPrefix(prefixes []string) pathStep {
	forward := func(path string) string {
		for _, p := range prefixes {
			if rest, ok := strings.CutPrefix(path, p); ok {
				return withSlash(rest)
			}
		}
		return path
	}
	moves := func(p requests.Paths) (requests.Paths, bool) {
		for _, prefix := range prefixes {
			if strings.HasPrefix(p.Text, prefix) {
				return moved(p, prefix, "")
			}
		}
		return p, false
	}
	return pathStep{forward: forward, moves: moves, origins: func(path string) ([]string, bool) {
		list := []string{path}
		for _, p := range prefixes {
			list = append(list, p+path)
			if rest, ok := strings.CutPrefix(path, "/"); ok {
				list = append(list, p+rest)
			}
		}
		return onlyFrom(forward, path, list), false
	}}
}

// withSlash is the path with a slash before it; an empty one stays empty.
func withSlash(path string) string {
	if path == "" || path[0] == '/' {
		return path
	}
	return "/" + path
}

// replacePrefix replaces the prefix of a path by other text. For a slash both end, or do not end, in one.
func replacePrefix(prefix, to string) pathStep {
	if prefix != "/" {
		prefix, to = strings.TrimRight(prefix, "/"), strings.TrimRight(to, "/")
	}
	forward := func(path string) string {
		rest, ok := strings.CutPrefix(path, prefix)
		switch {
		case !ok:
			return path
		case prefix != "/" && to == "":
			return "/" + strings.TrimPrefix(rest, "/")
		}
		return to + rest
	}
	moves := func(p requests.Paths) (requests.Paths, bool) { return moved(p, prefix, to) }
	return pathStep{forward: forward, moves: moves, origins: func(path string) ([]string, bool) {
		list := []string{path}
		if rest, ok := strings.CutPrefix(path, to); ok {
			list = append(list, prefix+rest)
		}
		if rest, ok := strings.CutPrefix(path, "/"); ok && to == "" {
			list = append(list, prefix+rest)
		}
		return onlyFrom(forward, path, list), false
	}}
}

// replaceRegex is Go's ReplaceAllString over the path as it stands in the request. Two shapes are told: literal text at
// the start that is replaced by other text, and literal text and the rest of the path that is kept.
func replaceRegex(expression, replacement string) pathStep {
	why := "what the replacement of " + quote(expression) + " by " + quote(replacement) + " leads to cannot be told"
	if len(expression) > longest || len(replacement) > longest || !strings.HasPrefix(expression, "^") {
		return unknownStep(why)
	}
	re, err := regexp.Compile(expression)
	if err != nil {
		return unknownStep(why)
	}
	var from []string
	var to string
	if literal, whole := literalStart(expression); whole && !strings.Contains(replacement, "$") {
		from, to = []string{literal}, replacement
	} else {
		short := strings.NewReplacer("${", "$", "}", "").Replace(replacement)
		rewrite := captureRewrite(expression, short)
		if rewrite.Kind != RewritePrefix {
			return unknownStep(why)
		}
		from, to = rewrite.From, rewrite.To
	}
	forward := func(path string) string { return re.ReplaceAllString(path, replacement) }
	return pathStep{forward: forward, origins: func(path string) ([]string, bool) {
		var list []string
		if rest, ok := strings.CutPrefix(path, to); ok {
			for _, f := range from {
				list = append(list, f+rest)
			}
		}
		// A path that a client spells with escapes is not replaced, and Ditto reads it as it is.
		return append(onlyFrom(forward, path, list), path), false
	}}
}

// literalStart is the text of an expression that is nothing but text at the start of the path.
func literalStart(expression string) (literal string, whole bool) {
	re, err := regexp.Compile(strings.TrimPrefix(expression, "^"))
	if err != nil {
		return "", false
	}
	return re.LiteralPrefix()
}
