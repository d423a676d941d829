package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dittoguard/dittoguard/internal/config"
	"github.com/dittoguard/dittoguard/rules"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestREADME_ConfigurationIsValid(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(readme(t), -1)
	if len(blocks) == 0 {
		t.Fatal("there is no YAML in the README")
	}
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range blocks {
		cfg, err := config.Parse("README.md", []byte(block[1]), list)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(cfg.Rules) == 0 || len(cfg.Exceptions) == 0 || len(cfg.Edges.InternalIngressClasses) == 0 {
			t.Errorf("the example shows less than it should: %+v", cfg)
		}
	}
}

func TestREADME_CommandsExist(t *testing.T) {
	var lines []string
	for line := range strings.SplitSeq(readme(t), "\n") {
		if code, indented := strings.CutPrefix(line, "    "); indented {
			lines = append(lines, strings.ReplaceAll(code, "go run ./cmd/dittoguard", "dittoguard"))
		}
	}
	commands := invocations(strings.Join(lines, "\n"))
	if len(commands) < 4 {
		t.Fatalf("only %d commands were found: %v", len(commands), commands)
	}
	for _, args := range commands {
		cmd, rest, err := newRoot().Find(args)
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err == nil && !cmd.Runnable() {
			err = fmt.Errorf("there is no such command")
		}
		if err != nil {
			t.Errorf("dittoguard %s: %v", strings.Join(args, " "), err)
		}
	}
}

func TestREADME_TableIsTheRules(t *testing.T) {
	list, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, r := range list {
		level := string(r.Spec.Level)
		if len(r.Spec.Mutations) > 0 {
			level += ", mutates"
		}
		want[r.Metadata.Name] = strings.ReplaceAll(r.Spec.Guide, ",", ", ") + " | " + level
	}
	got := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\| ([0-9, ]+ \\| [a-z, ]+) \\| .* \\|$").FindAllStringSubmatch(readme(t), -1) {
		got[row[1]] = row[2]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the rules of the README (-the rules that there are +the README):\n%s", diff)
	}
}

// TestREADME_ShowsWhatExplainWrites: the excerpts are from what the script of explain expects.
func TestREADME_ShowsWhatExplainWrites(t *testing.T) {
	script, err := os.ReadFile("testdata/script/explain.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"text", "mermaid"} {
		block := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindStringSubmatch(readme(t))
		switch {
		case block == nil:
			t.Errorf("there is no %s in the README", language)
		case !strings.Contains(string(script), "\n"+block[1]):
			t.Errorf("explain does not write this %s of the README; testdata/script/explain.txtar has what it does:\n%s", language, block[1])
		}
	}
}
