package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/dittoguard/dittoguard/test/missing"
	"github.com/dittoguard/dittoguard/test/sample"
)

// workspace is a folder as docs/pipelines.md takes it, with what is wrong in it, and the PATH for its commands.
func workspace(t *testing.T) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	project, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	exposes, err := os.ReadFile(filepath.Join(root, "test", "demo", "manifests", "exposed.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{
		"deploy/ditto.yaml":         string(exposes),
		"deploy/kustomization.yaml": "resources: [ditto.yaml]\n",
		"chart/Chart.yaml":          "apiVersion: v2\nname: ditto\nversion: 1.0.0\n",
		"chart/templates/all.yaml":  string(exposes),
		"values.yaml":               "{}\n",
		"bin/.keep":                 "",
	})
	if err := os.Symlink(filepath.Join(project, "integrations"), filepath.Join(dir, "integrations")); err != nil {
		t.Fatal(err)
	}
	path = strings.Join([]string{filepath.Join(dir, "bin"), os.Getenv("PATH"), os.Getenv("KUBEBUILDER_ASSETS")}, string(filepath.ListSeparator))
	return dir, path
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// shellIn runs a script there, and says how it ended.
func shellIn(t *testing.T, dir, path, script string, env ...string) (code int, output string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append([]string{"PATH=" + path, "HOME=" + dir, "KUBECONFIG="}, env...)...)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// needs skips a test for want of the programs that a script runs.
func needs(t *testing.T, path, script string) {
	t.Helper()
	for _, tool := range []string{"bash", "git", "helm", "helm3", "kubectl", "kustomize"} {
		if tool != "bash" && !regexp.MustCompile(`(?m)(^|[(|& ])`+tool+` `).MatchString(script) {
			continue
		}
		found := false
		for _, dir := range filepath.SplitList(path) {
			info, err := os.Stat(filepath.Join(dir, tool))
			found = found || dir != "" && err == nil && !info.IsDir()
		}
		if !found {
			missing.Tool(t, "docs/pipelines.md: there is no "+tool)
		}
	}
}

// TestDocs_PipelinesRun runs the commands of the page in its order, with the files that it shows.
func TestDocs_PipelinesRun(t *testing.T) {
	sample.Large(t)
	dir, path := workspace(t)
	block := regexp.MustCompile("(?m)^ *(?:<!-- exit (\\d+) -->\n *)?```(sh|yaml)\n((?:.*\n)*?) *```")
	ran := 0
	if code, out := shellIn(t, dir, path, "git init -q . && git add deploy && git -c user.name=a -c user.email=a@example.com commit -qm one"); code != 0 {
		t.Fatalf("git: %s", out)
	}
	for _, found := range block.FindAllStringSubmatch(page(t, "docs/pipelines.md"), -1) {
		want, language, text := 0, found[2], found[3]
		if language == "yaml" {
			name, _, _ := strings.Cut(strings.TrimPrefix(text, "# "), "\n")
			write(t, dir, map[string]string{name: text})
			var content any
			if err := yaml.Unmarshal([]byte(text), &content); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if found[1] != "" {
			want, _ = strconv.Atoi(found[1]) // digits
		}
		ran++
		t.Run(strconv.Itoa(ran), func(t *testing.T) {
			needs(t, path, text)
			code, out := shellIn(t, dir, path, text)
			if code != want {
				t.Errorf("exit code %d, want %d:\n%s\n%s", code, want, text, out)
			}
			if want != 0 && !strings.Contains(out, "preauth-exposed: Deployment gateway") {
				t.Errorf("it does not say why:\n%s\n%s", text, out)
			}
		})
	}
	if ran == 0 {
		t.Error("the page has no commands")
	}
}

// parsed reads the documents of a file of the project.
func parsed(t *testing.T, name string, into ...any) {
	t.Helper()
	file, err := os.Open(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	decoder := yaml.NewDecoder(file)
	for _, v := range into {
		if err := decoder.Decode(v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// TestIntegrations_CommandsRun runs what the action, the component, the hooks and the plugin of Argo CD run.
func TestIntegrations_CommandsRun(t *testing.T) {
	sample.Large(t)
	dir, path := workspace(t)
	refuses := func(what string, want int, script string, env ...string) {
		t.Helper()
		t.Run(what, func(t *testing.T) {
			needs(t, path, script)
			code, out := shellIn(t, dir, path, script, env...)
			if code != want || !strings.Contains(out, "preauth-exposed") {
				t.Errorf("exit code %d, want %d:\n%s\n%s", code, want, script, out)
			}
		})
	}

	var action struct {
		Inputs map[string]any
		Runs   struct {
			Using string
			Steps []struct {
				Name, Shell, Run, Uses string
				Env                    map[string]string
			}
		}
	}
	parsed(t, "action.yml", &action)
	judge := action.Runs.Steps[len(action.Runs.Steps)-1]
	if action.Runs.Using != "composite" || judge.Name != "judge" || judge.Shell != "bash" {
		t.Fatalf("action.yml: %+v", action.Runs)
	}
	for name, from := range judge.Env {
		input := strings.TrimSuffix(strings.TrimPrefix(from, "${{ inputs."), " }}")
		if action.Inputs[input] == nil || strings.ToUpper(input) != name {
			t.Errorf("action.yml: %s is %s", name, from)
		}
	}
	if code, out := shellIn(t, dir, path, `mkdir dittoguard && ln -s "$(command -v dittoguard)" dittoguard/dittoguard`); code != 0 {
		t.Fatal(out)
	}
	env := []string{"RUNNER_TEMP=" + dir, "SARIF=out.sarif"}
	write(t, dir, map[string]string{"values dir/a b.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: x}\n"})
	refuses("action.yml", 3, judge.Run, append(env, "PATHS=deploy\nvalues dir\n", "ARGS=--only=preauth-exposed\n")...)
	if _, err := os.Stat(filepath.Join(dir, "out.sarif")); err != nil {
		t.Error(err)
	}

	var header struct {
		Spec struct {
			Inputs map[string]struct{ Default string }
		}
	}
	var component map[string]struct {
		Script    []string
		Artifacts struct{ Reports map[string]string }
	}
	parsed(t, "templates/check.yml", &header, &component)
	job := component["dittoguard"]
	script := regexp.MustCompile(`\$\[\[ inputs\.(\w+) \]\]`).ReplaceAllStringFunc(job.Script[len(job.Script)-1], func(use string) string {
		input := strings.TrimSuffix(strings.TrimPrefix(use, "$[[ inputs."), " ]]")
		declared, known := header.Spec.Inputs[input]
		if !known {
			t.Errorf("templates/check.yml: there is no input %s", input)
		}
		if input == "paths" {
			return "deploy"
		}
		return declared.Default
	})
	refuses("templates/check.yml", 3, script)
	for _, report := range job.Artifacts.Reports {
		if _, err := os.Stat(filepath.Join(dir, report)); err != nil {
			t.Error(err)
		}
	}

	var hooks []struct {
		ID, Entry string
	}
	parsed(t, ".pre-commit-hooks.yaml", &hooks)
	for _, hook := range hooks {
		refuses(hook.ID, 3, hook.Entry+" deploy")
	}

	var plugin struct {
		Spec struct {
			Generate struct{ Command, Args []string }
		}
	}
	parsed(t, "integrations/argocd/plugin.yaml", &plugin)
	generate := plugin.Spec.Generate
	if fmt.Sprint(generate.Command) != "[sh -c]" || len(generate.Args) != 1 {
		t.Fatalf("plugin.yaml: %v", generate)
	}
	refuses("plugin.yaml", 3, "cd deploy && sh -c '"+strings.ReplaceAll(generate.Args[0], "'", `'\''`)+"'", "ARGOCD_APP_NAMESPACE=ditto")
	var hook struct {
		Spec struct {
			Template struct {
				Spec struct {
					Containers []struct{ Args []string }
				}
			}
		}
	}
	parsed(t, "integrations/argocd/presync.yaml", &hook)
	if cmd, _, err := newRoot().Find(hook.Spec.Template.Spec.Containers[0].Args); err != nil || cmd.Name() != "audit" {
		t.Errorf("presync.yaml: %v, %v", cmd, err)
	}
	var krew struct {
		Spec struct {
			Platforms []struct{ Bin string }
		}
	}
	parsed(t, "integrations/krew/dittoguard.yaml", &krew)
	for _, platform := range krew.Spec.Platforms {
		if platform.Bin != "kubectl-dittoguard" {
			t.Errorf("krew: %s", platform.Bin)
		}
	}
}
