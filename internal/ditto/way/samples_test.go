package way

import "testing"

// What follows a match of an expression may have dot segments.
func TestOpenEndedExpressions(t *testing.T) {
	for expression, want := range map[string]bool{
		"/api/2/(things|policies)":       true,
		"/api/2/(things|policies)$":      false,
		"/api/2/(things$|policies)":      true,
		"/api/2/[a-z]+/[0-9]{2}":         true,
		"/api/2/[a-z]+/[0-9]{2}$":        false,
		"/api/2/(things|policies)(/.*)?": true,
		"/api/2/[^/]+$":                  false,
		"/api/2/(x/)?things.+":           true,
	} {
		m := Regex(Raw, expression, false, AtStart)
		if open, known := m.openEnded(); open != want || !known {
			t.Errorf("%s: %t (known %t), want %t", expression, open, known, want)
		}
	}
}

func TestAlternatives(t *testing.T) {
	for expression, want := range map[string]bool{
		"/a|/b": true, "/(a|b)": false, "/(a)|b": true, `/a\|b`: false, "/[|]": false, "/a": false, "/[]|]": false, "/[^]|]": false, `/\Qa(\E|/b`: true, "/[[]|/b": true,
	} {
		if got := Alternatives(expression); got != want {
			t.Errorf("%s: %t, want %t", expression, got, want)
		}
	}
}
