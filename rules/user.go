package rules

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// LoadUser reads the rules that a user wrote, from folders as Load takes them: one folder a rule, or flat files as a
// mounted ConfigMap has them. All folders together are one set: a name may be there once, and none may be that of a
// built-in rule. A folder that is named twice is read once. A folder without a rule is an error: it is the wrong one,
// or was not mounted.
//
// All problems are reported at once, as LoadFrom does. Beside an error come the rules that can be read all the same,
// sorted by name, so that what is wrong with their expressions can be said in the same run.
func LoadUser(dirs ...string) ([]HardeningRule, error) {
	if len(dirs) == 0 {
		return nil, nil
	}
	builtin, err := Builtin()
	if err != nil {
		return nil, err
	}
	var (
		found  []HardeningRule
		probs  problems
		unread []error
	)
	for i, dir := range dirs {
		if slices.Contains(dirs[:i], dir) {
			continue
		}
		before, known := len(found), len(probs.list)
		list, err := read(os.DirFS(dir), filepath.ToSlash(dir), &probs)
		found = append(found, list...)
		if err == nil && len(found) == before && len(probs.list) == known {
			err = fmt.Errorf("reading rules: %s: no rule in it; expected NAME/rule.yaml, or files that end in .yaml, .yml or .json", dir)
		}
		unread = append(unread, err)
	}
	// A clash of names says nothing against the rest of a rule; other problems do.
	fine := slices.DeleteFunc(slices.Clone(found), func(r HardeningRule) bool {
		return slices.ContainsFunc(probs.list, func(p problem) bool { return p.file == r.Source.File })
	})
	sortByName(fine)
	reportDuplicates(found, &probs)
	checkParts(found, &probs)
	for _, r := range found {
		if slices.Contains(Names(builtin), r.Metadata.Name) {
			probs.ofRule(&r, "metadata.name", "rule %q is built in; choose another name", r.Metadata.Name)
		}
		if r.Spec.Since != "" {
			probs.ofRule(&r, "spec.since", "belongs to built-in rules only: what you wrote always counts")
		}
	}
	return fine, errors.Join(errors.Join(unread...), probs.join())
}
