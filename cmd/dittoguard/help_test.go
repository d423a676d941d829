package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/dittoguard/dittoguard/test/missing"
)

// exposed is a gateway that everyone can reach.
const exposed = `apiVersion: v1
kind: Pod
metadata: {name: gateway}
spec:
  hostNetwork: true
  containers:
  - {name: gateway, image: ditto-gateway, env: [{name: ENABLE_PRE_AUTHENTICATION, value: "true"}]}
`

// isolable is a part of Ditto that policies can be written for without anything to say about it.
const isolable = `apiVersion: v1
kind: Pod
metadata: {name: things, labels: {app: things}}
spec: {containers: [{name: things, image: ditto-things}]}
`

// writeRule writes a rule with fixtures that are as they should be.
func writeRule(t *testing.T, dir string) {
	t.Helper()
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: gateway}\n"
	for name, text := range map[string]string{
		"rule.yaml": `apiVersion: dittoguard.io/v1alpha1
kind: HardeningRule
metadata: {name: host-network}
spec:
  title: Pod is on the host's network
  rationale: It sees what others say.
  level: restricted
  severity: low
  match:
    each: object
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}
  validations:
  - expression: "!object.spec.?hostNetwork.orValue(false)"
    message: it is on the host's network
  remediation: Take hostNetwork away.
`,
		"pass/pod.yaml": pod + "spec: {containers: []}\n",
		"fail/pod.yaml": "# finds: Pod default/gateway: it is on the host's network\n" + pod + "spec: {hostNetwork: true, containers: []}\n",
	} {
		file := filepath.Join(dir, "host-network", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func replaceIn(t *testing.T, file, old, with string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), old, with, 1)
	if changed == string(text) {
		t.Fatalf("there is no %q in %s", old, file)
	}
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

// commitAll makes a git repository of the working directory, with a branch main and a tag.
func commitAll(t *testing.T, tag string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		missing.Tool(t, "diff of revisions: git is not on the PATH")
	}
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main"}, {"add", "."},
		{"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=one"}, {"tag", tag},
	} {
		if out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
}

// commands are all commands of the program that can be run.
func commands(cmd *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, sub := range cmd.Commands() {
		if sub.Runnable() {
			list = append(list, sub)
		}
		list = append(list, commands(sub)...)
	}
	return list
}

// invocations are the arguments of each `dittoguard …` in an example, whatever stands before or after it in a pipeline.
func invocations(example string) [][]string {
	var list [][]string
	for line := range strings.SplitSeq(strings.ReplaceAll(example, "\\\n", " "), "\n") {
		for part := range strings.SplitSeq(line, " | ") {
			if words := strings.Fields(part); len(words) > 1 && words[0] == "dittoguard" {
				list = append(list, words[1:])
			}
		}
	}
	return list
}

func TestExamplesOfTheHelpWork(t *testing.T) {
	root := newRoot()
	ran := 0
	for _, cmd := range append(commands(root), root) {
		examples := invocations(cmd.Example)
		if len(examples) == 0 && cmd.Name() != "help" {
			t.Errorf("%s: no example", cmd.CommandPath())
		}
		for _, args := range examples {
			t.Run(strings.Join(args, " "), func(t *testing.T) {
				named, rest, err := newRoot().Find(args)
				if err != nil {
					t.Fatal(err)
				}
				if !strings.HasPrefix(named.CommandPath(), cmd.CommandPath()) {
					t.Errorf("an example of %s in the help of %s", named.CommandPath(), cmd.CommandPath())
				}
				if name := named.Name(); name == "serve" || name == "audit" || name == "probe" || slices.Contains(rest, "--cluster") || slices.Contains(rest, "--helm-values") {
					// These need a cluster, or Ditto's chart, but their flags can be read without one. The script fix.txtar has values.
					if err := named.ParseFlags(rest); err != nil {
						t.Error(err)
					}
					return
				}
				t.Chdir(t.TempDir())
				if err := os.Mkdir("deploy", 0o755); err != nil {
					t.Fatal(err)
				}
				writeRule(t, "my-rules")
				content := exposed
				if strings.HasPrefix(named.CommandPath(), "dittoguard generate") {
					content = isolable
				}
				if err := os.WriteFile(filepath.Join("deploy", "pod.yaml"), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
				if named.Name() == "diff" {
					commitAll(t, "v1.2.0")
				}
				want := exitClean
				if named.Name() == "check" {
					want = exitFindings
				}
				stdin := exposed
				if named.Name() == "krm" {
					stdin = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- " +
						strings.ReplaceAll(strings.TrimSpace(exposed), "\n", "\n  ") + "\n"
				}
				var stdout, stderr bytes.Buffer
				if code := run(t.Context(), args, strings.NewReader(stdin), &stdout, &stderr); code != want || stdout.Len() == 0 || stderr.Len() > 0 && !slices.Contains(rest, "--write") {
					t.Errorf("exit code %d, expected %d; %d bytes on stdout, stderr:\n%s", code, want, stdout.Len(), stderr.String())
				}
			})
			ran++
		}
	}
	if ran < 10 {
		t.Errorf("only %d examples were found", ran)
	}
}

// TestJSONHasTheFixedFields holds what programs rely on, independently of the golden files, which can be rewritten.
func TestJSONHasTheFixedFields(t *testing.T) {
	const pod = `apiVersion: v1
kind: Pod
metadata: {name: gateway}
spec:
  hostNetwork: true
  containers:
  - name: gateway
    image: ditto-gateway
    env: [{name: ENABLE_DUMMY_AUTH, value: "true"}]
    envFrom: [{secretRef: {name: missing}}]
`
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"check", "-o", "json", "-"}, strings.NewReader(pod), &stdout, &stderr); code != exitFindings {
		t.Fatalf("exit code %d, stderr:\n%s", code, stderr.String())
	}
	var result struct {
		Findings []map[string]any `json:"findings"`
		Unknown  []map[string]any `json:"unknown"`
		Summary  map[string]any   `json:"summary"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &result); err != nil {
		t.Fatal(err)
	}
	if len(result.Findings) == 0 || len(result.Unknown) == 0 {
		t.Fatalf("%d findings and %d unknowns; the test needs some of both", len(result.Findings), len(result.Unknown))
	}
	fields := func(what string, object map[string]any, want ...string) {
		t.Helper()
		for _, name := range want {
			if _, found := object[name]; !found {
				t.Errorf("%s: field %q is missing", what, name)
			}
		}
	}
	reference := []string{"apiVersion", "kind", "name", "namespace"}
	for _, finding := range result.Findings {
		fields("finding", finding, "rule", "level", "severity", "action", "subject", "message", "path", "fix", "guide", "file", "line")
		if !slices.Contains([]any{"deny", "warn", "audit"}, finding["action"]) {
			t.Errorf("action is %v", finding["action"])
		}
		if diff := cmp.Diff(reference, keys(finding["subject"])); diff != "" {
			t.Errorf("subject (-want +got):\n%s", diff)
		}
	}
	for _, unknown := range result.Unknown {
		fields("unknown", unknown, "subject", "what", "message")
		if diff := cmp.Diff(reference, keys(unknown["subject"])); diff != "" {
			t.Errorf("subject (-want +got):\n%s", diff)
		}
	}
	fields("summary", result.Summary, "objects", "denied", "warned")
}

func keys(object any) []string {
	var names []string
	for name := range object.(map[string]any) {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestColoursAreForTerminals(t *testing.T) {
	device, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if isTerminal(device) || isTerminal(file) || isTerminal(&bytes.Buffer{}) {
		t.Errorf("/dev/null: %v, a file: %v, a buffer: %v", isTerminal(device), isTerminal(file), isTerminal(&bytes.Buffer{}))
	}
}
