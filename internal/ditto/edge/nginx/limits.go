package nginx

import (
	"regexp"

	"github.com/dittoguard/dittoguard/internal/ditto/reason"
	"github.com/dittoguard/dittoguard/internal/ditto/tri"
	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

// OrSnippet is the reading where nothing but a snippet limits requests: its zone is defined elsewhere, and whether
// snippets are honoured cannot be seen.
func OrSnippet(s tri.State, a way.Annotations, prefix string, names ...string) tri.State {
	for _, name := range names {
		if s.State == tri.On || !a.Has(name) {
			continue
		}
		directives, ok := ParseSnippet(a[name])
		if !ok || directives.Has("limit_req", "limit_conn", "include") {
			return tri.Is(tri.Unknown, prefix+name, reason.Of("limit-not-honoured-perhaps", name))
		}
	}
	return s
}

// F5RateText is what limit-req-rate may be: internal/configs ParseRequestRate.
var F5RateText = regexp.MustCompile(`^[1-9][0-9]*r/[sm]$`)
