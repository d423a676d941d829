package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dittoguard/dittoguard/internal/check"
	"github.com/dittoguard/dittoguard/test/missing"
)

// fits requires that the text which check prints has no more lines and columns than people read.
func fits(t *testing.T, most int, args ...string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append([]string{"check"}, args...), nil, &stdout, &stderr); code != exitFindings && code != exitClean {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	lines := strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n")
	if len(lines) > most {
		t.Errorf("%v: %d lines, expected at most %d:\n%s", args, len(lines), most, stdout.String())
	}
	for _, line := range lines {
		if n := utf8.RuneCountInString(line); n > 120 {
			t.Errorf("%v: %d columns: %s", args, n, line)
		}
	}
}

// TestOneHoleFitsIn20Lines takes the first fixture of each rule that has one cause.
func TestOneHoleFitsIn20Lines(t *testing.T) {
	folders, err := filepath.Glob("../../rules/builtin/*/fail")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		files = slices.DeleteFunc(files, func(file string) bool { return strings.HasSuffix(file, ".configuration.yaml") })
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no fixtures: %v", folder, err)
		}
		rule := filepath.Base(filepath.Dir(folder))
		out := filepath.Join(t.TempDir(), "out.json")
		run(t.Context(), []string{"check", "--only", rule, "--fail-on", "none", "-o", "json=" + out, files[0]}, nil, &bytes.Buffer{}, &bytes.Buffer{})
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		var result check.Result
		if err := json.Unmarshal(data, &result); err != nil {
			t.Fatal(err)
		}
		if len(result.Causes) == 1 {
			tried++
			fits(t, 20, "--only", rule, files[0])
		}
	}
	if tried < 15 {
		t.Errorf("only %d fixtures have one cause", tried)
	}
}

// TestADittoFitsIn60Lines: a whole Ditto, with everything that is wrong by default.
func TestADittoFitsIn60Lines(t *testing.T) {
	fits(t, 60, "../../test/demo/manifests/exposed.yaml")
}

// TestDittosChartFitsIn60Lines: what Ditto's chart renders with its Ingress switched on.
func TestDittosChartFitsIn60Lines(t *testing.T) {
	const render = "../../../shared/corpus/helm-4.6.0/02-ingress-tls.yaml"
	if _, err := os.Stat(render); err != nil {
		missing.Data(t, "the corpus of real manifests was not found")
	}
	fits(t, 60, "--namespace", "ditto", render)
}
