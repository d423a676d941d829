// Package ruletest runs the fixtures of rules: manifests beside a rule that say what it makes of them. The built-in
// rules and those that users write are tested by the same code.
//
// Beside a rule's document lie pass/*.yaml, in which it finds nothing; fail/*.yaml, in which it finds something; and,
// of a mutating rule, fixed/*.yaml, what its mutations make of the fail fixture of that name. The comment at the head
// of a fixture says what is found, a line each:
//
//	# finds: Deployment ditto/gateway: WebSocket throttling is off (default)
//	# unknown: Deployment ditto/things: ConfigMap ditto/settings not found
//
// NAME.configuration.yaml beside NAME.yaml is the configuration that the fixture is judged by.
package ruletest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/rules"
)

// The folders of a rule.
const (
	pass  = "pass"
	fail  = "fail"
	fixed = "fixed"
)

// configurationSuffix is what the configuration of a fixture ends in.
const configurationSuffix = ".configuration.yaml"

// Suite is a rule with its fixtures.
type Suite struct {
	Rule  rules.HardeningRule
	Cases []Case
	// Problems is what is wrong with the folder: fixtures that are missing, files that belong to none.
	Problems []string
}

// Case is one fixture.
type Case struct {
	// Name is the fixture without its ending: `fail/missing`.
	Name string
	// File is where it is.
	File string

	rule rules.HardeningRule
	// known are the rules that a configuration may speak of.
	known []rules.HardeningRule
}

// Load reads the rules of folders, laid out as rules.Load takes them, compiles them, and finds their fixtures. The
// error is everything because of which they cannot be run.
func Load(dirs ...string) ([]Suite, error) {
	builtin, err := rules.Builtin()
	if err != nil {
		return nil, err
	}
	var (
		errs   []error
		found  []rules.HardeningRule
		suites []Suite
	)
	for _, dir := range dirs {
		list, err := rules.LoadFrom(os.DirFS(dir), filepath.ToSlash(dir))
		if err == nil && len(list) == 0 {
			err = fmt.Errorf("reading rules: %s: no rule in it; expected NAME/rule.yaml", dir)
		}
		errs = append(errs, err, check.Compile(list))
		if err == nil {
			errs = append(errs, strays(dir, list))
		}
		found = append(found, list...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	known := slices.Concat(found, builtin)
	for _, rule := range found {
		suite, err := load(rule, found, known)
		if err != nil {
			return nil, err
		}
		suites = append(suites, suite)
	}
	return suites, nil
}

// strays reports folders with fixtures and no rule.
func strays(dir string, list []rules.HardeningRule) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		folder := filepath.Join(dir, e.Name())
		has := func(kind string) bool { _, err := os.Stat(filepath.Join(folder, kind)); return err == nil }
		if (has(pass) || has(fail)) &&
			!slices.ContainsFunc(list, func(r rules.HardeningRule) bool { return folderOf(r) == folder }) {
			errs = append(errs, fmt.Errorf("reading rules: %s: fixtures without a rule; expected %s", folder,
				filepath.Join(folder, "rule.yaml")))
		}
	}
	return errors.Join(errs...)
}

// folderOf is the folder that a rule's document lies in.
func folderOf(r rules.HardeningRule) string { return filepath.FromSlash(path.Dir(r.Source.File)) }

func load(rule rules.HardeningRule, all, known []rules.HardeningRule) (Suite, error) {
	s := Suite{Rule: rule}
	dir := folderOf(rule)
	for _, other := range all {
		if other.Metadata.Name != rule.Metadata.Name && folderOf(other) == dir {
			s.bad("no fixtures: %s is in the same folder; give each rule one of its own, %s/rule.yaml, with its fixtures beside it",
				other.Metadata.Name, rule.Metadata.Name)
			return s, nil
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return s, fmt.Errorf("reading fixtures: %w", err)
	}
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		if err != nil || !info.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		switch name := e.Name(); {
		case name == pass, name == fail, name == fixed && len(rule.Spec.Mutations) > 0:
		case name == fixed:
			s.bad("%s: left over: the rule has no mutations", filepath.Join(dir, name))
		default:
			s.bad("%s: not a folder of fixtures; expected pass, fail or fixed", filepath.Join(dir, name))
		}
	}
	for _, kind := range []string{pass, fail} {
		files, err := s.fixtures(filepath.Join(dir, kind))
		if err != nil {
			return s, fmt.Errorf("reading fixtures: %w", err)
		}
		if len(files) == 0 {
			s.bad("no %s fixtures; expected %s", kind, filepath.Join(dir, kind, "*.yaml"))
		}
		for _, file := range files {
			s.Cases = append(s.Cases, Case{
				Name: kind + "/" + strings.TrimSuffix(filepath.Base(file), ".yaml"), File: file, rule: rule,
				known: known,
			})
		}
	}
	files, err := s.fixtures(filepath.Join(dir, fixed))
	if err != nil {
		return s, fmt.Errorf("reading fixtures: %w", err)
	}
	for _, file := range files {
		if of := filepath.Join(dir, fail, filepath.Base(file)); !exists(of) {
			s.bad("%s: left over: there is no %s", file, of)
		}
	}
	return s, nil
}

// fixtures are the manifests in a folder, which need not be there.
func (s *Suite) fixtures(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var files []string
	for _, e := range entries {
		file := filepath.Join(dir, e.Name())
		stem, isConfiguration := strings.CutSuffix(file, configurationSuffix)
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case isConfiguration:
			if !exists(stem + ".yaml") {
				s.bad("%s: left over: there is no %s", file, stem+".yaml")
			}
		case filepath.Ext(file) == ".yaml":
			files = append(files, file)
		default:
			s.bad("%s: not a fixture; expected a name that ends in .yaml", file)
		}
	}
	return files, err
}

func (s *Suite) bad(format string, args ...any) {
	s.Problems = append(s.Problems, fmt.Sprintf(format, args...))
}

func exists(file string) bool { _, err := os.Stat(file); return err == nil }
