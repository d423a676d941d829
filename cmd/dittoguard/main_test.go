package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dittoguard/dittoguard/test/sample"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script")

func TestMain(m *testing.M) {
	program := func() { os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
	testscript.Main(m, map[string]func(){"dittoguard": program, "kubectl-dittoguard": program})
}

// TestScripts runs the command as a shell would. Whole outputs are compared; `go test ./cmd/... -update` rewrites them.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	testscript.Run(t, testscript.Params{
		Files:               sample.Of(scripts, 16),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			// Neither the developer's cluster nor their taste in colours.
			env.Setenv("KUBECONFIG", "")
			env.Setenv("KUBERNETES_SERVICE_HOST", "")
			plugins, err := filepath.Abs(filepath.Join(root, "integrations", "helm"))
			if err != nil {
				return err
			}
			env.Setenv("HELM_PLUGINS_SOURCE", plugins)
			if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" {
				env.Setenv("PATH", env.Getenv("PATH")+string(filepath.ListSeparator)+assets) // a helm is there
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"sparse":    sparse,
			"junk":      junk,
			"apiserver": apiserver,
		},
	})
}

// exits CODE COMMAND… runs a command and requires its exit code, which `exec` cannot tell from another.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, expected %d", code, want)
	}
}

// sparse FILE BYTES makes a file of that size without taking the space.
func sparse(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sparse FILE BYTES")
	}
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	name := ts.MkAbs(args[0])
	ts.Check(os.WriteFile(name, []byte("apiVersion: v1\n"), 0o600))
	ts.Check(os.Truncate(name, size))
}

// junk FILE writes bytes that are no text.
func junk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: junk FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte("\x7fELF\x02\x01\x01\x00\x00\xff\xfe\x80binary"), 0o600))
}
