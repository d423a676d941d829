package check_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/test/sample"
)

// TestWhicheverComesLast brings in each object of a fixture after all others: it is refused if it is what makes it wrong.
// Orders by chance (TestOrderOfArrival) have some objects never as the last one.
func TestWhicheverComesLast(t *testing.T) {
	for _, file := range sample.Of(fixtureFiles(t, "fail"), 8) {
		t.Run(file[len(builtinDir)+1:], func(t *testing.T) {
			t.Parallel()
			inv, checker := load(t, file)
			after := denied(judged(t, checker, inv))
			for _, last := range inv.All() {
				others, _ := load(t, file)
				others.Delete(last.Ref.ID())
				before := denied(judged(t, checker, others))
				brought := slices.DeleteFunc(slices.Clone(after), func(key string) bool { return isThere(key, before) })
				if len(brought) > 0 && len(create(t, checker, others, last).Denied) == 0 {
					t.Errorf("%s is admitted, and brings %s", last.Ref, brought)
				}
			}
		})
	}
}

// isThere says whether what a key stands for was wrong before: that itself or, of what is in doubt now, more.
func isThere(key string, before []string) bool {
	rule, rest, _ := strings.Cut(key, "|")
	return slices.Contains(before, key) || strings.HasPrefix(rest, "unknown") &&
		slices.ContainsFunc(before, func(was string) bool { return strings.HasPrefix(was, rule+"|") })
}

// denied are the keys of the findings that deny.
func denied(r check.Result) []string {
	var list []string
	for _, f := range r.Findings {
		if f.Action == check.ActionDeny {
			list = append(list, f.Keys...)
		}
	}
	return list
}
