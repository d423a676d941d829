package test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// TestDockerignoreLeavesTheSource: nothing that the binary is built from is kept from a build with Docker.
func TestDockerignoreLeavesTheSource(t *testing.T) {
	text, err := os.ReadFile("../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	var patterns []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			patterns = append(patterns, line)
		}
	}
	ignored := func(file string) bool {
		for _, pattern := range patterns {
			below, deep := strings.CutPrefix(pattern, "**/")
			for part := file; part != "."; part = path.Dir(part) {
				name := part
				if deep {
					name = path.Base(part)
				}
				if ok, err := path.Match(below, name); err != nil || ok {
					return true
				}
			}
		}
		return false
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Dir,Standard,Module,GoFiles,EmbedFiles", "../cmd/dittoguard").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := []string{"go.mod", "go.sum"}
	for in := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			Dir                 string
			Module              *struct{ Main bool }
			GoFiles, EmbedFiles []string
		}
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		folder, err := filepath.Rel(root, p.Dir)
		if p.Module == nil || !p.Module.Main || err != nil {
			continue
		}
		for _, file := range append(p.GoFiles, p.EmbedFiles...) {
			files = append(files, path.Join(filepath.ToSlash(folder), file))
		}
	}
	if len(files) < 100 {
		t.Fatalf("only %d files are known", len(files))
	}
	for _, file := range files {
		if ignored(file) {
			t.Errorf(".dockerignore keeps %s from the build", file)
		}
	}
	for _, file := range []string{".git/HEAD", "dist/image/index.json", "README.md", "rules/rule_test.go", "internal/check/testdata/x.yaml"} {
		if !ignored(file) {
			t.Errorf(".dockerignore lets %s into the build", file)
		}
	}
}
