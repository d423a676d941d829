package ruletest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/internal/ditto/htpasswd"
	"github.com/dittoguard/dittoguard/internal/ditto/index"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/manifest"
	"github.com/dittoguard/dittoguard/rules"
)

// passwordWork is what checking the passwords of a fixture's object may cost: enough for every hash that somebody waits
// for.
const passwordWork = 60_000_000

// Outcome is what running a fixture came to.
type Outcome struct {
	// Problems say, each with a diff where there is one to show, what is otherwise than the fixture says; none if it
	// passes.
	Problems []string
	// Written are the files that were rewritten.
	Written []string
}

// run is one run of one fixture.
type run struct {
	Outcome

	*Case
	//nolint:containedctx // lives as long as one call of Run
	ctx     context.Context
	inv     *inventory.Memory
	checker *check.Checker
	update  bool
}

// Run judges the fixture by its rule alone, each object as if it were created, all of them together. With update the
// expectations are rewritten instead of compared: the head of the fixture, and what the mutations make of it. That a
// fixture is in the wrong folder stays a problem.
func (c *Case) Run(ctx context.Context, update bool) Outcome {
	r := &run{Case: c, ctx: ctx, update: update}
	passwords := htpasswd.NewVerifier(htpasswd.Options{NoBackground: true, Work: passwordWork})
	defer passwords.Close()
	if r.load(passwords) {
		r.mutations(r.findings())
	}
	return r.Outcome
}

func (r *run) bad(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

func (r *run) fails() bool { return strings.HasPrefix(r.Name, fail+"/") }

// load reads the fixture and its configuration.
func (r *run) load(passwords *htpasswd.Verifier) bool {
	loaded, err := manifest.Load([]string{r.File}, nil, manifest.Options{})
	if err != nil {
		r.bad("%v", err)
		return false
	}
	for _, skipped := range loaded.Skipped {
		r.bad("%s", skipped)
	}
	if len(loaded.Objects) == 0 {
		r.bad("%s: there is no Kubernetes object in it", r.File)
	}
	r.inv = inventory.NewMemory(index.Of, nil)
	for _, o := range loaded.Objects {
		r.inv.Put(o)
	}
	cfg := config.Default()
	if beside := strings.TrimSuffix(r.File, ".yaml") + configurationSuffix; exists(beside) {
		if cfg, err = config.Load(beside, r.known); err != nil {
			r.bad("%v", err)
			return false
		}
	}
	r.checker, err = check.New(check.Options{Rules: []rules.HardeningRule{r.rule}, Proved: true, Config: cfg,
		Passwords: passwords})
	if err != nil {
		r.bad("%v", err)
	}
	return len(r.Problems) == 0
}

// findings compares what the rule finds with the head of the fixture, and says how many findings there are.
func (r *run) findings() int {
	result, err := r.checker.All(r.ctx, r.inv, r.inv.All())
	if err != nil {
		r.bad("%s: %v", r.File, err)
		return 0
	}
	name := r.rule.Metadata.Name
	var found []string
	for _, f := range result.Findings {
		if f.Rule == name {
			found = append(found, line(findsMark, f.Subject, f.Message))
		}
	}
	findings := len(found)
	if !r.fails() && findings > 0 {
		r.bad("%s: the rule finds something, but this fixture should pass:\n%s", r.File, strings.Join(found, "\n"))
		return findings
	}
	// A rule that does nothing but mutate finds nothing.
	if r.fails() && findings == 0 && len(r.rule.Spec.Validations) > 0 {
		r.bad("%s: the rule finds nothing, but this fixture should fail", r.File)
		return findings
	}
	for _, u := range result.Unknown {
		if u.Rule == name {
			found = append(found, line(unknownMark, u.Subject, u.Message))
		}
	}
	text, err := os.ReadFile(r.File)
	if err != nil {
		r.bad("%v", err)
		return findings
	}
	h := readHead(string(text))
	if diff := unified(h.expected, found); diff != "" {
		if r.update {
			h.expected = found
			r.write(r.File, h.text())
		} else {
			r.bad("%s: the rule finds something else than the comment at the top says (--update rewrites it):\n%s",
				r.File, diff)
		}
	}
	return findings
}

func (r *run) write(file, text string) {
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = os.WriteFile(file, []byte(text), 0o644)
	}
	if err != nil {
		r.bad("rewriting: %v", err)
		return
	}
	r.Written = append(r.Written, file)
}
