package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// write lays files out below a new folder and goes there, so that errors name short paths.
func write(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

// TestLoadUser_ConfigMap reads what a kubelet mounts: a hidden folder with the files, a link to it, and links to the files
// through that. Each rule is there once.
func TestLoadUser_ConfigMap(t *testing.T) {
	write(t, map[string]string{
		"mount/..2026_11_24_18_20_56.1/a.yaml": named("a"),
		"mount/..2026_11_24_18_20_56.1/b.yaml": named("b"),
	})
	link(t, "..2026_11_24_18_20_56.1", "mount/..data")
	link(t, "..data/a.yaml", "mount/a.yaml")
	link(t, "..data/b.yaml", "mount/b.yaml")
	found, err := LoadUser("mount")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, Names(found)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := found[1].Source.File; got != "mount/b.yaml" {
		t.Errorf("the file is %s", got)
	}
}

func TestLoadUser_FoldersAndLinksToFolders(t *testing.T) {
	write(t, map[string]string{
		"ours/c/rule.yaml": named("c"), "ours/c/fail/pod.yaml": "kind: Pod\n", "elsewhere/a/rule.yaml": named("a"), "own/rule.yaml": named("b"),
		"own/pass/pod.yaml": "kind: Pod\n",
	})
	link(t, "../elsewhere/a", "ours/a")
	link(t, "nowhere", "ours/dangling")
	found, err := LoadUser("ours", "own", "ours")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, Names(found)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoadUser_NeedsNoSectionOfTheGuide(t *testing.T) {
	write(t, map[string]string{"ours/a.yaml": strings.Replace(named("a"), "  guide: \"1, 5\"\n", "", 1)})
	if _, err := LoadUser("ours"); err != nil {
		t.Error(err)
	}
}

func TestLoadUser_Problems(t *testing.T) {
	broken := strings.Replace(named("broken"), "severity: high", "severity: severe", 1)
	write(t, map[string]string{
		"first/same.yaml": named("same"), "first/broken.yaml": broken, "first/devops-exposed/rule.yaml": named("devops-exposed"),
		"second/same.yaml": named("same"), "empty/README.md": "", "file": "", "comment/x.yaml": "# nothing\n",
	})
	found, err := LoadUser("first", "second", "empty", "comment", "missing", "file")
	if err == nil {
		t.Fatal("no error")
	}
	want := []string{
		"reading rules: empty: no rule in it; expected NAME/rule.yaml, or files that end in .yaml, .yml or .json",
		"reading rules: comment: no rule in it; expected NAME/rule.yaml, or files that end in .yaml, .yml or .json",
		"reading rules: missing: no such file or directory",
		"reading rules: file: not a directory",
		`first/broken.yaml:10: spec.severity: expected critical, high, medium or low, got "severe"`,
		`first/devops-exposed/rule.yaml:4: metadata.name: rule "devops-exposed" is built in; choose another name`,
		`second/same.yaml:4: metadata.name: rule "same" is already defined at first/same.yaml:4`,
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"devops-exposed", "same", "same"}, Names(found)); diff != "" {
		t.Errorf("what can be read all the same (-want +got):\n%s", diff)
	}
}

func TestLoadUser_NothingAskedFor(t *testing.T) {
	if found, err := LoadUser(); found != nil || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}
