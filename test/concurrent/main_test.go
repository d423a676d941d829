package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  bool
	}{
		"everything in turn":     {map[string]string{"a.go": "func f() { g() }", "a_test.go": "func TestA() { t.Run() }"}, false},
		"a go statement":         {map[string]string{"a.go": "func f() {}", "b.go": "func g() { if true { go f() } }"}, true},
		"a group":                {map[string]string{"a.go": "func f() { group.Go(g) }"}, true},
		"a lock":                 {map[string]string{"a.go": "import \"sync\"\nvar m sync.Mutex"}, true},
		"an atomic":              {map[string]string{"a.go": "import \"sync/atomic\"\nvar n atomic.Int64"}, true},
		"a test beside others":   {map[string]string{"a.go": "", "a_test.go": "func TestA() { t.Parallel() }"}, true},
		"a word in a comment":    {map[string]string{"a.go": "// go f() and t.Parallel() under sync\nvar s = \"go f()\""}, false},
		"a package that is Go's": {map[string]string{"a.go": "import \"go/ast\"\nvar Go ast.Node"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, content := range test.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte("package a\n"+content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var got strings.Builder
			if err := choose(strings.NewReader("example.com/a "+dir+"\n"), &got); err != nil {
				t.Fatal(err)
			}
			if want := map[bool]string{true: "example.com/a\n"}[test.want]; got.String() != want {
				t.Errorf("chose %q, want %q", got.String(), want)
			}
		})
	}
}

func TestChoose_WhatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("package\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for input, want := range map[string]string{
		"example.com/a":        `"example.com/a": expected an import path and a folder`,
		"example.com/a " + dir: dir + "/a.go:1:9: expected 'IDENT', found 'EOF'",
	} {
		if err := choose(strings.NewReader(input), nil); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", input, err, want)
		}
	}
}
