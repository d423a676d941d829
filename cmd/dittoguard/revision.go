package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/dittoguard/dittoguard/internal/gittree"
	"github.com/dittoguard/dittoguard/internal/manifest"
)

// loadSide reads what an argument names: paths as they are, and revisions of git. It is nil if a revision has no such
// path.
func (o *diffOptions) loadSide(ctx context.Context, stdin io.Reader, arg string) (loaded *manifest.Result, err error) {
	revision, path, is := gittree.Named(arg)
	if !is {
		return manifest.Load([]string{arg}, stdin, o.manifests(ctx, "dittoguard diff", arg))
	}
	err = temporary(func(dir string) error {
		// Messages say where a file lies by its path; a temporary folder may itself be behind a link.
		if dir, err = filepath.EvalSymlinks(dir); err != nil {
			return err
		}
		tree, err := gittree.Checkout(ctx, ".", revision, path, dir)
		if err != nil || tree.Missing {
			return err
		}
		in := func(text string) string {
			text = strings.ReplaceAll(text, dir+string(filepath.Separator), gittree.Prefix+revision+":")
			return strings.ReplaceAll(text, dir, gittree.Prefix+revision)
		}
		if loaded, err = manifest.Load([]string{tree.Path}, nil, o.manifests(ctx, "dittoguard diff", dir)); err != nil {
			return errors.New(in(err.Error()))
		}
		if _, err := onlyWorld(loaded); err != nil {
			return errors.New(in(err.Error()))
		}
		for _, o := range loaded.Objects {
			o.Source.File, o.Source.NotRendered = in(o.Source.File), in(o.Source.NotRendered)
		}
		for i, warning := range loaded.Warnings {
			loaded.Warnings[i] = in(warning)
		}
		for i := range loaded.Skipped {
			loaded.Skipped[i].File = in(loaded.Skipped[i].File)
		}
		for _, texts := range [][]string{loaded.Other, loaded.Unnamed, loaded.Notes} {
			for i, text := range texts {
				texts[i] = in(text)
			}
		}
		for _, skipped := range tree.Skipped {
			name, reason, _ := strings.Cut(skipped, ": ")
			loaded.Skipped = append(loaded.Skipped, manifest.Skipped{File: gittree.Prefix + revision + ":" + name,
				Reason: reason})
		}
		return nil
	})
	return loaded, err
}
