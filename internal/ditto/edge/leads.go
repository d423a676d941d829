package edge

// Leads says whether some request that the edge takes by this path arrives at the backend with the path upstream, as
// Ditto reads it. It looks at the path alone: another, longer path of the same host may take requests away from this
// one. known is false where that cannot be decided.
func (p Path) Leads(upstream string) (leads, known bool) {
	switch p.Rewrite.Kind {
	case RewriteUnknown:
		return false, false
	case RewriteConstant:
		return p.Rewrite.To == upstream, true
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

// Deep is where a request that the edge takes ends up at the least: every one of them has a path of at least this, as
// Ditto reads it. It is empty where that cannot be told.
func (p Path) Deep() string {
	switch p.Rewrite.Kind {
	case RewriteNone:
		return p.Matcher.literal
	case RewriteConstant:
		return p.Rewrite.To
	}
	return ""
}

// Prefix is the path of an OpenShift Route: a prefix by elements, of the path as it stands in the request.
func Prefix(path string) Path {
	if path == "" {
		return Everything()
	}
	return Path{Matcher: elements(raw, path)}
}
