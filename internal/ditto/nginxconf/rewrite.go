package nginxconf

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/expr"
	"github.com/dittoguard/dittoguard/internal/ditto/nginxconf/syntax"
	"github.com/dittoguard/dittoguard/internal/ditto/reason"
)

var tooMuch = reason.Of("nginx-too-many-outcomes")

// maxWays bounds how many readings of one request are followed.
const maxWays = 128

// exec runs the rewrite directives of one level (set, if, rewrite, return, break) in the order they stand, as the
// rewrite module does. Every way that comes in comes out, split where a condition is open.
func (c *Config) exec(s *scope, in []*way) []*way {
	ways := in
	for _, d := range s.rewrites {
		next := make([]*way, 0, len(ways))
		for _, p := range ways {
			if p.stopped || p.status != 0 {
				next = append(next, p)
				continue
			}
			if !p.work.Spend() {
				p.unsure, p.stopped = tooMuch, true
				next = append(next, p)
				continue
			}
			next = append(next, c.step(s, d, p)...)
		}
		if ways = next; len(ways) > maxWays {
			ways = ways[:maxWays]
			for _, p := range ways {
				p.unsure = tooMuch
			}
		}
	}
	return ways
}

// matters says whether a directive belongs to the rewrite module and can change where a request goes or what it
// carries.
func matters(d *syntax.Directive) bool {
	switch d.Name {
	case "set", "rewrite", "return", "break":
		return true
	case "if":
		return slices.ContainsFunc(d.Block, func(e *syntax.Directive) bool { return matters(e) || handlers[e.Name] })
	}
	return d.Missing
}

func (c *Config) step(s *scope, d *syntax.Directive, p *way) []*way {
	switch d.Name {
	case "set":
		return c.stepSet(d, p)
	case "rewrite":
		return c.stepRewrite(d, p)
	case "break":
		if p.changed {
			p.changed, p.validLocation = false, false
		}
		p.stopped = true
	case "return":
		p.status = answered
		if code, err := strconv.Atoi(d.Arg(0)); err == nil && code >= 400 && len(d.Args) == 1 {
			p.status = code
		}
	case "if":
		return c.stepIf(s, d, p)
	default:
		p.unsure = "include " + d.Arg(0) + " at " + d.At()
	}
	return []*way{p}
}

func (c *Config) stepSet(d *syntax.Directive, p *way) []*way {
	name := expr.VariableName(d.Arg(0))
	value, err := expr.Parse(d.Arg(1))
	if err != nil {
		value = expr.Variable(expr.Undefined)
	}
	var out []*way
	for _, a := range c.vars.Expand(value, p, 0) {
		q := p.clone()
		if !q.add(a.Assume) {
			continue
		}
		if name == "args" {
			q.args, q.validUnparsed = a.Text, false
		} else {
			q.set(name, a.Text)
		}
		out = append(out, q)
	}
	return out
}

func (c *Config) stepRewrite(d *syntax.Directive, p *way) []*way {
	if len(d.Args) < 2 {
		p.unsure = "rewrite at " + d.At()
		return []*way{p}
	}
	re := c.patterns.Get(d.Args[0], false)
	subject := p.path()
	uri, constant := subject.Constant()
	var groups []string
	ok, known := true, false
	if constant && !p.opaque {
		groups, ok, known = re.Match(uri)
	}
	if known && !ok {
		p.caps = nil
		return []*way{p}
	}
	var out []*way
	if !known && (p.concrete || p.opaque && p.rewritten || !alwaysMatches(d.Args[0], p.scope)) {
		q := p.clone()
		q.caps = nil
		question := expr.Assumption{Opaque: "the path matches the rewrite at " + d.At()}
		if !p.concrete || q.add(expr.Assumptions{question}) {
			out = append(out, q)
		}
		question.Holds = true
		p = p.clone()
		if p.concrete && !p.add(expr.Assumptions{question}) {
			return out
		}
	}
	p.matched(re, subject, groups)
	p.quote = false
	target, flag := d.Args[1], d.Arg(2)
	if answers(d) {
		p.status = answered
		return append(out, p)
	}
	target, drops := strings.CutSuffix(target, "?")
	head, query, hasQuery := strings.Cut(target, "?")
	p.internal, p.validUnparsed, p.rewritten = true, false, true
	switch flag {
	case "break":
		p.validLocation, p.changed, p.stopped = false, false, true
	case "last":
		p.changed, p.stopped = true, true
	default:
		p.changed = true
	}
	return append(out, c.rewritten(p, head, query, hasQuery, drops)...)
}

// rewritten are the ways after a rewrite to a path, and to a query if it has one; drops says that the old query goes.
func (c *Config) rewritten(p *way, head, query string, hasQuery, drops bool) []*way {
	var out []*way
	for _, a := range c.parts(head, p) {
		for _, b := range c.quoted(query, p) {
			q := p.clone()
			if !q.add(a.Assume) || !q.add(b.Assume) {
				continue
			}
			s, ok := a.Text.Constant()
			if q.concrete && ok {
				q.uri, q.opaque = s, false
			} else {
				q.opaque = true
			}
			if old := q.args; hasQuery {
				q.args = b.Text
				if !drops && len(old) > 0 {
					q.args = q.args.Append(expr.Literal("&")).Append(old)
				}
			} else if drops {
				q.args = nil
			}
			out = append(out, q)
		}
	}
	return out
}

// parts expands a value of the configuration on a way.
func (c *Config) parts(s string, p *way) []expr.Alternative {
	t, err := expr.Parse(s)
	if err != nil {
		t = expr.Variable(expr.Undefined)
	}
	return c.vars.Expand(t, p, 0)
}

// quoted expands the query of a rewrite, where captures are escaped.
func (c *Config) quoted(s string, p *way) []expr.Alternative {
	q := p.clone()
	q.quote = true
	return c.parts(s, q)
}

func (c *Config) stepIf(s *scope, d *syntax.Directive, p *way) []*way {
	var out []*way
	for _, b := range c.branches(d, p) {
		q := p.clone()
		if !q.add(b.assume) {
			continue
		}
		if b.re != nil && b.matched {
			q.matched(b.re, b.subject, nil)
		}
		if !b.holds {
			out = append(out, q)
			continue
		}
		inner := s.ifs[d]
		// A server's `if` runs directives but is no location of its own.
		if location := s.location(); location.kind == kindLocation {
			q.scope = inner
		}
		out = append(out, c.exec(inner, []*way{q})...)
	}
	return out
}

// branch is one outcome of a condition.
type branch struct {
	holds   bool
	assume  expr.Assumptions
	re      *expr.Pattern
	matched bool
	subject expr.Text
}

// branches is what a condition can come to.
func (c *Config) branches(d *syntax.Directive, p *way) []branch {
	args := condition(d.Args)
	open := func(question string) []branch {
		return []branch{
			{holds: true, assume: expr.Assumptions{{Opaque: question, Holds: true}}},
			{assume: expr.Assumptions{{Opaque: question}}},
		}
	}
	question := "the condition (" + strings.Join(args, " ") + ")"
	if len(args) == 0 || !strings.HasPrefix(args[0], "$") || (len(args) != 1 && len(args) != 3) {
		return open(question)
	}
	subject, err := expr.Parse(args[0])
	if err != nil {
		return open(question)
	}
	ask, negated := expr.Assumption{}, false
	var values []expr.Alternative
	if len(args) == 3 {
		op := args[1]
		op, negated = strings.TrimPrefix(op, "!"), strings.HasPrefix(op, "!")
		switch op {
		case "=":
			values = c.parts(args[2], p)
		case "~", "~*":
			ask.Re = c.patterns.Get(args[2], op == "~*")
		default:
			return open(question)
		}
	}
	if values == nil {
		values = []expr.Alternative{{}}
	}
	var out []branch
	for _, a := range c.vars.Expand(subject, p, 0) {
		for _, v := range values {
			assume, ok := a.Assume.Merge(v.Assume)
			if !ok {
				continue
			}
			ask := ask
			if len(args) == 3 && ask.Re == nil {
				s, constant := v.Text.Constant()
				if !constant {
					for _, b := range open(question) {
						b.assume = append(slices.Clip(assume), b.assume...)
						out = append(out, b)
					}
					continue
				}
				ask.Equals = &s
			}
			ask.Source = a.Text
			if s, constant := a.Text.Constant(); constant {
				if holds, known := ask.Decide(s); known {
					out = append(out, branch{holds: holds != negated, assume: assume, re: ask.Re, matched: holds,
						subject: a.Text})
					continue
				}
				ask = expr.Assumption{Opaque: question}
			}
			for _, holds := range []bool{true, false} {
				ask.Holds = holds
				if with, ok := assume.With(ask); ok {
					out = append(out, branch{holds: holds != negated, assume: with, re: ask.Re, matched: holds,
						subject: a.Text})
				}
			}
		}
	}
	return out
}

// condition takes the parentheses off the arguments of an `if`.
func condition(args []string) []string {
	if len(args) == 0 {
		return nil
	}
	out := append([]string(nil), args...)
	if out[0] = strings.TrimPrefix(out[0], "("); out[0] == "" && args[0] == "(" {
		out = out[1:]
	}
	if n := len(out); n > 0 {
		if out[n-1] == ")" {
			out = out[:n-1]
		} else {
			out[n-1] = strings.TrimSuffix(out[n-1], ")")
		}
	}
	return out
}

// alwaysMatches says whether a pattern matches every path that a location takes. Patterns that need the end of the path
// do not: a dot matches no line feed, which a client can send as %0A.
func alwaysMatches(source string, s *scope) bool {
	rest, anchored := strings.CutPrefix(source, "^")
	for _, tail := range []string{"(.*)", ".*"} {
		rest = strings.TrimSuffix(rest, tail)
	}
	if rest == "" || rest == "/" {
		return true
	}
	if s == nil {
		return false
	}
	loc := s.location()
	return anchored && loc.kind == kindLocation && loc.re == nil && !loc.named && strings.HasPrefix(loc.name, rest) &&
		!strings.ContainsAny(rest, `\.+*?()|[]{}^$`)
}
