package way

import (
	"regexp"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/requests"
)

// Stage is one thing that happens to the path of a request on its way through an edge: it is compared, or changed.
// Edges that do either more than once have a list of them.
type Stage struct {
	// match lets requests through; nil in a stage that changes the path.
	match *Matcher
	step  PathStep
}

// PathStep changes the path.
type PathStep struct {
	// Forward is what becomes of a path.
	Forward func(path string) string
	// Origins are paths that become the given one. If any is true, every path does.
	Origins func(path string) (from []string, any bool)
	// constant says that the outcome does not depend on the path.
	constant bool
	// moves is what becomes of a pattern of paths; ok is false, and it may be nil, where that is no pattern.
	moves func(requests.Paths) (to requests.Paths, ok bool)
	// Unknown says why it cannot be told what the step does; then there is none of the functions.
	Unknown string
}

// Matching is a stage that lets through what matches.
func Matching(m Matcher) Stage { return Stage{match: &m} }

// Changing is a stage that changes paths.
func Changing(s PathStep) Stage { return Stage{step: s} }

// mostOrigins bounds the paths that are tried for one path of the gateway.
const mostOrigins = 64

// Through is the path that a list of stages amounts to, in the order in which a request meets them.
func Through(stages []Stage) Path {
	// What comes before a step that replaces the whole path changes nothing of the outcome.
	last := -1
	for i, s := range stages {
		if s.step.constant {
			last = i
		}
	}
	var kept []Stage
	for i, s := range stages {
		if i < last && s.match == nil {
			continue
		}
		kept = append(kept, s)
	}
	steps := false
	for _, s := range kept {
		if s.match == nil {
			if s.step.Unknown != "" {
				return Path{Matcher: Undecided(s.step.Unknown), Rewrite: UnknownRewrite(s.step.Unknown)}
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
	m := Matcher{Match: func(path string) (bool, bool) { return lead(kept, path) }}
	hints := startsOf(kept)
	for _, s := range kept {
		switch {
		case s.match == nil:
			for i, hint := range hints {
				hints[i] = s.step.Forward(hint)
			}
		case m.Why == "":
			m.Why = s.match.Why
		}
	}
	if m.Why == "" {
		m.Why = "the edge replaces paths"
	}
	m.Hints, m.Paths = hints, passes(kept)
	decides := !slices.ContainsFunc(kept, func(s Stage) bool { return s.match != nil && s.match.Why != "" })
	if !steps && decides {
		for _, s := range kept {
			if len(s.match.Literal) > len(m.Literal) {
				m.Literal = s.match.Literal
			}
		}
	}
	return Path{Matcher: m}
}

// lead says whether some request passes all stages and arrives with the path; known is false where that cannot be
// decided.
func lead(stages []Stage, path string) (leads, known bool) {
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
			from, any := s.step.Origins(c.path)
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
func startsOf(stages []Stage) []string {
	list := []string{"/"}
	for _, s := range stages {
		if s.match != nil {
			list = append(list, s.match.Hints...)
			if s.match.Literal != "" {
				list = append(list, s.match.Literal)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// UnknownStep is a step that may do anything to a path.
func UnknownStep(why string) PathStep { return PathStep{Unknown: why} }

// ReplaceWhole puts another path in place of any.
func ReplaceWhole(to string) PathStep {
	to = resolved(to)
	return PathStep{
		constant: true,
		moves:    func(requests.Paths) (requests.Paths, bool) { return requests.Path(to), true },
		Forward:  func(string) string { return to },
		Origins:  func(path string) ([]string, bool) { return nil, path == to },
	}
}

// onlyFrom are the candidates that really become the path. Edges make one slash of several before anything else.
func onlyFrom(forward func(string) string, path string, candidates []string) []string {
	return slices.DeleteFunc(candidates, func(c string) bool {
		return forward(c) != path || strings.HasPrefix(c, "//")
	})
}

// AddPrefix puts text before the path, which is empty or begins with a slash.
func AddPrefix(prefix string) PathStep {
	prefix = resolvedStart(prefix)
	forward := func(path string) string { return withSlash(prefix + path) }
	moves := func(p requests.Paths) (requests.Paths, bool) { return moved(p, "", prefix) }
	return PathStep{Forward: forward, moves: moves, Origins: func(path string) ([]string, bool) {
		var list []string
		for _, p := range []string{prefix, withSlash(prefix)} {
			rest, ok := strings.CutPrefix(path, p)
			if ok && (rest == "" || rest[0] == '/') && !slices.Contains(list, rest) {
				list = append(list, rest)
			}
		}
		return onlyFrom(forward, path, list), false
	}}
}

// StripPrefix takes the first prefix that fits from the path, and puts a slash before the rest.
func StripPrefix(prefixes []string) PathStep {
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
	return PathStep{Forward: forward, moves: moves, Origins: func(path string) ([]string, bool) {
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

// ReplacePrefix replaces the prefix of a path by other text. For a slash both end, or do not end, in one.
func ReplacePrefix(prefix, to string) PathStep {
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
	return PathStep{Forward: forward, moves: moves, Origins: func(path string) ([]string, bool) {
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

// ReplaceRegex is Go's ReplaceAllString over the path as it stands in the request. Two shapes are told: literal text at
// the start that is replaced by other text, and literal text and the rest of the path that is kept.
func ReplaceRegex(expression, replacement string) PathStep {
	why := reason.Of("replacement-text-not-determined", Quote(expression), Quote(replacement))
	if len(expression) > longest || len(replacement) > longest || !strings.HasPrefix(expression, "^") {
		return UnknownStep(why)
	}
	re, err := regexp.Compile(expression)
	if err != nil {
		return UnknownStep(why)
	}
	var from []string
	var to string
	if literal, whole := literalStart(expression); whole && !strings.Contains(replacement, "$") {
		from, to = []string{literal}, replacement
	} else {
		short := strings.NewReplacer("${", "$", "}", "").Replace(replacement)
		rewrite := CaptureRewrite(expression, short)
		if rewrite.Kind != RewritePrefix {
			return UnknownStep(why)
		}
		from, to = rewrite.From, rewrite.To
	}
	forward := func(path string) string { return re.ReplaceAllString(path, replacement) }
	return PathStep{Forward: forward, Origins: func(path string) ([]string, bool) {
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
