package check_test

import (
	"context"
	"flag"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/ruletest"
	"github.com/dittoguard/dittoguard/rules"
	"github.com/dittoguard/dittoguard/test/sample"
)

var update = flag.Bool("update", false, "rewrite what fixtures expect")

const builtinDir = "../../rules/builtin"

// TestBuiltinRules runs the fixtures of the built-in rules, as `dittoguard test rules/builtin` does.
func TestBuiltinRules(t *testing.T) {
	suites, err := builtinSuites()
	if err != nil {
		t.Fatal(err)
	}
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(suites))
	for _, suite := range suites {
		names = append(names, suite.Rule.Metadata.Name)
		t.Run(suite.Rule.Metadata.Name, func(t *testing.T) {
			for _, problem := range suite.Problems {
				t.Error(problem)
			}
			for _, c := range suite.Cases {
				if !sample.Has(c.File, 12) {
					continue
				}
				t.Run(c.Name, func(t *testing.T) {
					for _, problem := range c.Run(context.Background(), *update).Problems {
						t.Error(problem)
					}
				})
			}
		})
	}
	if diff := cmp.Diff(rules.Names(list), names); diff != "" {
		t.Errorf("the rules that are built in and those of the folder (-built in +folder):\n%s", diff)
	}
}

// builtinSuites are the built-in rules with their fixtures. They are loaded once, which compiles every rule.
var builtinSuites = sync.OnceValues(func() ([]ruletest.Suite, error) { return ruletest.Load(builtinDir) })

// fixtureFiles are the pass or the fail fixtures of all built-in rules; of each rule one in twelve where a sample is taken.
func fixtureFiles(t *testing.T, kind string) []string {
	t.Helper()
	suites, err := builtinSuites()
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, suite := range suites {
		var own []string
		for _, c := range suite.Cases {
			if filepath.Dir(filepath.FromSlash(c.Name)) == kind {
				own = append(own, c.File)
			}
		}
		files = append(files, sample.Of(own, 12)...)
	}
	return files
}
