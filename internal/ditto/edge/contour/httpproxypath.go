package contour

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// contourPlace is what the conditions of a route and of all its includes amount to for the path.
type contourPlace struct {
	// text is the path, kind how it is compared: prefix, exact or regex.
	text, kind string
	// grouped is a regex as later versions join it: prefixes are text, and what may be one of several is so after them
	// alone.
	grouped string
}

const (
	contourPrefix = "prefix"
	contourExact  = "exact"
	contourRegex  = "regex"
)

// slashes are what Contour makes one of.
var slashes = regexp.MustCompile(`//+`)

// mergePaths joins the paths of conditions. One regular expression makes all of it one; otherwise the last condition
// says how it is compared (internal/dag/conditions.go: mergePathMatchConditions). Contour 1.33.8 puts an expression
// into a group behind its prefixes, which earlier versions did not.
func mergePaths(conditions []crd.ContourCondition) contourPlace {
	place := contourPlace{kind: contourPrefix}
	for _, c := range conditions {
		switch {
		case c.Prefix != "":
			place.text += c.Prefix
			place.grouped += regexp.QuoteMeta(strings.TrimRight(c.Prefix, "/"))
		case c.Exact != "":
			place.text += c.Exact
		case c.Regex != "":
			place.text += c.Regex
			place.grouped += "(?:" + c.Regex + ")"
			place.kind = contourRegex
		}
	}
	place.text = slashes.ReplaceAllString(place.text, "/")
	if place.text == "" {
		return contourPlace{text: "/", kind: contourPrefix}
	}
	if place.kind != contourRegex && conditions[len(conditions)-1].Prefix == "" &&
		conditions[len(conditions)-1].Exact != "" {
		place.kind = contourExact
	}
	return place
}

// validPaths says whether Contour accepts a block of conditions: one path at the most, beginning with a slash.
func validPaths(conditions []crd.ContourCondition) bool {
	paths := 0
	for _, c := range conditions {
		for _, text := range []string{c.Prefix, c.Exact, c.Regex} {
			if text == "" {
				continue
			}
			paths++
			if text[0] != '/' {
				return false
			}
		}
	}
	return paths <= 1
}

// path is which requests a route takes, and what path its Service gets. Envoy compares a prefix by characters, and the
// path as it stands in the request.
func (p contourPlace) path(route *crd.ContourRoute) way.Path {
	var path way.Path
	switch p.kind {
	case contourExact:
		path.Matcher = way.Exact(way.Raw, p.text)
	case contourRegex:
		path.Matcher = way.Regex(way.Raw, p.expression(), false, way.Whole)
	default:
		path.Matcher = way.Characters(p.text)
	}
	if route.PathRewritePolicy == nil || p.kind != contourPrefix {
		return path
	}
	to, ok := p.replacement(route.PathRewritePolicy.ReplacePrefix)
	if !ok {
		return path
	}
	if p.text != "/" {
		// What a prefix with a slash at its end replaces Contour replaces without it, too (expandPrefixMatches).
		path.Matcher = way.Characters(strings.TrimRight(p.text, "/"))
	}
	return way.Through([]way.Stage{way.Matching(path.Matcher), way.Changing(way.ReplacePrefix(p.text, to))})
}

// expression is what some version of Contour compares: either way of joining a prefix and an expression lets in what
// the other one does not.
func (p contourPlace) expression() string {
	grouped := slashes.ReplaceAllString(p.grouped, "/")
	before, err := syntax.Parse(p.text, syntax.Perl)
	after, later := syntax.Parse(grouped, syntax.Perl)
	if err != nil || later != nil || before.String() == after.String() {
		return p.text
	}
	return "(?:" + p.text + ")|(?:" + grouped + ")"
}

// replacement is what the prefix is replaced by: what is said for this very prefix, or else for any.
func (p contourPlace) replacement(list []crd.ContourReplacePrefix) (to string, ok bool) {
	for _, prefix := range []string{p.text, ""} {
		for _, r := range list {
			if r.Prefix == prefix {
				return r.Replacement, true
			}
		}
	}
	return "", false
}

// conditionText tells routes of the same path apart by the headers and parameters that they ask for.
func conditionText(conditions []crd.ContourCondition) string {
	var names []string
	for _, c := range conditions {
		if c.Header != nil {
			names = append(names, "header "+c.Header.Name)
		}
		if c.QueryParameter != nil {
			names = append(names, "parameter "+c.QueryParameter.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return ", by " + strings.Join(names, " and ")
}

// excludesIdentity says whether a route turns requests away by their identity header.
func excludesIdentity(conditions []crd.ContourCondition) bool {
	return slices.ContainsFunc(conditions, func(c crd.ContourCondition) bool {
		h := c.Header
		return h != nil && strings.EqualFold(h.Name, way.Header) &&
			(h.NotPresent || h.NotExact != "" || h.NotContains != "")
	})
}
