// Command concurrent chooses the packages that `make test` runs with the race detector: those with something that goes on at the same
// time as something else, in their own code or in their tests. The detector makes a test five to ten times as expensive,
// and has nothing to say about a package in which everything comes in turn. What such a package shares with the concurrent ones that call it, it
// shares in their tests, too.
//
// It reads lines of an import path and a folder, and writes the paths that it has chosen.
package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if err := choose(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func choose(packages io.Reader, chosen io.Writer) error {
	lines := bufio.NewScanner(packages)
	for lines.Scan() {
		path, dir, found := strings.Cut(lines.Text(), " ")
		if !found {
			return fmt.Errorf("%q: expected an import path and a folder", lines.Text())
		}
		concurrent, err := concurrent(dir)
		if err != nil {
			return err
		}
		if concurrent {
			if _, err := fmt.Fprintln(chosen, path); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}

// concurrent says whether a Go file of a folder, of a package or of its tests, starts or guards anything concurrent.
func concurrent(dir string) (bool, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return false, err
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return false, err
		}
		found := false
		ast.Inspect(file, func(node ast.Node) bool {
			found = found || is(node)
			return !found
		})
		if found {
			return true, nil
		}
	}
	return false, nil
}

// is says whether a node is a go statement, a call of a Go or Parallel method, or an import of what guards against others.
func is(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.GoStmt:
		return true
	case *ast.CallExpr:
		method, ok := node.Fun.(*ast.SelectorExpr)
		return ok && (method.Sel.Name == "Go" || method.Sel.Name == "Parallel" || method.Sel.Name == "RunParallel")
	case *ast.ImportSpec:
		switch node.Path.Value {
		case `"sync"`, `"sync/atomic"`, `"golang.org/x/sync/errgroup"`:
			return true
		}
	}
	return false
}
