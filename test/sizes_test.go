package test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a person reads at once: no file and no package of the product is longer. A file counts as a whole, a package by its
// lines of code, without comments and blank lines.
const (
	mostLinesOfFile = 350
	mostCode        = 4000
)

func TestNothingIsTooLongToRead(t *testing.T) {
	for _, p := range packages(t) {
		if name := p.name(); name == "test" || strings.HasPrefix(name, "test/") {
			continue
		}
		code := 0
		for _, file := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.HasPrefix(text, []byte("// Code generated")) {
				continue
			}
			lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
			if len(lines) > mostLinesOfFile {
				t.Errorf("%s/%s has %d lines, more than %d", p.name(), file, len(lines), mostLinesOfFile)
			}
			for _, line := range lines {
				if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
					code++
				}
			}
		}
		if code > mostCode {
			t.Errorf("%s has %d lines of code, more than %d", p.name(), code, mostCode)
		}
	}
}
