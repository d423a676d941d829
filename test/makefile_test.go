package test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stubs stand for what `make test` starts. go writes down what it was asked, and fails where FAILING is in that.
var stubs = map[string]string{
	"test/controlplane/build": "echo /assets",
	"bin/nginx":               "",
	"bin/go": `case "$1 $*" in
"run "*test/concurrent) sed -n 's,^\(m/internal/engine\) /src$,\1,p'; exit;;
"list "*Dir*) for p in "$@"; do case $p in m/*) echo "$p /src";; esac; done; exit;;
"list "*TestImports*) for p in "$@"; do case $p in m/*) echo "$p [m/test/sample]";; esac; done; exit;;
"list "*) printf '%s\n' m/charts m/internal/engine m/internal/ditto/tri m/test/e2e m/test/faults; exit;;
esac
echo "$(basename "$PWD"): $*" >>"$ASKED"
case "$(basename "$PWD") $*" in *"$FAILING"*) exit 1;; esac`,
}

// TestMakeTestGoesOnAfterAFailure: every part of it runs whatever failed before, and the end says what did.
func TestMakeTestGoesOnAfterAFailure(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "checkout")
	for name, content := range map[string]string{"Makefile": string(makefile), "release/image/go.mod": "", "test/promql/go.mod": ""} {
		write(t, filepath.Join(dir, name), content)
	}
	for name, script := range stubs {
		write(t, filepath.Join(dir, name), "#!/usr/bin/env bash\n"+script+"\n")
	}
	const flags = "test -trimpath -vet=off -ldflags=-s -w -linkmode=internal -shuffle=on "
	parts := []string{
		"checkout: " + flags + "-race -short -timeout 80m m/internal/engine",
		"checkout: " + flags + "-short -timeout 80m m/charts m/test/e2e m/test/faults",
		"checkout: " + flags + "-short -timeout 80m m/internal/engine m/internal/ditto/tri",
		"image: " + flags + "-timeout 30m ./...",
		"promql: " + flags + "-timeout 30m ./...",
	}
	whole := []string{
		"checkout: " + flags + "-race -short -timeout 80m m/internal/engine m/internal/ditto/tri",
		"checkout: " + flags + "-timeout 4h m/charts m/test/e2e m/internal/engine m/internal/ditto/tri", "checkout: " + flags + "-timeout 1h m/test/faults",
		parts[3], parts[4],
	}
	for _, test := range []struct {
		target, failing, says string
		parts                 []string
	}{
		{"test", "nothing", "", parts},
		{"test", "-race", "failed: the unit tests with the race detector\n", parts},
		{"test", "checkout " + flags + "-short -timeout 80m m/internal", "failed: the unit tests without the race detector\n", parts},
		{"test", "m/test/e2e", "failed: the tests of the whole\n", parts},
		{"test", "-short", "failed: the unit tests with the race detector, the unit tests without the race detector, the tests of the whole\n", parts},
		{"test", "promql", "failed: the tests of test/promql\n", parts},
		{"test-all", "-race", "failed: the unit tests with the race detector\n", whole},
		{"test-all", "4h", "failed: all tests\n", whole},
		{"test-all", "1h", "failed: the faults\n", whole},
	} {
		t.Run(test.target+" "+test.failing, func(t *testing.T) {
			asked := filepath.Join(t.TempDir(), "asked")
			cmd := exec.CommandContext(t.Context(), "make", "-C", dir, test.target)
			cmd.Env = append(os.Environ(), "ASKED="+asked, "FAILING="+test.failing, "MAKEFLAGS=", "MAKELEVEL=",
				"PATH="+filepath.Join(dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
			var errs strings.Builder
			cmd.Stderr = &errs
			_, failed := errors.AsType[*exec.ExitError](cmd.Run())
			if failed != (test.says != "") || !strings.Contains(errs.String(), test.says) {
				t.Errorf("failed: %t, want %q in:\n%s", failed, test.says, errs.String())
			}
			got, err := os.ReadFile(asked)
			if err != nil {
				t.Fatal(err)
			}
			ran := strings.Split(strings.TrimSpace(string(got)), "\n")
			slices.Sort(ran) // they run side by side
			if diff := cmp.Diff(slices.Sorted(slices.Values(test.parts)), ran); diff != "" {
				t.Errorf("-should have run +ran:\n%s", diff)
			}
		})
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(file), 0o700)
	if err == nil {
		err = os.WriteFile(file, []byte(content), 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
}
