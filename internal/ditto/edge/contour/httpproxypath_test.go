package contour

import (
	"testing"

	"github.com/dittoguard/dittoguard/internal/inventory/crd"
)

// Seen on Contour 1.33.8 (test/prove/edges); what earlier versions do is in their sources.
func TestMergedExpression_IsThatOfEveryVersion(t *testing.T) {
	conditions := []crd.ContourCondition{{Prefix: "/api/"}, {Regex: "/2/things|/2/connections"}}
	place := mergePaths(conditions)
	matcher := place.path(&crd.ContourRoute{}).Matcher
	for path, want := range map[string]bool{
		"/api/2/things":      true,
		"/api/2/connections": true, // since the expression is in a group
		"/2/connections":     true, // before that
		"/2/things":          false,
	} {
		if got, known := matcher.Matches(path); got != want || !known {
			t.Errorf("%s: matches %t (known %t), want %t", path, got, known, want)
		}
	}
	if one := mergePaths([]crd.ContourCondition{{Prefix: "/api/"}, {Regex: "/2/.*"}}); one.expression() != "/api/2/.*" {
		t.Errorf("where all versions agree the expression is %q", one.expression())
	}
}
