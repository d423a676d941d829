package missing

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNothingSkipsInSilence: who has a reason to skip says it here. Fuzz targets skip inputs without one, and
// what package sample skips runs without the race detector.
func TestNothingSkipsInSilence(t *testing.T) {
	silent := regexp.MustCompile(`\.(Skip\([^)]|Skipf\(|SkipNow\()`)
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); entry.IsDir() && err == nil && path != "../.." {
			return fs.SkipDir // a module of its own has nothing of this one
		}
		if entry.IsDir() && (entry.Name() == "missing" || entry.Name() == "sample" || strings.HasPrefix(entry.Name(), ".") && path != "../..") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if found := silent.Find(text); found != nil {
			t.Errorf("%s: %s…: use package missing, so that `make test` names it", path, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsMissingIsWrittenDown(t *testing.T) {
	name := filepath.Join(t.TempDir(), "missing")
	t.Setenv(file, name)
	t.Setenv("CI", "")
	t.Run("tool", func(t *testing.T) { Tool(t, "no such program") })
	t.Run("data", func(t *testing.T) { Data(t, "no such data") })
	if text, err := os.ReadFile(name); err != nil || string(text) != "no such program\nno such data\n" {
		t.Errorf("%q, %v", text, err)
	}
}
