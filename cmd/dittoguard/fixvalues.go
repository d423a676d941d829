package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/internal/fix"
)

// prove says what was judged of a plan and, where the chart is at hand, renders it with the new values and judges that.
func (o *fixOptions) prove(ctx context.Context, checker *check.Checker, paths []string, stdin []byte,
	out *fix.Output) (how string, proved bool, err error) {
	if len(out.Values) == 0 {
		return "checked", true, nil
	}
	if o.chart != "" {
		paths = []string{o.chart}
	}
	if !o.charts(paths) {
		return "checked on the rendered objects, not on a new rendering", true, nil
	}
	text, err := fix.ValuesText(out.Values)
	if err != nil {
		return "", false, err
	}
	file, err := os.CreateTemp("", "dittoguard-values-*.yaml")
	if err != nil {
		return "", false, fmt.Errorf("rendering with the new values: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }() // it is of no use to anybody
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return "", false, fmt.Errorf("rendering with the new values: %w", err)
	}
	with := *o
	if with.render.Release == "" {
		with.render.Release = out.Release
	}
	if with.namespace == "default" && out.Namespace != "" {
		with.namespace = out.Namespace
	}
	loaded, err := with.load(ctx, paths, stdin, []string{file.Name()})
	if err != nil {
		return "", false, fmt.Errorf("rendering with the new values: %w", err)
	}
	left := 0
	for _, world := range loaded.Worlds() {
		inv := inventoryOf(world)
		judged, err := checker.Judge(ctx, inv, inv.All())
		if err != nil {
			return "", false, err
		}
		for _, f := range judged.Result().Findings {
			if o.closes(f) {
				left++
			}
		}
	}
	if left > len(out.Open) && len(out.Rendered) == 0 {
		out.Notes = append(out.Notes,
			fmt.Sprintf("Rendered with these values, %s left: the chart makes something else of them than was changed here.", areLeft(left)))
		return "checked on the rendered objects", false, nil
	}
	if len(out.Rendered) > 0 {
		return "checked on the rendered objects; of the values alone, rendered anew, " + areLeft(left) +
			" left for the patches", true, nil
	}
	return "checked on a new rendering", true, nil
}

func areLeft(n int) string {
	if n == 1 {
		return "1 finding is"
	}
	return fmt.Sprintf("%d findings are", n)
}

// values prints the values, or what they change in the file that is there.
func (o *fixOptions) values(stdout, stderr io.Writer, out *fix.Output) error {
	if n := len(out.Files) + len(out.Left) + len(out.Rendered); n > 0 {
		note(stderr, "of the plan, what is no value is left out here (%d); see it without --helm-values", n)
	}
	for _, secret := range out.Secrets {
		note(stderr, "first: %s", strings.ReplaceAll(secret, "\\\n  ", ""))
	}
	if len(o.render.Values) == 0 {
		text, err := fix.ValuesText(out.Values)
		if err == nil {
			_, err = io.WriteString(stdout, text)
		}
		return err
	}
	name := o.render.Values[len(o.render.Values)-1]
	before, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("--values: %w", err)
	}
	after, err := fix.WithValues(string(before), out.Values)
	if err != nil {
		return fmt.Errorf("--values: %s: %w", name, err)
	}
	file := fix.File{Name: name, Before: string(before), After: after}
	diff, err := file.Diff()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(stdout, diff); err != nil {
		return err
	}
	if o.write && file.Before != file.After {
		if err := file.Write(); err != nil {
			return err
		}
		note(stderr, "%s is written", name)
	}
	return nil
}
