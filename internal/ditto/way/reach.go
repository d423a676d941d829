package way

import (
	"slices"

	"github.com/dittoguard/dittoguard/internal/ditto/surface"
)

// Reach says what of a gateway can be reached by this path. It looks at the path alone: another, longer path of the
// same host may take requests away from this one.
func (p Path) Reach() surface.Reach {
	if p.Rewrite.Kind == RewriteUnknown {
		return surface.Reach{Unknown: []string{p.Rewrite.Why}}
	}
	return surface.Survey(p.Way())
}

// Way is the path as a way in.
func (p Path) Way() surface.Way {
	w := surface.Way{Leads: p.Leads, Why: p.Matcher.Why, Hints: p.Matcher.Hints}
	switch p.Rewrite.Kind {
	case RewriteNone:
		w.Floor = p.Matcher.Literal
	case RewritePrefix, RewriteConstant:
		w.Hints = append(slices.Clone(w.Hints), p.Rewrite.lands())
	case RewriteUnknown:
		w.Why = p.Rewrite.Why
	}
	return w
}

// Leads says whether some request that the edge takes by this path arrives at the backend with the path upstream, as
// Ditto reads it. known is false where that cannot be decided.
func (p Path) Leads(upstream string) (leads, known bool) {
	switch p.Rewrite.Kind {
	case RewriteUnknown:
		return false, false
	case RewriteConstant:
		return p.Rewrite.lands() == upstream, true
	case RewriteNone, RewritePrefix:
	}
	known = true
	for _, path := range p.Rewrite.origins(upstream) {
		matches, decided := p.Matcher.Matches(path)
		if matches {
			return true, true
		}
		known = known && decided
	}
	return false, known
}
