package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const writingRules = "../../docs/writing-rules.md"

func readWritingRules(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(writingRules)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestWritingRules_FilesWork writes every file of the document, runs the command of the document on them, and uses the rules.
func TestWritingRules_FilesWork(t *testing.T) {
	text := readWritingRules(t)
	files := regexp.MustCompile("(?s)`(my-rules/[^`\n]+)`:\n\n```yaml\n(.*?)```\n").FindAllStringSubmatch(text, -1)
	if blocks := strings.Count(text, "```yaml\n"); blocks != len(files) || blocks < 6 {
		t.Fatalf("%d of %d blocks of YAML have the name of a file above them", len(files), blocks)
	}
	transcripts := regexp.MustCompile("(?s)```console\n\\$ dittoguard ([^\n]*)\n(.*?)```\n").FindAllStringSubmatch(text, -1)
	if len(transcripts) != 1 {
		t.Fatalf("%d transcripts", len(transcripts))
	}
	t.Chdir(t.TempDir())
	for _, file := range files {
		if err := os.MkdirAll(filepath.Dir(file[1]), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file[1], []byte(file[2]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := func(want int, args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); code != want {
			t.Errorf("dittoguard %s: exit code %d\n%s%s", strings.Join(args, " "), code, stdout.String(), stderr.String())
		}
		return stdout.String()
	}
	if diff := cmp.Diff(transcripts[0][2], command(exitClean, strings.Fields(transcripts[0][1])...)); diff != "" {
		t.Errorf("%s (-document +command):\n%s", transcripts[0][1], diff)
	}
	found := command(exitFindings, "check", "--output", "wide", "--rules", "my-rules", "my-rules/image-registry/fail", "my-rules/authenticated-ways/fail")
	for _, want := range []string{"deny: image-registry ", "warn: authenticated-ways "} {
		if !strings.Contains(found, want) {
			t.Errorf("no %q in:\n%s", want, found)
		}
	}
	// The patch of a fix is a step of a plan, and is written into the file.
	plan := command(exitClean, "fix", "--rules", "my-rules", "--only", "image-registry", "--write", "my-rules/image-registry/fail")
	if !strings.Contains(plan, "1 change closes what is denied (checked).") {
		t.Errorf("the plan is:\n%s", plan)
	}
	command(exitClean, "check", "--rules", "my-rules", "--only", "image-registry", "my-rules/image-registry/fail")
}
