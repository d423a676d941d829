package main

import (
	"context"
	"os"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/explain"
	"github.com/dittoguard/dittoguard/internal/fix"
	"github.com/dittoguard/dittoguard/internal/inventory"
	"github.com/dittoguard/dittoguard/internal/report"
)

// outcome is what a command has judged, and what came of it.
type outcome struct {
	result check.Result
	// notes are what there is to know of what was read.
	notes []string
	// objects are all that was read, worlds the sets that were judged, each by itself.
	objects []*inventory.Object
	worlds  []*inventory.Memory
}

// input is what reports are made of. What Ditto there is, is found out only for a report that shows it.
func (o *verdictOptions) input(ctx context.Context, checker *check.Checker, judged outcome) report.Input {
	in := report.Input{
		Result: judged.result, Notes: judged.notes, Rules: o.asked, Version: buildVersion(), Root: workingFolder(),
		Objects: judged.objects, FailsOn: o.failOn,
		Explain: func() (explain.Explanation, error) {
			versions := make([]explain.Explanation, 0, len(judged.worlds))
			for _, inv := range judged.worlds {
				opts := explain.Options{Verdict: check.Sorted(judged.result), Passwords: checker.Passwords()}
				versions = append(versions, explain.Build(ctx, checker.View(ctx, inv), inv.All(), opts))
			}
			return explain.Merge(versions...), ctx.Err()
		},
	}
	if judged.objects != nil { // there are files
		in.Patches = func() (func(check.Finding) []report.Patch, error) { return patches(ctx, checker, judged) }
	}
	return in
}

// patches finds what mends single findings in the files that were read. What came from standard input, or from a
// cluster, has none.
func patches(ctx context.Context, checker *check.Checker, judged outcome) (func(check.Finding) []report.Patch, error) {
	var worlds [][]*inventory.Object
	for _, inv := range judged.worlds {
		worlds = append(worlds, inv.All())
	}
	found, err := fix.Mend(ctx, checker, worlds, func(name string) (string, error) {
		text, err := os.ReadFile(name)
		return string(text), err
	})
	if err != nil {
		return nil, err
	}
	return func(f check.Finding) []report.Patch {
		var list []report.Patch
		for _, p := range found.Of(f) {
			patch := report.Patch{Message: p.Message}
			for _, file := range p.Files {
				patch.Files = append(patch.Files, report.PatchedFile(file))
			}
			list = append(list, patch)
		}
		return list
	}, nil
}

// workingFolder is where the command runs, from which reports name files; empty if that cannot be told.
func workingFolder() string {
	folder, err := os.Getwd()
	if err != nil {
		return ""
	}
	return folder
}
