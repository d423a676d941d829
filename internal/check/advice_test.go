package check

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAdvices(t *testing.T) {
	for name, test := range map[string]struct{ of, want []string }{
		"none":      {[]string{""}, nil},
		"each once": {[]string{"Do this.", "Do that.", "Do this."}, []string{"Do this.", "Do that."}},
		"values of a chart together": {
			[]string{ofChart + "a.b: 1; c.d: null", "Do this.", ofChart + "a.b: 1; e.f without /x, /y"},
			[]string{ofChart + "a.b: 1; c.d: null; e.f without /x, /y", "Do this."},
		},
		"keys that differ in one step": {
			[]string{ofChart + "db.a.ssl: true", ofChart + "db.b.ssl: true", ofChart + "db.c.ssl: false", ofChart + "db.d.tls: true"},
			[]string{ofChart + "db.{a,b}.ssl: true; db.c.ssl: false; db.d.tls: true"},
		},
		"keys that differ at an end": {[]string{ofChart + "a.b.x: true; a.b.y: true; c.b.x: true"}, []string{ofChart + "a.b.x: true; a.b.y: true; c.b.x: true"}},
	} {
		t.Run(name, func(t *testing.T) {
			var causes []Cause
			for _, advice := range test.of {
				causes = append(causes, Cause{Advice: advice})
			}
			if diff := cmp.Diff(test.want, Advices(causes)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
