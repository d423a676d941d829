package check_test

import (
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/rules"
)

// load reads a fixture, and makes the checker of all rules that its configuration asks for.
func load(t testing.TB, file string) (*inventory.Memory, *check.Checker) {
	t.Helper()
	loaded, err := manifest.Load([]string{file}, nil, manifest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inv := inventory.NewMemory(index.Of, nil)
	for _, o := range loaded.Objects {
		inv.Put(o)
	}
	beside := strings.TrimSuffix(file, ".yaml") + ".configuration.yaml"
	if _, err := os.Stat(beside); err != nil {
		return inv, everything()
	}
	checker, _ := configured.LoadOrStore(beside, sync.OnceValues(func() (*check.Checker, error) { return checkerBeside(beside) }))
	made, err := checker.(func() (*check.Checker, error))()
	if err != nil {
		t.Fatal(err)
	}
	return inv, made
}

// configured are the checkers by the configurations of fixtures, each made once.
var configured sync.Map

func checkerBeside(configuration string) (*check.Checker, error) {
	list, err := rules.Builtin()
	if err != nil {
		return nil, err
	}
	cfg, err := config.Load(configuration, list)
	if err != nil {
		return nil, err
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true, Work: 60_000_000})
	return check.New(check.Options{Rules: list, Config: cfg, Passwords: passwords})
}

// everything is the checker of all built-in rules with the default configuration. It is made once: compiling the rules
// anew for each fixture takes longer than all the judging.
var everything = sync.OnceValue(func() *check.Checker {
	list, err := rules.Builtin()
	if err != nil {
		panic(err)
	}
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true})
	checker, err := check.New(check.Options{Rules: list, Config: config.Default(), Passwords: passwords})
	if err != nil {
		panic(err)
	}
	return checker
})

func newChecker(t testing.TB, list []rules.HardeningRule, cfg *config.Config) *check.Checker {
	t.Helper()
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true, Work: 60_000_000})
	t.Cleanup(passwords.Close)
	checker, err := check.New(check.Options{Rules: list, Config: cfg, Passwords: passwords})
	if err != nil {
		t.Fatal(err)
	}
	return checker
}

// judged is what a checker finds in an inventory.
func judged(t testing.TB, checker *check.Checker, inv *inventory.Memory) check.Result {
	t.Helper()
	result, err := checker.All(t.Context(), inv, inv.All())
	if err != nil {
		t.Fatal(err)
	}
	return result
}
