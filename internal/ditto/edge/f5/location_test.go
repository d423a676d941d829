package f5

import (
	"testing"

	"github.com/dittoguard/dittoguard/internal/ditto/way"
)

func FuzzF5Location(f *testing.F) {
	for _, path := range []string{"/x", "~ ^/x", "~* /X", "=/x", "^~ /x", "~", "~*^("} {
		f.Add(path, "/devops/$1", "/devops")
	}
	f.Fuzz(func(t *testing.T, path, target, asked string) {
		p := location(path)
		p.Rewrite = rewritePath(path, target, false)
		p.Leads(asked)
		if p.Rewrite.Kind == way.RewriteUnknown && p.Rewrite.Why == "" {
			t.Errorf("%q to %q is unknown for no reason", path, target)
		}
		if !within(path, path) {
			t.Errorf("%q is not within itself", path)
		}
	})
}
