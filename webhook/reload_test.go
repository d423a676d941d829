package webhook

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// mount lays content out as a kubelet does for a ConfigMap, and returns the file and a function that swaps the content.
func mount(t *testing.T, content string) (string, func(content string)) {
	t.Helper()
	dir := t.TempDir()
	version := 0
	swap := func(content string) {
		t.Helper()
		version++
		data := filepath.Join(dir, "..v"+string(rune('0'+version)))
		for _, err := range []error{
			os.Mkdir(data, 0o755),
			os.WriteFile(filepath.Join(data, "config.yaml"), []byte(content), 0o644),
			os.Symlink(filepath.Base(data), filepath.Join(dir, "..data_tmp")),
			os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	swap(content)
	file := filepath.Join(dir, "config.yaml")
	if err := os.Symlink(filepath.Join("..data", "config.yaml"), file); err != nil {
		t.Fatal(err)
	}
	return file, swap
}

func load(content []byte) (string, error) {
	if strings.HasPrefix(string(content), "broken") {
		return "", errors.New("config.yaml:1: unknown field \"broken\"")
	}
	return string(content), nil
}

func TestReloaderKeepsTheLastGoodVersion(t *testing.T) {
	file, swap := mount(t, "broken at first")
	recorder := &counts{}
	loads := 0
	r := NewReloader(ReloaderOptions[string]{Path: file, Recorder: recorder, Load: func(content []byte) (string, error) {
		loads++
		return load(content)
	}})
	if err := r.Ready(); err == nil || err.Error() != "not loaded yet" {
		t.Errorf("before the first load: %v", err)
	}
	if _, ok := r.Current(); ok {
		t.Error("something before the first load")
	}
	type state struct{ Err, Ready, Note, Current string }
	look := func() state {
		text := func(err error) string {
			if err == nil {
				return ""
			}
			return err.Error()
		}
		s := state{Err: text(r.Load())}
		s.Ready, s.Note = text(r.Ready()), r.Note()
		s.Current, _ = r.Current()
		s.Note, _, _ = strings.Cut(s.Note, " (in force is the version loaded at ")
		return s
	}
	const unknown = "config.yaml:1: unknown field \"broken\""
	for _, step := range []struct {
		name, content string
		want          state
	}{
		{"broken from the start", "", state{Err: unknown, Ready: unknown}},
		{"still the same", "", state{Err: unknown, Ready: unknown}},
		{"repaired", "one", state{Current: "one"}},
		{"still repaired", "", state{Current: "one"}},
		{"broken again", "broken", state{Err: unknown, Note: "broken reload: " + unknown, Current: "one"}},
		{"back to the good one", "one", state{Current: "one"}},
		{"changed", "two", state{Current: "two"}},
	} {
		if step.content != "" {
			swap(step.content)
		}
		if diff := cmp.Diff(step.want, look()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
	if loads != 5 {
		t.Errorf("%d loads, want one for each change", loads)
	}
	if diff := cmp.Diff([]bool{false, true, false, true, true}, recorder.reloads); diff != "" {
		t.Errorf("reloads (-want +got):\n%s", diff)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := r.Load(); err == nil || !strings.HasPrefix(err.Error(), "reading the configuration: ") {
		t.Errorf("a missing file: %v", err)
	}
	if got, _ := r.Current(); got != "two" {
		t.Errorf("after the file went: %q", got)
	}
}

// TestReloaderSeesWhatIsInFolders: a ConfigMap's folder that is swapped, and folders as people lay them out.
func TestReloaderSeesWhatIsInFolders(t *testing.T) {
	file, swap := mount(t, "one")
	folder := t.TempDir()
	write := func(name, content string) func() {
		return func() {
			name := filepath.Join(folder, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	loads := 0
	r := NewReloader(ReloaderOptions[int]{
		Folders: []string{filepath.Dir(file), folder, filepath.Join(folder, "missing")},
		Load:    func([]byte) (int, error) { loads++; return loads, nil },
	})
	for _, step := range []struct {
		name   string
		change func()
		want   int
	}{
		{"the first time", func() {}, 1},
		{"nothing new", func() {}, 1},
		{"another ConfigMap", func() { swap("two") }, 2},
		{"a file", write("a.yaml", "a"), 3},
		{"a file in a folder", write("b/rule.yaml", "b"), 4},
		{"the same again", write("b/rule.yaml", "b"), 4},
		{"another content", write("b/rule.yaml", "c"), 5},
		{"what is too deep to be a rule", write("b/pass/pod.yaml", "pod"), 5},
		{"a hidden file", write(".a.yaml.swp", "a"), 5},
		{"a link that leads nowhere", func() { _ = os.Symlink("nowhere", filepath.Join(folder, "c.yaml")) }, 6},
		{"a folder that comes", write("missing/a.yaml", "a"), 7},
		{"a file that goes", func() { _ = os.Remove(filepath.Join(folder, "a.yaml")) }, 8},
	} {
		step.change()
		if err := r.Load(); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		if got, _ := r.Current(); got != step.want {
			t.Errorf("%s: load %d, want %d", step.name, got, step.want)
		}
	}
}

// TestReloaderTakesNoHalf: what changes while it is read is not taken, and is read again.
func TestReloaderTakesNoHalf(t *testing.T) {
	file, swap := mount(t, "one")
	loads := 0
	r := NewReloader(ReloaderOptions[int]{Folders: []string{filepath.Dir(file)}, Load: func([]byte) (int, error) {
		if loads++; loads == 1 {
			swap("two")
		}
		return loads, nil
	}})
	if err := r.Load(); err == nil {
		t.Error("half of one version and half of another was taken")
	}
	if _, ok := r.Current(); ok {
		t.Error("something was loaded")
	}
	if err := r.Load(); err != nil {
		t.Error(err)
	}
	if got, _ := r.Current(); got != 2 {
		t.Errorf("load %d", got)
	}
}

func TestReloaderWithoutFile(t *testing.T) {
	r := NewReloader(ReloaderOptions[string]{Load: func(content []byte) (string, error) {
		if content != nil {
			t.Errorf("content %q", content)
		}
		return "default", nil
	}})
	if err := r.Load(); err != nil {
		t.Fatal(err)
	}
	if got, ok := r.Current(); got != "default" || !ok {
		t.Errorf("%q %v", got, ok)
	}
}

func TestReloaderSeesChanges(t *testing.T) {
	file, swap := mount(t, "one")
	r := NewReloader(ReloaderOptions[string]{Path: file, Load: load, Interval: time.Millisecond})
	go func() { _ = r.Start(t.Context()) }()
	for _, want := range []string{"one", "two"} {
		swap(want)
		deadline := time.Now().Add(10 * time.Second)
		for {
			if got, _ := r.Current(); got == want {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%q never came", want)
			}
			time.Sleep(time.Millisecond)
		}
	}
}
