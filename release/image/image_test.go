package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	version  = "0.0.0-test"
	revision = "0123456789abcdef"
	// checkout is the folder of the whole project.
	checkout = "../.."
)

// build runs the command as `make image` does, and returns the digest that it prints.
func build(t *testing.T, output, push string, binaries ...string) string {
	t.Helper()
	var out bytes.Buffer
	environment := map[string]string{"SOURCE_DATE_EPOCH": "1764000000"}
	args := append([]string{"--version", version, "--revision", revision, "--output", output, "--push", push}, binaries...)
	if err := run(args, func(name string) string { return environment[name] }, &out); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out.String())
}

// compile is dittoguard for this machine, built out of a folder as `make image` builds it.
func compile(t *testing.T, source string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "dittoguard")
	command := exec.CommandContext(t.Context(), "go", "build", "-C", source, "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X main.version="+version, "-o", binary, "./cmd/dittoguard")
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// other stands for the binary of the platform that this machine is not.
func other(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dittoguard")
	if err := os.WriteFile(path, []byte("for another machine"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// digests are those of all files below a folder, by name.
func digests(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		all[strings.TrimPrefix(path, folder)] = hex.EncodeToString(sum[:])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// copySource copies what git knows of, and nothing of git.
func copySource(t *testing.T, to string) {
	t.Helper()
	names, err := exec.CommandContext(t.Context(), "git", "-C", checkout, "ls-files", "-z", "go.mod", "go.sum", "cmd", "internal", "rules", "webhook", "test").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(checkout, name))
		if os.IsNotExist(err) {
			continue // removed, and not committed
		}
		if err == nil {
			err = os.MkdirAll(filepath.Join(to, filepath.Dir(name)), 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheSameSourceIsTheSameImage: built in another folder, without git and later, everything has the same digest.
func TestTheSameSourceIsTheSameImage(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	copySource(t, elsewhere)
	first, second := t.TempDir(), t.TempDir()
	one := build(t, first, "", "linux/amd64="+compile(t, checkout), "linux/arm64="+other(t))
	two := build(t, second, "", "linux/amd64="+compile(t, elsewhere), "linux/arm64="+other(t))
	if one != two || !strings.HasPrefix(one, "sha256:") {
		t.Errorf("the digests are %s and %s", one, two)
	}
	if diff := cmp.Diff(digests(t, first), digests(t, second)); diff != "" {
		t.Errorf("the files differ (-first +second):\n%s", diff)
	}
	// What was there of another version goes.
	if three := build(t, first, "", "linux/arm64="+other(t)); three == one {
		t.Errorf("an image for one platform has the digest of that for two: %s", three)
	}
	build(t, second, "", "linux/arm64="+other(t))
	if diff := cmp.Diff(digests(t, filepath.Join(first, "image")), digests(t, filepath.Join(second, "image"))); diff != "" {
		t.Errorf("something of the image before is left:\n%s", diff)
	}
}

func TestWhatCannotBeBuilt(t *testing.T) {
	output := t.TempDir()
	epoch := func(string) string { return "0" }
	for _, test := range []struct {
		name, want string
		args       []string
		getenv     func(string) string
	}{
		{"no version", "usage", []string{"linux/amd64=" + other(t)}, epoch},
		{"no binary", "usage", []string{"--version", version}, epoch},
		{"no platform", "not of the form", []string{"--version", version, "--output", output, other(t)}, epoch},
		{"a binary that is not there", "no such file", []string{"--version", version, "--output", output, "linux/amd64=/missing"}, epoch},
		{"no date", "SOURCE_DATE_EPOCH is not set", []string{"--version", version, "linux/amd64=" + other(t)}, func(string) string { return "" }},
		{"a version that is no tag", "tag", []string{"--version", "a b", "--output", output, "linux/amd64=" + other(t)}, epoch},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := run(test.args, test.getenv, &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
